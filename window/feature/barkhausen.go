package feature

import (
	"errors"
	"fmt"
	"math"
)

var (
	_ = simple("energy", "x^2 s", "integral of the square over the window", func(c *Channel) float64 {
		return c.Moments().MeanSquare * float64(len(c.X)) / c.RateHz
	})
	_ = register(Kind{Name: "rms_denoised", Args: "noise_rms", Unit: "x",
		About: "sqrt(rms^2 - noise_rms^2), 0 at or below the noise floor, which is measured without excitation", build: newDenoised})
	_ = register(Kind{Name: "depth_rms", Args: "from_m, to_m, conductivity_s_per_m, relative_permeability", Unit: "x",
		About: "RMS of the frequencies whose skin depth 1/sqrt(pi f mu sigma) lies between two depths", build: newDepthRMS})
	_ = simple("half_asymmetry", "1", "(RMS of the first half - RMS of the second) over their sum: of the half-cycles, when the window is one drive cycle", halfAsymmetry)
	_ = register(Kind{Name: "cycle_variation", Args: "cycles", Unit: "1",
		About: "standard deviation over mean of the RMS of so many equal stretches of the window", build: newCycleVariation})
	_ = register(Kind{Name: "at_remanence", Args: "smooth_s, drive channel", Unit: "x",
		About: "mean of the smoothed RMS envelope where the drive crosses 0", build: newAtRemanence})
	_ = register(Kind{Name: "lift_off", Args: "low_from_hz, low_to_hz, high_from_hz, high_to_hz, noise_rms", Unit: "ln 1",
		About: "ln of the power in the high band over that in the low band, both without white noise of the given RMS: an air gap takes the high frequencies first, a softer or harder part changes both alike", build: newLiftOff})
)

type denoised struct {
	channel int
	floor   float64
}

func newDenoised(b builder) (measure, error) {
	if err := b.numbers("noise_rms"); err != nil {
		return nil, err
	}
	return denoised{b.channel, b.args[0]}, nil
}

func (d denoised) measure(dst []float64, w *Frame) {
	dst[0] = math.Sqrt(max(w.Channels[d.channel].Moments().MeanSquare-d.floor*d.floor, 0))
}

// rootBand is the square root of a band's power.
type rootBand struct{ band }

func (r rootBand) measure(dst []float64, w *Frame) {
	r.band.measure(dst, w)
	dst[0] = math.Sqrt(dst[0])
}

// newDepthRMS turns depths into frequencies: f = 1 / (pi mu0 mur sigma depth^2) (Jiles, Introduction to Magnetism, 1998).
func newDepthRMS(b builder) (measure, error) {
	if err := b.numbers("from_m", "to_m", "conductivity_s_per_m", "relative_permeability"); err != nil {
		return nil, err
	}
	if b.args[0] >= b.args[1] {
		return nil, errors.New("from_m must be below to_m")
	}
	const mu0 = 1.25663706127e-6 // CODATA 2022
	hz := func(depth float64) float64 { return 1 / (math.Pi * mu0 * b.args[3] * b.args[2] * depth * depth) }
	lo, hi, err := b.bins(hz(b.args[1]), min(hz(b.args[0]), b.cfg.RateHz/2))
	if err != nil {
		return nil, fmt.Errorf("depths %g to %g m: %w", b.args[0], b.args[1], err)
	}
	return rootBand{band{b.channel, lo, hi, false}}, nil
}

func halfAsymmetry(c *Channel) float64 {
	half := len(c.X) / 2
	a, b := rmsOf(c.X[:half]), rmsOf(c.X[len(c.X)-half:])
	return ratio(a-b, a+b)
}

func rmsOf(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return math.Sqrt(sum / float64(len(x)))
}

type cycleVariation struct{ channel, cycles int }

func newCycleVariation(b builder) (measure, error) {
	if err := b.numbers("cycles"); err != nil {
		return nil, err
	}
	n := int(b.args[0])
	if float64(n) != b.args[0] || n < 2 || n > b.cfg.Length {
		return nil, fmt.Errorf("cycles is %g: must be a whole number from 2 to the window's %d samples", b.args[0], b.cfg.Length)
	}
	return cycleVariation{b.channel, n}, nil
}

func (v cycleVariation) measure(dst []float64, w *Frame) {
	x := w.Channels[v.channel].X
	var sum, sq float64
	for k := range v.cycles {
		r := rmsOf(x[k*len(x)/v.cycles : (k+1)*len(x)/v.cycles])
		sum += r
		sq += r * r
	}
	n := float64(v.cycles)
	mean := sum / n
	dst[0] = ratio(math.Sqrt(max(sq/n-mean*mean, 0)), mean)
}

type atRemanence struct{ channel, smooth, drive int }

func newAtRemanence(b builder) (measure, error) {
	if err := b.positive("smooth_s"); err != nil {
		return nil, err
	}
	d, err := b.channelArgs("drive")
	if err != nil {
		return nil, err
	}
	n, err := b.samples("smooth_s", b.args[0])
	return atRemanence{b.channel, n, d[0]}, err
}

func (a atRemanence) measure(dst []float64, w *Frame) {
	env, drive := w.Channels[a.channel].Smoothed(a.smooth), w.Channels[a.drive].X
	sum, n := 0.0, 0.0
	for i := 1; i < len(drive); i++ {
		if (drive[i-1] < 0) == (drive[i] < 0) {
			continue
		}
		t := drive[i-1] / (drive[i-1] - drive[i])
		sum += env[i-1] + t*(env[i]-env[i-1])
		n++
	}
	dst[0] = ratio(sum, n)
}

// liftOff compares bands because a lifted coil sees less flux at all frequencies but loses the high ones first, while a part of another hardness
// changes the amount of noise more than its colour. Without the noise floor taken off it would measure the ratio of signal to noise.
type liftOff struct {
	low, high           band
	noiseLow, noiseHigh float64 // power of the noise in each band
}

func newLiftOff(b builder) (measure, error) {
	if len(b.args) != 5 || len(b.names) > 0 || !(b.args[4] >= 0) {
		return nil, errors.New("give five numbers: the edges of a low and of a high band in Hz, and the RMS of the noise without excitation, 0 or more")
	}
	l0, l1, err := b.bins(b.args[0], b.args[1])
	if err != nil {
		return nil, err
	}
	h0, h1, err := b.bins(b.args[2], b.args[3])
	each := b.args[4] * b.args[4] / float64(b.cfg.Length/2+1)
	return liftOff{band{b.channel, l0, l1, false}, band{b.channel, h0, h1, false}, each * float64(l1-l0), each * float64(h1-h0)}, err
}

// measure keeps 1 % of a band's power at the least, so that a band at the noise floor has a finite value.
func (l liftOff) measure(dst []float64, w *Frame) {
	l.low.measure(dst, w)
	low := max(dst[0]-l.noiseLow, 0.01*dst[0])
	l.high.measure(dst, w)
	dst[0] = logOf(max(dst[0]-l.noiseHigh, 0.01*dst[0])) - logOf(low)
}
