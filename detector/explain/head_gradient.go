package explain

import (
	"math"
	"slices"

	"crackle/detector/head"
	"crackle/rnn/train"
)

// headGradients follows a head's answer through its networks.
type headGradients struct {
	h     *head.Head
	nets  []*train.PooledInputs
	class int // that is answered for, -1 for a number
	scale float64
	y, dy []float32
	dx    []float32
}

// gradients is nil for a linear head.
func (a *answer) gradients() (gradients, error) {
	g := &headGradients{h: a.h, class: -1, scale: a.side * a.h.Fitted.Spread, dx: make([]float32, len(a.h.Features))}
	if a.class != "" {
		g.class, g.scale = slices.Index(a.h.Classes, a.class), 1
	}
	for _, w := range a.h.Networks() {
		in, err := train.NewPooledInputs(w)
		if err != nil {
			return nil, err
		}
		g.nets = append(g.nets, in)
	}
	g.y, g.dy = make([]float32, max(1, len(a.h.Classes))), make([]float32, max(1, len(a.h.Classes)))
	return g, nil
}

func (g *headGradients) Scores(dst []float64, seqs [][][]float64) error {
	return g.run(dst, seqs, nil, 0)
}

func (g *headGradients) Gradient(dst []float64, seqs [][][]float64, dx func(int) [][]float64, weight float64) error {
	return g.run(dst, seqs, dx, weight)
}

func (g *headGradients) run(dst []float64, seqs [][][]float64, dx func(int) [][]float64, weight float64) error {
	clear(dst[:len(seqs)])
	for from := 0; from < len(seqs); from += train.Lanes {
		part := seqs[from:min(from+train.Lanes, len(seqs))]
		x := make([][][]float32, len(part))
		for i, rows := range part {
			narrowed := make([][]float32, len(rows))
			for t, r := range rows {
				narrowed[t] = narrow(r)
			}
			var err error
			if x[i], err = g.h.Scaled(narrowed); err != nil {
				return err
			}
		}
		for _, net := range g.nets {
			if err := net.Forward(x); err != nil {
				return err
			}
			for i := range part {
				dst[from+i] += g.read(net, i) / float64(len(g.nets))
				if dx != nil {
					net.Pull(i, g.dy)
				}
			}
			if dx == nil {
				continue
			}
			net.Backward()
			for i, rows := range x {
				into := dx(from + i)
				for t, r := range rows {
					net.Gradient(g.dx, i, t)
					for j, v := range r {
						if sd := g.h.Fitted.Scaler.SD[j]; sd > 0 && math.Abs(float64(v)) < head.Clip {
							into[t][j] += weight * float64(g.dx[j]) / (sd * float64(len(g.nets)))
						}
					}
				}
			}
		}
	}
	return nil
}

// read gives one network's answer for a sequence, and leaves its derivative by the outputs in dy.
func (g *headGradients) read(net *train.PooledInputs, seq int) float64 {
	net.Output(g.y, seq)
	if g.class < 0 {
		g.dy[0] = float32(g.scale)
		return g.scale * float64(g.y[0])
	}
	top, sum := math.Inf(-1), 0.0
	for _, v := range g.y {
		top = max(top, float64(v))
	}
	for _, v := range g.y {
		sum += math.Exp(float64(v) - top)
	}
	p := math.Exp(float64(g.y[g.class])-top) / sum
	for k, v := range g.y {
		q := math.Exp(float64(v)-top) / sum
		d := -p * q
		if k == g.class {
			d += p
		}
		g.dy[k] = float32(d)
	}
	return p
}
