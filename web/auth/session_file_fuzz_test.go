package auth

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// No file of sessions lets anybody in whose record it does not know.
func FuzzSessionsFile(f *testing.F) {
	users, err := OpenUsers(filepath.Join(f.TempDir(), UsersFile))
	if err != nil {
		f.Fatal(err)
	}
	if err := users.Add("ann", Engineer, "correct horse battery"); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"version":1,"sessions":[{"key":"00","user":"ann","of":"","born":"2026-01-01T00:00:00Z","used":"2026-01-01T00:00:00Z"}]}`))
	f.Add([]byte(`{"version":1,"sessions":[{"key":"` + string(make([]byte, 64)) + `","user":"ann","used":"9999-12-31T23:59:59Z"}]}`))
	f.Add([]byte(`{"version":2}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, body []byte) {
		path := filepath.Join(t.TempDir(), "sessions.json")
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
		d := NewDoor(Config{Users: users, Sessions: path})
		if len(d.sessions) != 0 {
			t.Errorf("%q lets %d in", body, len(d.sessions))
		}
		d.note()
		if again, err := readSessions(path); err != nil || len(again.Sessions) != 0 {
			t.Errorf("what was written reads as %+v, %v", again, err)
		}
		d.sweep(time.Now())
	})
}
