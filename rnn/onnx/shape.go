package onnx

import (
	"errors"
	"fmt"
)

// The nodes that compute shapes and make constants.

// numbers are the whole numbers of a value, which must all be known.
func (v *value) numbers() ([]int64, error) {
	if v.kind != kindInts {
		return nil, fmt.Errorf("found %s, must be whole numbers", v.kind)
	}
	out := make([]int64, len(v.n))
	for i, s := range v.n {
		if !s.known() {
			return nil, errors.New("found a number that depends on the length of the input, must be constant")
		}
		out[i] = s.n
	}
	return out, nil
}

func shapeOf(_ *evaluator, n *node, in []*value) (*value, error) {
	v := in[0]
	if v.kind == kindGiven {
		return nil, fmt.Errorf("asks for the shape of %s", v.kind)
	}
	shape := v.shape()
	rank := int64(len(shape))
	from, to := n.int("start", 0), n.int("end", rank)
	s, err := stretchOf(0, rank, from, to, 1)
	if err != nil {
		return nil, err
	}
	return &value{kind: kindInts, n: shape[s.from:s.to]}, nil
}

func constantOf(_ *evaluator, n *node, _ []*value) (*value, error) {
	for name, a := range n.attributes {
		switch name {
		case "value":
			if a.t != nil {
				return a.t.value()
			}
		case "value_int":
			return &value{kind: kindInts, n: sizes([]int64{a.i}), scalar: true}, nil
		case "value_ints":
			if len(a.ints) > maxList {
				return nil, fmt.Errorf("holds %d whole numbers, must be at most %d", len(a.ints), maxList)
			}
			return &value{kind: kindInts, n: sizes(a.ints)}, nil
		case "value_float":
			return &value{kind: kindFloats, c: dense([]float32{a.f}, nil)}, nil
		case "value_floats":
			return &value{kind: kindFloats, c: dense(a.floats, []int64{int64(len(a.floats))})}, nil
		}
	}
	return nil, errors.New("holds neither value, value_int, value_ints, value_float nor value_floats")
}

func constantOfShape(_ *evaluator, n *node, in []*value) (*value, error) {
	if in[0].kind != kindInts {
		return nil, errors.New("takes a shape that is not a list of whole numbers")
	}
	shape := in[0].n
	fill := &value{kind: kindFloats, c: dense([]float32{0}, []int64{1})}
	if a := n.attributes["value"]; a != nil && a.t != nil {
		v, err := a.t.value()
		if err != nil {
			return nil, err
		}
		fill = v
	}
	if fill.kind == kindInts {
		if len(fill.n) != 1 || len(shape) > 1 || len(shape) == 1 && (!shape[0].known() || shape[0].n < 0 || shape[0].n > maxList) {
			return nil, fmt.Errorf("makes a tensor of whole numbers of shape %v, must be a number or a list of at most %d", shape, maxList)
		}
		out := &value{kind: kindInts, scalar: len(shape) == 0}
		for k := int64(0); out.scalar && k == 0 || !out.scalar && k < shape[0].n; k++ {
			out.n = append(out.n, fill.n[0])
		}
		return out, nil
	}
	if len(fill.c.data) != 1 {
		return nil, fmt.Errorf("fills with %d values, must be 1", len(fill.c.data))
	}
	if err := checkLengths(shape); err != nil {
		return nil, err
	}
	return &value{kind: kindFloats, c: constant{data: fill.c.data, dims: shape, strides: make([]int, len(shape))}}, nil
}

// pairwise calls do for each place of lists of one length; a single number goes with every place.
func pairwise(in []*value, do func(s []size) (size, error)) (*value, error) {
	out := &value{kind: kindInts, scalar: true}
	count := 1
	for _, v := range in {
		if v == nil || v.kind != kindInts {
			return nil, errors.New("computes with something else than shapes")
		}
		if !v.scalar {
			out.scalar = false
		}
		if len(v.n) != 1 {
			count = len(v.n)
		}
	}
	s := make([]size, len(in))
	for i := range count {
		for k, v := range in {
			switch len(v.n) {
			case 1:
				s[k] = v.n[0]
			case count:
				s[k] = v.n[i]
			default:
				return nil, fmt.Errorf("computes with lists of %d and %d whole numbers", count, len(v.n))
			}
		}
		r, err := do(s)
		if err != nil {
			return nil, err
		}
		out.n = append(out.n, r)
	}
	return out, nil
}

func mul(_ *evaluator, _ *node, in []*value) (*value, error) {
	return pairwise(in, func(s []size) (size, error) {
		p, ok := product(s)
		if !ok {
			return p, fmt.Errorf("the product of %v and %v cannot be told", s[0], s[1])
		}
		return p, nil
	})
}

// equal gives 1 or 0. A length that is not known is at least 1, and is itself.
func equal(_ *evaluator, _ *node, in []*value) (*value, error) {
	return pairwise(in, func(s []size) (size, error) {
		switch {
		case s[0] == s[1]:
			return size{n: 1}, nil
		case s[0].known() && s[1].known(), s[0].known() && s[0].n < 1 && s[1].n > 0, s[1].known() && s[1].n < 1 && s[0].n > 0:
			return size{}, nil
		}
		return size{}, fmt.Errorf("whether %v equals %v depends on the input", s[0], s[1])
	})
}

func where(_ *evaluator, _ *node, in []*value) (*value, error) {
	return pairwise(in, func(s []size) (size, error) {
		if !s[0].known() {
			return size{}, errors.New("a choice depends on the input")
		}
		if s[0].n != 0 {
			return s[1], nil
		}
		return s[2], nil
	})
}
