package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crackle/web/auth"
)

const goodPassword = "quiet rollers hum at dawn"

// typed runs a command with a line on the standard input.
func typed(t *testing.T, line string, args ...string) (code int, out, err string) {
	t.Helper()
	r, w, e := os.Pipe()
	if e != nil {
		t.Fatal(e)
	}
	defer r.Close()
	if _, e := w.WriteString(line); e != nil {
		t.Fatal(e)
	}
	w.Close()
	old := os.Stdin
	os.Stdin = r
	defer func() { os.Stdin = old }()
	var o, e2 bytes.Buffer
	code = run(args, console{&o, &e2})
	return code, o.String(), e2.String()
}

func TestUser(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	for _, c := range []struct {
		args  string
		stdin string
		code  int
		want  string
	}{
		{"list", "", exitOK, "there is no user"},
		{"add ann --role operator", goodPassword + "\r\n", exitOK, "ann may log in as operator"},
		{"add ann --role viewer", goodPassword, exitFailed, "already"},
		{"add bob --role viewer", "short\n", exitMistake, "10 or more"},
		{"add bob --role root", goodPassword, exitMistake, "viewer"},
		{"add ../bob --role viewer", goodPassword, exitMistake, "letters, digits"},
		{"add bob --role viewer", goodPassword, exitOK, "bob may log in as viewer"},
		{"role bob engineer", "", exitOK, "bob is now engineer"},
		{"role eve engineer", "", exitFailed, "no user of this name"},
		{"password bob", "another few words\n", exitOK, "another password"},
		{"token bob", "", exitOK, "crackle_"},
		{"list", "", exitOK, "with a token"},
		{"list --json", "", exitOK, `"role": "engineer"`},
		{"remove ann", "", exitOK, "not log in any more"},
		{"remove ann", "", exitFailed, "no user of this name"},
	} {
		code, out, err := typed(t, c.stdin, append(append([]string{"user"}, strings.Fields(c.args)...), "--data", dir)...)
		if code != c.code || !strings.Contains(out+err, c.want) {
			t.Errorf("user %s: %d %s%s; want %d with %q", c.args, code, out, err, c.code, c.want)
		}
		if strings.Contains(out+err, goodPassword) {
			t.Errorf("user %s shows the password", c.args)
		}
	}
	users, err := auth.OpenUsers(filepath.Join(dir, auth.UsersFile))
	if err != nil {
		t.Fatal(err)
	}
	if list := users.List(); len(list) != 1 || list[0].Name != "bob" || list[0].Role != auth.Engineer {
		t.Errorf("%+v", list)
	}
	if code, _, err := typed(t, "", "user", "list", "--data", dir, "-c", "x.toml"); code != exitMistake || !strings.Contains(err, "one of the two") {
		t.Errorf("two places: %d %s", code, err)
	}
}

// The users of a configuration are where its server looks for them.
func TestUserOfConfig(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "crackle.toml")
	text := "[server]\nlisten = \"0.0.0.0:0\"\nusers_file = \"people.json\"\n[stream.s]\nchannels = [\"a\"]\nrate_hz = 1000\nfeatures.list = [\"rms\"]\nlearn.windows = 10\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, log, code := crackle("check", "-c", file); code != exitMistake || !strings.Contains(log, "crackle.toml:2: server.listen") || !strings.Contains(log, "crackle user add") {
		t.Errorf("checked without users: %d %s", code, log)
	}
	if code, out, err := typed(t, goodPassword, "user", "add", "ann", "--role", "engineer", "-c", file); code != exitOK {
		t.Fatalf("%d %s%s", code, out, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "people.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if out, log, code := crackle("check", "-c", file); code != exitOK {
		t.Errorf("checked with a user: %d %s%s", code, out, log)
	}
	if err := os.Chmod(filepath.Join(dir, "people.json"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, log, code := crackle("check", "-c", file); code != exitMistake || !strings.Contains(log, "server.users_file") || !strings.Contains(log, "chmod 600") {
		t.Errorf("checked with an open file: %d %s", code, log)
	}
}
