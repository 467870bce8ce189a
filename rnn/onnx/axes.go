package onnx

import (
	"fmt"
	"slices"
)

// An axis of rows or states is a product of atoms, the outermost first; an axis of length 1 has none. So the output of a bidirectional layer
// reads [time][batch][direction, unit] after it has been reshaped, and it is known which is which.
type axis []atom

type atom struct {
	id int
	n  size
}

// Atoms that are not an axis of a graph input.
const (
	atomUnit      = -1 - iota // hidden units, or what a dense layer gives
	atomDirection             // forward, reverse
	atomState                 // one entry for each layer and direction
)

func (a axis) size() size {
	p := size{n: 1}
	for _, t := range a {
		p, _ = p.times(t.n) // they were one axis of the input each, or small
	}
	return p
}

func lengths(axes []axis) []size {
	out := make([]size, len(axes))
	for i, a := range axes {
		out[i] = a.size()
	}
	return out
}

// is reports whether the axis stands for the same as b; an axis of length 1 stands for nothing.
func (a axis) is(b axis) bool {
	return slices.Equal(a, b) || a.size() == size{n: 1} && b.size() == size{n: 1}
}

// has reports whether an atom is among those of the axis.
func (a axis) has(id int) bool {
	return slices.ContainsFunc(a, func(t atom) bool { return t.id == id })
}

// regroup splits the atoms of axes anew, in order, into axes of the target lengths.
func regroup(axes []axis, target []size) ([]axis, error) {
	var atoms []atom
	for _, a := range axes {
		atoms = append(atoms, a...)
	}
	out := make([]axis, len(target))
	for i, t := range target {
		for got := (size{n: 1}); got != t; {
			if len(atoms) == 0 {
				return nil, fmt.Errorf("rows of shape %v cannot be told apart as %v", lengths(axes), target)
			}
			var ok bool
			if got, ok = got.times(atoms[0].n); !ok {
				return nil, fmt.Errorf("rows of shape %v cannot be told apart as %v", lengths(axes), target)
			}
			out[i], atoms = append(out[i], atoms[0]), atoms[1:]
		}
		if t == (size{n: 1}) && len(atoms) > 0 && atoms[0].n == t { // a single unit
			out[i], atoms = append(out[i], atoms[0]), atoms[1:]
		}
	}
	for len(target) > 0 && len(atoms) > 0 && atoms[0].n == (size{n: 1}) { // a single unit behind two directions
		out[len(out)-1], atoms = append(out[len(out)-1], atoms[0]), atoms[1:]
	}
	if len(atoms) > 0 {
		return nil, fmt.Errorf("rows of shape %v cannot be told apart as %v", lengths(axes), target)
	}
	return out, nil
}
