package auth

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// ErrLogin is the answer to every failed login: it does not say whether there is such a user.
var ErrLogin = errors.New("login: found another name or password; try again, or have crackle user list and crackle user password run on the monitor's machine")

// TooManyError is the answer to attempts that come too fast.
type TooManyError struct {
	Wait time.Duration // until the next one is looked at
}

func (e *TooManyError) Error() string {
	return fmt.Sprintf("login: found too many attempts; try again in %d s", int64((e.Wait+time.Second-1)/time.Second))
}

// nobodysHash is verified for a name that nobody has, so that it takes as long.
var nobodysHash = sync.OnceValue(func() hashed {
	h, _ := parseHash(hashPassword("a password that nobody has")) // what was just written can be read
	return h
})

// Login opens a session and gives its cookie to w. It fails with ErrLogin or a TooManyError; a wrong name and a wrong password take the same
// time and have the same answer.
func (d *Door) Login(w http.ResponseWriter, r *http.Request, name, password string) error {
	if d.cfg.Users == nil {
		return ErrLogin
	}
	giveBack, err := d.guesses.take(d.Remote(r), name, time.Now())
	if err != nil {
		return err
	}
	if err := d.guesses.enter(r.Context()); err != nil {
		return err
	}
	nobody := nobodysHash() // made for both, so that the first failure takes no longer either
	user, there := d.cfg.Users.find(name)
	hash := user.hash
	if !there {
		hash = nobody
	}
	right := len(password) <= MaxPassword && hash.matches(password)
	d.guesses.leave()
	if !right || !there {
		return ErrLogin
	}
	giveBack()
	if old, err := r.Cookie(d.cookieName(r)); err == nil { // a session is never taken over by the next login
		d.forget(keyOf(old.Value))
	}
	http.SetCookie(w, d.cookie(r, d.open(user), int(d.cfg.Whole/time.Second)))
	return nil
}

// Remote is the address that a request comes from: the connection's, or where that is a proxy on this machine, what the proxy has added last.
func (d *Door) Remote(r *http.Request) string {
	if !d.cfg.Proxy {
		return r.RemoteAddr
	}
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !ap.Addr().Unmap().IsLoopback() {
		return r.RemoteAddr
	}
	all := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	if ip, err := netip.ParseAddr(strings.TrimSpace(all[len(all)-1])); err == nil {
		return netip.AddrPortFrom(ip, 0).String()
	}
	return r.RemoteAddr
}
