package train

import (
	"fmt"
	"math"

	"crackle/rnn"
)

// Gradient is the loss over sequences, and its derivatives.
type Gradient struct {
	Loss   float64
	Params []rnn.Param // as Weights.Params, Data holding dL/dparameter
	X      [][]float32 // per sequence, [steps][Input]: dL/dx
	Flow   Flow        // of the first tile
}

// Gradients computes the mean loss over all sequences and its gradient, whole sequences, without dropout. It changes nothing.
func Gradients(cfg Config, w *rnn.Weights, seqs []Sequence) (*Gradient, error) {
	cfg = cfg.withDefaults()
	m, err := checkedNetwork(cfg, w, seqs, nil)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	if len(seqs) == 0 {
		return nil, fmt.Errorf("train: no sequence given")
	}
	all := pointers(seqs)
	total := weightOf(all, 0, math.MaxInt)
	if total == 0 {
		return nil, fmt.Errorf("train: every row has weight 0: there is no loss")
	}
	params := w.Params()
	g := &Gradient{}
	sums := make([][]float64, len(params))
	for i, p := range params {
		sums[i] = make([]float64, len(p.Data))
	}
	s := newPass(m.p, params)
	in := w.Config.Input
	for at := 0; at*lanes < len(all); at++ {
		tile := tileOf(all, at)
		for _, v := range s.grads {
			clear(v)
		}
		s.watch = at == 0
		s.load(w, tile, 0, math.MaxInt, false)
		s.forward(nil)
		g.Loss += s.loss(&cfg, tile, 0, total, true) / total
		s.backward(true)
		s.initialGrads(w, tile)
		for i, v := range s.grads {
			for j, x := range v {
				sums[i][j] += float64(x)
			}
		}
		for j, q := range tile {
			dx := make([]float32, len(q.X)*in)
			for k := range dx {
				dx[k] = s.next[k*lanes+j]
			}
			g.X = append(g.X, dx)
		}
		if at == 0 {
			g.Flow = s.gradientFlow()
		}
	}
	for i, p := range params {
		d := make([]float32, len(p.Data))
		for j, v := range sums[i] {
			d[j] = float32(v)
		}
		g.Params = append(g.Params, rnn.Param{Name: p.Name, Shape: p.Shape, Data: d})
	}
	return g, nil
}
