package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal opens a pseudo-terminal: what is written to keyboard is typed at screen's other end.
func terminal(t *testing.T) (keyboard, tty *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keyboard.Close() })
	fd := int(keyboard.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close() })
	return keyboard, tty
}

// At a terminal the password is asked for twice and not shown.
func TestPasswordAtTerminal(t *testing.T) {
	for typed, want := range map[[2]string]string{
		{goodPassword, goodPassword}:         "",
		{goodPassword, "other words, a few"}: "differ",
		{"short", ""}:                        "10 or more",
	} {
		keyboard, tty := terminal(t)
		asked := make(chan string, 8)
		type answer struct {
			password string
			err      error
		}
		done := make(chan answer, 1)
		go func() {
			p, err := newPassword(writerFunc(func(p []byte) { asked <- string(p) }), tty)
			done <- answer{p, err}
		}()
		var a answer
		lines, finished := typed[:], false
		for !finished {
			select {
			case text := <-asked:
				if strings.HasSuffix(text, ": ") && len(lines) > 0 {
					for echoes(t, tty) { // ReadPassword turns the echo off after it is asked to
						time.Sleep(time.Millisecond)
					}
					io.WriteString(keyboard, lines[0]+"\n")
					lines = lines[1:]
				}
			case a = <-done:
				finished = true
			case <-time.After(30 * time.Second):
				t.Fatal("no answer")
			}
		}
		switch {
		case want == "" && (a.err != nil || a.password != goodPassword):
			t.Errorf("typed twice: %q, %v", a.password, a.err)
		case want != "" && (a.err == nil || !strings.Contains(a.err.Error(), want)):
			t.Errorf("%q: %v, want %q", typed, a.err, want)
		}
		tty.WriteString("\nend")
		screen := make([]byte, 4096)
		n, err := keyboard.Read(screen)
		if err != nil || bytes.Contains(screen[:n], []byte(typed[0])) {
			t.Errorf("the screen shows %q, %v", screen[:n], err)
		}
	}
}

func echoes(t *testing.T, tty *os.File) bool {
	mode, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return mode.Lflag&unix.ECHO != 0
}

type writerFunc func([]byte)

func (f writerFunc) Write(p []byte) (int, error) { f(p); return len(p), nil }
