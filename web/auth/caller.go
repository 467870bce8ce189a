package auth

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// Caller is who makes a request.
type Caller struct {
	Name string // empty while nobody needs a login, and for Nobody
	Role Role

	token   string // that changes of the session must carry
	session key
	program string // the token of a program
}

// Caller finds who makes a request: by the token of a program, else by the cookie of a session. While nobody needs a login everyone may do
// everything.
func (d *Door) Caller(r *http.Request) Caller {
	if !d.Logins() {
		return Caller{Role: Engineer}
	}
	if d.cfg.Users == nil {
		return Caller{}
	}
	if kind, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(kind, "Bearer") {
		if u, ok := d.cfg.Users.byToken(token); ok {
			return Caller{Name: u.Name, Role: u.Role, program: token}
		}
		return Caller{}
	}
	cookie, err := r.Cookie(d.cookieName(r))
	if err != nil {
		return Caller{}
	}
	c := d.inSession(keyOf(cookie.Value))
	if c.Name != "" {
		c.token = tokenOf(cookie.Value)
	}
	return c
}

// still says whether what c was let in by still holds.
func (d *Door) still(c Caller) bool {
	switch {
	case c.program != "":
		u, ok := d.cfg.Users.byToken(c.program)
		return ok && u.Name == c.Name && u.Role == c.Role
	case c.token != "":
		now := d.inSession(c.session)
		return now.Name == c.Name && now.Role == c.Role
	default:
		return !d.Logins()
	}
}

// ErrEnded is the cause of the end of a context of Watch.
var ErrEnded = errors.New("the login has ended; log in again")

// Watch gives a context that ends, with ErrEnded as its cause, about a second after what c was let in by does not hold any more: a logout, another
// role or password, the end of the session. A session that is watched is in use. release must be called.
func (d *Door) Watch(ctx context.Context, c Caller) (watched context.Context, release func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	look := time.NewTicker(lookEvery)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer look.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-look.C:
				if !d.still(c) {
					cancel(ErrEnded)
					return
				}
			}
		}
	}()
	return ctx, func() { cancel(nil); <-done }
}

type callerKey struct{}

// With keeps c in the context of a request.
func With(r *http.Request, c Caller) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), callerKey{}, c))
}

// From is the caller that With kept; Nobody without one.
func From(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}
