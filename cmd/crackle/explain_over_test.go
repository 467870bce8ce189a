package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"crackle/detector/explain"
)

// What each feature is worth over real motor recordings, by masking; and what a head's answer for one of them rests on, by attention and by masking.
func TestScenarioExplainOverATestSet(t *testing.T) {
	_, cfg, labels, files := labelledMotor(t, func(string) bool { return false })
	learn := func(name string) bool {
		return strings.HasSuffix(name, "SC_HLT_001.csv") || strings.HasSuffix(name, "SC_HLT_002.csv")
	}
	var good []string
	dir, faults := t.TempDir(), "part,fault\n"
	for _, f := range files {
		if learn(f) {
			good = append(good, f)
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, filepath.Base(f)), string(b))
		part, bad := strings.TrimSuffix(filepath.Base(f), ".csv"), "1"
		if strings.HasPrefix(part, "SC_HLT") {
			bad = "0"
		}
		faults += part + "," + bad + "\n"
	}
	table := filepath.Join(t.TempDir(), "faults.csv")
	write(t, table, faults)
	if _, log, code := crackle(append([]string{"train", "-c", cfg}, good...)...); code != exitOK {
		t.Fatal(log)
	}
	picture := filepath.Join(dir, "loss.png")
	out, log, code := crackle("explain", "-c", cfg, "--masking-over", dir, "--labels", table, "--out", picture, "--json")
	if code != exitOK {
		t.Fatal(log)
	}
	var l explain.Loss
	if err := json.Unmarshal([]byte(out), &l); err != nil {
		t.Fatal(err)
	}
	if l.Merit != explain.AUC || l.Parts != 37 || l.Whole < 0.9 || len(l.Features) == 0 || !slices.IsSortedFunc(l.Features, func(a, b explain.Lost) int {
		if a.Loss < b.Loss {
			return 1
		}
		return -1
	}) || l.Features[0].Loss <= 0 || l.Features[0].Masked >= l.Whole {
		t.Errorf("loss %+v", l)
	}
	if b, err := os.ReadFile(picture); err != nil || !strings.HasPrefix(string(b), "\x89PNG") {
		t.Errorf("picture: %v", err)
	}
	if out, _, code := crackle("explain", "-c", cfg, "--masking-over", dir, "--labels", table); code != exitOK || !strings.Contains(out, "bad and good parts told apart") {
		t.Errorf("in words: %d, %q", code, out)
	}
	faulty := filepath.Join(dir, "SC_A4_B0_C0_001.csv")
	if _, log, code := crackle("explain", "-c", cfg, faulty, "--method", "attention"); code != exitFailed || !strings.Contains(log, "has no attention") {
		t.Errorf("attention of a member without: %d, %q", code, log)
	}
	if _, log, code := crackle("explain", "-c", cfg, faulty, "--member", "oracle"); code != exitFailed || !strings.Contains(log, "has no member oracle") {
		t.Errorf("an unknown member: %d, %q", code, log)
	}

	// A head that weighs windows by attention.
	if _, log, code := crackle(append([]string{"train", "-c", cfg, "--labels", labels, "--target", "shorted", "--unit", "%", "--encoder", "gru"}, files...)...); code != exitOK {
		t.Fatal(log)
	}
	for method, want := range map[string]string{"attention": "of the attention, where", "masking": "sequence(60).negative", "auto": "by integrated over"} {
		out, log, code := crackle("explain", "-c", cfg, faulty, "--target", "shorted", "--method", method, "--out", filepath.Join(dir, method+".png"))
		if code != exitOK || !strings.Contains(out, want) || !strings.Contains(out, "with 90 % certainty") {
			t.Errorf("%s: %d, %q, %q", method, code, out, log)
		}
	}
	if _, log, code := crackle("explain", "-c", cfg, "--masking-over", dir, "--labels", labels, "--target", "shorted"); code != exitMistake || !strings.Contains(log, "was learnt from") {
		t.Errorf("over what was learnt from: %d, %q", code, log)
	}
	write(t, table, faults+"nobody,0\n")
	if _, log, code := crackle("explain", "-c", cfg, "--masking-over", dir, "--labels", table); code != exitFailed || !strings.Contains(log, "part nobody is none of the recordings") {
		t.Errorf("a label without a recording: %d, %q", code, log)
	}
	write(t, table, "part,fault\nA,2\n")
	if _, log, code := crackle("explain", "-c", cfg, "--masking-over", dir, "--labels", table); code != exitFailed || !strings.Contains(log, `line 2: fault is "2"`) {
		t.Errorf("a label that is none: %d, %q", code, log)
	}
	for _, bad := range [][]string{{}, {"--masking-over", dir}, {faulty, "--labels", table}, {faulty, "--target", "shorted", "--at", "1"}, {faulty, "--masking-over", dir, "--labels", table}} {
		if _, log, code := crackle(append([]string{"explain", "-c", cfg}, bad...)...); code != exitMistake {
			t.Errorf("%q: %d, %q", bad, code, log)
		}
	}
}
