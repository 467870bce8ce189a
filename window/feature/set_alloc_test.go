package feature_test

import "testing"

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
