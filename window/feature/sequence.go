package feature

import (
	"errors"
	"fmt"
	"math"
	"math/cmplx"
	"slices"
)

var _ = registerMulti(Kind{Name: "sequence", Args: "mains_hz [, channel a, channel b, channel c]", Unit: "1",
	About: "symmetrical components of three phases over the positive sequence, from a Hann window at the mains frequency as measured",
	build: newSequence})

// sequence computes the symmetrical components of C. L. Fortescue (Trans. AIEE 37, 1918) from the phasors of three channels:
//
//	I1 = (A + a B + a^2 C)/3,  I2 = (A + a^2 B + a C)/3,  I0 = (A + B + C)/3,  a = e^(2 pi i/3)
//
// The results, I2/I1, I0/I1 and |A|, |B|, |C| over |I1|, have no unit, and a shift in time turns all phasors alike, so they do
// not depend on where the window starts. The phasors are taken over a Hann window at the mains frequency, which is refined from the
// phase advance between the window's halves: a fixed frequency would leave leakage that turns with the phase.
type sequence struct {
	channels [3]int
	omega    float64   // nominal, radians per sample
	full     []float64 // [length] Hann
	half     []float64 // [length/2] Hann
}

func newSequence(b builder) (measure, error) {
	if len(b.args) != 1 {
		return nil, errors.New("give the mains frequency in Hz, as in sequence(50)")
	}
	s := sequence{channels: [3]int{0, 1, 2}, omega: 2 * math.Pi * b.args[0] / b.cfg.RateHz}
	if n := b.cfg.Length; !(b.args[0] > 0 && b.args[0] < b.cfg.RateHz/2) || float64(n/2)*s.omega < 2*2*math.Pi {
		return nil, fmt.Errorf("%g Hz in a window of %d samples at %g Hz: must lie below half the rate and make 4 or more cycles in the window", b.args[0], n, b.cfg.RateHz)
	}
	switch {
	case len(b.names) == 0 && len(b.cfg.Channels) == 3:
	case len(b.names) == 3:
		for i, n := range b.names {
			if s.channels[i] = slices.Index(b.cfg.Channels, n); s.channels[i] < 0 {
				return nil, fmt.Errorf("no channel %q: the stream has %v", n, b.cfg.Channels)
			}
		}
	default:
		return nil, fmt.Errorf("three channels are needed: the stream has %v, %d were named", b.cfg.Channels, len(b.names))
	}
	s.full, _ = Taper("hann", b.cfg.Length)
	s.half, _ = Taper("hann", b.cfg.Length/2)
	return s, nil
}

func (s sequence) outputs() []output {
	names := []string{"negative_re", "negative_im", "zero_re", "zero_im", "phase_a", "phase_b", "phase_c"}
	out := make([]output, len(names))
	for i, n := range names {
		out[i] = output{n, "1"}
	}
	return out
}

// turn is e^(2 pi i / 3).
const turn = complex(-0.5, 0.8660254037844386467637231707529)

func (s sequence) measure(dst []float64, w *Frame) {
	n := len(s.half)
	omega := s.omega
	for range 2 { // the second pass removes what leakage at the nominal frequency left
		first, second := complex(0, 0), complex(0, 0)
		rot := complex(1, 0)
		for _, ch := range s.channels {
			x := w.Channels[ch].X
			first += rot * phasor(x[:n], s.half, omega)
			second += rot * phasor(x[n:2*n], s.half, omega)
			rot *= turn
		}
		// Each phasor is taken from its own start; what the advance of a nominal wave would leave is the frequency's error.
		advance := second * cmplx.Conj(first) * cmplx.Exp(complex(0, -omega*float64(n)))
		omega += cmplx.Phase(advance) / float64(n)
	}
	var p [3]complex128
	for i, ch := range s.channels {
		p[i] = phasor(w.Channels[ch].X, s.full, omega)
	}
	i1 := p[0] + turn*p[1] + turn*turn*p[2]
	if i1 == 0 {
		clear(dst)
		return
	}
	i2 := (p[0] + turn*turn*p[1] + turn*p[2]) / i1
	i0 := (p[0] + p[1] + p[2]) / i1
	size := cmplx.Abs(i1) / 3
	dst[0], dst[1], dst[2], dst[3] = real(i2), imag(i2), real(i0), imag(i0)
	for i := range p {
		dst[4+i] = cmplx.Abs(p[i]) / size
	}
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
