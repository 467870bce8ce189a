package feature

import (
	"errors"
	"fmt"
	"math"
	"math/cmplx"
	"slices"

	"crackle/window/taper"
)

var _ = registerMulti(Kind{Name: "sequence", Args: "mains_hz [, channel a, channel b, channel c]", Unit: "1",
	About: "negative and zero sequence of three phases over the positive one, complex, from a Hann window at the mains frequency as measured",
	build: func(b builder) (measure, error) {
		s, err := threePhases(b)
		return s, err
	}})

// sequence computes the symmetrical components of C. L. Fortescue (Trans. AIEE 37, 1918) from the phasors of three channels:
//
//	I1 = (A + a B + a^2 C)/3,  I2 = (A + a^2 B + a C)/3,  I0 = (A + B + C)/3,  a = e^(2 pi i/3)
//
// The results, I2/I1 and I0/I1, have no unit, and a shift in time turns all phasors alike, so they do not depend on where the
// window starts. The phasors are taken over a Hann window at the mains frequency, which is refined from the
// phase advance between the window's halves: a fixed frequency would leave leakage that turns with the phase.
type sequence struct {
	channels [3]int
	omega    float64   // nominal, radians per sample
	full     []float64 // [length] Hann
	half     []float64 // [length/2] Hann
}

func threePhases(b builder) (sequence, error) {
	if len(b.args) != 1 {
		return sequence{}, errors.New("give the mains frequency in Hz, as in sequence(50)")
	}
	s := sequence{channels: [3]int{0, 1, 2}, omega: 2 * math.Pi * b.args[0] / b.cfg.RateHz}
	if err := b.mains(b.args[0]); err != nil {
		return s, err
	}
	switch {
	case len(b.names) == 0 && len(b.cfg.Channels) == 3:
	case len(b.names) == 3:
		for i, n := range b.names {
			if s.channels[i] = slices.Index(b.cfg.Channels, n); s.channels[i] < 0 {
				return s, fmt.Errorf("no channel %q: the stream has %v", n, b.cfg.Channels)
			}
		}
	default:
		return s, fmt.Errorf("three channels are needed: the stream has %v, %d were named", b.cfg.Channels, len(b.names))
	}
	s.full, _ = taper.New("hann", b.cfg.Length)
	s.half, _ = taper.New("hann", b.cfg.Length/2)
	return s, nil
}

// mains checks a frequency whose phase is to be followed through the window.
func (b builder) mains(hz float64) error {
	if cycles := hz * float64(b.cfg.Length) / b.cfg.RateHz; !(hz > 0 && hz < b.cfg.RateHz/2 && cycles >= 4) {
		return fmt.Errorf("%g Hz in a window of %d samples at %g Hz: must lie below half the rate and make 4 or more cycles in the window", hz, b.cfg.Length, b.cfg.RateHz)
	}
	return nil
}

func (sequence) outputs() []output {
	return outputsOf("negative_re", "1", "negative_im", "1", "zero_re", "1", "zero_im", "1")
}

// turn is e^(2 pi i / 3).
const turn = complex(-0.5, 0.8660254037844386467637231707529)

func (s sequence) measure(dst []float64, w *Frame) {
	negative, zero, _ := s.components(w)
	dst[0], dst[1], dst[2], dst[3] = real(negative), imag(negative), real(zero), imag(zero)
}

// components gives I2/I1, I0/I1 and the phases' magnitudes over |I1|; all 0 when there is no positive sequence.
func (s sequence) components(w *Frame) (negative, zero complex128, phases [3]float64) {
	omega := refine(w, s.channels[:], turn, s.half, s.omega)
	var p [3]complex128
	for i, ch := range s.channels {
		p[i] = phasor(w.Channels[ch].X, s.full, omega)
	}
	i1 := p[0] + turn*p[1] + turn*turn*p[2]
	if i1 == 0 {
		return
	}
	for i := range p {
		phases[i] = 3 * cmplx.Abs(p[i]) / cmplx.Abs(i1)
	}
	return (p[0] + turn*turn*p[1] + turn*p[2]) / i1, (p[0] + p[1] + p[2]) / i1, phases
}

// refine measures the frequency near omega from the phase advance between the window's halves, of the sum of the channels, each
// turned by one more rot than the one before.
func refine(w *Frame, channels []int, rot complex128, half []float64, omega float64) float64 {
	n := len(half)
	for range 2 { // the second pass removes what leakage at the nominal frequency left
		first, second := complex(0, 0), complex(0, 0)
		by := complex(1, 0)
		for _, ch := range channels {
			x := w.Channels[ch].X
			first += by * phasor(x[:n], half, omega)
			second += by * phasor(x[n:2*n], half, omega)
			by *= rot
		}
		// Each phasor is taken from its own start; what the advance of a nominal wave would leave is the frequency's error.
		advance := second * cmplx.Conj(first) * cmplx.Exp(complex(0, -omega*float64(n)))
		omega += cmplx.Phase(advance) / float64(n)
	}
	return omega
}

// phasor is sum taper[i] x[i] e^(-i omega i); the phase is the wave's at the first sample.
func phasor(x, taper []float64, omega float64) complex128 {
	sin, cos := math.Sincos(omega)
	re, im := 0.0, 0.0
	c, s := 1.0, 0.0
	for i, v := range x {
		v *= taper[i]
		re += v * c
		im -= v * s
		c, s = c*cos-s*sin, s*cos+c*sin
	}
	return complex(re, im)
}
