package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crackle/detector"
	"crackle/detector/ledger"
)

// shellParts asks from the shell for the parts that a running crackle has closed: a healthy recording, then a faulty one.
func shellParts(t *testing.T, path string) {
	t.Helper()
	var list struct {
		Parts []ledger.Part
		Lots  []ledger.Lot
	}
	for until := time.Now().Add(30 * time.Second); len(list.Parts) < 2; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("parts: %+v", list.Parts)
		}
		out, log, code := crackle("parts", "-c", path, "--json")
		if code != exitOK {
			t.Fatal(log)
		}
		if err := json.Unmarshal([]byte(out), &list); err != nil {
			t.Fatal(err)
		}
	}
	bad, good := list.Parts[0], list.Parts[1] // the newest first
	if bad.Part != "SC_A1_B0_C0_001" || bad.Verdict != detector.Alarm || good.Part != "SC_HLT_003" || good.Verdict != detector.OK || len(list.Lots) == 0 {
		t.Errorf("parts %s: %s; %s: %s (%v); %d lots", bad.Part, bad.Verdict, good.Part, good.Verdict, good.Reasons, len(list.Lots))
	}
	for _, p := range list.Parts {
		if s := p.Samples; s.Pending() != 0 || s.Expected == 0 || s.Expected != s.Received+s.Missing {
			t.Errorf("part %s does not add up: %+v", p.Part, s)
		}
	}
	if out, log, code := crackle("parts", "-c", path, "--part", "SC_HLT_003", "--csv"); code != exitOK || strings.Count(out, "\n") != 2 || !strings.Contains(out, ",ok,") {
		t.Errorf("csv: %d, %q, %q", code, out, log)
	}
	page := filepath.Join(t.TempDir(), "parts.html")
	if out, log, code := crackle("parts", "-c", path, "-s", "motor", "--report", page); code != exitOK {
		t.Errorf("report: %d, %q, %q", code, out, log)
	} else if b, err := os.ReadFile(page); err != nil || !strings.Contains(string(b), "SC_A1_B0_C0_001") {
		t.Errorf("report: %v", err)
	}
	if out, _, code := crackle("parts", "-c", path, "--lot", "none such"); code != exitOK || !strings.Contains(out, "no part is kept") {
		t.Errorf("an unknown lot: %d, %q", code, out)
	}
	if _, log, code := crackle("parts", "-c", path, "--limit", "0"); code != exitMistake || !strings.Contains(log, "1 to") {
		t.Errorf("--limit 0: %d, %q", code, log)
	}
}
