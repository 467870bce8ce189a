package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crackle/detector/master"
)

// A reference part is measured by replaying a recording under its name; the shell shows its chart in words, as JSON and as a picture.
func TestScenarioMasterFromTheShell(t *testing.T) {
	dir, path := motorFiles(t)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, log, code := crackle("master", "-c", path); code != exitMistake || !strings.Contains(log, "has no reference parts") {
		t.Errorf("a stream without: %d, %q", code, log)
	}
	write(t, path, "[server]\nlisten = \"127.0.0.1:0\"\n[store]\nmax_bytes = 268435456\nsync = \"default\"\n"+string(text)+"\n[stream.motor.master]\nparts = [\"REF\", \"other\"]\nmeasurements = 5\n")
	startCrackle(t, path)
	if out, log, code := crackle("master", "-c", path, "--part", "REF"); code != exitOK || !strings.Contains(out, "has not been measured yet") {
		t.Errorf("before any: %d, %q, %q", code, out, log)
	}
	for i := range 6 {
		file := filepath.Join(dir, fmt.Sprintf("SC_HLT_%03d.csv", 1+i%3))
		if _, log, code := crackle("replay", file, "-s", "motor", "-c", path, "--speed", "0", "--part", "REF"); code != exitOK {
			t.Fatal(log)
		}
	}
	var chart struct {
		Part   string
		Left   int `json:"measurements_left"`
		Points []master.Point
	}
	picture := filepath.Join(dir, "chart.png")
	for until := time.Now().Add(30 * time.Second); len(chart.Points) < 6 && time.Now().Before(until); {
		out, log, code := crackle("master", "-c", path, "--part", "REF", "--json", "--out", picture)
		if code != exitOK {
			t.Fatal(log)
		}
		if err := json.Unmarshal([]byte(out), &chart); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	if len(chart.Points) != 6 || chart.Left != 0 || chart.Part != "REF" || chart.Points[4].Allowed != nil || len(chart.Points[5].Allowed) != len(chart.Points[5].Features) {
		t.Errorf("chart %+v", chart)
	}
	if b, err := os.ReadFile(picture); err != nil || !strings.HasPrefix(string(b), "\x89PNG") {
		t.Errorf("picture: %v", err)
	}
	if out, _, code := crackle("master", "-c", path, "--part", "REF"); code != exitOK || !strings.Contains(out, "5 of the 5 measurements that set its limits") {
		t.Errorf("in words: %d, %q", code, out)
	}
	for _, bad := range [][]string{{"--part", "none"}, {}, {"--part", "REF", "--out", "x.pdf"}} {
		if _, log, code := crackle(append([]string{"master", "-c", path}, bad...)...); code != exitMistake {
			t.Errorf("%q: %d, %q", bad, code, log)
		}
	}
}
