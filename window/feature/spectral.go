package feature

import (
	"fmt"
	"math"
)

var (
	_ = simple("spectral_centroid", "Hz", "mean frequency weighted by power, without the bin at 0 Hz", spectralCentroid)
	_ = register(Kind{Name: "band_power", Args: "lo_hz, hi_hz", Unit: "x^2",
		About: "power of the bins in lo <= f < hi: their part of the mean square", build: bandPower(false)})
	_ = register(Kind{Name: "log_band_power", Args: "lo_hz, hi_hz", Unit: "ln x^2",
		About: "ln of band_power", build: bandPower(true)})
)

var (
	_ = simple("spectral_peak", "Hz", "frequency of the strongest bin, without the one at 0 Hz", func(c *Channel) float64 {
		p := c.Power()[1:]
		if at := argMax(p); p[at] > 0 {
			return float64(at+1) * c.BinHz()
		}
		return 0
	})
	_ = simple("spectral_flatness", "1", "geometric over arithmetic mean of the power of the bins, without the one at 0 Hz: 0 a tone; white noise about 0.56", spectralFlatness)
	_ = register(Kind{Name: "partial_power", Args: "lo_hz, hi_hz", Unit: "1",
		About: "power of the bins in lo <= f < hi over that of all bins", build: newPartialPower})
)

func spectralFlatness(c *Channel) float64 {
	p := c.Power()[1:]
	sum, logs := 0.0, 0.0
	for _, v := range p {
		sum += v
	}
	if sum == 0 {
		return 0
	}
	mean := sum / float64(len(p))
	for _, v := range p {
		logs += logOf(v / mean)
	}
	return math.Exp(logs / float64(len(p)))
}

type partialPower struct{ band }

func newPartialPower(b builder) (measure, error) {
	m, err := bandPower(false)(b)
	if err != nil {
		return nil, err
	}
	return partialPower{m.(band)}, nil
}

func (p partialPower) measure(dst []float64, w *Frame) {
	p.band.measure(dst, w)
	sum := 0.0
	for _, v := range w.Channels[p.channel].Power() {
		sum += v
	}
	dst[0] = ratio(dst[0], sum)
}

func spectralCentroid(c *Channel) float64 {
	sum, weighted := 0.0, 0.0
	for k, p := range c.Power()[1:] {
		sum += p
		weighted += p * float64(k+1)
	}
	return ratio(weighted, sum) * c.BinHz()
}

type band struct {
	channel int
	lo, hi  int // bins lo <= k < hi
	log     bool
}

func (b band) measure(dst []float64, w *Frame) {
	sum := 0.0
	for _, p := range w.Channels[b.channel].Power()[b.lo:b.hi] {
		sum += p
	}
	if b.log {
		sum = logOf(sum)
	}
	dst[0] = sum
}

func bandPower(log bool) func(b builder) (measure, error) {
	return func(b builder) (measure, error) {
		if len(b.args) != 2 || len(b.names) > 0 {
			return nil, fmt.Errorf("give two numbers, as in band_power(10000, 40000)")
		}
		lo, hi, err := b.bins(b.args[0], b.args[1])
		return band{b.channel, lo, hi, log}, err
	}
}

// bins turns a band in Hz into bins of the power spectrum.
func (b builder) bins(loHz, hiHz float64) (lo, hi int, err error) {
	half, step := b.cfg.RateHz/2, b.cfg.RateHz/float64(b.cfg.Length)
	if !(loHz >= 0 && loHz < hiHz) && hiHz != half { // whatever the rate
		return 0, 0, fmt.Errorf("band %g to %g Hz: must rise, from 0 or more", loHz, hiHz)
	}
	if !(loHz >= 0 && loHz < hiHz && hiHz <= half) {
		return 0, 0, fmt.Errorf("band %g to %g Hz: must rise and lie within 0 to %g Hz, half the rate", loHz, hiHz, half)
	}
	lo, hi = int(math.Ceil(loHz/step-1e-9)), int(math.Ceil(hiHz/step-1e-9))
	if hiHz == half {
		hi = b.cfg.Length/2 + 1 // the last band takes the last bin
	}
	if lo >= hi {
		return 0, 0, fmt.Errorf("band %g to %g Hz holds no bin: bins are %g Hz apart in a window of %d samples; widen the band or the window", loHz, hiHz, step, b.cfg.Length)
	}
	return lo, hi, nil
}
