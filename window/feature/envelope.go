package feature

import "math"

// Envelope is the magnitude of the analytic signal x + i H(x), by FFT over the window (Gabor, J. IEE 93, 1946). The signal is taken
// to repeat beyond the window, so that a few values at either end are less exact; the mean is left out first.
func (c *Channel) Envelope() []float64 {
	if c.have&haveEnvelope != 0 {
		return c.envelope
	}
	c.have |= haveEnvelope
	for i, z := range c.analytic() {
		c.envelope[i] = math.Sqrt(real(z)*real(z) + imag(z)*imag(z))
	}
	return c.envelope
}

// analytic is x - mean + i H(x), in scratch that the next call overwrites.
func (c *Channel) analytic() []complex128 {
	sh, n := c.shared, len(c.X)
	mean := c.Moments().Mean
	for i, x := range c.X {
		sh.tapered[i] = x - mean
	}
	sh.fft.Coefficients(sh.bins, sh.tapered)
	clear(sh.signal)
	scale := complex(1/float64(n), 0)
	for k := 1; k < (n+1)/2; k++ {
		sh.signal[k] = 2 * scale * sh.bins[k]
	}
	if n%2 == 0 {
		sh.signal[n/2] = scale * sh.bins[n/2]
	}
	return sh.full.Sequence(sh.signal, sh.signal)
}

// Smoothed is the RMS over n samples centred on each, over fewer at the window's ends: the smoothed envelope of Barkhausen
// practice. The last n asked for is remembered.
func (c *Channel) Smoothed(n int) []float64 {
	if c.smoothN == n {
		return c.smooth
	}
	c.smoothN = n
	before, after := (n-1)/2, n/2
	// A running sum of squares drifts by rounding only, which a fresh start every 256 samples bounds.
	sum := 0.0
	for i := range c.X {
		lo, hi := max(i-before, 0), min(i+after, len(c.X)-1)
		if i%256 == 0 {
			sum = 0
			for _, x := range c.X[lo : hi+1] {
				sum += x * x
			}
		} else {
			if i+after < len(c.X) {
				sum += c.X[hi] * c.X[hi]
			}
			if lo > 0 {
				sum -= c.X[lo-1] * c.X[lo-1]
			}
		}
		c.smooth[i] = math.Sqrt(max(sum, 0) / float64(hi-lo+1))
	}
	return c.smooth
}

var (
	_ = simple("envelope_mean", "x", "mean of the Hilbert envelope", func(c *Channel) float64 { m, _ := meanAndSpread(c.Envelope()); return m })
	_ = simple("envelope_std", "x", "standard deviation of the Hilbert envelope", func(c *Channel) float64 { _, s := meanAndSpread(c.Envelope()); return s })
	_ = simple("envelope_max", "x", "largest value of the Hilbert envelope", func(c *Channel) float64 {
		hi := 0.0
		for _, v := range c.Envelope() {
			hi = max(hi, v)
		}
		return hi
	})
)

// meanAndSpread gives mean and population standard deviation.
func meanAndSpread(x []float64) (mean, spread float64) {
	n := float64(len(x))
	for _, v := range x {
		mean += v
	}
	mean /= n
	for _, v := range x {
		spread += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(spread / n)
}
