package rnn

import "fmt"

// ForwardBatch runs whole sequences of unequal length side by side, one per channel of b: x is padded, [channels][longest][Input], and so is
// dst [channels][longest][Width], which may be nil; lengths [channels] are the rows that count, 0 to longest. Channel i takes part in the
// first lengths[i] steps, then keeps its state; the padding of x is never read and that of dst never written. Results have the bits of
// Forward. It allocates nothing once b has seen as many channels; on an error no channel has moved.
func (n *Network) ForwardBatch(dst, x []float32, lengths []int, b *Batch) error {
	c := n.config
	if b.net != n {
		return errForeignState
	}
	if len(lengths) != b.channels {
		return fmt.Errorf("%d lengths for %d channels", len(lengths), b.channels)
	}
	longest := len(x) / (b.channels * c.Input)
	if len(x) == 0 || len(x) != longest*b.channels*c.Input {
		return fmt.Errorf("input has %d values, must be %d channels times at least one row of %d", len(x), b.channels, c.Input)
	}
	if dst != nil && len(dst) != longest*b.channels*n.width {
		return fmt.Errorf("output has %d places, must be %d (%d channels, %d rows of %d)", len(dst), longest*b.channels*n.width, b.channels, longest, n.width)
	}
	most := 0
	for i, l := range lengths {
		if l < 0 || l > longest {
			return fmt.Errorf("channel %d has length %d, must be 0 to %d", i, l, longest)
		}
		most = max(most, l)
	}
	b.rowsIn, b.rowsOut = resized(b.rowsIn, b.channels*c.Input), resized(b.rowsOut, b.channels*n.width)
	for t := range most {
		if err := n.packedStep(dst, x, lengths, longest, t, b); err != nil {
			return err
		}
	}
	return nil
}

// packedStep runs step t of the channels that have one.
func (n *Network) packedStep(dst, x []float32, lengths []int, longest, t int, b *Batch) error {
	in, out := n.config.Input, n.width
	b.present = b.present[:0]
	for i, l := range lengths {
		if l > t {
			copy(b.rowsIn[len(b.present)*in:], x[(i*longest+t)*in:(i*longest+t+1)*in])
			b.present = append(b.present, i)
		}
	}
	k := len(b.present)
	if dst == nil {
		return n.StepBatch(nil, b.rowsIn[:k*in], b.present, b)
	}
	if err := n.StepBatch(b.rowsOut[:k*out], b.rowsIn[:k*in], b.present, b); err != nil {
		return err
	}
	for i, ch := range b.present {
		copy(dst[(ch*longest+t)*out:(ch*longest+t+1)*out], b.rowsOut[i*out:(i+1)*out])
	}
	return nil
}

// MaskInput writes an input row with a mask for missing values: dst [2*len(x)] is x with 0 where a value is missing or not finite, then 1
// for each value that is there and 0 for each that is not. present may be nil: then only values that are not finite are missing. Scale x to
// zero mean first, so that 0 is neutral.
func MaskInput(dst, x []float32, present []bool) error {
	if len(dst) != 2*len(x) || (present != nil && len(present) != len(x)) {
		return fmt.Errorf("masked row has %d places for %d values and %d presence marks, must be twice as many places, and a mark each", len(dst), len(x), len(present))
	}
	for i, v := range x {
		ok := v-v == 0 && (present == nil || present[i])
		dst[i], dst[len(x)+i] = 0, 0
		if ok {
			dst[i], dst[len(x)+i] = v, 1
		}
	}
	return nil
}
