package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"crackle/web/auth"
)

// visitor is a browser: it keeps the cookie that it was given.
type visitor struct {
	door   *auth.Door
	remote string
	cookie *http.Cookie
}

func (v *visitor) request() *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/api/v1/x", nil)
	r.RemoteAddr = v.remote + ":5000"
	if v.cookie != nil {
		r.AddCookie(v.cookie)
	}
	return r
}

func (v *visitor) login(name, password string) error {
	w := httptest.NewRecorder()
	err := v.door.Login(w, v.request(), name, password)
	for _, c := range w.Result().Cookies() {
		v.cookie = c
	}
	return err
}

func (v *visitor) role() auth.Role { return v.door.Caller(v.request()).Role }

func TestSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, users := folder(t)
		door := auth.NewDoor(auth.Config{Users: users, Idle: time.Hour, Whole: 3 * time.Hour})
		in := func() *visitor {
			t.Helper()
			v := &visitor{door: door, remote: "192.0.2.1"}
			if v.role() != auth.Nobody || !door.Logins() {
				t.Fatal("somebody is in without a login")
			}
			if err := v.login("ann", good); err != nil || v.role() != auth.Operator {
				t.Fatalf("login: %v, role %v", err, v.role())
			}
			return v
		}
		v := in()
		if c := v.cookie; !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure || c.Path != "/" {
			t.Errorf("cookie %+v", c)
		}
		for range 5 { // used now and then: whole, not idle, ends it
			time.Sleep(35 * time.Minute)
			if v.role() != auth.Operator {
				t.Fatal("a session that is used ended early")
			}
		}
		time.Sleep(10 * time.Minute)
		if v.role() != auth.Nobody {
			t.Error("a session lasts longer than Whole")
		}
		v = in()
		time.Sleep(61 * time.Minute)
		if v.role() != auth.Nobody {
			t.Error("a session that was not used lasts longer than Idle")
		}
		v = in()
		door.Logout(httptest.NewRecorder(), v.request())
		if v.role() != auth.Nobody {
			t.Error("the cookie still opens after logout")
		}
		for what, change := range map[string]func() error{
			"another role":     func() error { return users.SetRole("ann", auth.Viewer) },
			"another password": func() error { return errors.Join(users.SetPassword("ann", good), users.SetRole("ann", auth.Operator)) },
		} {
			if err := users.SetRole("ann", auth.Operator); err != nil {
				t.Fatal(err)
			}
			v := in()
			if err := change(); err != nil || v.role() != auth.Nobody {
				t.Errorf("%s: %v, and the session goes on as %v", what, err, v.role())
			}
		}
		if err := users.SetRole("ann", auth.Operator); err != nil {
			t.Fatal(err)
		}
		v = in()
		if err := users.Remove("ann"); err != nil || v.role() == auth.Operator {
			t.Errorf("after the user was removed: %v, %v", err, v.role())
		}
	})
}

// What is watched counts as used, and ends with the session at the latest, whoever it was let in by; nobody is watched for longer than that.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, users := folder(t)
		door := auth.NewDoor(auth.Config{Users: users, Idle: time.Hour, Whole: 3 * time.Hour})
		v := &visitor{door: door, remote: "192.0.2.1"}
		if err := v.login("ann", good); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		watched, release := door.Watch(t.Context(), door.Caller(v.request()))
		defer release()
		<-watched.Done()
		if d := time.Since(began); d < 3*time.Hour || d > 3*time.Hour+2*time.Second || !errors.Is(context.Cause(watched), auth.ErrEnded) {
			t.Errorf("watched for %s, %v", d, context.Cause(watched))
		}
		token, err := users.NewToken("ann")
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		program, release2 := door.Watch(t.Context(), door.Caller(r))
		defer release2()
		time.Sleep(10 * time.Hour)
		if program.Err() != nil {
			t.Errorf("a program was let go: %v", context.Cause(program))
		}
		if _, err := users.NewToken("ann"); err != nil {
			t.Fatal(err)
		}
		<-program.Done()

		open := auth.NewDoor(auth.Config{Users: users})
		if err := users.Remove("ann"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		anyone, release3 := open.Watch(t.Context(), open.Caller(r))
		defer release3()
		time.Sleep(time.Hour)
		if anyone.Err() != nil {
			t.Error("without users somebody was let go")
		}
		if err := users.Add("bob", auth.Viewer, good); err != nil {
			t.Fatal(err)
		}
		<-anyone.Done() // with the first user a login is needed
	})
}

// Guesses are slowed down per user and per address, and the allowance comes back.
func TestLoginIsRateLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, users := folder(t)
		door := auth.NewDoor(auth.Config{Users: users})
		one, other := &visitor{door: door, remote: "192.0.2.1"}, &visitor{door: door, remote: "192.0.2.2"}
		for i := range 10 {
			name := "ann"
			if i%2 == 1 {
				name = "nobody"
			}
			if err := one.login(name, "wrong password"); !errors.Is(err, auth.ErrLogin) {
				t.Fatalf("attempt %d: %v", i, err)
			}
		}
		var many *auth.TooManyError
		if err := one.login("ann", good); !errors.As(err, &many) || many.Wait <= 0 || many.Wait > 6*time.Second {
			t.Errorf("the right password after ten wrong ones: %v", err)
		}
		if err := other.login("ann", good); err != nil {
			t.Errorf("from another address: %v", err)
		}
		time.Sleep(many.Wait)
		if err := one.login("ann", good); err != nil {
			t.Errorf("after the wait: %v", err)
		}
		for i := range 20 {
			v := &visitor{door: door, remote: "198.51.100." + string(rune('0'+i%10)) + string(rune('0'+i/10))}
			if err := v.login("ann", "wrong password"); err == nil {
				t.Fatal("in with a wrong password")
			}
		}
		far := &visitor{door: door, remote: "203.0.113.9"}
		if err := far.login("ann", good); !errors.As(err, &many) {
			t.Errorf("after guesses from many addresses: %v", err)
		}
	})
}

// A token acts for its user, needs no other token for changes, and ends with the next one.
func TestToken(t *testing.T) {
	_, users := folder(t)
	door := auth.NewDoor(auth.Config{Users: users})
	token, err := users.NewToken("ann")
	if err != nil {
		t.Fatal(err)
	}
	ask := func(token string) auth.Caller {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		c := door.Caller(r)
		if err := door.CheckChange(r, c); (err == nil) != (c.Role > auth.Nobody) {
			t.Errorf("a change as %+v: %v", c, err)
		}
		return c
	}
	if c := ask(token); c.Name != "ann" || c.Role != auth.Operator {
		t.Errorf("%+v", c)
	}
	if c := ask(token + "x"); c.Role != auth.Nobody {
		t.Errorf("a wrong token is %+v", c)
	}
	if _, err := users.NewToken("ann"); err != nil {
		t.Fatal(err)
	}
	if c := ask(token); c.Role != auth.Nobody {
		t.Error("an old token still opens")
	}
}

func TestCheckHostOpen(t *testing.T) {
	_, users := folder(t)
	d := auth.NewDoor(auth.Config{Users: users, Open: true, Hosts: []string{"crackle.plant.example"}})
	for host, good := range map[string]bool{
		"localhost": true, "192.0.2.7:8080": true, "[2001:db8::1]:80": true, "crackle.plant.example": true, "CRACKLE.plant.example:8443": true,
		"evil.example": false, "": false, "crackle.plant.example.evil.example": false, "192.0.2.7.evil.example": false,
	} {
		if err := d.CheckHost(request(host)); (err == nil) != good {
			t.Errorf("%q: %v, want accepted %v", host, err, good)
		}
	}
}

// Behind a proxy on this machine those who guess are told apart by what it adds; anywhere else nobody can give another address for their own.
func TestRemote(t *testing.T) {
	for _, c := range []struct {
		proxy              bool
		remote, said, want string
	}{
		{true, "127.0.0.1:5000", "203.0.113.7", "203.0.113.7:0"},
		{true, "[::1]:5000", "198.51.100.1, 2001:db8::7", "[2001:db8::7]:0"},
		{true, "127.0.0.1:5000", "203.0.113.7, unknown", "127.0.0.1:5000"},
		{true, "127.0.0.1:5000", "", "127.0.0.1:5000"},
		{true, "192.0.2.9:5000", "203.0.113.7", "192.0.2.9:5000"},
		{false, "127.0.0.1:5000", "203.0.113.7", "127.0.0.1:5000"},
	} {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/", nil)
		r.RemoteAddr = c.remote
		r.Header.Set("X-Forwarded-For", c.said)
		if got := auth.NewDoor(auth.Config{Proxy: c.proxy}).Remote(r); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
