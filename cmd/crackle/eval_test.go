package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crackle/detector/eval/suite"
)

// A file of the UCR archive's layout with a wave turned over for a while.
func TestEvalPrintsAndDraws(t *testing.T) {
	dir := t.TempDir()
	var b strings.Builder
	for i := range 2000 {
		v := math.Sin(float64(i)/8) + 0.01*math.Sin(float64(i)*1.7)
		if i >= 1500 && i < 1520 {
			v = -v
		}
		fmt.Fprintf(&b, " %e\n", v)
	}
	if err := os.WriteFile(filepath.Join(dir, "001_UCR_Anomaly_made_800_1501_1520.txt"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(dir, "page.html")
	var out, log bytes.Buffer
	if code := run([]string{"eval", "ucr-anomaly", dir, "--json", "--report", page}, console{&out, &log}); code != exitOK {
		t.Fatalf("exit %d: %s", code, log.String())
	}
	var got struct{ Accuracy float64 }
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got.Accuracy != 1 {
		t.Errorf("%v, accuracy %v in %s", err, got.Accuracy, out.String())
	}
	if drawn, err := os.ReadFile(page); err != nil || !bytes.Contains(drawn, []byte("<polyline")) {
		t.Errorf("the page: %v, %d bytes", err, len(drawn))
	}
	out.Reset()
	if code := run([]string{"eval", "ucr-anomaly", dir}, console{&out, &log}); code != exitOK || !strings.Contains(out.String(), "accuracy") {
		t.Errorf("exit %d: %s", code, out.String())
	}
}

func TestEvalRefuses(t *testing.T) {
	var out, log bytes.Buffer
	if code := run([]string{"eval", "unheard-of", t.TempDir()}, console{&out, &log}); code != exitMistake || !strings.Contains(log.String(), "unheard-of") {
		t.Errorf("exit %d: %s", code, log.String())
	}
	log.Reset()
	if code := run([]string{"eval", "skab", t.TempDir()}, console{&out, &log}); code != exitFailed || !strings.Contains(log.String(), "*.csv") {
		t.Errorf("exit %d: %s", code, log.String())
	}
}

// The help names every benchmark there is.
func TestEvalHelpNamesTheBenchmarks(t *testing.T) {
	var out, log bytes.Buffer
	if code := run([]string{"eval", "--help"}, console{&out, &log}); code != exitOK {
		t.Fatalf("exit %d: %s", code, log.String())
	}
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, name := range suite.Names() {
		if !strings.Contains(text, name) {
			t.Errorf("the help lacks %s:\n%s", name, out.String())
		}
	}
}
