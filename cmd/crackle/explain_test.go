package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExplainTheMotorsFirstFault on the demo's real recordings, by every way of output. With CRACKLE_UPDATE=1 the README's picture is drawn anew.
func TestExplainTheMotorsFirstFault(t *testing.T) {
	dir, cfg := motorFiles(t)
	file := func(name string) string { return filepath.Join(dir, name+".csv") }
	if _, log, code := crackle("train", "-c", cfg, file("SC_HLT_001"), file("SC_HLT_002")); code != exitOK {
		t.Fatal(log)
	}
	fault := file("SC_A1_B0_C0_001")
	picture := filepath.Join(dir, "why.png")
	out, log, code := crackle("explain", "-c", cfg, fault, "--out", picture)
	if code != exitOK || !strings.Contains(out, "1. ") || !strings.Contains(out, " was expected, ") || !strings.Contains(out, "not what caused it") {
		t.Fatalf("status %d, %q, %q", code, out, log)
	}
	b, err := os.ReadFile(picture)
	if err != nil || !bytes.HasPrefix(b, []byte("\x89PNG")) {
		t.Errorf("no picture: %v", err)
	}
	if os.Getenv("CRACKLE_UPDATE") == "1" {
		if err := os.WriteFile("../../docs/explain.png", b, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Log(out)
	}
	for _, method := range []string{"auto", "masking", "saliency"} {
		out, log, code := crackle("explain", "-c", cfg, fault, "--json", "--method", method, "--out", filepath.Join(dir, "why.html"))
		var doc struct {
			Verdict string
			Top     []struct{ Words string }
			Map     [][]float64
			Caution string
			Sums    *struct{ Complete bool } `json:"completeness"`
		}
		if err := json.Unmarshal([]byte(out), &doc); err != nil || code != exitOK {
			t.Fatalf("%s: status %d, %v, %q", method, code, err, log)
		}
		if doc.Verdict != "alarm" || len(doc.Map) == 0 || len(doc.Top) == 0 || doc.Caution == "" || doc.Sums != nil && !doc.Sums.Complete {
			t.Errorf("%s: %+v", method, doc)
		}
	}
	if _, log, code := crackle("explain", "-c", cfg, file("SC_HLT_003")); code != exitFailed || !strings.Contains(log, "--at") {
		t.Errorf("a healthy recording: status %d, %q; want 1 and the next step", code, log)
	}
	if out, log, code := crackle("explain", "-c", cfg, file("SC_HLT_003"), "--at", "0.9"); code != exitOK || !strings.Contains(out, ": ok, score") {
		t.Errorf("a healthy window: status %d, %q, %q", code, out, log)
	}
	for want, args := range map[string][]string{
		"--method":      {"--method", "magic"},
		"--out":         {"--out", "x.gif"},
		"two windows":   {"--at", "1", "--first-alarm"},
		"2026-01-31T08": {"--at", "noon"},
		"not assessed":  {"--at", "0"},
	} {
		if _, log, code := crackle(append([]string{"explain", "-c", cfg, fault}, args...)...); code == exitOK || !strings.Contains(log, want) {
			t.Errorf("%v: status %d, %q; want it to say %q", args, code, log, want)
		}
	}
}
