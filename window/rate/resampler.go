package rate

import (
	"fmt"
	"math"

	"crackle/window/filter"
)

// Config says how a [Resampler] changes the rate, by Up/Down.
type Config struct {
	Up, Down      int     // 1 to 4,096 each; Up 1 is decimation, both 1 a plain FIR low-pass
	Channels      int     // interleaved
	Pass          float64 // share of the lower rate's half that is kept, above 0 and below 1; 0 is 0.8
	AttenuationDB float64 // of what would fold back; 0 is 80
}

// Resampler changes the rate of interleaved channels by a rational factor with a polyphase FIR low-pass (Crochiere and Rabiner, Multirate
// Digital Signal Processing, 1983), linear in phase. Any cutting of a stream into calls gives the same bits. It is not safe for
// concurrent use.
type Resampler[T filter.Sample] struct {
	up, down, channels int
	phases             [][]float64 // [up][taps], each reversed, so that a dot product goes forward in time
	taps               int
	delay              float64
	history            []T // [taps-1 + new rows][channels]
	rows               int // rows in history
	skip               int // rows of history before the next output's first
	phase              int
	primed             bool
}

// New makes a resampler.
func New[T filter.Sample](cfg Config) (*Resampler[T], error) {
	if cfg.Pass == 0 {
		cfg.Pass = 0.8
	}
	if cfg.AttenuationDB == 0 {
		cfg.AttenuationDB = 80
	}
	const most = 4096
	switch {
	case cfg.Up < 1 || cfg.Up > most || cfg.Down < 1 || cfg.Down > most:
		return nil, fmt.Errorf("rate: up %d, down %d: allowed are 1 to %d", cfg.Up, cfg.Down, most)
	case cfg.Channels < 1:
		return nil, fmt.Errorf("rate: %d channels: give 1 or more", cfg.Channels)
	case !(cfg.Pass > 0 && cfg.Pass < 1):
		return nil, fmt.Errorf("rate: pass is %g: must lie between 0 and 1", cfg.Pass)
	}
	g := gcd(cfg.Up, cfg.Down)
	up, down := cfg.Up/g, cfg.Down/g
	// At up times the input's rate, in units of which half is 0.5.
	half := 0.5 / float64(max(up, down))
	h, err := filter.FIR{Kind: filter.LowPass, EdgesHz: []float64{half * min((1+cfg.Pass)/2, 0.999)}, WidthHz: half * (1 - cfg.Pass), AttenuationDB: cfg.AttenuationDB}.Taps(1)
	if err != nil {
		return nil, err
	}
	r := &Resampler[T]{up: up, down: down, channels: cfg.Channels, taps: (len(h) + up - 1) / up, delay: float64(len(h)-1) / 2 / float64(up)}
	for p := range up {
		taps := make([]float64, r.taps)
		for k := range taps {
			if i := p + k*up; i < len(h) {
				taps[r.taps-1-k] = h[i] * float64(up)
			}
		}
		r.phases = append(r.phases, taps)
	}
	return r, nil
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// Delay is how many input samples the output lags: output n stands for input time n Down/Up - Delay.
func (r *Resampler[T]) Delay() float64 { return r.delay }

// Reset forgets all input: the next row is taken as if it had stood for ever.
func (r *Resampler[T]) Reset() { r.primed = false }

// Process takes rows and appends the output rows that they complete to dst, which it returns. Nothing is allocated when dst has room for
// len(src) Up/Down + Channels more samples, once calls have reached their usual length.
func (r *Resampler[T]) Process(dst, src []T) []T {
	n := r.channels
	if len(src) < n {
		return dst
	}
	if !r.primed {
		r.primed, r.phase, r.skip, r.rows = true, 0, 0, r.taps-1
		r.history = r.history[:0]
		for range r.rows {
			r.history = append(r.history, src[:n]...)
		}
	}
	r.history = append(r.history[:r.rows*n], src...)
	r.rows += len(src) / n
	for r.skip+r.taps <= r.rows {
		taps := r.phases[r.phase]
		for ch := range n {
			sum := 0.0
			x := r.history[r.skip*n+ch:]
			for k, h := range taps {
				sum += h * float64(x[k*n])
			}
			dst = append(dst, T(sum))
		}
		r.phase += r.down
		r.skip += r.phase / r.up
		r.phase %= r.up
	}
	drop := min(r.skip, r.rows)
	copy(r.history, r.history[drop*n:r.rows*n])
	r.rows -= drop
	r.skip -= drop
	return dst
}

// Rational finds the smallest up/down within a relative tolerance of a ratio of rates, by continued fractions.
func Rational(ratio, tolerance float64) (up, down int, err error) {
	if !(ratio > 0) || math.IsInf(ratio, 0) {
		return 0, 0, fmt.Errorf("rate: ratio %g: must be a finite number above 0", ratio)
	}
	h0, h1, k0, k1 := 0.0, 1.0, 1.0, 0.0
	for x := ratio; ; {
		a := math.Floor(x)
		h0, h1 = h1, a*h1+h0
		k0, k1 = k1, a*k1+k0
		if h1 > 4096 || k1 > 4096 {
			return 0, 0, fmt.Errorf("rate: ratio %g is not near a fraction of numbers up to 4096: choose another target rate", ratio)
		}
		if h1 > 0 && math.Abs(h1/k1-ratio) <= tolerance*ratio {
			return int(h1), int(k1), nil
		}
		x = 1 / (x - a)
	}
}
