package rnn

import (
	"fmt"

	"crackle/rnn/kernel"
)

// Network is a set of weights packed for the kernels. It is immutable: any number of goroutines may use one, each with a State of its own.
type Network struct {
	config Config
	layers []*kernel.Layer // as Weights.Layers
	head   *kernel.Dense   // nil without a head
	h0, c0 []float32       // [layers][hidden], nil for zero
	width  int             // config.Width(), kept because a step has no time to copy a Config
}

// New packs w. Later changes of w do not reach the network.
func New(w *Weights) (*Network, error) { return pack(w, kernel.Float32) }

func pack(w *Weights, store kernel.Store) (*Network, error) {
	if err := w.Check(); err != nil {
		return nil, err
	}
	c := w.Config
	n := &Network{config: c, width: c.Width()}
	for i, l := range w.Layers {
		k, err := kernel.NewStored(store, c.Cell.kernel(), c.layerInput(i/c.Directions()), c.Hidden, l.WeightIH, l.WeightHH, l.BiasIH, l.BiasHH)
		if err != nil {
			return nil, err
		}
		n.layers = append(n.layers, k)
	}
	if c.Head != HeadNone {
		d, err := kernel.NewDense(c.Hidden*c.Directions(), c.headRows(), w.Head.Weight, w.Head.Bias)
		if err != nil {
			return nil, err
		}
		n.head = d
	}
	n.h0, n.c0 = append(n.h0, w.H0...), append(n.c0, w.C0...)
	return n, nil
}

// Config is the network's shape.
func (n *Network) Config() Config { return n.config }

// Step advances the channel of s by one row: x is [Input], dst [Width]. dst may be nil when only the state matters. It allocates nothing.
// A bidirectional network has no Step, since half of it reads the sequence from its end. NaN in x stays visible: in dst and in s.
func (n *Network) Step(dst, x []float32, s *State) error {
	if n.config.Bidirectional {
		return errBidirectional
	}
	if s.net != n {
		return errForeignState
	}
	if len(x) != n.config.Input || (dst != nil && len(dst) != n.width) {
		return n.lengthError(dst, x)
	}
	n.step(dst, x, s)
	return nil
}

func (n *Network) lengthError(dst, x []float32) error {
	if len(x) != n.config.Input {
		return fmt.Errorf("input row has %d values, the network takes %d", len(x), n.config.Input)
	}
	return fmt.Errorf("output row has %d places, the network gives %d", len(dst), n.width)
}

func (n *Network) step(dst, x []float32, s *State) {
	for _, l := range s.layers {
		x = l.Step(x)
	}
	if dst == nil {
		return
	}
	if n.head == nil {
		copy(dst, x)
		return
	}
	n.head.Apply(dst, x)
	if n.config.Head != HeadLinear {
		n.config.finish(dst)
	}
}

// finish turns the dense layer's row into the head's output row.
func (c Config) finish(row []float32) {
	switch c.Head {
	case HeadGaussian:
		for i, v := range row[c.Output:] {
			row[c.Output+i] = kernel.Exp(v)
		}
	case HeadClass:
		kernel.Softmax(row)
	}
}
