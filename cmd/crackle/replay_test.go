package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A recording goes to the subject that the stream listens on, and to a stream that is not kept over core NATS.
func TestReplayFollowsTheStreamsSubject(t *testing.T) {
	dir, path := motorFiles(t)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	recording := filepath.Join(dir, "SC_HLT_003.csv")
	if _, log, code := crackle("train", "-c", path, filepath.Join(dir, "SC_HLT_001.csv"), filepath.Join(dir, "SC_HLT_002.csv")); code != exitOK {
		t.Fatal(log)
	}
	other := strings.ReplaceAll(string(text), "stream.motor", "stream.plain")
	other = strings.Replace(other, "rate_hz", "subject = \"plant.motor\"\ntransport = \"core\"\nmodel_stream = \"motor\"\nrate_hz", 1)
	write(t, path, "[server]\nlisten = \"127.0.0.1:0\"\n[store]\nmax_bytes = 268435456\nsync = \"default\"\n"+
		strings.Replace(string(text), "rate_hz", "subject = \"crackle.signal.line1.motor\"\nrate_hz", 1)+other)
	a := startCrackle(t, path)
	waitFor(t, "receiver", func() bool { c, _ := a.Counts("plain"); return c.Opened > 0 })
	for stream, subject := range map[string]string{"motor": "crackle.signal.line1.motor", "plain": "plant.motor"} {
		_, log, code := crackle("replay", recording, "-s", stream, "-c", path, "--speed", "0")
		if code != exitOK || !strings.Contains(log, " on "+subject+",") {
			t.Errorf("%s: %d, %q", stream, code, log)
		}
		waitFor(t, stream+" to hear the recording", func() bool { c, _ := a.Counts(stream); return c.Delivered.Samples == 1000 })
	}
	for _, args := range [][]string{{"replay", recording}, {"replay", recording, "-c", path}, {"replay", recording, "-c", path, "-s", "none"}} {
		if _, log, code := crackle(args...); code != exitMistake || !strings.Contains(log, "--stream") {
			t.Errorf("%v: %d, %q", args, code, log)
		}
	}
}

// Rows that a recording's clock jumps over are missing, for the shell as for the crackle that receives it.
func TestRecordingWithAGap(t *testing.T) {
	dir, path := motorFiles(t)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string) string { return filepath.Join(dir, name+".csv") }
	if _, log, code := crackle("train", "-c", path, file("SC_HLT_001"), file("SC_HLT_002")); code != exitOK {
		t.Fatal(log)
	}
	whole, err := os.ReadFile(file("SC_HLT_003"))
	if err != nil {
		t.Fatal(err)
	}
	torn := strings.Builder{}
	torn.WriteString("time_ms,a,b,c\n")
	for i, row := range strings.Fields(string(whole)) {
		if i < 500 || i >= 600 {
			fmt.Fprintf(&torn, "%d,%s\n", i, row)
		}
	}
	write(t, file("torn"), torn.String())
	out, log, code := crackle("score", "-c", path, file("torn"))
	if code != exitOK || !strings.Contains(log, "100 rows are missing") || !strings.Contains(out, "signal missing or damaged") {
		t.Errorf("score: %d, %q\n%s", code, log, out)
	}
	write(t, path, "[server]\nlisten = \"127.0.0.1:0\"\n[store]\nmax_bytes = 268435456\nsync = \"default\"\n"+string(text))
	a := startCrackle(t, path)
	if _, log, code := crackle("replay", file("torn"), "-c", path, "--speed", "0"); code != exitOK || !strings.Contains(log, "100 rows are missing") {
		t.Errorf("replay: %d, %q", code, log)
	}
	waitFor(t, "the recording", func() bool { c, _ := a.Counts("motor"); return c.Delivered.Samples == 900 })
	if c, _ := a.Counts("motor"); c.Missing != 100 {
		t.Errorf("%d samples are missing, want 100", c.Missing)
	}
}
