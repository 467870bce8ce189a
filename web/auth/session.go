package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	maxSessions     = 4096
	sessionsPerUser = 32
)

// key is the sum of a cookie's value, so that what is kept opens no door.
type key [sha256.Size]byte

func keyOf(value string) key { return sha256.Sum256([]byte(value)) }

// session is what a login opened. It lives in memory: people log in again after a restart.
type session struct {
	user       User   // as it was when the session was opened
	token      string // that changes must carry
	born, used time.Time
}

// open starts a session of u and gives the cookie's value.
func (d *Door) open(u User) string {
	value, now := rand.Text()+rand.Text(), time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sweep(now)
	d.evict(func(s *session) bool { return s.user.Name == u.Name }, sessionsPerUser-1)
	d.evict(func(*session) bool { return true }, maxSessions-1)
	d.sessions[keyOf(value)] = &session{user: u, token: rand.Text(), born: now, used: now}
	return value
}

// sweep forgets the sessions whose time is over.
func (d *Door) sweep(now time.Time) {
	for k, s := range d.sessions {
		if d.over(s, now) {
			delete(d.sessions, k)
		}
	}
}

func (d *Door) over(s *session, now time.Time) bool {
	return now.Sub(s.used) >= d.cfg.Idle || now.Sub(s.born) >= d.cfg.Whole
}

// evict forgets those that were not used for the longest, as many as are more than keep.
func (d *Door) evict(of func(*session) bool, keep int) {
	var keys []key
	for k, s := range d.sessions {
		if of(s) {
			keys = append(keys, k)
		}
	}
	if len(keys) <= keep {
		return
	}
	slices.SortFunc(keys, func(a, b key) int { return d.sessions[a].used.Compare(d.sessions[b].used) })
	for _, k := range keys[:len(keys)-keep] {
		delete(d.sessions, k)
	}
}

// inSession finds whose session it is, and notes that it is used. It ends when its user was changed or removed.
func (d *Door) inSession(k key) Caller {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.sessions[k]
	if s == nil {
		return Caller{}
	}
	u, there := d.cfg.Users.find(s.user.Name)
	if !there || u.Role != s.user.Role || u.Password != s.user.Password || !u.Changed.Equal(s.user.Changed) || d.over(s, now) {
		delete(d.sessions, k)
		return Caller{}
	}
	s.used = now
	return Caller{Name: u.Name, Role: u.Role, token: s.token, session: k}
}

// Logout ends the session of a request, if it has one, and takes its cookie back.
func (d *Door) Logout(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(d.cookieName(r)); err == nil {
		d.mu.Lock()
		delete(d.sessions, keyOf(cookie.Value))
		d.mu.Unlock()
	}
	http.SetCookie(w, d.cookie(r, "", -1))
}

// secure says whether the browser speaks https, with this server or with a proxy before it.
func (d *Door) secure(r *http.Request) bool {
	host := hostOf(r)
	return r.TLS != nil || slices.ContainsFunc(d.cfg.Secure, func(h string) bool { return strings.EqualFold(h, host) })
}

// cookieName has the prefix by which browsers hold that no other host and no plain connection has set the cookie.
func (d *Door) cookieName(r *http.Request) string {
	if d.secure(r) {
		return "__Host-" + d.cfg.Cookie
	}
	return d.cfg.Cookie
}

func (d *Door) cookie(r *http.Request, value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: d.cookieName(r), Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: d.secure(r)}
}
