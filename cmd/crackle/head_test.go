package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"crackle/cmd/crackle/demo"
	"crackle/detector/head"
	"crackle/detector/ledger"
)

// labelledMotor writes all of the demo's real motor recordings, a configuration and a table of labels: the share of shorted turns and the phase,
// a specimen being a winding with its short.
func labelledMotor(t *testing.T, skip func(specimen string) bool) (dir, cfg, labels string, files []string) {
	t.Helper()
	dir, cfg = motorFiles(t)
	all, err := demo.Motor()
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString("part,specimen,shorted,phase\n")
	for _, r := range all {
		specimen := r.Name[:strings.LastIndex(r.Name, "_")]
		if skip(specimen) {
			continue
		}
		var b strings.Builder
		for i := 0; i < len(r.Samples); i += 3 {
			fmt.Fprintf(&b, "%v,%v,%v\n", r.Samples[i], r.Samples[i+1], r.Samples[i+2])
		}
		path := filepath.Join(dir, r.Name+".csv")
		write(t, path, b.String())
		files = append(files, path)
		level, phase := 0, "none"
		for _, w := range strings.Split(specimen, "_")[1:] {
			if len(w) == 2 && w[1] > '0' && w[1] <= '9' {
				level, phase = 10*int(w[1]-'0'), w[:1]
			}
		}
		fmt.Fprintf(&table, "%s,%s,%d,%s\n", r.Name, specimen, level, phase)
	}
	labels = filepath.Join(dir, "labels.csv")
	write(t, labels, table.String())
	return dir, cfg, labels, files
}

// Real currents of a motor: from ten windings the share of shorted turns of three others is estimated better than by the mean, with ranges; what
// was learnt from is refused as a test, and so is every table that does not fit the recordings.
func TestScenarioHeadOnRealMotor(t *testing.T) {
	held := []string{"SC_A4_B0_C0", "SC_A0_B1_C0", "SC_A0_B0_C4"} // away from the mean, which says little there
	_, cfg, labels, files := labelledMotor(t, func(s string) bool { return slices.Contains(held, s) })
	out, log, code := crackle(append([]string{"train", "-c", cfg, "--labels", labels, "--target", "shorted", "--unit", "%", "--json"}, files...)...)
	if code != exitOK {
		t.Fatal(log)
	}
	var h struct {
		File string
		head.Head
	}
	if err := json.Unmarshal([]byte(out), &h); err != nil {
		t.Fatal(err)
	}
	if e := h.Record.Errors; min(e["linear"], e["gru"]) > 0.8*e["mean"] || len(h.Record.Specimens) != 10 || filepath.Base(h.File) != "motor.shorted.head.safetensors" {
		t.Errorf("learnt %+v into %s", h.Record, h.File)
	}
	_, _, unseen, others := labelledMotor(t, func(s string) bool { return !slices.Contains(held, s) })
	out, log, code = crackle(append([]string{"score", "-c", cfg, "--target", "shorted", "--labels", unseen, "--json"}, others...)...)
	if code != exitOK {
		t.Fatal(log)
	}
	var said struct {
		Error, Held *float64
		Estimates   []answered
	}
	if err := json.Unmarshal([]byte(out), &said); err != nil {
		t.Fatal(err)
	}
	if len(said.Estimates) != 9 || said.Error == nil || *said.Error > 9 || *said.Held < 0.75 {
		t.Fatalf("of windings never seen: %s", out)
	}
	for _, e := range said.Estimates {
		if e.Estimate == nil || !(e.Low < e.Value && e.Value < e.High) || e.Truth == nil || !slices.Contains(held, e.Specimen) {
			t.Errorf("estimate %+v", e)
		}
	}
	if out, _, code := crackle("score", "-c", cfg, "--target", "shorted", others[0]); code != exitOK || !strings.Contains(out, "with 90 % certainty") {
		t.Errorf("in words: %d, %q", code, out)
	}
	if _, log, code := crackle("score", "-c", cfg, "--target", "shorted", "--labels", labels, files[0]); code != exitMistake || !strings.Contains(log, "was learnt from") {
		t.Errorf("a figure on what was learnt from: %d, %q", code, log)
	}
	text, err := os.ReadFile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	head, model := h.File, strings.Replace(string(text), "hop = 50", "hop = 100", 1)
	for name, change := range map[string]string{
		"another conditioning": model,
		"another stream":       strings.ReplaceAll(string(text), "stream.motor", "stream.pump"),
	} {
		other := filepath.Join(t.TempDir(), "other.toml")
		write(t, other, change)
		if _, log, code := crackle("score", "-c", other, "--target", "shorted", "--head", head, others[0]); code != exitFailed || !strings.Contains(log, "was learnt") {
			t.Errorf("%s: %d, %q", name, code, log)
		}
	}
}

// A class is answered with a set, and labels that cannot be are refused.
func TestScenarioHeadClassesAndBadLabels(t *testing.T) {
	dir, cfg, labels, files := labelledMotor(t, func(s string) bool { return strings.HasPrefix(s, "SC_A0_B0_C4") })
	out, log, code := crackle(append([]string{"train", "-c", cfg, "--labels", labels, "--target", "phase", "--encoder", "linear", "--coverage", "0.8"}, files...)...)
	if code != exitOK || !strings.Contains(out, "commonest") || !strings.Contains(out, "class none stands on 1 specimen") {
		t.Fatalf("%d, %q, %q", code, out, log)
	}
	out, log, code = crackle("score", "-c", cfg, "--target", "phase", files[len(files)-1])
	if code != exitOK || !strings.Contains(out, "one of ") {
		t.Errorf("%d, %q, %q", code, out, log)
	}
	text, err := os.ReadFile(labels)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(string) string
		target string
		want   string
	}{
		"no such column": {func(s string) string { return s }, "stress", `no column "stress"`},
		"no specimens":   {func(s string) string { return strings.Replace(s, "part,specimen", "part,batch", 1) }, "phase", `no column "specimen"`},
		"twice":          {func(s string) string { return s + "SC_HLT_001,SC_HLT,0,none\n" }, "phase", "overlaps line"},
		"no recording":   {func(s string) string { return s + "SC_HLT_009,SC_HLT,0,none\n" }, "phase", "is none of the recordings"},
		"one specimen": {func(s string) string {
			out := ""
			for _, line := range strings.SplitAfter(s, "\n") {
				if f := strings.Split(line, ","); len(f) == 4 && f[1] != "specimen" {
					f[1] = "the motor"
					line = strings.Join(f, ",")
				}
				out += line
			}
			return out
		}, "phase", "of 1 specimens"},
		"outside the data": {func(s string) string {
			lines := strings.Split(strings.TrimSpace(s), "\n")
			for i := range lines {
				if i == 0 {
					lines[i] += ",from_s,to_s"
				} else {
					lines[i] += ",0.2,1.5"
				}
			}
			return strings.Join(lines, "\n") + "\n"
		}, "phase", "ends at 1.5 s, and part"},
	} {
		bad := filepath.Join(dir, "bad.csv")
		write(t, bad, c.change(string(text)))
		if _, log, code := crackle(append([]string{"train", "-c", cfg, "--labels", bad, "--target", c.target}, files...)...); code == exitOK || !strings.Contains(log, c.want) {
			t.Errorf("%s: %d, %q, want %q", name, code, log, c.want)
		}
	}
	for _, bad := range [][]string{{"train", "-c", cfg, "--target", "phase", files[0]}, {"score", "-c", cfg, files[0], files[1]}, {"score", "-c", cfg, files[0], "--labels", labels}} {
		if _, log, code := crackle(bad...); code != exitMistake {
			t.Errorf("%q: %d, %q", bad, code, log)
		}
	}
	if _, log, code := crackle("score", "-c", cfg, "--target", "wear", files[0]); code != exitFailed || !strings.Contains(log, "there is no head") {
		t.Errorf("a head that is not there: %d, %q", code, log)
	}
}

// A running crackle answers for every part, to the bit what scoring its recording says; a head that cannot be used says why.
func TestScenarioHeadAnswersLive(t *testing.T) {
	dir, path, labels, files := labelledMotor(t, func(s string) bool { return s == "SC_A4_B0_C0" })
	if _, log, code := crackle(append([]string{"train", "-c", path, "--labels", labels, "--target", "shorted", "--unit", "%"}, files...)...); code != exitOK {
		t.Fatal(log)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, "[server]\nlisten = \"127.0.0.1:0\"\n[store]\nmax_bytes = 268435456\nsync = \"default\"\n"+
		strings.Replace(string(text), "rate_hz", "heads = [\"motor.shorted.head.safetensors\", \"missing.head.safetensors\"]\nrate_hz", 1))
	faulty := filepath.Join(dir, "SC_A4_B0_C0_001.csv") // motorFiles wrote the first recordings only
	if _, err := os.Stat(faulty); err != nil {
		faulty = files[len(files)-1]
	}
	out, log, code := crackle("score", "-c", path, "--target", "shorted", "--json", faulty)
	if code != exitOK {
		t.Fatal(log)
	}
	var file struct{ Estimates []answered }
	if err := json.Unmarshal([]byte(out), &file); err != nil {
		t.Fatal(err)
	}
	startCrackle(t, path)
	for range 2 { // the second right behind the first
		if _, log, code := crackle("replay", faulty, "-s", "motor", "-c", path, "--speed", "0"); code != exitOK {
			t.Fatal(log)
		}
	}
	var list struct{ Parts []ledger.Part }
	for until := time.Now().Add(30 * time.Second); len(list.Parts) < 2 && time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		out, log, code := crackle("parts", "-c", path, "--json")
		if code != exitOK {
			t.Fatal(log)
		}
		if err := json.Unmarshal([]byte(out), &list); err != nil {
			t.Fatal(err)
		}
	}
	if len(list.Parts) != 2 {
		t.Fatalf("parts %+v", list.Parts)
	}
	for _, p := range list.Parts {
		if len(p.Estimates) != 2 {
			t.Fatalf("estimates %+v", p.Estimates)
		}
		broken, e, want := p.Estimates[0], p.Estimates[1], file.Estimates[0]
		if !strings.Contains(broken.Reason, "there is no head") {
			t.Errorf("a head that is not there: %+v", broken)
		}
		if e.Target != "shorted" || float64(e.Value) != want.Value || float64(e.Low) != want.Low || float64(e.High) != want.High {
			t.Errorf("live %+v, from the file %+v", e, want.Estimate)
		}
	}
	if out, _, code := crackle("parts", "-c", path); code != exitOK || !strings.Contains(out, "shorted "+fmt.Sprintf("%.4g", file.Estimates[0].Value)+" %") {
		t.Errorf("in words: %d, %q", code, out)
	}
	if out, log, code := crackle("model", "show", filepath.Join(dir, "motor.shorted.head.safetensors")); code != exitOK || !strings.Contains(out, "Head shorted of stream motor") {
		t.Errorf("model show: %d, %q, %q", code, out, log)
	}
	if _, log, code := crackle("check", "-c", path); code != exitOK || !strings.Contains(log, "stream.motor.heads: found ") || !strings.Contains(log, "until then its answer is missing") {
		t.Errorf("check: %d, %q", code, log)
	}
	other := filepath.Join(dir, "other.toml")
	changed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, other, strings.Replace(string(changed), "hop = 50", "hop = 100", 1))
	if _, log, code := crackle("check", "-c", other); code != exitMistake || !strings.Contains(log, "stream.motor.heads: found a head that cannot be used") || !strings.Contains(log, "hop: stream 100, model 50") {
		t.Errorf("check against another conditioning: %d, %q", code, log)
	}
	if out, _, code := crackle("parts", "-c", path, "--csv"); code != exitOK || !strings.Contains(out, ",estimates\n") || !strings.Contains(out, "with 90 %") {
		t.Errorf("csv: %d, %q", code, out)
	}
}
