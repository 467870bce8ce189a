package feature

import (
	"errors"
	"fmt"
	"math"
	"math/cmplx"

	"crackle/window/taper"
)

var _ = register(Kind{Name: "harmonics", Args: "fundamental_hz, highest", Unit: "1",
	About: "frequency and peak amplitude of the fundamental, harmonics 2 to highest over it, and their root sum of squares (THD)",
	build: newHarmonics})

// harmonics takes phasors over a Hann window at multiples of the fundamental, refined as in sequence.
type harmonics struct {
	channel    int
	omega      float64
	highest    int
	full, half []float64
	sum        float64 // of full
}

func newHarmonics(b builder) (measure, error) {
	if err := b.numbers("fundamental_hz", "highest"); err != nil {
		return nil, err
	}
	h := harmonics{channel: b.channel, omega: 2 * math.Pi * b.args[0] / b.cfg.RateHz, highest: int(b.args[1])}
	if err := b.mains(b.args[0]); err != nil {
		return nil, err
	}
	if float64(h.highest) != b.args[1] || h.highest < 2 {
		return nil, errors.New("highest must be a whole number, 2 or more")
	}
	if top := b.args[0] * b.args[1]; top >= b.cfg.RateHz/2 {
		return nil, fmt.Errorf("harmonic %d is at %g Hz: must be below half the rate, %g Hz", h.highest, top, b.cfg.RateHz/2)
	}
	h.full, _ = taper.New("hann", b.cfg.Length)
	h.half, _ = taper.New("hann", b.cfg.Length/2)
	for _, v := range h.full {
		h.sum += v
	}
	return h, nil
}

func (h harmonics) outputs() []output {
	out := outputsOf("frequency", "Hz", "amplitude", "x")
	for k := 2; k <= h.highest; k++ {
		out = append(out, output{fmt.Sprint("h", k), "1"})
	}
	return append(out, output{"thd", "1"})
}

func (h harmonics) measure(dst []float64, w *Frame) {
	channels := [1]int{h.channel}
	omega := refine(w, channels[:], 1, h.half, h.omega)
	x := w.Channels[h.channel].X
	first := cmplx.Abs(phasor(x, h.full, omega))
	clear(dst)
	if first == 0 {
		return
	}
	dst[0], dst[1] = omega/(2*math.Pi)*w.RateHz, 2*first/h.sum
	sum := 0.0
	for k := 2; k <= h.highest; k++ {
		r := cmplx.Abs(phasor(x, h.full, omega*float64(k))) / first
		dst[k] = r
		sum += r * r
	}
	dst[h.highest+1] = math.Sqrt(sum)
}
