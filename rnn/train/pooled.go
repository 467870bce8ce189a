package train

import (
	"context"
	"fmt"
	"math"

	"crackle/rnn"
	"crackle/rnn/kernel"
)

// FitPooled is Fit for a network pooled by attention: every sequence has one row of targets, one weight at most. Initialise the network
// and the attention first (InitialisePooled). The weights returned are those of the best epoch.
func FitPooled(ctx context.Context, cfg Config, w *rnn.PooledWeights, seqs, valid []Sequence) (*rnn.PooledWeights, *Result, error) {
	cfg = cfg.withDefaults()
	m, err := newPooledModel(cfg, w, seqs, valid)
	if err != nil {
		return nil, nil, fmt.Errorf("train: %w", err)
	}
	f, err := newFitter(cfg, m, seqs, valid)
	if err != nil {
		return nil, nil, fmt.Errorf("train: %w", err)
	}
	err = f.run(ctx)
	best, e := rnn.NewPooledWeights(w.Config)
	if e != nil {
		return nil, nil, fmt.Errorf("train: %w", e)
	}
	if w.Network.H0 != nil {
		best.Network.LearnInitialState()
	}
	f.keepBest(best.Params())
	return best, f.res, err
}

// InitialisePooled is Initialise for a pooled network.
func InitialisePooled(w *rnn.PooledWeights, seed uint64) {
	Initialise(w.Network, seed)
	initialiseAttention(&w.Attention, seed)
}

type pooledModel struct {
	w    *rnn.PooledWeights
	body *rnn.Weights // the network without its head, sharing parameters
	p    *packed
	head *kernel.Dense
	back *kernel.Matrix
	look *attend
}

func newPooledModel(cfg Config, w *rnn.PooledWeights, seqs, valid []Sequence) (*pooledModel, error) {
	if _, err := rnn.NewPooled(w); err != nil {
		return nil, err
	}
	n := w.Network.Config
	if err := cfg.check(n); err != nil {
		return nil, err
	}
	if cfg.Truncate > 0 {
		return nil, fmt.Errorf("truncate is %d, but pooling needs whole sequences: set it to 0", cfg.Truncate)
	}
	for _, list := range [][]Sequence{seqs, valid} {
		for i := range list {
			if err := list[i].checkParts(n, targetWidth(n), 1); err != nil {
				return nil, fmt.Errorf("sequence %d: %w", i, err)
			}
		}
	}
	if err := checkMemory(cfg, n, seqs, valid); err != nil {
		return nil, err
	}
	body := *w.Network
	body.Config.Head, body.Config.Output, body.Head = rnn.HeadNone, 0, rnn.DenseWeights{}
	p, err := newPacked(&body)
	if err != nil {
		return nil, err
	}
	width := n.Hidden * n.Directions()
	m := &pooledModel{w: w, body: &body, p: p, back: kernel.NewMatrix(len(w.Network.Head.Bias), width)}
	if m.head, err = kernel.NewDense(width, len(w.Network.Head.Bias), w.Network.Head.Weight, w.Network.Head.Bias); err != nil {
		return nil, err
	}
	if m.look, err = newAttend(&w.Attention, width, 0); err != nil {
		return nil, err
	}
	m.refresh()
	return m, nil
}

func (m *pooledModel) params() []rnn.Param { return m.w.Params() }

func (m *pooledModel) refresh() {
	m.p.set(m.body)
	m.head.Set(m.w.Network.Head.Weight, m.w.Network.Head.Bias)
	m.back.Set(m.w.Network.Head.Weight)
	m.look.set()
}

func (m *pooledModel) newRunner(cfg *Config) runner {
	r := &pooledRunner{m: m, cfg: cfg, s: newPass(m.p, m.body.Params()), g: newGaze(m.look)}
	width, out := m.look.keys, m.head.Out
	r.context, r.dcontext = make([]float32, width*lanes), make([]float32, width*lanes)
	r.y, r.dy = make([]float32, out*lanes), make([]float32, out*lanes)
	r.headW, r.headB = make([]float32, out*width), make([]float32, out)
	layers := 4 * len(m.w.Network.Layers)
	r.list = append(r.list, r.s.grads[:layers]...)
	r.list = append(r.list, r.headW, r.headB)
	r.list = append(r.list, r.s.grads[layers:]...)
	r.list = append(r.list, r.g.grads()...)
	return r
}

type pooledRunner struct {
	m                 *pooledModel
	cfg               *Config
	s                 *pass
	g                 *gaze
	context, dcontext []float32 // [keys][lanes]
	y, dy             []float32 // [head rows][lanes]
	headW, headB      []float32
	list              [][]float32 // all gradients, as PooledWeights.Params
	inputs            bool        // ask for the gradient of what the network read, left in s.next
}

func (r *pooledRunner) gradients() [][]float32 { return r.list }

func (r *pooledRunner) flow() Flow { return r.s.gradientFlow() }

// forward gives the loss sum and, with back, the gradient of the head's outputs divided by total.
func (r *pooledRunner) forward(j job, total float64, back bool) float64 {
	s := r.s
	s.watch = j.watch
	s.load(r.m.body, j.seqs, 0, math.MaxInt, false)
	s.forward(j.drop)
	r.g.open(s, 1)
	r.g.look(0, r.context, nil)
	r.m.head.ApplyTile(r.y, r.context, s.n)
	clear(r.dy)
	return lossRow(r.cfg, r.y, r.dy, r.m.head.Out, j.seqs, 0, total, back)
}

func (r *pooledRunner) train(j job) float64 {
	for _, g := range r.list {
		clear(g)
	}
	loss := r.forward(j, max(j.weight, math.SmallestNonzeroFloat64), true)
	if j.weight == 0 {
		return loss
	}
	s, width, out := r.s, r.m.look.keys, r.m.head.Out
	kernel.AddOuter(r.headW, out, width, r.dy, out*lanes, r.context, width*lanes, 1, s.n)
	kernel.AddRows(r.headB, out, r.dy, out*lanes, 1, s.n)
	r.backward()
	s.initialGrads(r.m.body, j.seqs)
	return loss
}

// backward takes the gradient dy of the head's outputs down through the attention and the network.
func (r *pooledRunner) backward() {
	clear(r.dcontext)
	r.m.back.AddTranspose(r.dcontext, r.dy, 0, r.m.head.Out, r.s.n)
	r.g.back(0, r.dcontext, nil)
	r.g.close(1, nil)
	r.s.dy = r.g.dvalues
	r.s.backward(r.inputs)
}

func (r *pooledRunner) evaluate(seqs []*Sequence) float64 {
	return r.forward(job{seqs: seqs}, 1, false)
}
