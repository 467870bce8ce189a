package train

import (
	"crackle/rnn"
	"crackle/rnn/kernel"
)

const lanes = kernel.Lanes

// packed is a network's weights in the forms that the passes need; set refreshes it after an update.
type packed struct {
	cfg    rnn.Config
	cell   kernel.Cell
	layers []*kernel.Layer
	backX  []*kernel.Matrix // [gates*hidden][layer input]
	backH  []*kernel.Matrix // [gates*hidden][hidden]
	head   *kernel.Dense
	backY  *kernel.Matrix // [head rows][hidden*directions]
}

func newPacked(w *rnn.Weights) (*packed, error) {
	c := w.Config
	p := &packed{cfg: c}
	rows := c.Cell.Gates() * c.Hidden
	for _, l := range w.Layers {
		in := len(l.WeightIH) / rows
		k, err := kernel.NewLayer(cellOf(c.Cell), in, c.Hidden, l.WeightIH, l.WeightHH, l.BiasIH, l.BiasHH)
		if err != nil {
			return nil, err
		}
		p.cell = k.Cell
		p.layers = append(p.layers, k)
		p.backX = append(p.backX, kernel.NewMatrix(rows, in))
		p.backH = append(p.backH, kernel.NewMatrix(rows, c.Hidden))
	}
	if n := len(w.Head.Bias); n > 0 {
		d, err := kernel.NewDense(c.Hidden*c.Directions(), n, w.Head.Weight, w.Head.Bias)
		if err != nil {
			return nil, err
		}
		p.head, p.backY = d, kernel.NewMatrix(n, c.Hidden*c.Directions())
	}
	p.set(w)
	return p, nil
}

func (p *packed) set(w *rnn.Weights) {
	for i, l := range w.Layers {
		p.layers[i].Set(l.WeightIH, l.WeightHH, l.BiasIH, l.BiasHH)
		p.backX[i].Set(l.WeightIH)
		p.backH[i].Set(l.WeightHH)
	}
	if p.head != nil {
		p.head.Set(w.Head.Weight, w.Head.Bias)
		p.backY.Set(w.Head.Weight)
	}
}

func cellOf(c rnn.Cell) kernel.Cell {
	switch c {
	case rnn.LSTM:
		return kernel.LSTM
	case rnn.ElmanTanh:
		return kernel.ElmanTanh
	case rnn.ElmanReLU:
		return kernel.ElmanReLU
	}
	return kernel.GRU
}
