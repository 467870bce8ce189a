package demo

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// SHA-256 of the original CSV file.
const temperatureSum = "92bf5b87fc7f9bba8ca0b7ec63ccaac8cb4a1371a258e8c29a10ae9c018d82a4"

func TestTemperatureIsTheOriginal(t *testing.T) {
	csv, err := unpack(temperatureArchive)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(csv)); got != temperatureSum {
		t.Errorf("the log hashes to %s, want %s", got, temperatureSum)
	}
	if dir := os.Getenv("CRACKLE_DEMO_SOURCES"); dir != "" {
		original, err := os.ReadFile(filepath.Join(dir, "nab/data/realKnownCause/machine_temperature_system_failure.csv"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(original, csv) {
			t.Error("the log differs from the original")
		}
	}
}

func TestTemperatureRowsAndWindows(t *testing.T) {
	l, err := Temperature()
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Samples) != 22695 || len(l.Times) != 22695 {
		t.Fatalf("%d samples, %d times, want 22,695", len(l.Samples), len(l.Times))
	}
	if l.Samples[0] != 73.96732207 || l.Samples[22694] != 96.90386085 {
		t.Errorf("first and last value %v, %v", l.Samples[0], l.Samples[22694])
	}
	for i := 1; i < len(l.Times); i++ {
		want := 300 * time.Second
		if i == 10149 {
			want = -3300 * time.Second
		}
		if step := l.Times[i].Sub(l.Times[i-1]); step != want {
			t.Errorf("row %d comes %v after the one before, want %v", i+1, step, want)
		}
	}
	if len(l.Windows) != 4 {
		t.Fatalf("%d windows, want 4", len(l.Windows))
	}
	for _, w := range l.Windows {
		if !l.Times[w.First].Equal(w.From) || !l.Times[w.End-1].Equal(w.To) || w.Label.Before(w.From) || w.Label.After(w.To) {
			t.Errorf("window %v does not match its rows", w)
		}
	}
	if w := l.Windows[3]; w.From.Format(time.RFC3339) != "2014-02-07T14:55:00Z" || w.End-w.First != 567 {
		t.Errorf("last window starts %v and has %d rows", w.From, w.End-w.First)
	}
}

func TestDamagedTemperatureLog(t *testing.T) {
	if _, err := readTemperature(temperatureArchive[:1000], temperatureLabels); err == nil {
		t.Error("cut archive: no error")
	}
	for _, labels := range []string{"", `{"windows":[["a","b"]],"labels":[]}`, `{"windows":[["a","b"]],"labels":["c"]}`} {
		if _, err := readTemperature(temperatureArchive, []byte(labels)); err == nil {
			t.Errorf("labels %q: no error", labels)
		}
	}
}
