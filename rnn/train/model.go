package train

import (
	"math"
	"math/rand/v2"

	"crackle/rnn"
)

// model is what the fitter trains: it hands out parameters and runners, and packs the parameters again after an update.
type model interface {
	params() []rnn.Param
	refresh()
	newRunner(cfg *Config) runner
}

// runner computes a tile of up to 32 sequences. A worker uses one at a time.
type runner interface {
	// train gives the loss sum of the job and leaves its gradient, divided by job.weight, in gradients.
	train(j job) float64
	// evaluate gives the loss sum of whole sequences without dropout.
	evaluate(seqs []*Sequence) float64
	gradients() [][]float32
	flow() Flow
}

// job is a tile's share of an update: rows from..to of seqs, states carried on when from is not 0.
type job struct {
	seqs     []*Sequence
	from, to int
	weight   float64    // of the whole batch; the gradient is of the loss sum divided by it
	drop     *rand.Rand // draws dropout and teacher forcing
	forcing  float64    // probability that a decoder is fed the true previous output
	watch    bool       // note the gradient flow
}

// networkModel is a plain network with a loss on every row.
type networkModel struct {
	w *rnn.Weights
	p *packed
}

func newNetworkModel(w *rnn.Weights) (*networkModel, error) {
	p, err := newPacked(w)
	return &networkModel{w: w, p: p}, err
}

func (m *networkModel) params() []rnn.Param { return m.w.Params() }

func (m *networkModel) refresh() { m.p.set(m.w) }

func (m *networkModel) newRunner(cfg *Config) runner {
	return &networkRunner{m: m, cfg: cfg, s: newPass(m.p, m.w.Params())}
}

type networkRunner struct {
	m   *networkModel
	cfg *Config
	s   *pass
}

func (r *networkRunner) train(j job) float64 {
	s := r.s
	s.watch = j.watch
	s.load(r.m.w, j.seqs, j.from, j.to, j.from > 0)
	for _, g := range s.grads {
		clear(g)
	}
	if s.steps == 0 {
		return 0
	}
	s.forward(j.drop)
	loss := s.loss(r.cfg, j.seqs, j.from, max(j.weight, math.SmallestNonzeroFloat64), true)
	if j.weight > 0 {
		s.backward(false)
		if j.from == 0 {
			s.initialGrads(r.m.w, j.seqs)
		}
	}
	return loss
}

func (r *networkRunner) evaluate(seqs []*Sequence) float64 {
	r.s.load(r.m.w, seqs, 0, math.MaxInt, false)
	r.s.forward(nil)
	return r.s.loss(r.cfg, seqs, 0, 1, false)
}

func (r *networkRunner) gradients() [][]float32 { return r.s.grads }

func (r *networkRunner) flow() Flow { return r.s.gradientFlow() }
