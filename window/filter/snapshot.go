package filter

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"crackle/window/kernel"
)

// snapshot is a cascade's state as numbers that every kernel can take up.
type snapshot struct {
	Phase   int
	Primed  bool
	Scaled  bool      // Z is as the form over channels has it
	Held    int       // samples in Pending per channel
	Z       []float64 // [channels][sections][2]
	Pending []float64 // [channels][Held]
}

// snapshotVersion is the first byte of a saved state.
const snapshotVersion = 1

// Bits of the second byte.
const (
	flagPrimed = 1 << iota
	flagScaled
)

// AppendState appends the state to b, in a fixed binary form. With the same kernel, a cascade that takes it up goes on to the same bits; with
// another kernel, to its tolerance.
func (c *Cascade[T]) AppendState(b []byte) []byte {
	e := snapshot{Phase: c.phase, Primed: c.primed}
	if c.primed {
		c.run.state(&e, c.phase, false)
	}
	le := binary.LittleEndian
	flags := byte(0)
	if e.Primed {
		flags |= flagPrimed
	}
	if e.Scaled {
		flags |= flagScaled
	}
	b = append(b, snapshotVersion, flags)
	for _, v := range []int{len(c.sections), c.channels, e.Phase, e.Held} {
		b = le.AppendUint32(b, uint32(v))
	}
	for _, z := range [][]float64{e.Z, e.Pending} {
		for _, v := range z {
			b = le.AppendUint64(b, math.Float64bits(v))
		}
	}
	return b
}

// RestoreState takes up a state saved by AppendState. It fails, and leaves the cascade as it was, when the state is not one of this number of
// sections and channels, or holds a number that is not finite.
func (c *Cascade[T]) RestoreState(b []byte) error {
	const head = 2 + 4*4
	if len(b) < head || b[0] != snapshotVersion {
		return errors.New("filter: a saved state of another version, or none: start the filter anew")
	}
	le := binary.LittleEndian
	sections, channels := le.Uint32(b[2:]), le.Uint32(b[6:])
	if int64(sections) != int64(len(c.sections)) || int64(channels) != int64(c.channels) {
		return fmt.Errorf("filter: a saved state of %d sections and %d channels: this filter has %d and %d; start it anew", sections, channels, len(c.sections), c.channels)
	}
	e := snapshot{Primed: b[1]&flagPrimed != 0, Scaled: b[1]&flagScaled != 0, Phase: int(le.Uint32(b[10:])), Held: int(le.Uint32(b[14:]))}
	size := 0
	if e.Primed {
		size = 2*len(c.sections)*c.channels + e.Held*c.channels
	}
	if e.Phase < 0 || e.Phase >= c.tile || e.Held < 0 || e.Held >= kernel.Frame || len(b) != head+8*size {
		return errors.New("filter: a saved state that is damaged: start the filter anew")
	}
	values := make([]float64, size)
	for i := range values {
		if values[i] = math.Float64frombits(le.Uint64(b[head+8*i:])); values[i]-values[i] != 0 {
			return errors.New("filter: a saved state with a number that is not finite: start the filter anew")
		}
	}
	c.phase, c.primed = e.Phase, e.Primed
	if !e.Primed {
		return nil
	}
	e.Z, e.Pending = values[:2*len(c.sections)*c.channels], values[2*len(c.sections)*c.channels:]
	// State saved without frames, at a place where this kernel would be inside one: its frames begin here.
	if g := c.plan.Granule(); e.Held != e.Phase%g && e.Held == 0 {
		c.phase = 0
	}
	c.run.state(&e, c.phase, true)
	return nil
}
