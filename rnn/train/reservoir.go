package train

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"crackle/rnn"
)

// ReservoirConfig describes closed-form training: a fixed random GRU and a linear read-out found by ridge regression in one pass.
type ReservoirConfig struct {
	Hidden int     // default 64
	Layers int     // default 1
	Radius float64 // scale of the orthogonal recurrent matrices, default 0.9: below 1 the state forgets its start
	Input  float64 // scale of the input weights, default 0.5, for inputs of about unit spread
	Ridge  float64 // penalty on the read-out relative to the states' mean square, default 1e-4
	Warmup int     // rows of each sequence that only bring the state up, default 8
	Seed   uint64
}

func (c ReservoirConfig) withDefaults() ReservoirConfig {
	for _, v := range []struct {
		p *float64
		d float64
	}{{&c.Radius, 0.9}, {&c.Input, 0.5}, {&c.Ridge, 1e-4}} {
		if *v.p == 0 {
			*v.p = v.d
		}
	}
	for _, v := range []struct {
		p *int
		d int
	}{{&c.Hidden, 64}, {&c.Layers, 1}, {&c.Warmup, 8}} {
		if *v.p == 0 {
			*v.p = v.d
		}
	}
	return c
}

// ReservoirResult is a closed-form training.
type ReservoirResult struct {
	Weights *rnn.Weights // an ordinary GRU with a linear head
	Rows    int          // that counted
	Train   float64      // mean squared error on them
}

// Reservoir draws a random GRU and solves for its linear head: the ridge regression of the targets on the states. Rows of weight 0 do not
// count; all others count by their weight. It takes one pass over the data and one solve of Hidden+1 unknowns: a second for what Fit
// needs a minute for, at some cost in accuracy. Targets must all be present.
func Reservoir(cfg ReservoirConfig, seqs []Sequence) (*ReservoirResult, error) {
	cfg = cfg.withDefaults()
	if len(seqs) == 0 || len(seqs[0].X) == 0 || len(seqs[0].Target) == 0 {
		return nil, fmt.Errorf("reservoir: no rows given")
	}
	c := rnn.Config{Cell: rnn.GRU, Input: len(seqs[0].X[0]), Hidden: cfg.Hidden, Layers: cfg.Layers, Head: rnn.HeadLinear, Output: len(seqs[0].Target[0])}
	w, err := rnn.NewWeights(c)
	if err != nil {
		return nil, fmt.Errorf("reservoir: %w", err)
	}
	if err := checkSequences("training", c, seqs); err != nil {
		return nil, fmt.Errorf("reservoir: %w", err)
	}
	if !(cfg.Ridge > 0) || !(cfg.Radius > 0) || !(cfg.Input > 0) || cfg.Warmup < 0 {
		return nil, fmt.Errorf("reservoir: ridge %v, radius %v, input %v must be above 0, warm-up %d at least 0", cfg.Ridge, cfg.Radius, cfg.Input, cfg.Warmup)
	}
	draw(w, cfg)
	s, err := states(cfg, w, seqs)
	if err != nil {
		return nil, fmt.Errorf("reservoir: %w", err)
	}
	return s.solve(cfg, w)
}

// draw fills the recurrent part.
func draw(w *rnn.Weights, cfg ReservoirConfig) {
	Initialise(w, cfg.Seed)
	r := rand.New(rand.NewPCG(cfg.Seed, 0x4e5e))
	for i := range w.Layers {
		l := &w.Layers[i]
		for k := range l.WeightHH {
			l.WeightHH[k] *= float32(cfg.Radius)
		}
		for k := range l.WeightIH {
			l.WeightIH[k] = float32(cfg.Input * (2*r.Float64() - 1))
		}
		for k := range l.BiasIH {
			l.BiasIH[k] = float32(0.5 * (2*r.Float64() - 1))
		}
	}
}

// normal holds the sums of the normal equations, float64: a = Σ w s sᵀ and b = Σ w s tᵀ with s the state and a 1 behind it.
type normal struct {
	a      *mat.SymDense
	b      *mat.Dense
	square float64 // Σ w t²
	weight float64
	rows   int
}

// states runs every sequence and sums.
func states(cfg ReservoirConfig, w *rnn.Weights, seqs []Sequence) (*normal, error) {
	body := *w
	body.Config.Head, body.Config.Output, body.Head = rnn.HeadNone, 0, rnn.DenseWeights{}
	net, err := rnn.New(&body)
	if err != nil {
		return nil, err
	}
	n := cfg.Hidden + 1
	s := &normal{a: mat.NewSymDense(n, nil), b: mat.NewDense(n, w.Config.Output, nil)}
	state, h, v := net.NewState(), make([]float32, cfg.Hidden), mat.NewVecDense(n, nil)
	for i := range seqs {
		q := &seqs[i]
		state.Reset()
		for t, x := range q.X {
			if err := net.Step(h, x, state); err != nil {
				return nil, err
			}
			weight := q.weight(t)
			if t < cfg.Warmup || weight == 0 {
				continue
			}
			for k, y := range h {
				v.SetVec(k, float64(y))
			}
			v.SetVec(n-1, 1)
			s.a.SymRankOne(s.a, weight, v)
			for o, y := range q.Target[t] {
				for k := range n {
					s.b.Set(k, o, s.b.At(k, o)+weight*v.AtVec(k)*float64(y))
				}
				s.square += weight * float64(y) * float64(y)
			}
			s.weight += weight
			s.rows++
		}
	}
	if s.rows == 0 {
		return nil, fmt.Errorf("no row counts after a warm-up of %d: give longer sequences", cfg.Warmup)
	}
	return s, nil
}

func (s *normal) solve(cfg ReservoirConfig, w *rnn.Weights) (*ReservoirResult, error) {
	n, outputs := cfg.Hidden+1, w.Config.Output
	penalised := mat.NewSymDense(n, nil)
	penalised.CopySym(s.a)
	mean := 0.0
	for k := range n - 1 {
		mean += s.a.At(k, k) / float64(n-1)
	}
	for k := range n - 1 { // the bias is free
		penalised.SetSym(k, k, s.a.At(k, k)+cfg.Ridge*max(mean, 1e-12))
	}
	var chol mat.Cholesky
	if !chol.Factorize(penalised) {
		return nil, fmt.Errorf("reservoir: the states of %d rows do not determine a read-out of %d units: raise the ridge or give more rows", s.rows, cfg.Hidden)
	}
	var x mat.Dense
	if err := chol.SolveTo(&x, s.b); err != nil {
		return nil, fmt.Errorf("reservoir: %w", err)
	}
	var ax, fit, cross mat.Dense
	ax.Mul(s.a, &x)
	fit.Mul(x.T(), &ax)
	cross.Mul(x.T(), s.b)
	loss := s.square
	for o := range outputs {
		for k := range cfg.Hidden {
			w.Head.Weight[o*cfg.Hidden+k] = float32(x.At(k, o))
		}
		w.Head.Bias[o] = float32(x.At(n-1, o))
		loss += fit.At(o, o) - 2*cross.At(o, o)
	}
	if err := w.Check(); err != nil {
		return nil, fmt.Errorf("reservoir: %w", err)
	}
	return &ReservoirResult{Weights: w, Rows: s.rows, Train: math.Max(0, loss) / s.weight / float64(outputs)}, nil
}
