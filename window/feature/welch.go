package feature

import (
	"fmt"

	"gonum.org/v1/gonum/dsp/fourier"

	"crackle/window/taper"
)

var _ = register(Kind{Name: "welch_band_power", Args: "lo_hz, hi_hz, segments", Unit: "x^2",
	About: "band_power as a mean over so many Hann-tapered segments of the window that overlap by half", build: newWelch})

// welch averages periodograms (Welch, IEEE Trans. Audio Electroacoust. 15, 1967), which trades resolution for a steadier value.
type welch struct {
	channel, segments, step int
	lo, hi                  int
	taper                   []float64
	fft                     *fourier.FFT
	seg                     []float64
	bins                    []complex128
}

func newWelch(b builder) (measure, error) {
	if len(b.args) != 3 || len(b.names) > 0 {
		return nil, fmt.Errorf("give three numbers, as in welch_band_power(10000, 40000, 7)")
	}
	segments := int(b.args[2])
	if float64(segments) != b.args[2] || segments < 1 || 2*b.cfg.Length/(segments+1) < 4 {
		return nil, fmt.Errorf("segments is %g: must be a whole number from 1 to %d, half the window", b.args[2], b.cfg.Length/2-1)
	}
	step := b.cfg.Length / (segments + 1)
	if err := transformable(2 * step); err != nil {
		return nil, err
	}
	short := b
	short.cfg.Length = 2 * step
	lo, hi, err := short.bins(b.args[0], b.args[1])
	if err != nil {
		return nil, err
	}
	weights, _ := taper.New("hann", 2*step)
	return &welch{b.channel, segments, step, lo, hi, unitPower(weights), fourier.NewFFT(2 * step), make([]float64, 2*step), make([]complex128, step+1)}, nil
}

func (m *welch) measure(dst []float64, w *Frame) {
	x := w.Channels[m.channel].X
	sum := 0.0
	for k := range m.segments {
		for i, t := range m.taper {
			m.seg[i] = t * x[k*m.step+i]
		}
		for k, z := range m.fft.Coefficients(m.bins, m.seg)[:m.hi] {
			if k < m.lo {
				continue
			}
			p := real(z)*real(z) + imag(z)*imag(z)
			if k > 0 && k < m.step {
				p *= 2
			}
			sum += p
		}
	}
	dst[0] = sum / float64(m.segments)
}
