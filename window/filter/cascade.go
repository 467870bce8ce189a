package filter

import (
	"fmt"

	"crackle/window/kernel"
)

// Sample is a type of samples. State and arithmetic are float64 for both.
type Sample interface{ float32 | float64 }

// Cascade runs sections over interleaved blocks of a fixed number of channels. It is not safe for concurrent use.
//
// The work is cut into tiles that begin at a fixed number of rows since the reset, never at a call's border, so that any cutting of a
// stream gives the same bits with the same kernel; between kernels results agree to 1e-9 of the largest value (to 1e-7 for the worst
// conditioned filters that Design.Sections still lets pass: band-stops of high order). With few channels a
// tile is filtered channel by channel in frames of 16 samples; a frame that is not yet full is computed with zeros behind its samples
// and computed again when more have come, so that the state kept is the one at the frame's start, with the samples since. With
// many channels a tile is filtered row by row, channels side by side.
type Cascade[T Sample] struct {
	sections Sections
	channels int
	plan     *kernel.IIR
	steady   [][2]float64
	run      form[T]
	skip     []bool // [channels] passed through; nil: none
	save     []T    // what is passed through, when the form overwrites it
	tile     int    // rows
	phase    int    // rows since the tile's start
	primed   bool   // the state has been set from a first row
}

// form is a way to run a tile.
type form[T Sample] interface {
	// prime sets the state to the steady one, for each channel times its value in row; a nil row is rest.
	prime(steady [][2]float64, row []T)
	// process filters rows; phase is their place in the tile.
	process(dst, src []T, phase int)
	// flush sets dying state to 0; called at a tile's end.
	flush()
	// state exchanges the state as numbers: [channels][sections][2], and the samples since the state's time, [channels][held].
	state(exchange *snapshot, phase int, set bool)
}

// tiny is where dying state is set to 0, before it turns denormal, which would cost a hundred times the time of a normal number. It is so small that
// the state of a filter with a tiny first gain is not mistaken for dying.
const tiny = 1e-290

func flush(z []float64) {
	for i, v := range z {
		if v < tiny && v > -tiny {
			z[i] = 0
		}
	}
}

// lanesFrom is the number of channels from which rows side by side are faster than frames channel by channel.
const lanesFrom = 4

// NewCascade prepares state for a number of channels, with the kernel in use.
func NewCascade[T Sample](s Sections, channels int) (*Cascade[T], error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if channels < 1 {
		return nil, fmt.Errorf("filter: %d channels: give 1 or more", channels)
	}
	coef := make([][5]float64, len(s))
	for i, c := range s {
		coef[i] = [5]float64{c[0], c[1], c[2], c[4], c[5]}
	}
	c := &Cascade[T]{sections: s, steady: s.Steady(), channels: channels, plan: kernel.NewIIR(coef)}
	c.tile = min(max(4096/channels&^15, kernel.Frame), 1024)
	if c.plan.HasLanes() && channels >= lanesFrom {
		c.run = newLanes[T](c.plan, channels, len(s), c.tile)
	} else {
		c.run = newFrames[T](c.plan, channels, len(s), c.tile)
	}
	return c, nil
}

// Channels is the number of interleaved channels.
func (c *Cascade[T]) Channels() int { return c.channels }

// Select tells for each channel whether it is to be filtered; the others pass unchanged. It is meant to be called once, before the first
// row.
func (c *Cascade[T]) Select(filtered []bool) {
	c.skip = nil
	for i, f := range filtered {
		if !f && c.skip == nil {
			c.skip = make([]bool, c.channels)
			c.save = make([]T, c.tile*c.channels)
		}
		if !f {
			c.skip[i] = true
		}
	}
}

// Reset forgets all input: the next row is taken as if its values had stood for ever, so that an offset makes no jump. A new
// cascade begins so, too.
func (c *Cascade[T]) Reset() { c.primed, c.phase = false, 0 }

// Rest forgets all input and starts from rest: as if all samples before the next row had been 0.
func (c *Cascade[T]) Rest() {
	c.run.prime(c.steady, nil)
	c.primed, c.phase = true, 0
}

// Process filters src, a whole number of rows of interleaved channels, into dst and returns dst. A nil dst is allocated, any
// other must be as long as src; dst may be src. Samples must be finite: a NaN would stay in the state. Nothing is allocated unless dst
// is nil.
func (c *Cascade[T]) Process(dst, src []T) []T {
	if dst == nil {
		dst = make([]T, len(src))
	}
	dst = dst[:len(src)]
	if len(src) < c.channels {
		return dst
	}
	if !c.primed {
		c.run.prime(c.steady, src[:c.channels])
		c.primed = true
	}
	n := c.channels
	for at, rows := 0, len(src)/n; at < rows; {
		k := min(rows-at, c.tile-c.phase)
		in, out := src[at*n:(at+k)*n], dst[at*n:(at+k)*n]
		if c.skip != nil {
			copy(c.save, in)
			in = c.save[:len(in)]
		}
		c.run.process(out, in, c.phase)
		c.pass(out, in)
		at += k
		if c.phase += k; c.phase == c.tile {
			c.phase = 0
			c.run.flush()
		}
	}
	return dst
}

// pass copies the channels that are not filtered.
func (c *Cascade[T]) pass(dst, src []T) {
	for ch, skip := range c.skip {
		if skip {
			for i := ch; i < len(src); i += c.channels {
				dst[i] = src[i]
			}
		}
	}
}
