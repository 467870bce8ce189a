package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// The nodes that take a part: Slice and Gather.

func slice(_ *evaluator, _ *node, in []*value) (*value, error) {
	v := in[0]
	if len(in) < 3 || in[1] == nil || in[2] == nil {
		return nil, errors.New("does not say from where to where")
	}
	rank := len(v.shape())
	var lists [4][]int64 // starts, ends, axes, steps
	for i := range lists {
		if i+1 < len(in) && in[i+1] != nil {
			list, err := in[i+1].numbers()
			if err != nil {
				return nil, err
			}
			lists[i] = list
		}
	}
	count := len(lists[0])
	if lists[2] == nil {
		for k := range count {
			lists[2] = append(lists[2], int64(k))
		}
	}
	if lists[3] == nil {
		lists[3] = slices.Repeat([]int64{1}, count)
	}
	if len(lists[1]) != count || len(lists[2]) != count || len(lists[3]) != count {
		return nil, fmt.Errorf("has %d starts, %d ends, %d axes and %d steps, must have as many of each", count, len(lists[1]), len(lists[2]), len(lists[3]))
	}
	for i := range count {
		at, err := place(lists[2][i], rank)
		if err != nil {
			return nil, err
		}
		if v, err = v.slice(at, lists[0][i], lists[1][i], lists[3][i]); err != nil {
			return nil, err
		}
		if v.kind == kindGiven {
			return v, nil
		}
	}
	return v, nil
}

func (v *value) slice(at int, from, to, step int64) (*value, error) {
	switch v.kind {
	case kindRows, kindStates:
		return v.cut(at, from, to, step)
	}
	length := v.shape()[at]
	if !length.known() {
		if from == 0 && to >= mostSize && step == 1 {
			return v, nil
		}
		return nil, fmt.Errorf("cuts axis %d of shape %v, whose length depends on the input", at, v.shape())
	}
	s, err := stretchOf(at, length.n, from, to, step)
	if err != nil {
		return nil, err
	}
	if v.kind == kindFloats {
		return &value{kind: kindFloats, c: v.c.cut(s)}, nil
	}
	out := &value{kind: kindInts}
	for i := s.from; i < s.to; i += s.step {
		out.n = append(out.n, v.n[i])
	}
	return out, nil
}

func gather(_ *evaluator, n *node, in []*value) (*value, error) {
	if len(in) < 2 || in[1] == nil {
		return nil, errors.New("has no indices")
	}
	index, err := in[1].numbers()
	if err != nil {
		return nil, fmt.Errorf("indices: %w", err)
	}
	v := in[0]
	at, err := place(n.int("axis", 0), len(v.shape()))
	if err != nil {
		return nil, err
	}
	if v.kind == kindInts {
		out := &value{kind: kindInts, scalar: in[1].scalar}
		for _, i := range index {
			p, err := place(i, len(v.n))
			if err != nil {
				return nil, fmt.Errorf("index into a list of %d: %w", len(v.n), err)
			}
			out.n = append(out.n, v.n[p])
		}
		return out, nil
	}
	if len(index) != 1 {
		return nil, fmt.Errorf("takes %d entries of %s, must take one", len(index), v.kind)
	}
	if v.kind != kindFloats {
		return v.pick(at, index[0], !in[1].scalar)
	}
	length := v.c.dims[at]
	if !length.known() {
		return nil, fmt.Errorf("takes an entry of axis %d of shape %v, whose length depends on the input", at, v.shape())
	}
	p, err := place(index[0], int(length.n))
	if err != nil {
		return nil, fmt.Errorf("index into a length of %v: %w", length, err)
	}
	c := v.c.cut(stretch{at, p, p + 1, 1})
	if in[1].scalar {
		c = c.remove(at)
	}
	return &value{kind: kindFloats, c: c}, nil
}
