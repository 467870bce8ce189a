package filter_test

import (
	"math"
	"testing"

	"crackle/window/filter"
	"crackle/window/kernel"
)

// What the samples are is the caller's business: nothing panics, nothing but finite samples leaves finite state, and a reset clears the rest.
func TestHostileSamples(t *testing.T) {
	s := mustSections(t, filter.Design{Family: filter.Butterworth, Kind: filter.BandPass, Order: 4, EdgesHz: []float64{0.1, 0.2}}, 1)
	for _, name := range kernel.Available() {
		use(t, name)
		for _, channels := range []int{1, 3, 8, 17} {
			c, err := filter.NewCascade[float64](s, channels)
			if err != nil {
				t.Fatal(err)
			}
			for value, finite := range map[float64]bool{0: true, 1: true, 5e-324: true, 1e-310: true, 1e300: true, 1e308: false, math.Inf(-1): false, math.NaN(): false} {
				for _, rows := range []int{0, 1, 2, 15, 17, 300} {
					c.Reset()
					x := make([]float64, rows*channels)
					for i := range x {
						x[i] = value
					}
					for i, y := range c.Process(nil, x) {
						if finite && y-y != 0 {
							t.Fatalf("%s, %d channels: %g became %g at value %d", name, channels, value, y, i)
						}
					}
				}
			}
			c.Reset()
			for i, y := range c.Process(nil, wide(noise(1, 40*channels))) {
				if y-y != 0 {
					t.Fatalf("%s, %d channels: %g at value %d after a reset", name, channels, y, i)
				}
			}
			if y := c.Process(nil, make([]float64, channels-1)); len(y) != channels-1 {
				t.Error("less than a row changed its length")
			}
		}
	}
	for _, value := range []float64{math.NaN(), math.Inf(1), 1e308, 5e-324} {
		x := make([]float64, 101)
		x[50] = value
		if _, err := filter.ZeroPhase(nil, s, x); err != nil {
			t.Errorf("zero phase over %g: %v", value, err)
		}
	}
	if _, err := filter.ZeroPhase(nil, s, nil); err == nil {
		t.Error("zero phase over nothing succeeded")
	}
}
