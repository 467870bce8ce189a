package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// screen is what a command has written so far.
type screen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *screen) wait(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		got := s.b.String()
		s.mu.Unlock()
		if strings.Contains(got, text) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%q: not within 30 s in\n%s", text, got)
		}
	}
}

// SIGHUP shows every mistake of a bad file while the old configuration goes on, and takes a good one.
func TestHangup(t *testing.T) {
	dir, path := motorFiles(t)
	t.Chdir(dir)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head := "[server]\nlisten = \"127.0.0.1:0\"\n[store]\ndir = \"data\"\nmax_bytes = 268435456\n"
	write(t, path, head+string(good))
	var s screen
	done := make(chan int, 1)
	go func() { done <- run([]string{"run", "-c", filepath.Base(path)}, console{&s, &s}) }()
	s.wait(t, "Dashboard: ")
	hangup := func() {
		t.Helper()
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	hangup()
	s.wait(t, "unchanged=[motor]")
	write(t, path, head+strings.Replace(string(good), "rate_hz = 1000", "rate_hz = -1\nnonsense = 3", 1))
	hangup()
	s.wait(t, "the configuration in force goes on")
	s.wait(t, "nonsense")
	s.wait(t, "rate_hz")
	write(t, path, strings.Replace(head, "127.0.0.1:0", "127.0.0.1:1", 1)+string(good)+"\n[stream.more]\nchannels = [\"a\"]\nrate_hz = 10\nmodel = \"more.safetensors\"\n[stream.more.features]\nlist = [\"rms\"]\n")
	hangup()
	s.wait(t, "added=[more]")
	s.wait(t, "tables=[[server]]")
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := <-done; code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

// A log of JSON has no other lines, not even those of a SIGHUP with mistakes.
func TestJSONLogHasOnlyJSON(t *testing.T) {
	dir, path := motorFiles(t)
	t.Chdir(dir)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head := "[server]\nlisten = \"127.0.0.1:0\"\n[log]\nformat = \"json\"\n[store]\ndir = \"data\"\nmax_bytes = 268435456\n"
	write(t, path, head+string(good))
	var s screen
	done := make(chan int, 1)
	go func() { done <- run([]string{"run", "-c", filepath.Base(path)}, console{&s, &s}) }()
	s.wait(t, `"msg":"dashboard"`)
	write(t, path, strings.Replace(head+string(good), "rate_hz = 1000", "rate_hz = -1", 1))
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	s.wait(t, "stream.motor.rate_hz")
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := <-done; code != exitOK {
		t.Errorf("exit code %d", code)
	}
	for line := range strings.Lines(s.b.String()) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
}
