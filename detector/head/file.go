package head

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"crackle/rnn"
)

// MetaKey is where a head's file keeps everything but the network.
const MetaKey = "crackle.head"

// format is the version of what stands there.
const format = 1

type meta struct {
	Format int `json:"format"`
	*Head
}

// Encode writes the head's file: safetensors, as a model's. The same head gives the same bytes.
func (h *Head) Encode() ([]byte, error) {
	f := &rnn.File{Metadata: map[string]string{}}
	for k, w := range h.weights {
		one, err := w.File()
		if err != nil {
			return nil, err
		}
		for _, t := range one.Tensors {
			t.Name = netPrefix(k) + t.Name
			f.Tensors = append(f.Tensors, t)
		}
		f.Metadata[netKey] = one.Metadata[rnn.MetaPooled] // the same for all
	}
	text, err := json.Marshal(meta{format, h})
	if err != nil {
		return nil, fmt.Errorf("head %s: %w", h.Target, err)
	}
	f.Metadata[MetaKey] = string(text)
	f.Metadata[rnn.MetaKernel] = h.Record.Kernel
	return f.Encode()
}

// Parse reads a head's file. It is checked whole before anything of it is used.
func Parse(b []byte) (*Head, error) {
	f, err := rnn.ParseFile(b)
	if err != nil {
		return nil, err
	}
	text, ok := f.Metadata[MetaKey]
	if !ok {
		return nil, fmt.Errorf("the file has no metadata %q: it holds no head; make one with `crackle train --labels`", MetaKey)
	}
	m := meta{Head: &Head{}}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return nil, fmt.Errorf("head metadata %q: %w", MetaKey, err)
	}
	if m.Format != format {
		return nil, fmt.Errorf("head format is %d, this program reads %d: use the version that wrote it, or learn anew", m.Format, format)
	}
	h := m.Head
	if h.Encoder == GRU {
		if h.weights, err = networksOf(f); err != nil {
			return nil, fmt.Errorf("head %s: %w", h.Target, err)
		}
	}
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("head %s: %w", h.Target, err)
	}
	if len(h.weights) > 0 {
		h.net, err = newPooled(h.weights, len(h.Classes))
	}
	return h, err
}

// netKey is where the networks' config stands.
const netKey = "crackle.head.network"

// netPrefix begins the names of a network's tensors.
func netPrefix(k int) string { return fmt.Sprintf("network%d.", k) }

// networksOf takes the networks out of a head's file.
func networksOf(f *rnn.File) (out []*rnn.PooledWeights, err error) {
	for k := range networks {
		one := &rnn.File{Metadata: map[string]string{rnn.MetaPooled: f.Metadata[netKey]}}
		for _, t := range f.Tensors {
			if name, own := strings.CutPrefix(t.Name, netPrefix(k)); own {
				t.Name = name
				one.Tensors = append(one.Tensors, t)
			}
		}
		w, err := one.PooledWeights()
		if err != nil {
			return nil, fmt.Errorf("network %d: %w", k, err)
		}
		out = append(out, w)
	}
	return out, nil
}

// check reports everything that keeps a head from answering.
func (h *Head) check() error {
	var errs []error
	bad := func(f string, args ...any) { errs = append(errs, fmt.Errorf(f, args...)) }
	d, f := len(h.Features), &h.Fitted
	if d == 0 || h.Target == "" || len(h.Classes) == 1 || !(h.Coverage > 0 && h.Coverage < 1) || !(h.Quantile >= 0) || math.IsInf(h.Quantile, 0) {
		bad("target %q, %d features, %d classes, coverage %g, quantile %g: not all are possible", h.Target, d, len(h.Classes), h.Coverage, h.Quantile)
	}
	if f.Classes != len(h.Classes) {
		bad("fitted to %d classes, names are there for %d", f.Classes, len(h.Classes))
	}
	for _, v := range []struct {
		name string
		v    []float64
		n    int
	}{{"scaler.mean", f.Scaler.Mean, d}, {"scaler.sd", f.Scaler.SD, d}, {"difficulty.mean", f.Difficulty.Mean, 2 * d}, {"difficulty.inverse_covariance", f.Difficulty.Inv, 4 * d * d}} {
		if len(v.v) != v.n || !finite64(v.v...) {
			bad("%s has %d values, must have %d that are finite", v.name, len(v.v), v.n)
		}
	}
	if !finite64(f.Middle, f.Spread, f.Difficulty.Far) || slices.ContainsFunc(f.Scaler.SD, func(v float64) bool { return v < 0 }) {
		bad("its scales are not finite, or below 0")
	}
	switch h.Encoder {
	case Linear:
		if f.Linear == nil {
			bad("a linear head without weights")
		} else if err := f.Linear.check(2*d, max(1, len(h.Classes))); err != nil {
			errs = append(errs, err)
		}
	case GRU:
		c := h.weights[0].Config.Network // that of all
		head := rnn.HeadLinear
		if len(h.Classes) > 0 {
			head = rnn.HeadClass
		}
		if c.Input != d || c.Head != head || c.Output != max(1, len(h.Classes)) || c.Bidirectional {
			bad("network maps %d inputs to %d outputs (head %q), must map %d features to %d (head %q)", c.Input, c.Output, c.Head, d, max(1, len(h.Classes)), head)
		}
	default:
		bad("encoder is %q, must be %q or %q", h.Encoder, Linear, GRU)
	}
	return errors.Join(errs...)
}

func (l *linear) check(numbers, answers int) error {
	if len(l.Mean) != numbers || len(l.SD) != numbers || len(l.Weight) != answers || len(l.Bias) != answers || !finite64(l.Mean...) || !finite64(l.SD...) || !finite64(l.Bias...) {
		return fmt.Errorf("linear weights of %d answers from %d numbers, must be %d from %d, and finite", len(l.Weight), len(l.Mean), answers, numbers)
	}
	for _, w := range l.Weight {
		if len(w) != numbers || !finite64(w...) {
			return fmt.Errorf("a linear answer has %d weights, must have %d that are finite", len(w), numbers)
		}
	}
	return nil
}
