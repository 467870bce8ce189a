package onnx

import (
	"errors"
	"fmt"
	"slices"

	"crackle/rnn"
)

// The nodes that only move, cut and repeat. Each takes the inputs that are there, nil for one that is left out.

func identity(_ *evaluator, _ *node, in []*value) (*value, error) { return in[0], nil }

func dropout(_ *evaluator, _ *node, in []*value) (*value, error) {
	if len(in) > 2 && in[2] != nil && !(in[2].kind == kindInts && len(in[2].n) == 1 && in[2].n[0] == size{}) {
		return nil, errors.New("drops units: export the model in evaluation mode")
	}
	return in[0], nil
}

func cast(_ *evaluator, n *node, in []*value) (*value, error) {
	to := n.int("to", 0)
	_, float := floatWidth[to]
	_, whole := intWidth[to]
	if in[0].kind == kindInts && whole || in[0].kind != kindInts && float {
		return in[0], nil
	}
	return nil, fmt.Errorf("casts %s to element type %d", in[0].kind, to)
}

func transpose(_ *evaluator, n *node, in []*value) (*value, error) {
	v := in[0]
	rank := len(v.shape())
	perm := make([]int, rank)
	for i := range perm {
		perm[i] = rank - 1 - i
	}
	if a := n.attributes["perm"]; a != nil {
		if len(a.ints) != rank {
			return nil, fmt.Errorf("orders %d axes of a tensor of %d", len(a.ints), rank)
		}
		seen := make([]bool, rank)
		for i, p := range a.ints {
			if p < 0 || p >= int64(rank) || seen[p] {
				return nil, fmt.Errorf("order of axes %v, must hold each of 0 to %d once", a.ints, rank-1)
			}
			perm[i], seen[p] = int(p), true
		}
	}
	switch v.kind {
	case kindFloats:
		return &value{kind: kindFloats, c: v.c.transpose(perm)}, nil
	case kindInts:
		return v, nil
	}
	axes := make([]axis, rank)
	for i, p := range perm {
		axes[i] = v.axes[p]
	}
	return v.with(axes), nil
}

// axesOf reads the second input, a list of axes of a tensor of the given rank, in ascending order.
func axesOf(in []*value, rank int) ([]int, error) {
	var out []int
	if len(in) < 2 || in[1] == nil {
		return nil, nil
	}
	list, err := in[1].numbers()
	if err != nil {
		return nil, fmt.Errorf("axes: %w", err)
	}
	for _, a := range list {
		p, err := place(a, rank)
		if err != nil {
			return nil, err
		}
		if slices.Contains(out, p) {
			return nil, fmt.Errorf("axis %d stands twice", p)
		}
		out = append(out, p)
	}
	slices.Sort(out)
	return out, nil
}

func squeeze(_ *evaluator, _ *node, in []*value) (*value, error) {
	v := in[0]
	shape := v.shape()
	axes, err := axesOf(in, len(shape))
	if err != nil {
		return nil, err
	}
	if len(in) < 2 || in[1] == nil {
		for i, s := range shape {
			if s == (size{n: 1}) {
				axes = append(axes, i)
			}
		}
	}
	slices.Reverse(axes)
	for _, a := range axes {
		if shape[a] != (size{n: 1}) {
			return nil, fmt.Errorf("removes axis %d of shape %v, which is not of length 1", a, shape)
		}
		switch v.kind {
		case kindFloats:
			v = &value{kind: kindFloats, c: v.c.remove(a)}
		case kindInts:
			v = &value{kind: kindInts, n: v.n, scalar: true}
		default:
			v = v.remove(a)
		}
	}
	return v, nil
}

func unsqueeze(_ *evaluator, _ *node, in []*value) (*value, error) {
	v := in[0]
	if len(in) < 2 || in[1] == nil {
		return nil, errors.New("does not say which axes to insert")
	}
	axes, err := axesOf(in, len(v.shape())+len(in[1].n))
	if err != nil {
		return nil, err
	}
	if len(axes)+len(v.shape()) > maxRank {
		return nil, fmt.Errorf("makes a tensor of more than %d axes", maxRank)
	}
	for _, a := range axes {
		switch {
		case v.kind == kindFloats:
			v = &value{kind: kindFloats, c: v.c.insert(a)}
		case v.kind == kindInts && v.scalar:
			v = &value{kind: kindInts, n: v.n}
		case v.kind == kindInts:
			return nil, errors.New("makes a table of a list of whole numbers")
		default:
			v = v.with(slices.Insert(slices.Clone(v.axes), a, axis(nil)))
		}
	}
	return v, nil
}

func reshape(e *evaluator, n *node, in []*value) (*value, error) {
	v := in[0]
	if len(in) < 2 || in[1] == nil || in[1].kind != kindInts {
		return nil, errors.New("takes a shape that is not a list of whole numbers")
	}
	if len(in[1].n) > maxRank {
		return nil, fmt.Errorf("makes a tensor of more than %d axes", maxRank)
	}
	target, err := reshaped(v.shape(), in[1].n, n.int("allowzero", 0) != 0)
	if err != nil {
		return nil, err
	}
	switch v.kind {
	case kindFloats:
		c, err := v.c.reshape(target, &e.budget)
		return &value{kind: kindFloats, c: c}, err
	case kindInts:
		if len(target) > 1 {
			return nil, errors.New("makes a table of a list of whole numbers")
		}
		return &value{kind: kindInts, n: v.n, scalar: len(target) == 0}, nil
	}
	axes, err := regroup(v.axes, target)
	if err != nil {
		return nil, err
	}
	return v.with(axes), nil
}

func concat(e *evaluator, n *node, in []*value) (*value, error) {
	v := in[0]
	at, err := place(n.int("axis", 0), len(v.shape()))
	if err != nil {
		return nil, err
	}
	cs := make([]constant, len(in))
	for i, p := range in {
		if p == nil || p.kind != v.kind {
			return nil, errors.New("joins values of different kinds")
		}
		cs[i] = p.c
	}
	switch v.kind {
	case kindFloats:
		c, err := join(cs, at, &e.budget)
		return &value{kind: kindFloats, c: c}, err
	case kindInts:
		out := &value{kind: kindInts}
		for _, p := range in {
			out.n = append(out.n, p.n...)
		}
		if len(out.n) > maxList {
			return nil, fmt.Errorf("makes a list of more than %d whole numbers", maxList)
		}
		return out, nil
	case kindStates:
		return joinStates(e, in, at)
	}
	if len(in) == 1 {
		return v, nil
	}
	return nil, fmt.Errorf("joins %d tensors of rows: a layer reads one layer's rows", len(in))
}

func joinStates(e *evaluator, in []*value, at int) (*value, error) {
	out := in[0].with(slices.Clone(in[0].axes))
	out.entries = nil
	for _, p := range in {
		if len(p.axes) != len(out.axes) {
			return nil, fmt.Errorf("joins final states of shapes %v and %v", in[0].shape(), p.shape())
		}
		for i, a := range p.axes {
			if i != at && !a.is(in[0].axes[i]) {
				return nil, fmt.Errorf("joins final states of shapes %v and %v", in[0].shape(), p.shape())
			}
		}
		if a := p.axes[at]; len(a) > 0 && !a.has(atomState) {
			return nil, fmt.Errorf("joins final states along their units: a dense layer reads rows, which hold both directions at one time")
		}
		if out.entries = append(out.entries, p.entries...); len(out.entries) > 2*rnn.MaxLayers {
			return nil, fmt.Errorf("joins more than %d final states", 2*rnn.MaxLayers)
		}
	}
	if err := e.budget.take(int64(len(out.entries))); err != nil {
		return nil, err
	}
	out.axes[at] = stateAxis(len(out.entries))
	return out, nil
}

func expand(_ *evaluator, _ *node, in []*value) (*value, error) {
	shape, err := lengthsOf(in)
	if err != nil {
		return nil, err
	}
	v := in[0]
	if v.kind == kindFloats {
		c, err := v.c.expand(shape)
		return &value{kind: kindFloats, c: c}, err
	}
	have := v.shape()
	if len(shape) != len(have) || v.kind == kindInts {
		return nil, fmt.Errorf("repeats %s", v.kind)
	}
	for i, s := range shape {
		if s != have[i] && s != (size{n: 1}) {
			return nil, fmt.Errorf("repeats %s of shape %v to %v", v.kind, have, shape)
		}
	}
	return v, nil
}

func tile(_ *evaluator, _ *node, in []*value) (*value, error) {
	times, err := lengthsOf(in)
	if err != nil {
		return nil, err
	}
	if in[0].kind == kindFloats {
		c, err := in[0].c.repeat(times)
		return &value{kind: kindFloats, c: c}, err
	}
	for _, t := range times {
		if t != (size{n: 1}) {
			return nil, fmt.Errorf("repeats %s", in[0].kind)
		}
	}
	return in[0], nil
}

// lengthsOf reads the second input as lengths of axes.
func lengthsOf(in []*value) ([]size, error) {
	if len(in) < 2 || in[1] == nil || in[1].kind != kindInts {
		return nil, errors.New("takes a shape that is not a list of whole numbers")
	}
	return in[1].n, checkLengths(in[1].n)
}

func checkLengths(shape []size) error {
	if len(shape) > maxRank {
		return fmt.Errorf("makes a tensor of more than %d axes", maxRank)
	}
	for _, s := range shape {
		if s.n < 1 || s.n > mostSize {
			return fmt.Errorf("makes a tensor of shape %v, each length must be 1 to %d", shape, int64(mostSize))
		}
	}
	return nil
}
