package feature

import (
	"fmt"
	"math"
)

// burst is a maximal run of samples whose magnitude is above a threshold.
type burst struct {
	from, to int     // from <= i < to
	peakAt   int     // of the largest magnitude
	peak     float64 // largest magnitude
	size     float64 // sum of magnitudes
}

// nextBurst finds the first burst that starts at or after a sample.
func nextBurst(x []float64, from int, threshold float64) (burst, bool) {
	for from < len(x) && math.Abs(x[from]) <= threshold {
		from++
	}
	if from >= len(x) {
		return burst{}, false
	}
	b := burst{from: from, to: from, peakAt: from}
	for b.to < len(x) {
		a := math.Abs(x[b.to])
		if a <= threshold {
			break
		}
		if a > b.peak {
			b.peak, b.peakAt = a, b.to
		}
		b.size += a
		b.to++
	}
	return b, true
}

var (
	_ = register(Kind{Name: "pulse_count", Args: "threshold", Unit: "1/s",
		About: "runs of samples with a magnitude above the threshold, per second", build: newPulseCount})
	_ = register(Kind{Name: "pulse_heights", Args: "threshold, bins, ratio", Unit: "1",
		About: "share of pulses by height: bin k from threshold ratio^k to threshold ratio^(k+1), the last one open", build: newPulseHeights})
	_ = register(Kind{Name: "avalanches", Args: "threshold", Unit: "1",
		About: "runs above the threshold: rate, mean size and duration, and the exponents of their log-binned densities", build: newAvalanches})
)

type pulseCount struct {
	channel   int
	threshold float64
}

func newPulseCount(b builder) (measure, error) {
	if err := b.numbers("threshold"); err != nil {
		return nil, err
	}
	return pulseCount{b.channel, b.args[0]}, nil
}

func (p pulseCount) measure(dst []float64, w *Frame) {
	x, n := w.Channels[p.channel].X, 0
	for b, ok := nextBurst(x, 0, p.threshold); ok; b, ok = nextBurst(x, b.to, p.threshold) {
		n++
	}
	dst[0] = float64(n) * w.RateHz / float64(len(x))
}

type pulseHeights struct {
	channel          int
	threshold, ratio float64
	bins             int
}

func newPulseHeights(b builder) (measure, error) {
	if err := b.numbers("threshold", "bins", "ratio"); err != nil {
		return nil, err
	}
	p := pulseHeights{b.channel, b.args[0], b.args[2], int(b.args[1])}
	if float64(p.bins) != b.args[1] || p.bins > 64 {
		return nil, fmt.Errorf("bins is %g: must be a whole number from 1 to 64", b.args[1])
	}
	if p.ratio <= 1 {
		return nil, fmt.Errorf("ratio is %g: must be above 1, such as 2", p.ratio)
	}
	return p, nil
}

func (p pulseHeights) outputs() []output {
	out := make([]output, p.bins)
	for i := range out {
		out[i] = output{fmt.Sprint(i), "1"}
	}
	return out
}

func (p pulseHeights) measure(dst []float64, w *Frame) {
	clear(dst)
	x, n := w.Channels[p.channel].X, 0.0
	for b, ok := nextBurst(x, 0, p.threshold); ok; b, ok = nextBurst(x, b.to, p.threshold) {
		k := int(min(math.Log(b.peak/p.threshold)/math.Log(p.ratio), float64(p.bins-1)))
		dst[max(k, 0)]++
		n++
	}
	for i := range dst {
		dst[i] = ratio(dst[i], n)
	}
}

// avalanches measures runs above a threshold as Barkhausen avalanches (Durin and Zapperi, The Science of Hysteresis II, 2006).
// Runs cut by the window's ends are left out of size and duration.
type avalanches struct {
	channel   int
	threshold float64
}

func newAvalanches(b builder) (measure, error) {
	if err := b.numbers("threshold"); err != nil {
		return nil, err
	}
	return avalanches{b.channel, b.args[0]}, nil
}

func (avalanches) outputs() []output {
	return outputsOf("rate", "1/s", "mean_size", "x s", "mean_duration", "s", "size_exponent", "1", "duration_exponent", "1")
}

func (a avalanches) measure(dst []float64, w *Frame) {
	clear(dst)
	x := w.Channels[a.channel].X
	var sizes, durations logBins
	whole := 0.0
	for b, ok := nextBurst(x, 0, a.threshold); ok; b, ok = nextBurst(x, b.to, a.threshold) {
		dst[0]++
		if b.from == 0 || b.to == len(x) {
			continue
		}
		whole++
		dst[1] += b.size
		dst[2] += float64(b.to - b.from)
		sizes.add(b.size / a.threshold)
		durations.add(float64(b.to - b.from))
	}
	dst[0] *= w.RateHz / float64(len(x))
	dst[1] = ratio(dst[1], whole) / w.RateHz
	dst[2] = ratio(dst[2], whole) / w.RateHz
	dst[3], dst[4] = sizes.exponent(), durations.exponent()
}

// logBins counts values of 1 and more in octaves.
type logBins [48]float64

func (l *logBins) add(v float64) {
	l[min(max(math.Ilogb(v), 0), len(l)-1)]++
}

// exponent is tau of a density proportional to v^-tau: the slope of the least-squares line through the logarithms of the octaves'
// densities, each weighted by its count. With fewer than three octaves in use it is 0.
func (l *logBins) exponent() float64 {
	var n, sw, sx, sy, sxx, sxy float64
	for k, c := range l {
		if c == 0 {
			continue
		}
		x := (float64(k) + 0.5) * math.Ln2
		y := math.Log(c) - float64(k)*math.Ln2 // the octave's width is 2^k
		n++
		sw += c
		sx += c * x
		sy += c * y
		sxx += c * x * x
		sxy += c * x * y
	}
	if n < 3 {
		return 0
	}
	return -ratio(sw*sxy-sx*sy, sw*sxx-sx*sx)
}
