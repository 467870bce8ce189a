package onnx

import (
	"errors"
	"fmt"
	"slices"

	"crackle/rnn"
)

// The nodes of the dense layer: MatMul and Add, or Gemm, and Softmax.

// linear starts a dense layer with weights w [in][out] that reads x.
func (e *evaluator) linear(n *node, x *value, w *value) (*value, error) {
	x, err := x.asRows()
	if err != nil {
		return nil, err
	}
	if x.from.kind == stageInput {
		return nil, errors.New("multiplies the input before any recurrent layer: a recurrent layer reads the input itself")
	}
	if x.from.kind != stageLayer {
		return nil, fmt.Errorf("reads what %s gives: there is one dense layer, after the recurrent layers", x.from.node)
	}
	unit := x.from.unit()
	if len(x.axes) == 0 || !x.axes[len(x.axes)-1].is(unit) {
		return nil, fmt.Errorf("reads rows of shape %v whose last axis is not the %v units of %s", x.shape(), unit.size(), x.from.node)
	}
	if w.kind == kindFloats {
		if len(w.c.dims) != 2 {
			return nil, fmt.Errorf("has weights of shape %v, must have two axes", w.c.dims)
		}
		w = &value{kind: kindFloats, c: w.c.transpose([]int{1, 0})}
	}
	weights, err := w.matrix(&e.budget, "weights, transposed,", []size{{}, unit.size()})
	if err != nil {
		return nil, err
	}
	width := int(unit.size().n)
	s := &stage{kind: stageProduct, node: n, prev: x.from, layer: x.from.layer, time: x.from.time, batch: x.from.batch, out: len(weights) / width, w: weights}
	s.b = make([]float32, s.out)
	axes := slices.Clone(x.axes)
	axes[len(axes)-1] = s.unit()
	out := x.with(axes)
	out.from = s
	return out, nil
}

func matMul(e *evaluator, n *node, in []*value) (*value, error) { return e.linear(n, in[0], in[1]) }

func gemm(e *evaluator, n *node, in []*value) (*value, error) {
	factor := func(name string) float32 {
		if a := n.attributes[name]; a != nil {
			return a.f
		}
		return 1
	}
	if n.int("transA", 0) != 0 {
		return nil, errors.New("transposes its rows (transA 1), must be 0")
	}
	if factor("alpha") != 1 || factor("beta") != 1 {
		return nil, fmt.Errorf("has alpha %v and beta %v, must be 1", factor("alpha"), factor("beta"))
	}
	w := in[1]
	if n.int("transB", 0) != 0 && w.kind == kindFloats && len(w.c.dims) == 2 {
		w = &value{kind: kindFloats, c: w.c.transpose([]int{1, 0})}
	}
	v, err := e.linear(n, in[0], w)
	if err != nil || len(in) < 3 || in[2] == nil {
		return v, err
	}
	return e.bias(n, v, in[2])
}

// add is the bias of a MatMul.
func add(e *evaluator, n *node, in []*value) (*value, error) {
	v, b := in[0], in[1]
	if v.kind == kindFloats {
		v, b = b, v
	}
	if v.kind != kindRows || b.kind != kindFloats || v.from.kind != stageProduct {
		return nil, fmt.Errorf("adds %s and %s: only the bias of a MatMul can be added", in[0].kind, in[1].kind)
	}
	return e.bias(n, v, b)
}

// bias ends a dense layer.
func (e *evaluator) bias(n *node, v, b *value) (*value, error) {
	if v.from.kind != stageProduct || b.kind != kindFloats {
		return nil, fmt.Errorf("adds %s: only constant numbers can be a bias", b.kind)
	}
	c := b.c
	for len(c.dims) > 1 && c.dims[0] == (size{n: 1}) {
		c = c.remove(0)
	}
	c, err := c.expand([]size{{n: int64(v.from.out)}})
	if err != nil || len(c.dims) != 1 || c.dims[0] != (size{n: int64(v.from.out)}) {
		return nil, fmt.Errorf("has a bias of shape %v for %d values", b.c.dims, v.from.out)
	}
	s := *v.from
	s.kind, s.node, s.prev = stageDense, n, v.from
	if s.b, err = c.values(&e.budget); err != nil {
		return nil, err
	}
	out := v.with(v.axes)
	out.from = &s
	return out, nil
}

func softmax(_ *evaluator, n *node, in []*value) (*value, error) {
	v := in[0]
	if v.kind != kindRows || v.from.kind != stageProduct && v.from.kind != stageDense {
		return nil, errors.New("does not follow a dense layer")
	}
	at, err := place(n.int("axis", -1), len(v.axes))
	if err != nil {
		return nil, err
	}
	if !v.axes[at].is(v.from.unit()) || v.from.out < 2 || at != len(v.axes)-1 {
		return nil, fmt.Errorf("runs along axis %d of shape %v, must be the %d values of a row", at, v.shape(), v.from.out)
	}
	s := *v.from
	s.kind, s.node, s.prev = stageSoftmax, n, v.from
	out := v.with(v.axes)
	out.from = &s
	return out, nil
}

// head fills in what the stages after the recurrent layers say.
func (s *stage) head(w *rnn.Weights) *stage {
	if s.kind == stageLayer || s.kind == stageInput {
		return s
	}
	w.Config.Head, w.Config.Output = rnn.HeadLinear, s.out
	if s.kind == stageSoftmax {
		w.Config.Head = rnn.HeadClass
	}
	w.Head = rnn.DenseWeights{Weight: s.w, Bias: s.b}
	for s.kind != stageLayer {
		s = s.prev
	}
	return s
}
