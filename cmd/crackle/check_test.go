package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A model file that cannot serve its stream is a mistake of the configuration that names it, said among the others.
func TestCheckLooksAtModels(t *testing.T) {
	dir, cfg := motorFiles(t)
	if out, log, code := crackle("check", "-c", cfg); code != exitOK || !strings.Contains(log, "does not exist") {
		t.Fatalf("before teaching: status %d, %q, %q", code, out, log)
	}
	if _, log, code := crackle("train", "-c", cfg, filepath.Join(dir, "SC_HLT_001.csv"), filepath.Join(dir, "SC_HLT_002.csv")); code != exitOK {
		t.Fatal(log)
	}
	if out, log, code := crackle("check", "-c", cfg); code != exitOK || !strings.Contains(out, "no mistakes") || log != "" {
		t.Fatalf("with its own model: status %d, %q, %q", code, out, log)
	}
	plain := read(t, cfg)
	model := filepath.Join(dir, "motor.safetensors")
	taught := read(t, model)
	other := strings.NewReplacer("hop = 50", "hop = 100", "length = 200", "length = 240").Replace(plain)
	learning := strings.Replace(plain, `model = "motor.safetensors"`, "learn.windows = 10", 1) + "[store]\ndir = \"data\"\n"
	inData := filepath.Join(dir, "data", "models", "motor.safetensors")
	if err := os.MkdirAll(filepath.Dir(inData), 0o755); err != nil {
		t.Fatal(err)
	}
	const differs = "motor.toml:5: stream.motor.model: found a model of motor that was taught with another conditioning (hop: stream 100, model 50, length: stream 240, model 200); " +
		"allowed: a model that was taught with the stream's own conditioning; do: set the stream's keys as the model has them, or teach a new model with `crackle train`"
	const damaged = "motor.toml:%d: stream.motor.model: found a model file that cannot be used ("
	for _, tc := range []struct {
		name, config, model, inData string
		want                        []string
	}{
		{"another conditioning", other, taught, "", []string{"1 mistake", differs}},
		{"no model", plain, "not a model at all", "", []string{"1 mistake", fmt.Sprintf(damaged, 5), "; allowed: a model file that can be read whole; do: take it from a backup, or teach a new one"}},
		{"cut off", plain, taught[:len(taught)-100], "", []string{"1 mistake", fmt.Sprintf(damaged, 5)}},
		{"a flipped bit", plain, taught[:len(taught)-2] + string(taught[len(taught)-2]^1) + taught[len(taught)-1:], "", []string{"1 mistake", fmt.Sprintf(damaged, 5), "damaged"}},
		{"with other mistakes", strings.Replace(other, "rate_hz = 1000", "rate_hz = 0", 1), "x", "", []string{"2 mistakes", "motor.toml:4: stream.motor.rate_hz", fmt.Sprintf(damaged, 5)}},
		{"of another stream", other + "[sink.a]\nkind = \"logg\"\n", taught, "", []string{"2 mistakes", differs, "sink.a.kind"}},
		{"below a torn header", strings.Replace(plain, "[stream.motor.window]", "[stream..window]", 1), taught, "", []string{"1 mistake", "motor.toml:6: found"}},
		{"in the data folder", learning, "", "x", []string{"1 mistake", fmt.Sprintf(damaged, 2), ") in the data folder; allowed:"}},
	} {
		write(t, cfg, tc.config)
		write(t, model, tc.model)
		write(t, inData, tc.inData)
		out, log, code := crackle("check", "-c", cfg)
		for _, w := range tc.want {
			if code != exitMistake || out != "" || !strings.Contains(log, w) {
				t.Errorf("%s: status %d, %q, %q; want %d and %q", tc.name, code, out, log, exitMistake, w)
			}
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
