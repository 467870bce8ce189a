package feature

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/dsp/fourier"

	"crackle/window/kernel"
	"crackle/window/taper"
)

// Frame is one window under measurement: its channels, de-interleaved, with what features share.
type Frame struct {
	RateHz   float64
	Channels []Channel
	length   int

	validShare float64
}

// Channel is one channel of a window. X is valid until the next window; the methods compute on first use and remember.
type Channel struct {
	X      []float64 // [length] samples
	RateHz float64

	have     have
	moments  Moments
	power    []float64 // [length/2+1] one-sided power, x^2 per bin
	envelope []float64 // [length] magnitude of the analytic signal
	smooth   []float64 // [length] RMS over smoothN samples
	smoothN  int
	shared   *scratch
}

type have uint8

const (
	haveMoments have = 1 << iota
	havePower
	haveEnvelope
)

// scratch is what the channels of a frame take turns with.
type scratch struct {
	taper   []float64   // [length], scaled so that its squares sum to 1/length
	tapered []float64   // [length]
	fast    *kernel.FFT // when the length is a power of two that it takes
	fft     *fourier.FFT
	bins    []complex128 // [length/2+1]
	re, im  []float64    // [length/2+1], of fast
	full    *fourier.CmplxFFT
	signal  []complex128 // [length]
	sorted  []float64    // [length]
	owner   *Channel     // whose samples are in sorted
}

func newFrame(cfg Config) (*Frame, error) {
	weights, err := taper.New(cfg.Taper, cfg.Length)
	if err != nil {
		return nil, err
	}
	n := cfg.Length
	if err := transformable(n); err != nil {
		return nil, err
	}
	sh := &scratch{taper: unitPower(weights), tapered: make([]float64, n), fft: fourier.NewFFT(n), bins: make([]complex128, n/2+1),
		full: fourier.NewCmplxFFT(n), signal: make([]complex128, n), sorted: make([]float64, n)}
	if kernel.FFTFits(n) {
		if sh.fast, err = kernel.NewFFT(n); err != nil {
			return nil, err
		}
		sh.re, sh.im = make([]float64, n/2+1), make([]float64, n/2+1)
	}
	f := &Frame{RateHz: cfg.RateHz, length: cfg.Length, validShare: 1, Channels: make([]Channel, len(cfg.Channels))}
	for i := range f.Channels {
		f.Channels[i] = Channel{X: make([]float64, n), RateHz: cfg.RateHz, power: make([]float64, n/2+1),
			envelope: make([]float64, n), smooth: make([]float64, n), shared: sh}
	}
	return f, nil
}

// transformable refuses lengths whose Fourier transform would take n times a large prime steps.
func transformable(n int) error {
	largest := func(n int) int {
		for p := 2; p*p <= n; p++ {
			for n%p == 0 && n > p {
				n /= p
			}
		}
		return n
	}
	const most = 1 << 26
	if n*largest(n) <= most {
		return nil
	}
	near := n
	for near*largest(near) > most {
		near--
	}
	return fmt.Errorf("feature: a length of %d samples has the large prime factor %d, which makes its spectrum too slow: take %d, or a power of two", n, largest(n), near)
}

// unitPower scales a taper so that the power spectrum sums to the mean square.
func unitPower(taper []float64) []float64 {
	sum := 0.0
	for _, w := range taper {
		sum += w * w
	}
	for i := range taper {
		taper[i] /= math.Sqrt(sum * float64(len(taper)))
	}
	return taper
}

func (f *Frame) load(window []float32) error {
	n := len(f.Channels)
	if len(window) != n*f.length {
		return fmt.Errorf("feature: window of %d samples over %d channels: must be %d rows", len(window), n, f.length)
	}
	f.Channels[0].shared.owner = nil
	for c := range f.Channels {
		ch := &f.Channels[c]
		ch.have, ch.smoothN = 0, 0
		if n == 1 {
			kernel.Widen(ch.X, window)
			continue
		}
		for i, j := 0, c; j < len(window); i, j = i+1, j+n {
			ch.X[i] = float64(window[j])
		}
	}
	return nil
}

// Power is the one-sided power spectrum of the tapered samples: bin k is at k RateHz / length Hz, and the bins sum to the mean
// square of the samples (Welch's normalisation for one segment).
func (c *Channel) Power() []float64 {
	if c.have&havePower != 0 {
		return c.power
	}
	c.have |= havePower
	sh := c.shared
	last := len(c.power) - 1
	if sh.fast != nil {
		sh.fast.Forward(sh.re, sh.im, c.X, sh.taper)
		p, re, im := c.power, sh.re[:len(c.power)], sh.im[:len(c.power)]
		for k := range p {
			p[k] = 2 * (re[k]*re[k] + im[k]*im[k])
		}
		p[0] /= 2
		p[last] /= 2
		return p
	}
	for i, x := range c.X {
		sh.tapered[i] = x * sh.taper[i]
	}
	sh.fft.Coefficients(sh.bins, sh.tapered)
	for k, b := range sh.bins {
		p := real(b)*real(b) + imag(b)*imag(b)
		if k > 0 && (k < last || len(c.X)%2 == 1) {
			p *= 2 // its twin at the negative frequency
		}
		c.power[k] = p
	}
	return c.power
}

// BinHz is the distance between two bins of Power.
func (c *Channel) BinHz() float64 { return c.RateHz / float64(len(c.X)) }
