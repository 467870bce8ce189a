package rnn

import (
	"fmt"
	"math"
	"slices"
)

// Weights are the parameters of a network in PyTorch's layout, row-major. They are plain data: training changes them, New packs a copy.
type Weights struct {
	Config Config
	Layers []LayerWeights // layer l, direction d at index l*Directions()+d
	Head   DenseWeights   // empty without a head

	// H0 and C0 are learned initial states, [len(Layers)][hidden]; nil means zero. C0 is for LSTM only.
	H0, C0 []float32
}

// LayerWeights belong to one recurrent layer in one direction. Gate order is r z n (GRU) or i f g o (LSTM).
type LayerWeights struct {
	WeightIH []float32 // [gates*hidden][input of the layer]
	WeightHH []float32 // [gates*hidden][hidden]
	BiasIH   []float32 // [gates*hidden]
	BiasHH   []float32 // [gates*hidden]
}

// DenseWeights are those of nn.Linear.
type DenseWeights struct {
	Weight []float32 // [out][in]
	Bias   []float32 // [out]
}

// Param is one named parameter; Data is shared with the Weights it came from.
type Param struct {
	Name  string
	Shape []int
	Data  []float32
}

// NewWeights gives zero weights of the right shapes.
func NewWeights(c Config) (*Weights, error) {
	if err := c.Check(); err != nil {
		return nil, fmt.Errorf("network config: %w", err)
	}
	w := &Weights{Config: c}
	rows := c.Cell.Gates() * c.Hidden
	for l := range c.Layers {
		for range c.Directions() {
			w.Layers = append(w.Layers, LayerWeights{
				WeightIH: make([]float32, rows*c.layerInput(l)),
				WeightHH: make([]float32, rows*c.Hidden),
				BiasIH:   make([]float32, rows),
				BiasHH:   make([]float32, rows),
			})
		}
	}
	if c.Head != HeadNone {
		w.Head = DenseWeights{Weight: make([]float32, c.headRows()*c.Hidden*c.Directions()), Bias: make([]float32, c.headRows())}
	}
	return w, nil
}

// LearnInitialState adds initial states of zero, which training then adjusts.
func (w *Weights) LearnInitialState() {
	n := len(w.Layers) * w.Config.Hidden
	w.H0 = make([]float32, n)
	if w.Config.Cell == LSTM {
		w.C0 = make([]float32, n)
	}
}

// Params lists the parameters in a fixed order under PyTorch's names: rnn.weight_ih_l0, ..., rnn.weight_ih_l0_reverse, ..., head.weight,
// head.bias, and rnn.h0, rnn.c0 where the initial state is learned.
func (w *Weights) Params() []Param {
	c := w.Config
	rows := c.Cell.Gates() * c.Hidden
	var ps []Param
	for i, l := range w.Layers {
		at := i / c.Directions()
		suffix := fmt.Sprintf("_l%d", at)
		if i%c.Directions() == 1 {
			suffix += "_reverse"
		}
		ps = append(ps,
			Param{"rnn.weight_ih" + suffix, []int{rows, c.layerInput(at)}, l.WeightIH},
			Param{"rnn.weight_hh" + suffix, []int{rows, c.Hidden}, l.WeightHH},
			Param{"rnn.bias_ih" + suffix, []int{rows}, l.BiasIH},
			Param{"rnn.bias_hh" + suffix, []int{rows}, l.BiasHH})
	}
	if c.Head != HeadNone {
		ps = append(ps,
			Param{"head.weight", []int{c.headRows(), c.Hidden * c.Directions()}, w.Head.Weight},
			Param{"head.bias", []int{c.headRows()}, w.Head.Bias})
	}
	if w.H0 != nil {
		ps = append(ps, Param{"rnn.h0", []int{len(w.Layers), c.Hidden}, w.H0})
	}
	if w.C0 != nil {
		ps = append(ps, Param{"rnn.c0", []int{len(w.Layers), c.Hidden}, w.C0})
	}
	return ps
}

// Count is the number of parameters.
func (w *Weights) Count() int {
	n := 0
	for _, p := range w.Params() {
		n += len(p.Data)
	}
	return n
}

// Clone copies w deeply.
func (w *Weights) Clone() *Weights {
	d := &Weights{Config: w.Config, Layers: make([]LayerWeights, len(w.Layers)), H0: slices.Clone(w.H0), C0: slices.Clone(w.C0)}
	for i, l := range w.Layers {
		d.Layers[i] = LayerWeights{slices.Clone(l.WeightIH), slices.Clone(l.WeightHH), slices.Clone(l.BiasIH), slices.Clone(l.BiasHH)}
	}
	d.Head = DenseWeights{slices.Clone(w.Head.Weight), slices.Clone(w.Head.Bias)}
	return d
}

// Check reports a config that cannot be, a parameter of the wrong length or one that is not finite.
func (w *Weights) Check() error {
	c := w.Config
	if err := c.Check(); err != nil {
		return fmt.Errorf("network config: %w", err)
	}
	if n := c.Layers * c.Directions(); len(w.Layers) != n {
		return fmt.Errorf("weights hold %d layers, config asks for %d (layers times directions)", len(w.Layers), n)
	}
	return checkParams(w.Params())
}

func checkParams(params []Param) error {
	for _, p := range params {
		n := 1
		for _, s := range p.Shape {
			n *= s
		}
		if len(p.Data) != n {
			return fmt.Errorf("parameter %s has %d values, shape %v needs %d", p.Name, len(p.Data), p.Shape, n)
		}
		for i, v := range p.Data {
			if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
				return fmt.Errorf("parameter %s: value %d is %v, all must be finite", p.Name, i, v)
			}
		}
	}
	return nil
}
