package feature_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"crackle/window/feature"
)

// TestEqualsSciPy compares with what SciPy and NumPy measure on the same samples, to 1e-6.
func TestEqualsSciPy(t *testing.T) {
	raw, err := os.ReadFile("testdata/general.json")
	if err != nil {
		t.Fatal(err)
	}
	var g struct {
		RateHz   float64 `json:"rate_hz"`
		X        []float32
		Features map[string]float64
	}
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Features) == 0 {
		t.Fatal("no features in the file")
	}
	for name, want := range g.Features {
		s := newSet(t, feature.Config{Channels: []string{"v"}, RateHz: g.RateHz, Length: len(g.X), List: []string{name}})
		v, err := s.Compute(nil, g.X)
		if err != nil {
			t.Fatal(err)
		}
		if got := float64(v[0]); math.Abs(got-want) > 1e-6*(0.01+math.Abs(want)) {
			t.Errorf("%s is %g, SciPy has %g", name, got, want)
		}
	}
}
