package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// bath writes a configuration with a budget and recordings of normal production.
func bath(t *testing.T, budget string) (cfg string, files []string) {
	t.Helper()
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	for k := range 4 {
		var b strings.Builder
		b.WriteString("current_a\n")
		x := 0.0
		for range 16000 {
			x = 0.9*x + 0.3*r.NormFloat64()
			fmt.Fprintf(&b, "%.4f\n", 10+x)
		}
		files = append(files, filepath.Join(dir, fmt.Sprintf("good%d.csv", k)))
		write(t, files[k], b.String())
	}
	cfg = filepath.Join(dir, "c.toml")
	write(t, cfg, fmt.Sprintf(`[stream.bath]
channels = ["current_a"]
units = ["A"]
rate_hz = 1000
model = %q
[stream.bath.window]
length = 100
hop = 100
[stream.bath.features]
list = ["log_rms", "peak_to_peak"]
[stream.bath.alarm]
%s
`, filepath.Join(dir, "bath.safetensors"), budget))
	return cfg, files
}

// The report says what the budget needs, what is found of made faults and by whom, what the networks add, and what the data are like: printed, and as a page.
func TestTrainReports(t *testing.T) {
	cfg, files := bath(t, "alarms_per_day = 50")
	page := filepath.Join(filepath.Dir(cfg), "report.html")
	out, log, code := crackle(append([]string{"train", "-c", cfg, "--quick", "--report", page}, files...)...)
	if code != exitOK {
		t.Fatalf("status %d, %q, %q", code, out, log)
	}
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"50 alarms per day were asked for", "hold out", "extrapolated", "0 false alarms in", "without networks", "gru: ", "windows are usable"} {
		if !strings.Contains(out, want) {
			t.Errorf("the report does not say %q:\n%s", want, out)
		}
		if !strings.Contains(string(b), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, want := range []string{"<svg", "data:image/png;base64,", "step of 8", "autoencoder"} {
		if got := strings.Contains(string(b), want); got != (want != "autoencoder") {
			t.Errorf("%q on the page: %v", want, got)
		}
	}
	show, _, code := crackle("model", "show", filepath.Join(filepath.Dir(cfg), "bath.safetensors"))
	if code != exitOK || !strings.Contains(show, "promise.asked") || !strings.Contains(show, "report.trials") {
		t.Errorf("the model does not keep the report: %s", show)
	}
	if _, log, code = crackle("train", "-c", cfg, "--next", "3s", "--report", page); code != exitMistake || !strings.Contains(log, "--report") {
		t.Errorf("a page of a live stream: status %d, %q", code, log)
	}
}
