package filter

import (
	"errors"
	"fmt"
)

// Convolver runs a finite impulse response over interleaved blocks of a fixed number of channels; sums are float64. Any cutting of a stream
// into calls gives the same bits. It is not safe for concurrent use.
type Convolver[T Sample] struct {
	taps     []float64 // reversed, so that a dot product goes forward in time
	channels int
	history  []T // [len(taps)-1 + rows of the call][channels]
	primed   bool
}

// NewConvolver prepares a convolution with an impulse response, such as FIR.Taps gives.
func NewConvolver[T Sample](taps []float64, channels int) (*Convolver[T], error) {
	if len(taps) == 0 || len(taps) > MaxTaps {
		return nil, fmt.Errorf("filter: %d taps: allowed are 1 to %d", len(taps), MaxTaps)
	}
	if channels < 1 {
		return nil, fmt.Errorf("filter: %d channels: give 1 or more", channels)
	}
	c := &Convolver[T]{channels: channels, taps: make([]float64, len(taps))}
	for i, v := range taps {
		if v-v != 0 {
			return nil, errors.New("filter: a tap is not finite")
		}
		c.taps[len(taps)-1-i] = v
	}
	return c, nil
}

// Delay is how many samples the output of a symmetric response lags its input.
func (c *Convolver[T]) Delay() float64 { return float64(len(c.taps)-1) / 2 }

// Reset forgets all input: the next row is taken as if its values had stood for ever.
func (c *Convolver[T]) Reset() { c.primed = false }

// Process filters src, a whole number of rows, into dst and returns dst. A nil dst is allocated, any other must be as long as src; dst may be src.
// Once calls have reached their usual length nothing else is allocated.
func (c *Convolver[T]) Process(dst, src []T) []T {
	if dst == nil {
		dst = make([]T, len(src))
	}
	dst = dst[:len(src)]
	n := c.channels
	if len(src) < n {
		return dst
	}
	keep := (len(c.taps) - 1) * n
	if !c.primed {
		c.primed = true
		c.history = c.history[:0]
		for range len(c.taps) - 1 {
			c.history = append(c.history, src[:n]...)
		}
	}
	c.history = append(c.history[:keep], src...)
	for i := range len(src) / n * n {
		sum, x := 0.0, c.history[i:]
		for k, h := range c.taps {
			sum += h * float64(x[k*n])
		}
		dst[i] = T(sum)
	}
	copy(c.history, c.history[len(src)/n*n:])
	return dst
}
