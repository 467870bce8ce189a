package auth

import (
	"errors"
	"fmt"
	"net/http"
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
	giveBack, err := d.guesses.take(r.RemoteAddr, name, time.Now())
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
		d.mu.Lock()
		delete(d.sessions, keyOf(old.Value))
		d.mu.Unlock()
	}
	http.SetCookie(w, d.cookie(r, d.open(user), int(d.cfg.Whole/time.Second)))
	return nil
}
