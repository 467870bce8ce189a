package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crackle/cmd/crackle/demo"
)

// crackle runs the program with arguments and returns what it wrote and its exit code.
func crackle(args ...string) (out, log string, code int) {
	var o, e bytes.Buffer
	code = run(args, console{&o, &e})
	return o.String(), e.String(), code
}

// motorFiles writes motor recordings as the CSV files that people have, and a configuration for them, to a folder.
func motorFiles(t *testing.T) (dir, cfg string) {
	t.Helper()
	dir = t.TempDir()
	recordings, err := demo.Motor()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recordings[:8] {
		var b strings.Builder
		for i := 0; i < len(r.Samples); i += 3 {
			fmt.Fprintf(&b, "%v,%v,%v\r\n", r.Samples[i], r.Samples[i+1], r.Samples[i+2])
		}
		write(t, filepath.Join(dir, r.Name+".csv"), b.String())
	}
	cfg = filepath.Join(dir, "motor.toml")
	write(t, cfg, `
[stream.motor]
channels = ["a", "b", "c"]
rate_hz = 1000
model = "motor.safetensors"
[stream.motor.window]
length = 200
hop = 50
[stream.motor.features]
list = ["sequence(60)"]
min_change = 0.05
[stream.motor.network]
warmup_windows = 3
increment = false
`)
	return dir, cfg
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestTrainThenScore(t *testing.T) {
	dir, cfg := motorFiles(t)
	file := func(name string) string { return filepath.Join(dir, name+".csv") }
	_, log, code := crackle("score", "-c", cfg, file("SC_HLT_003"))
	if code != exitFailed || !strings.Contains(log, "motor.safetensors") || !strings.Contains(log, "crackle train") {
		t.Errorf("without a model: status %d, %q; want 1 and the next step", code, log)
	}
	out, log, code := crackle("train", "-c", cfg, file("SC_HLT_001"), file("SC_HLT_002"))
	if code != exitOK || !strings.Contains(out, "provisional") || !strings.Contains(out, "min_change") {
		t.Fatalf("train: status %d, %q, %q", code, out, log)
	}
	for name, alarm := range map[string]bool{"SC_HLT_003": false, "SC_A1_B0_C0_001": true} {
		out, log, code := crackle("score", "-c", cfg, file(name))
		if code != exitOK {
			t.Fatalf("score %s: status %d, %q", name, code, log)
		}
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != 1+17 || strings.Contains(out, ",alarm,") != alarm || rows[1][7] != "not assessed" || rows[1][2] != "" {
			t.Errorf("%s: %d rows, alarm %v, first %q", name, len(rows), strings.Contains(out, ",alarm,"), rows[1])
		}
		out, _, _ = crackle("score", "-c", cfg, "--json", file(name))
		var doc struct {
			Model  string
			Scores []jsonScore
		}
		if err := json.Unmarshal([]byte(out), &doc); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		for i, s := range doc.Scores {
			want := rows[i+1][5]
			if s.Score == nil && want != "" || s.Score != nil && number(*s.Score) != want {
				t.Errorf("%s, window %d: JSON and CSV differ: %v and %q", name, i, s.Score, want)
			}
		}
	}
}

func TestScoreAgainstAnotherConditioning(t *testing.T) {
	dir, cfg := motorFiles(t)
	if _, log, code := crackle("train", "-c", cfg, filepath.Join(dir, "SC_HLT_001.csv"), filepath.Join(dir, "SC_HLT_002.csv")); code != exitOK {
		t.Fatal(log)
	}
	b, err := os.ReadFile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	write(t, cfg, strings.Replace(string(b), "hop = 50", "hop = 100", 1))
	_, log, code := crackle("score", "-c", cfg, filepath.Join(dir, "SC_HLT_003.csv"))
	if code != exitFailed || !strings.Contains(log, "hop: stream 100, model 50") {
		t.Errorf("status %d, %q; want the key that differs", code, log)
	}
}

func TestMistakes(t *testing.T) {
	dir, cfg := motorFiles(t)
	recording := filepath.Join(dir, "SC_HLT_001.csv")
	bad := filepath.Join(dir, "bad.toml")
	write(t, bad, "[stream.s]\nchannels = [\"a\"]\nrate_hz = 0\nmodel = \"m\"\ncolour = 1\n[stream.s.features]\nlist = [\"rms\"]\n")
	band := filepath.Join(dir, "band.toml")
	write(t, band, "[stream.s]\nchannels = [\"a\"]\nrate_hz = 1000\nmodel = \"m\"\n[stream.s.features]\nlist = [\"rms\"]\n[stream.s.filter]\nkind = \"butterworth\"\nlow_hz = 10\nhigh_hz = 500\n")
	for _, tc := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{}, exitMistake, []string{"expected one of"}},
		{[]string{"fly"}, exitMistake, []string{"fly"}},
		{[]string{"check", "-c", bad}, exitMistake, []string{"2 mistakes", bad + ":3: stream.s.rate_hz: found 0; allowed:", bad + ":5: stream.s.colour: found an unknown key; allowed:", "do:"}},
		{[]string{"check", "-c", band}, exitMistake, []string{"1 mistake", ":10: stream.s.filter.high_hz", "500"}},
		{[]string{"check", "-c", filepath.Join(dir, "none.toml")}, exitMistake, []string{"no such file", "config.example.toml"}},
		{[]string{"run", "-c", bad}, exitMistake, []string{"rate_hz"}},
		{[]string{"score", "-c", cfg, "-s", "nobody", recording}, exitMistake, []string{"nobody", "motor"}},
		{[]string{"train", "-c", cfg, filepath.Join(dir, "none.csv")}, exitFailed, []string{"none.csv"}},
		{[]string{"train", "-c", cfg, recording, "--column", "1"}, exitMistake, []string{"1 columns", "channels a, b, c"}},
		{[]string{"train", "-c", cfg, "--rate", "500", recording}, exitMistake, []string{"500 Hz", "1000 Hz"}},
		{[]string{"replay", recording, "-s", "motor", "--rate", "1000", "--data", filepath.Join(dir, "nowhere")}, exitFailed, []string{"nowhere", "start crackle"}},
		{[]string{"replay", recording, "-s", "motor", "--speed", "-1"}, exitMistake, []string{"speed"}},
	} {
		out, log, code := crackle(tc.args...)
		for _, w := range tc.want {
			if code != tc.code || !strings.Contains(log, w) || out != "" {
				t.Errorf("crackle %s: status %d, %q; want %d and %q", strings.Join(tc.args, " "), code, log, tc.code, w)
			}
		}
	}
}

func TestHelpAndVersion(t *testing.T) {
	if out, _, code := crackle("--help"); code != exitOK || !strings.Contains(out, "replay") {
		t.Errorf("--help: status %d, %q", code, out)
	}
	if out, _, code := crackle("replay", "--help"); code != exitOK || !strings.Contains(out, "--speed") {
		t.Errorf("replay --help: status %d, %q", code, out)
	}
	if out, _, code := crackle("version"); code != exitOK || !strings.Contains(out, "kernel") {
		t.Errorf("version: status %d, %q", code, out)
	}
}

func TestExampleConfigurationIsChecked(t *testing.T) {
	out, log, code := crackle("check", "-c", filepath.Join("..", "..", "config.example.toml"))
	if code != exitOK || !strings.Contains(out, "no mistakes") || !strings.Contains(out, "example: no filter; windows: 1024 samples (5.12 ms), 390.6 a second; 2 numbers in each\n") ||
		!strings.Contains(out, "changes of streams and sinks up at SIGHUP; those of [server], [nats], [store], [evidence], [heartbeat] and [log] at a restart.\n") {
		t.Errorf("status %d, %q, %q", code, out, log)
	}
}

func TestScoreSaysWhenThereIsNoWindow(t *testing.T) {
	dir, cfg := motorFiles(t)
	if _, log, code := crackle("train", "-c", cfg, filepath.Join(dir, "SC_HLT_001.csv"), filepath.Join(dir, "SC_HLT_002.csv")); code != exitOK {
		t.Fatal(log)
	}
	short := filepath.Join(dir, "short.csv")
	write(t, short, "1,2,3\n-4,5,6\n0.5,8,9\n")
	if out, log, code := crackle("score", "-c", cfg, short); code != exitOK || strings.Count(out, "\n") != 1 || !strings.Contains(log, "3 samples per channel, a window needs 200") {
		t.Errorf("status %d, %q, %q", code, out, log)
	}
}

// A dead sensor's recording is never ok.
func TestScoreOfADeadSensor(t *testing.T) {
	dir, cfg := motorFiles(t)
	if _, log, code := crackle("train", "-c", cfg, filepath.Join(dir, "SC_HLT_001.csv"), filepath.Join(dir, "SC_HLT_002.csv")); code != exitOK {
		t.Fatal(log)
	}
	dead := filepath.Join(dir, "dead.csv")
	write(t, dead, strings.Repeat("0,0,0\n", 1000))
	if out, log, code := crackle("score", "-c", cfg, dead); code != exitOK || strings.Contains(out, ",ok,") || !strings.Contains(out, "signal frozen") {
		t.Errorf("status %d, %q, %q", code, out, log)
	}
}
