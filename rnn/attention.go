package rnn

import (
	"fmt"
	"math"

	"crackle/rnn/kernel"
)

// AttentionKind names how a query and a key are compared.
type AttentionKind string

const (
	AttentionNone     AttentionKind = ""
	AttentionAdditive AttentionKind = "additive" // score·tanh(Wq q + Wk k), Bahdanau et al. 2015
	AttentionDot      AttentionKind = "dot"      // (Wq q)·(Wk k)/√width, Luong et al. 2015 with Vaswani et al.'s scale
)

// AttentionWeights compare a query with the rows of a sequence (the keys, which are also the values). Rows are weighted by the softmax of
// their scores, and the context is their weighted sum.
type AttentionWeights struct {
	Kind  AttentionKind
	Width int       // of the space in which query and key are compared
	Query []float32 // [Width][query width]; for pooling [Width], the learned query itself
	Key   []float32 // [Width][key width]
	Score []float32 // [Width], additive only
}

// newAttentionWeights gives zeros; query is the number of values of Query per unit of width.
func newAttentionWeights(kind AttentionKind, width, query, key int) AttentionWeights {
	a := AttentionWeights{Kind: kind, Width: width, Query: make([]float32, width*query), Key: make([]float32, width*key)}
	if kind == AttentionAdditive {
		a.Score = make([]float32, width)
	}
	return a
}

func (a *AttentionWeights) params(queryShape []int, key int) []Param {
	ps := []Param{{"attention.query.weight", queryShape, a.Query}, {"attention.key.weight", []int{a.Width, key}, a.Key}}
	if a.Kind == AttentionAdditive {
		ps = append(ps, Param{"attention.score.weight", []int{a.Width}, a.Score})
	}
	return ps
}

func checkAttention(kind AttentionKind, width int) error {
	switch {
	case kind != AttentionAdditive && kind != AttentionDot:
		return fmt.Errorf("attention is %q, must be %q or %q", kind, AttentionAdditive, AttentionDot)
	case width < 1 || width > MaxWidth:
		return fmt.Errorf("attention width is %d, must be 1 to %d", width, MaxWidth)
	}
	return nil
}

// attention is AttentionWeights packed.
type attention struct {
	kind  AttentionKind
	width int
	query *kernel.Dense // nil when pooling
	fixed []float32     // the query when pooling
	key   *kernel.Dense
	score []float32
}

func newAttention(w AttentionWeights, query, key int) (*attention, error) {
	zero := make([]float32, w.Width)
	k, err := kernel.NewDense(key, w.Width, w.Key, zero)
	if err != nil {
		return nil, err
	}
	a := &attention{kind: w.Kind, width: w.Width, key: k, score: append([]float32(nil), w.Score...)}
	if query == 0 {
		a.fixed = append([]float32(nil), w.Query...)
		return a, nil
	}
	a.query, err = kernel.NewDense(query, w.Width, w.Query, zero)
	return a, err
}

// gaze is what attention remembers of one sequence.
type gaze struct {
	keys   []float32 // [rows][width]
	values []float32 // [rows][value width], not owned
	alpha  []float32 // [rows], the latest weights
	q      []float32 // [width]
}

// open projects the rows of a sequence.
func (a *attention) open(g *gaze, values []float32, rows int) {
	g.values = values
	g.keys, g.alpha, g.q = resized(g.keys, rows*a.width), resized(g.alpha, rows), resized(g.q, a.width)
	for s := range rows {
		a.key.Apply(g.keys[s*a.width:(s+1)*a.width], values[s*a.key.In:(s+1)*a.key.In])
	}
}

// look fills g.alpha and writes the context [value width].
func (a *attention) look(context, query []float32, g *gaze) {
	q := a.fixed
	if a.query != nil {
		a.query.Apply(g.q, query)
		q = g.q
	}
	scale := float32(1 / math.Sqrt(float64(a.width)))
	for s := range g.alpha {
		var e float32
		for i, k := range g.keys[s*a.width : (s+1)*a.width] {
			if a.kind == AttentionAdditive {
				e += float32(a.score[i] * kernel.Tanh(q[i]+k))
			} else {
				e += float32(float32(q[i]*k) * scale)
			}
		}
		g.alpha[s] = e
	}
	kernel.Softmax(g.alpha)
	clear(context)
	for s, w := range g.alpha {
		for i, v := range g.values[s*a.key.In : (s+1)*a.key.In] {
			context[i] += float32(w * v)
		}
	}
}

func resized(b []float32, n int) []float32 {
	if cap(b) < n {
		return make([]float32, n)
	}
	return b[:n]
}
