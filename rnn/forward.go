package rnn

import "fmt"

// Forward runs a whole sequence through the channel of s: x is [steps][Input], dst [steps][Width], or nil when only the state matters. s is
// left at the final state. For a bidirectional network the final state of a reverse layer is its state after the first row, and a state that
// is not at its start makes no sense there unless the caller set it. Results have the same bits as steps one by one. Nothing is allocated,
// but a bidirectional network's State keeps buffers of the longest sequence seen.
func (n *Network) Forward(dst, x []float32, s *State) error {
	c := n.config
	if s.net != n {
		return errForeignState
	}
	steps := len(x) / c.Input
	if len(x) == 0 || steps*c.Input != len(x) {
		return fmt.Errorf("sequence has %d values, must be at least one row of %d and a multiple of it", len(x), c.Input)
	}
	if dst != nil && len(dst) != steps*c.Width() {
		return fmt.Errorf("output has %d places for %d rows, the network gives %d a row", len(dst), steps, c.Width())
	}
	if c.Bidirectional {
		n.forwardBoth(dst, x, steps, s)
		return nil
	}
	for t := range steps {
		var d []float32
		if dst != nil {
			d = dst[t*c.Width() : (t+1)*c.Width()]
		}
		n.step(d, x[t*c.Input:(t+1)*c.Input], s)
	}
	return nil
}

// forwardBoth runs layer by layer, each in both directions; rows are [steps][2*hidden], forward half first.
func (n *Network) forwardBoth(dst, x []float32, steps int, s *State) {
	c := n.config
	for i := range s.rows {
		if need := steps * 2 * c.Hidden; cap(s.rows[i]) < need {
			s.rows[i] = make([]float32, need)
		}
	}
	src, width := x, c.Input
	for l := range c.Layers {
		out := s.rows[l%2][:steps*2*c.Hidden]
		for t := range steps {
			copy(out[t*2*c.Hidden:], s.layers[2*l].Step(src[t*width:(t+1)*width]))
			back := steps - 1 - t
			copy(out[back*2*c.Hidden+c.Hidden:], s.layers[2*l+1].Step(src[back*width:(back+1)*width]))
		}
		src, width = out, 2*c.Hidden
	}
	if dst == nil {
		return
	}
	if n.head == nil {
		copy(dst, src)
		return
	}
	for t := range steps {
		row := dst[t*c.Width() : (t+1)*c.Width()]
		n.head.Apply(row, src[t*width:(t+1)*width])
		c.finish(row)
	}
}
