package app

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// A spike of one sample in five million is in the picture at every width and every zoom, and every sample is in one bucket.
func TestSpikeIsSeenAtEveryZoomProperty(t *testing.T) {
	const n, rate = 5_000_000, 1000.0
	rows := make([]float32, n)
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, n-1).Draw(t, "at")
		width := rapid.IntRange(16, 4096).Draw(t, "width")
		lo := rapid.IntRange(0, at).Draw(t, "from")
		hi := rapid.IntRange(at+1, n).Draw(t, "to")
		lo = max(lo, hi-rapid.SampledFrom([]int{50_000, 400_000, n}).Draw(t, "longest"))
		if lo > at {
			lo = at
		}
		rows[at] = 7
		defer func() { rows[at] = 0 }()
		r := newReduced(span{int64(lo) * 1e6, int64(hi) * 1e6, width})
		first := max(0, lo-rapid.IntRange(0, 5000).Draw(t, "before"))
		for k := first; k < hi; { // in blocks of any length
			m := min(hi-k, rapid.IntRange(1, 1<<20).Draw(t, "block")+hi/16)
			r.rows(int64(k)*1e6, rate, rows[k:k+m], 1, 0)
			k += m
		}
		high := math.Inf(-1)
		for _, b := range r.buckets() {
			if b.Max > high {
				high = b.Max
			}
			if b.Max == 7 && math.Abs(b.TMS-float64(at)) > r.step()/1e6+1 {
				t.Fatalf("the spike at %d ms is drawn at %g ms", at, b.TMS)
			}
		}
		if high != 7 {
			t.Fatalf("the spike at %d is not seen from %d to %d in %d pixels", at, lo, hi, width)
		}
	})
}

// A tone stands at its frequency.
func TestSpectrogramShowsATone(t *testing.T) {
	t.Parallel()
	const rate, tone = 10_000.0, 1250.0
	rows := make([]float32, 20_000)
	for i := range rows {
		rows[i] = float32(math.Sin(2 * math.Pi * tone * float64(i) / rate))
	}
	g, err := newSpectrogram(span{0, 2e9, 20}, rate)
	if err != nil {
		t.Fatal(err)
	}
	for k := 0; k < len(rows); k += 700 {
		g.rows(int64(float64(k)/rate*1e9), rows[k:min(k+700, len(rows))], 1, 0)
	}
	a := g.answer("x")
	if len(a.TMS) != 20 || len(a.DB[0]) != spectrumRows {
		t.Fatalf("%d columns of %d rows", len(a.TMS), len(a.DB[0]))
	}
	for i, column := range a.DB {
		best := 0
		for k, v := range column {
			if v > column[best] {
				best = k
			}
		}
		if math.Abs(a.FHz[best]-tone) > rate/spectrumLength {
			t.Errorf("column %d has its peak at %g Hz", i, a.FHz[best])
		}
	}
}
