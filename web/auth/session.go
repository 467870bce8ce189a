package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	maxSessions     = 4096
	sessionsPerUser = 32
	noteEvery       = 24 // times within Idle that the use of a session is written down, at most
)

// key is the sum of a cookie's value, so that what is kept opens no door.
type key [sha256.Size]byte

func keyOf(value string) key { return sha256.Sum256([]byte(value)) }

// tokenOf is what changes must carry, made of the cookie's value: who does not hold the cookie cannot say it, and nothing of it has to be kept.
func tokenOf(value string) string {
	sum := sha256.Sum256([]byte("changes\x00" + value))
	return hex.EncodeToString(sum[:16])
}

// session is what a login opened.
type session struct {
	user       string
	of         string // sum of the user's record when it was opened: another role or password ends it
	born, used time.Time
	noted      time.Time // used, as it is written down
}

// sumOf is the same as long as nothing of a user changes.
func sumOf(u *User) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{u.Name, u.Role.String(), u.Password, u.Changed.UTC().Format(time.RFC3339Nano)}, "\x00")))
	return hex.EncodeToString(sum[:])
}

// open starts a session of u and gives the cookie's value.
func (d *Door) open(u User) string {
	value, now := rand.Text()+rand.Text(), time.Now()
	d.mu.Lock()
	d.sweep(now)
	d.evict(func(s *session) bool { return s.user == u.Name }, sessionsPerUser-1)
	d.evict(func(*session) bool { return true }, maxSessions-1)
	d.sessions[keyOf(value)] = &session{user: u.Name, of: sumOf(&u), born: now, used: now}
	d.mu.Unlock()
	d.note()
	return value
}

// forget ends a session.
func (d *Door) forget(k key) {
	d.mu.Lock()
	_, there := d.sessions[k]
	delete(d.sessions, k)
	d.mu.Unlock()
	if there {
		d.note()
	}
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
	c, changed := d.use(k, time.Now())
	if changed {
		d.note()
	}
	return c
}

// use looks a session up; changed says that what is written down has to be written anew.
func (d *Door) use(k key, now time.Time) (c Caller, changed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.sessions[k]
	if s == nil {
		return Caller{}, false
	}
	u, there := d.cfg.Users.find(s.user)
	if !there || sumOf(&u) != s.of || d.over(s, now) {
		delete(d.sessions, k)
		return Caller{}, true
	}
	s.used = now
	return Caller{Name: u.Name, Role: u.Role, session: k}, now.Sub(s.noted) >= d.cfg.Idle/noteEvery
}

// Logout ends the session of a request, if it has one, and takes its cookie back.
func (d *Door) Logout(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(d.cookieName(r)); err == nil {
		d.forget(keyOf(cookie.Value))
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
