package auth_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"crackle/web/auth"
)

const good = "correct horse battery"

// folder is a data folder with one user, ann.
func folder(t *testing.T) (dir string, users *auth.Users) {
	t.Helper()
	dir = t.TempDir()
	users, err := auth.OpenUsers(filepath.Join(dir, auth.UsersFile))
	if err != nil {
		t.Fatal(err)
	}
	if users.Any() {
		t.Fatal("an empty folder has users")
	}
	if err := users.Add("ann", auth.Operator, good); err != nil {
		t.Fatal(err)
	}
	return dir, users
}

func TestUsersAreKept(t *testing.T) {
	dir, users := folder(t)
	if err := users.Add("Ann", auth.Viewer, good); !errors.Is(err, auth.ErrUserExists) {
		t.Errorf("a name that differs in case only: %v", err)
	}
	for name, password := range map[string]string{"": good, "a b": good, "../x": good, "<img>": good, "bob": "short", "eve": strings.Repeat("x", 300), "kim": "\xff234567890"} {
		if err := users.Add(name, auth.Viewer, password); err == nil {
			t.Errorf("user %q with password %.20q was made", name, password)
		}
	}
	info, err := os.Stat(filepath.Join(dir, auth.UsersFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
	text, err := os.ReadFile(filepath.Join(dir, auth.UsersFile))
	if err != nil || strings.Contains(string(text), good) || !strings.Contains(string(text), "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("the file holds %s, %v", text, err)
	}
	again, err := auth.OpenUsers(filepath.Join(dir, auth.UsersFile))
	if err != nil {
		t.Fatal(err)
	}
	if list := again.List(); len(list) != 1 || list[0].Name != "ann" || list[0].Role != auth.Operator || list[0].Password != "" {
		t.Errorf("read again: %+v", list)
	}
	if err := again.Remove("nobody"); !errors.Is(err, auth.ErrUnknownUser) {
		t.Errorf("remove nobody: %v", err)
	}
	if err := again.Remove("ann"); err != nil {
		t.Error(err)
	}
	for end := time.Now().Add(10 * time.Second); users.Any(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a process that has the file open does not see that it changed")
		}
	}
}

// Two processes that change the file at the same time lose nothing.
func TestUsersChangedAtOnce(t *testing.T) {
	dir, users := folder(t)
	var adding sync.WaitGroup
	for _, name := range []string{"b", "c", "d", "e"} {
		adding.Go(func() {
			other, err := auth.OpenUsers(filepath.Join(dir, auth.UsersFile))
			if err == nil {
				err = other.Add(name, auth.Viewer, good)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	adding.Wait()
	if err := users.SetRole("ann", auth.Engineer); err != nil {
		t.Error(err)
	}
	if list := users.List(); len(list) != 5 || list[0].Role != auth.Engineer {
		t.Errorf("%+v", list)
	}
}

// A file that others may read, or that was damaged, is refused with the next step, and a door that was closed stays closed.
func TestUsersFileRefused(t *testing.T) {
	dir, users := folder(t)
	path := filepath.Join(dir, auth.UsersFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func() error{
		"chmod 600": func() error { return os.Chmod(path, 0o644) },
		"backup":    func() error { return os.WriteFile(path, whole[:len(whole)/2], 0o600) },
		"allowed up": func() error {
			return os.WriteFile(path, []byte(strings.Replace(string(whole), "m=19456", "m=9999999", 1)), 0o600)
		},
		"version": func() error {
			return os.WriteFile(path, []byte(strings.Replace(string(whole), `"version": 1`, `"version": 2`, 1)), 0o600)
		},
		"viewer, ope": func() error {
			return os.WriteFile(path, []byte(strings.Replace(string(whole), "operator", "root", 1)), 0o600)
		},
	} {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.WriteFile(path, whole, 0o600), change()); err != nil {
			t.Fatal(err)
		}
		if _, err := auth.OpenUsers(filepath.Join(dir, auth.UsersFile)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if !users.Any() {
		t.Error("the door is open after the file was damaged")
	}
}
