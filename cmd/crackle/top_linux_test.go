package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/web/auth"
)

// watched runs a crackle with one stream that is never heard.
func watched(t *testing.T, more string) (*app.App, *config.Config) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "crackle.toml")
	write(t, file, "[server]\nlisten = \"127.0.0.1:0\"\n"+more+"\n[store]\nmax_bytes = 268435456\nsync = \"default\"\n[stream.press]\ntitle = \"Press 3\"\nchannels = [\"a\"]\nrate_hz = 1000\nfeatures.list = [\"rms\"]\nlearn.windows = 10\n")
	cfg, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(cfg, app.Options{Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	t.Cleanup(func() {
		if err := a.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	return a, cfg
}

func TestTopOnce(t *testing.T) {
	a, cfg := watched(t, "")
	out, log, code := crackle("top", "--url", a.URL(), "--json")
	var all struct {
		Streams struct {
			Streams []struct{ Name, Verdict string }
		}
		Status struct{ Version string }
		Alarms struct{ Alarms []any }
		System struct{ Goroutines int }
	}
	if err := json.Unmarshal([]byte(out), &all); err != nil || code != exitOK || len(all.Streams.Streams) != 1 || all.Streams.Streams[0].Verdict != "not assessed" || all.System.Goroutines == 0 {
		t.Errorf("%d %s%s: %v", code, out, log, err)
	}
	if out, log, code := crackle("top", "--url", a.URL()); code != exitOK || !strings.Contains(out, "Press 3") || !strings.Contains(out, "no data since the start") || strings.Contains(out, "\x1b") {
		t.Errorf("%d %s%s", code, out, log)
	}
	users, err := auth.OpenUsers(cfg.UsersFile())
	if err != nil {
		t.Fatal(err)
	}
	if err := users.Add("ann", auth.Viewer, goodPassword); err != nil {
		t.Fatal(err)
	}
	token, err := users.NewToken("ann")
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) { // the running one sees the file within a second
		if _, log, code := crackle("top", "--url", a.URL(), "--once"); code == exitFailed && strings.Contains(log, "crackle user token") {
			break
		}
		if time.Now().After(end) {
			t.Fatal("it is open to those without a token")
		}
	}
	t.Setenv("CRACKLE_TOKEN", token)
	if out, log, code := crackle("top", "--url", a.URL(), "--once"); code != exitOK || !strings.Contains(out, "Press 3") {
		t.Errorf("with a token: %d %s%s", code, out, log)
	}
	for _, args := range [][]string{{"--url", "nowhere"}, {"--every", "1ms"}, {"--url", a.URL(), "-c", "x.toml"}, {"--json", "--once"}} {
		if _, log, code := crackle(append([]string{"top"}, args...)...); code != exitMistake {
			t.Errorf("%v: %d %s", args, code, log)
		}
	}
	if _, log, code := crackle("top", "--url", "http://127.0.0.1:1", "--json"); code != exitFailed || !strings.Contains(log, "Is it running?") {
		t.Errorf("nobody there: %d %s", code, log)
	}
}

// On a terminal it draws until q is pressed, says when there is no answer any more, and leaves the terminal as it was.
func TestTopOnATerminal(t *testing.T) {
	a, _ := watched(t, "")
	keyboard, tty := terminal(t)
	if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 100}); err != nil {
		t.Fatal(err)
	}
	before, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var screen bytes.Buffer
	go func() {
		buf := make([]byte, 8192)
		for {
			n, err := keyboard.Read(buf)
			mu.Lock()
			screen.Write(buf[:n])
			mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	shows := func(text string) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			mu.Lock()
			there := strings.Contains(screen.String(), text)
			mu.Unlock()
			if there {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("the screen does not show %q:\n%q", text, screen.String())
			}
		}
	}
	old := os.Stdin
	os.Stdin = tty
	defer func() { os.Stdin = old }()
	done := make(chan int, 1)
	go func() { done <- run([]string{"top", "--url", a.URL(), "--every", "200ms"}, console{tty, io.Discard}) }()
	shows("\x1b[?1049h")
	shows("Press 3")
	shows("not assessed")
	if err := a.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	shows("NO ANSWER for")
	io.WriteString(keyboard, "jjq")
	select {
	case code := <-done:
		if code != exitOK {
			t.Errorf("exit %d", code)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("q does not end it")
	}
	shows("\x1b[?1049l")
	after, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil || *after != *before {
		t.Errorf("the terminal is left as %+v, was %+v, %v", after, before, err)
	}
}
