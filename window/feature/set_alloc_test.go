package feature_test

import (
	"fmt"
	"runtime"
	"testing"

	"crackle/window/feature"
)

func TestComputeAllocatesNothing(t *testing.T) {
	for _, n := range []int{1000, 1024} {
		cfg := config(everything...)
		cfg.Length = n
		s := newSet(t, cfg)
		x := wave(n, gauss(1), gauss(2), sine(3, 500, 1))
		dst := make([]float32, s.Len())
		if allocs := testing.AllocsPerRun(10, func() {
			if _, err := s.Compute(dst, x); err != nil {
				t.Fatal(err)
			}
		}); allocs != 0 {
			t.Errorf("%g allocations for a window of %d, want 0", allocs, n)
		}
	}
}

// The names of the longest window of 64 channels take no window's memory: a Set of it takes 1.8 GB.
func TestNamesTakeNoWindow(t *testing.T) {
	cfg := feature.Config{RateHz: rate, Length: 1 << 20, List: []string{"rms", "envelope_peaks(0.0002)", "log_band_power(1000,20000)"}}
	for i := range 64 {
		cfg.Channels = append(cfg.Channels, fmt.Sprintf("c%d", i))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	names, err := feature.Names(cfg)
	runtime.ReadMemStats(&after)
	if err != nil || len(names) != 64*(1+6+1) {
		t.Fatalf("%d names, %v", len(names), err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("%d bytes were allocated", got)
	}
}
