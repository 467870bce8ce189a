package detector

import (
	_ "embed"
	"encoding/json"
	"math"
	"strconv"
	"testing"
)

// A model of format 1, a network alone, and what the program that wrote it said of signal(4, 1, 60) with a fault from window 40 on.
var (
	//go:embed testdata/format1.safetensors
	format1File []byte
	//go:embed testdata/format1.json
	format1Scores []byte
)

// A model of format 1 is read and scores as it did, to one part in a million: the last places of activations differ between kernels and builds.
func TestFormat1IsStillRead(t *testing.T) {
	var want []struct {
		Value, Verdict, Name string
		Got, Expected, Share float64
	}
	if err := json.Unmarshal(format1Scores, &want); err != nil {
		t.Fatal(err)
	}
	m, err := ParseModel(format1File)
	if err != nil {
		t.Fatal(err)
	}
	l := signal(4, 1, 60)
	for _, r := range l.sequences[0].Rows[40:] {
		r[1] += 40
	}
	alarms := 0
	for i, s := range scores(t, m, l) {
		v, err := strconv.ParseFloat(want[i].Value, 64)
		if err != nil {
			t.Fatal(err)
		}
		if !(math.Abs(s.Value-v) <= 1e-6*v) && !(math.IsNaN(s.Value) && math.IsNaN(v)) {
			t.Errorf("window %d: %v, was %v", i, s.Value, v)
		}
		if s.Verdict.String() != want[i].Verdict || s.Top[0].Name != want[i].Name || math.Abs(s.Top[0].Share-want[i].Share) > 1e-3 {
			t.Errorf("window %d: verdict %v, cause %+v; was %+v", i, s.Verdict, s.Top[0], want[i])
		}
		if s.Verdict == Alarm {
			alarms++
		}
	}
	if alarms == 0 {
		t.Error("the fault is not found")
	}
	b, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != string(format1File) {
		t.Error("a model of format 1 is written otherwise than it was read")
	}
}
