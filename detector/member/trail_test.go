package member

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Moments are those of the last values by their definition, at every place of the ring, and after the ring was read back.
func TestTrailMoments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size, added := rapid.IntRange(1, 150).Draw(t, "size"), rapid.IntRange(0, 400).Draw(t, "added")
		trail, all := newTrail(size), []float64(nil)
		value := rapid.Float64Range(-1e6, 1e6)
		for range added {
			v := value.Draw(t, "value")
			trail.add(v)
			all = append(all, v)
		}
		if rapid.Bool().Draw(t, "restored") {
			var w stateWriter
			trail.writeState(&w)
			trail = newTrail(size)
			trail.add(7)
			trail.readState(&stateReader{b: w.b})
		}
		n, back := rapid.IntRange(0, size).Draw(t, "n"), rapid.IntRange(0, size).Draw(t, "back")
		mean, variance, count := trail.moments(n, back)
		want := min(n, max(min(added, size)-back, 0))
		if count != want {
			t.Fatalf("%d values, want %d", count, want)
		}
		if want == 0 {
			return
		}
		x := all[len(all)-back-want : len(all)-back]
		m, s := 0.0, 0.0
		for _, v := range x {
			m += v / float64(want)
		}
		for _, v := range x {
			s += (v - m) * (v - m) / float64(want)
		}
		if math.Abs(mean-m) > 1e-6 || math.Abs(variance-s) > 1e-9*s+1e-6 {
			t.Fatalf("mean %v and variance %v, want %v and %v", mean, variance, m, s)
		}
	})
}

// An ordered list holds the last values in order, whatever comes.
func TestOrderedHoldsTheLastValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 20).Draw(t, "size")
		values := rapid.SliceOfN(rapid.Float64Range(-5, 5), 0, 80).Draw(t, "values")
		o := newOrdered(size)
		for i, v := range values {
			values[i] = math.Round(v) // ties
			o.add(values[i])
		}
		last := append([]float64(nil), values[max(0, len(values)-size):]...)
		for i, v := range o.sorted {
			if i > 0 && o.sorted[i-1] > v {
				t.Fatalf("%v is not in order", o.sorted)
			}
			found := false
			for k, w := range last {
				if found = v == w; found {
					last = append(last[:k], last[k+1:]...)
					break
				}
			}
			if !found {
				t.Fatalf("%v is not of the last", v)
			}
		}
		if len(last) > 0 {
			t.Fatalf("%v are missing", last)
		}
	})
}
