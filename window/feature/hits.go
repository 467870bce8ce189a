package feature

import (
	"fmt"
	"math"
)

var _ = register(Kind{Name: "hits", Args: "threshold, pdt_s, hdt_s, hlt_s", Unit: "1",
	About: "acoustic-emission hits by the terms of EN 1330-9: their rate, and the strongest one's amplitude, rise time, duration, counts, energy and the RMS before it",
	build: newHits})

// hits finds hits as a hit-based system does: the first crossing of the threshold (by magnitude) starts one; it ends when the hit
// definition time (HDT) passes without a crossing, and for the hit lock-out time (HLT) no other begins. The peak is the largest
// magnitude until the peak definition time (PDT) passes without a larger one. Duration runs from the first crossing to the last; counts
// are upward crossings of the positive threshold in it (ring-down counts); energy is the integral of the square over it. RMS
// before is taken from the end of the last hit, or the start of the window, to the first crossing. A hit that is on when the window
// starts begins there.
type hits struct {
	channel       int
	threshold     float64
	pdt, hdt, hlt int
}

func newHits(b builder) (measure, error) {
	if err := b.numbers("threshold", "pdt_s", "hdt_s", "hlt_s"); err != nil {
		return nil, err
	}
	h := hits{channel: b.channel, threshold: b.args[0]}
	for i, to := range []*int{&h.pdt, &h.hdt, &h.hlt} {
		n, err := b.samples([]string{"pdt_s", "hdt_s", "hlt_s"}[i], b.args[i+1])
		if err != nil {
			return nil, err
		}
		*to = n
	}
	if h.pdt > h.hdt {
		return nil, fmt.Errorf("pdt_s %g must not exceed hdt_s %g", b.args[1], b.args[2])
	}
	return h, nil
}

func (hits) outputs() []output {
	return outputsOf("rate", "1/s", "amplitude", "x", "rise_time", "s", "duration", "s", "counts", "1", "energy", "x^2 s", "rms_before", "x")
}

// hit is one hit; all are sample numbers but peak.
type hit struct {
	first, last, peakAt int
	peak                float64
}

// next finds the hit that starts at or after a sample.
func (h hits) next(x []float64, from int) (hit, bool) {
	for from < len(x) && math.Abs(x[from]) < h.threshold {
		from++
	}
	if from >= len(x) {
		return hit{}, false
	}
	t := hit{first: from, last: from, peakAt: from, peak: math.Abs(x[from])}
	peakOpen := true
	for i := from + 1; i < len(x) && i-t.last <= h.hdt; i++ {
		a := math.Abs(x[i])
		if a >= h.threshold {
			t.last = i
		}
		if i-t.peakAt > h.pdt {
			peakOpen = false
		}
		if peakOpen && a > t.peak {
			t.peak, t.peakAt = a, i
		}
	}
	return t, true
}

func (h hits) measure(dst []float64, w *Frame) {
	x := w.Channels[h.channel].X
	n, quiet := 0, 0
	var best hit
	bestQuiet := 0
	for t, ok := h.next(x, 0); ok; t, ok = h.next(x, quiet+h.hlt) {
		if n == 0 || t.peak > best.peak {
			best, bestQuiet = t, quiet
		}
		n++
		quiet = t.last + h.hdt + 1
	}
	clear(dst)
	if n == 0 {
		return
	}
	counts, energy := 0.0, 0.0
	for i := best.first; i <= best.last; i++ {
		if x[i] >= h.threshold && (i == 0 || x[i-1] < h.threshold) {
			counts++
		}
		energy += x[i] * x[i]
	}
	dst[0], dst[1] = float64(n)*w.RateHz/float64(len(x)), best.peak
	dst[2], dst[3] = float64(best.peakAt-best.first)/w.RateHz, float64(best.last-best.first)/w.RateHz
	dst[4], dst[5] = counts, energy/w.RateHz
	if best.first > bestQuiet {
		dst[6] = rmsOf(x[bestQuiet:best.first])
	}
}
