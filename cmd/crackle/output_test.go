package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// broken is an output that takes nothing, as a full disk.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// No command ends well when what it prints does not arrive.
func TestOutputThatDoesNotArriveIsAFailure(t *testing.T) {
	dir, cfg := motorFiles(t)
	recording := filepath.Join(dir, "SC_HLT_001.csv")
	if _, log, code := crackle("train", "-c", cfg, recording, filepath.Join(dir, "SC_HLT_002.csv")); code != exitOK {
		t.Fatal(log)
	}
	for _, args := range [][]string{
		{"version"}, {"check", "-c", cfg}, {"score", "-c", cfg, recording}, {"backtest", "-c", cfg, recording}, {"user", "list", "--data", dir},
		{"model", "show", filepath.Join(dir, "motor.safetensors")},
	} {
		var log strings.Builder
		if code := run(args, console{broken{}, &log}); code != exitFailed || !strings.Contains(log.String(), "no space left") {
			t.Errorf("%v: exit code %d, %q", args, code, log.String())
		}
	}
}

// What cannot be written is said before the work, and nothing that is read is written over.
func TestFilesToWriteAreLookedAtFirst(t *testing.T) {
	dir, cfg := motorFiles(t)
	a, b := filepath.Join(dir, "SC_HLT_001.csv"), filepath.Join(dir, "SC_HLT_002.csv")
	before, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(dir, "missing", "x")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"train", a, b, "--report", missing + ".html"}, exitFailed, "cannot be written"},
		{[]string{"train", a, b, "--picture", missing + ".png"}, exitFailed, "cannot be written"},
		{[]string{"train", a, b, "--picture", filepath.Join(dir, "x.jpg")}, exitMistake, "must end in .png"},
		{[]string{"train", a, b, "--report", dir}, exitMistake, "it is a folder"},
		{[]string{"train", a, b, "--output", a}, exitMistake, "name another file"},
		{[]string{"train", a, b, "--report", b}, exitMistake, "name another file"},
	} {
		_, log, code := crackle(append(c.args, "-c", cfg)...)
		if code != c.code || !strings.Contains(log, c.want) || strings.Contains(log, "learnt in") {
			t.Errorf("%v: exit code %d, %q; want %d, %q, before anything is learnt", c.args, code, log, c.code, c.want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "motor.safetensors")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a model is there: %v", err)
	}
	if _, log, code := crackle("train", "-c", cfg, a, b); code != exitOK {
		t.Fatal(log)
	}
	if _, log, code := crackle("score", "-c", cfg, a, "-o", a); code != exitMistake || !strings.Contains(log, "name another file") {
		t.Errorf("score over its recording: %d, %q", code, log)
	}
	if after, err := os.ReadFile(a); err != nil || string(after) != string(before) {
		t.Errorf("the recording is not what it was: %v", err)
	}
}

// Times, stretches and numbers out of range are told in the user's words, none of them taken for something else.
func TestFlagsOutOfRange(t *testing.T) {
	dir, cfg := motorFiles(t)
	a, b := filepath.Join(dir, "SC_HLT_001.csv"), filepath.Join(dir, "SC_HLT_002.csv")
	if _, log, code := crackle("train", "-c", cfg, a, b); code != exitOK {
		t.Fatal(log)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"backtest", a, "--limit-factor", "0"}, "from 0.1 to 10"},
		{[]string{"backtest", a, "--limit-factor=NaN"}, "from 0.1 to 10"},
		{[]string{"backtest", a, "--alarms-per-day", "0"}, "above 0"},
		{[]string{"backtest", "--from", "yesterday"}, "2026-01-31T08:00:00Z"},
		{[]string{"backtest", "--from", "2026-02-01T00:00:00Z", "--to", "2026-01-01T00:00:00Z"}, "the end must be behind the beginning"},
		{[]string{"parts", "--from", "2026-02-01"}, "2026-01-31T08:00:00Z"},
		{[]string{"parts", "--from", "2026-02-01T00:00:00Z", "--to", "2026-02-01T00:00:00Z"}, "the end must be behind the beginning"},
		{[]string{"train", "--from", "2026-02-01T00:00:00+01:00", "--to", "2026-01-01T00:00:00Z"}, "the end must be behind the beginning"},
	} {
		_, log, code := crackle(append(c.args, "-c", cfg)...)
		if code != exitMistake || !strings.Contains(log, c.want) || strings.Contains(log, "2006") {
			t.Errorf("%v: exit code %d, %q; want %d, %q", c.args, code, log, exitMistake, c.want)
		}
	}
	// An alarm in a recording that tells no time is placed by its second.
	out, log, code := crackle("backtest", "-c", cfg, filepath.Join(dir, "SC_A1_B0_C0_001.csv"))
	if code != exitOK || !strings.Contains(out, "0.15 s") || !strings.Contains(out, "1 s of signal") || strings.Contains(out, "1970") {
		t.Errorf("backtest: %d, %q, %q", code, out, log)
	}
	out, log, code = crackle("backtest", "-c", cfg, "--json", filepath.Join(dir, "SC_A1_B0_C0_001.csv"))
	if code != exitOK || strings.Contains(out, "1970") || !strings.Contains(out, `"onset_index": 150`) {
		t.Errorf("backtest --json: %d, %q, %q", code, out, log)
	}
}

// TestMain lets this test's own program be crackle, for what only a process of its own shows.
func TestMain(m *testing.M) {
	if os.Getenv("CRACKLE_TEST_MAIN") != "" {
		main()
	}
	os.Exit(m.Run())
}

// The monitor goes on when who reads its log has ended.
func TestRunOutlivesItsLogReader(t *testing.T) {
	dir, path := motorFiles(t)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, "[server]\nlisten = \"127.0.0.1:0\"\n[store]\ndir = \"data\"\nmax_bytes = 268435456\n"+string(text))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "run", "-c", path)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CRACKLE_TEST_MAIN=1")
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(log, make([]byte, 20)); err != nil {
		t.Error(err)
	}
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	// It answers over its own door, and goes on doing so while what it logs goes nowhere.
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		_, said, code := crackle("parts", "--data", filepath.Join(dir, "data"))
		if code == exitOK {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("it does not answer: %s", said)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil { // which is logged
		t.Error(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it did not stop by itself: %v", err)
	}
}
