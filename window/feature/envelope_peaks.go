package feature

import "errors"

var _ = register(Kind{Name: "envelope_peaks", Args: "smooth_s [, drive channel]", Unit: "x",
	About: "the two highest peaks of the smoothed RMS envelope with the minimum between, and where they lie", build: newEnvelopePeaks})

// envelopePeaks finds peaks of the smoothed envelope. A second peak counts when the envelope falls, between it and the first, to
// 0.9 of the second's height or below; without one its numbers are 0. Positions are shares of the window, which is a phase when the
// window is one drive cycle; with a drive channel they are that channel's values there, such as the field.
type envelopePeaks struct {
	channel, smooth int
	drive           int // -1: none
}

func newEnvelopePeaks(b builder) (measure, error) {
	p := envelopePeaks{channel: b.channel, drive: -1}
	err := b.positive("smooth_s")
	if err == nil {
		p.smooth, err = b.samples("smooth_s", b.args[0])
	}
	if err == nil && len(b.names) > 0 {
		var d []int
		if d, err = b.channelArgs("drive"); err == nil {
			p.drive = d[0]
		}
	}
	return p, err
}

func (p envelopePeaks) outputs() []output {
	at := "1"
	if p.drive >= 0 {
		at = "unit of the drive"
	}
	return outputsOf("height", "x", "position", at, "second_height", "x", "second_position", at, "valley", "x", "valley_position", at)
}

func (p envelopePeaks) measure(dst []float64, w *Frame) {
	env := w.Channels[p.channel].Smoothed(p.smooth)
	first := argMax(env)
	second, valley := secondPeak(env, first)
	clear(dst)
	dst[0], dst[1] = env[first], p.position(w, first)
	if second >= 0 {
		dst[2], dst[3] = env[second], p.position(w, second)
		dst[4], dst[5] = env[valley], p.position(w, valley)
	}
}

func (p envelopePeaks) position(w *Frame, i int) float64 {
	if p.drive >= 0 {
		return w.Channels[p.drive].X[i]
	}
	return float64(i) / float64(w.length)
}

// secondPeak looks on both sides of the first for the highest place behind a valley of 0.9 of its height; -1 without one.
func secondPeak(env []float64, first int) (second, valley int) {
	second, valley = -1, -1
	best := 0.0
	for _, step := range []int{-1, 1} {
		low := first
		for i := first; i >= 0 && i < len(env); i += step {
			if env[i] < env[low] {
				low = i
			}
			if env[i] > best && env[low] <= 0.9*env[i] {
				best, second, valley = env[i], i, low
			}
		}
	}
	return second, valley
}

func argMax(x []float64) int {
	at := 0
	for i, v := range x {
		if v > x[at] {
			at = i
		}
	}
	return at
}

var _ = register(Kind{Name: "envelope_width", Args: "smooth_s, share", Unit: "s",
	About: "full width of the smoothed RMS envelope's highest peak at a share (such as 0.5) of its height", build: newEnvelopeWidth})

// envelopeWidth measures between the crossings nearest to the peak, by linear interpolation; at the window's end it ends there.
type envelopeWidth struct {
	channel, smooth int
	share           float64
}

func newEnvelopeWidth(b builder) (measure, error) {
	if err := b.numbers("smooth_s", "share"); err != nil {
		return nil, err
	}
	if b.args[1] >= 1 {
		return nil, errors.New("share must be below 1, such as 0.25, 0.5 or 0.75")
	}
	n, err := b.samples("smooth_s", b.args[0])
	return envelopeWidth{b.channel, n, b.args[1]}, err
}

func (e envelopeWidth) measure(dst []float64, w *Frame) {
	env := w.Channels[e.channel].Smoothed(e.smooth)
	top := argMax(env)
	dst[0] = 0
	if env[top] == 0 {
		return
	}
	level := e.share * env[top]
	width := 0.0
	for _, step := range []int{-1, 1} {
		i := top
		for i+step >= 0 && i+step < len(env) && env[i+step] > level {
			i += step
		}
		side := float64((i - top) * step)
		if j := i + step; j >= 0 && j < len(env) {
			side += (env[i] - level) / (env[i] - env[j])
		}
		width += side
	}
	dst[0] = width / w.RateHz
}
