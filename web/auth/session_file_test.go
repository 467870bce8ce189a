package auth_test

import (
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"crackle/web/auth"
)

// A login outlives the process that it was made at; what is written down of it opens no door, and a user who was changed or removed meanwhile stays out.
func TestSessionsOutliveARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, users := folder(t)
		path := filepath.Join(dir, "sessions-8080.json")
		restart := func() *auth.Door {
			return auth.NewDoor(auth.Config{Users: users, Idle: time.Hour, Whole: 3 * time.Hour, Sessions: path, Warn: func(err error) { t.Errorf("warned: %v", err) }})
		}
		v := &visitor{door: restart(), remote: "192.0.2.1"}
		if err := v.login("ann", good); err != nil {
			t.Fatal(err)
		}
		token := v.door.Token(v.door.Caller(v.request()))
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
		}
		for what, secret := range map[string]string{"cookie": v.cookie.Value, "token": token, "password": good, "hash": "argon2id"} {
			if strings.Contains(string(text), secret) {
				t.Errorf("the file holds the %s", what)
			}
		}
		time.Sleep(40 * time.Minute)
		v.role() // used: it lasts an hour from here
		time.Sleep(40 * time.Minute)
		v.door = restart()
		if v.role() != auth.Operator {
			t.Fatal("the login did not outlive a restart")
		}
		if again := v.door.Token(v.door.Caller(v.request())); again != token {
			t.Errorf("an open page would have to fetch another token")
		}
		time.Sleep(61 * time.Minute)
		if v.door = restart(); v.role() != auth.Nobody {
			t.Error("a login that was not used for more than an hour outlived it")
		}
		for what, end := range map[string]func(){
			"logout":           func() { v.door.Logout(httptest.NewRecorder(), v.request()) },
			"another role":     func() { must(t, users.SetRole("ann", auth.Viewer)) },
			"another password": func() { must(t, users.SetPassword("ann", good+"!"), users.SetPassword("ann", good)) },
			"another login":    func() { old := v.cookie; must(t, v.login("ann", good)); v.cookie = old },
		} {
			must(t, users.SetRole("ann", auth.Operator))
			v.cookie, v.door = nil, restart()
			must(t, v.login("ann", good))
			end()
			if v.door = restart(); v.role() != auth.Nobody {
				t.Errorf("after %s the login goes on as %v", what, v.role())
			}
		}
		must(t, users.Add("bo", auth.Viewer, good), users.SetRole("ann", auth.Operator), v.login("ann", good), users.Remove("ann"))
		if v.door = restart(); v.role() != auth.Nobody {
			t.Error("a user who was removed while the monitor was away is let in")
		}
	})
}

// A file that cannot be relied on is not read, and said so once; one that cannot be written costs no login.
func TestSessionsFileRefused(t *testing.T) {
	dir, users := folder(t)
	path := filepath.Join(dir, "sessions.json")
	for what, make := range map[string]func(){
		"others may read": func() { must(t, os.WriteFile(path, []byte(`{"version":1}`), 0o600), os.Chmod(path, 0o644)) },
		"a folder":        func() { must(t, os.Mkdir(path, 0o700)) },
		"no JSON":         func() { must(t, os.WriteFile(path, []byte("{"), 0o600)) },
		"version: found 9": func() {
			must(t, os.WriteFile(path, []byte(`{"version":9}`), 0o600))
		},
		"bytes": func() { must(t, os.WriteFile(path, []byte(strings.Repeat(" ", 5<<20)), 0o600)) },
	} {
		must(t, os.RemoveAll(path))
		make()
		var said []error
		door := auth.NewDoor(auth.Config{Users: users, Sessions: path, Warn: func(err error) { said = append(said, err) }})
		if len(said) != 1 || !strings.Contains(said[0].Error(), path) {
			t.Errorf("%s: told %v", what, said)
		}
		v := &visitor{door: door, remote: "192.0.2.1"}
		if err := v.login("ann", good); err != nil || v.role() != auth.Operator {
			t.Errorf("%s: login: %v, role %v", what, err, v.role())
		}
	}
	blocked := filepath.Join(dir, "file")
	must(t, os.WriteFile(blocked, nil, 0o600))
	var said []error
	v := &visitor{door: auth.NewDoor(auth.Config{Users: users, Sessions: filepath.Join(blocked, "sessions.json"), Warn: func(err error) { said = append(said, err) }}), remote: "192.0.2.1"}
	if err := v.login("ann", good); err != nil || v.role() != auth.Operator || len(said) == 0 || !strings.Contains(errors.Join(said...).Error(), "logins end with this process") {
		t.Errorf("without a folder to write to: %v, role %v, told %v", err, v.role(), said)
	}
	told := len(said)
	if must(t, v.login("ann", good)); len(said) != told {
		t.Errorf("told again: %v", said[told:])
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}
