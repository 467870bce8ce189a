package head

import (
	"context"
	"fmt"

	"crackle/rnn"
	"crackle/rnn/train"
)

// attentionWidth is that of the space in which windows are weighed.
const attentionWidth = 8

// fitPooled trains one recurrent network on scaled windows: a target value, or a class number, for each part. valid stops it early.
func fitPooled(ctx context.Context, cfg *Config, seed uint64, seqs, valid []train.Sequence) (*rnn.PooledWeights, error) {
	n := rnn.Config{Cell: rnn.GRU, Input: len(cfg.Features), Hidden: cfg.Hidden, Layers: 1, Head: rnn.HeadLinear, Output: 1}
	t := train.Config{Loss: train.MSE, LearningRate: cfg.LearningRate, Epochs: cfg.Epochs, Batch: 16, Patience: 15, WeightDecay: 1e-3, Seed: seed, Threads: 1}
	if len(cfg.Classes) > 0 {
		n.Head, n.Output, t.Loss = rnn.HeadClass, len(cfg.Classes), train.CrossEntropy
	}
	w, err := rnn.NewPooledWeights(rnn.PooledConfig{Network: n, Attention: rnn.AttentionAdditive, Width: attentionWidth})
	if err != nil {
		return nil, err
	}
	train.InitialisePooled(w, seed)
	best, r, err := train.FitPooled(ctx, t, w, seqs, valid)
	if err != nil {
		return nil, err
	}
	if r.Diverged != "" {
		return nil, fmt.Errorf("training diverged: %s; lower the learning rate, now %g", r.Diverged, cfg.LearningRate)
	}
	return best, nil
}

// mostSteps bounds what the network reads of a part. Of a longer one it reads means of as many windows in a row as make it fit, so that a long part
// takes no longer to learn from.
const mostSteps = 256

// thin takes means of so many rows in a row that no more than mostSteps are left.
func thin(z [][]float32) (out [][]float32) {
	group := (len(z) + mostSteps - 1) / mostSteps
	if group <= 1 {
		return z
	}
	for from := 0; from < len(z); from += group {
		rows := z[from:min(from+group, len(z))]
		mean := make([]float32, len(z[0]))
		for _, r := range rows {
			for j, v := range r {
				mean[j] += v / float32(len(rows))
			}
		}
		out = append(out, mean)
	}
	return out
}

// attention is the mean weight of each of so many windows in the latest answer: those that were read as one share its weight.
func (p *pooled) attention(windows int) []float64 {
	group := (windows + mostSteps - 1) / mostSteps
	out := make([]float64, windows)
	for _, s := range p.states {
		weights := s.Attention()
		for t := range out {
			k := t / group
			out[t] += float64(weights[k]) / float64(min(group, windows-k*group)*len(p.states))
		}
	}
	return out
}

// networks is the number that are trained from other seeds, each stopped early by another part of the specimens; the answer is the mean of theirs,
// which is better than one's (Lakshminarayanan et al. 2017).
const networks = 5

// pooled are the packed networks with their scratch.
type pooled struct {
	nets    []*rnn.Pooled
	states  []*rnn.PooledState
	classes int
	out     []float32
	x       []float32
}

func newPooled(all []*rnn.PooledWeights, classes int) (*pooled, error) {
	p := &pooled{classes: classes, out: make([]float32, max(1, classes))}
	for _, w := range all {
		net, err := rnn.NewPooled(w)
		if err != nil {
			return nil, err
		}
		p.nets, p.states = append(p.nets, net), append(p.states, net.NewState())
	}
	return p, nil
}

// answer gives the mean of the networks' answers for scaled windows; the weights of attention are those of the newest.
func (p *pooled) answer(z [][]float32) ([]float64, error) {
	p.x = p.x[:0]
	for _, r := range thin(z) {
		p.x = append(p.x, r...)
	}
	out := make([]float64, len(p.out))
	for k, net := range p.nets {
		if err := net.Forward(p.out, p.x, p.states[k]); err != nil {
			return nil, err
		}
		for i, v := range p.out {
			out[i] += float64(v) / float64(len(p.nets))
		}
	}
	return out, nil
}
