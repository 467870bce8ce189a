package onnx

import (
	"fmt"
	"slices"
)

// A value is what is known of a tensor of the graph.
type value struct {
	kind kind

	c constant // of kindFloats

	n      []size // of kindInts: a list, or one number
	scalar bool

	axes    []axis  // of kindRows and kindStates
	from    *stage  // of kindRows: where the rows come from
	last    bool    // of kindRows: the last row of the sequence only
	entries []entry // of kindStates, along the axis of atomState, or one
}

type kind int

const (
	kindUnknown kind = iota // after a node that is not supported; what depends on it is not looked at
	kindFloats
	kindInts
	kindRows   // of the input, or what a layer makes of them
	kindStates // final states of layers
	kindGiven  // part of a graph input, which only an initial state may be
)

func (k kind) String() string {
	return [...]string{"an unknown value", "constant numbers", "a shape", "rows", "final states", "a part of an input"}[k]
}

// stage is one step of the chain from the input to the output.
type stage struct {
	kind  stageKind
	node  *node // nil for the input
	prev  *stage
	layer *layer // of a recurrent layer, also kept by the stages after it

	input string    // of the input: its name
	time  axis      // after the first recurrent layer: the axis of the input that is the time
	batch axis      // likewise
	out   int       // of a dense layer: its width
	w, b  []float32 // of a dense layer: [out][in], [out]
}

type stageKind int

const (
	stageInput stageKind = iota
	stageLayer
	stageProduct // a dense layer that may still get its bias
	stageDense
	stageSoftmax
)

// entry is a final state.
type entry struct {
	from      *stage
	direction int
	cell      bool // c of an LSTM, not h
}

func (v *value) shape() []size {
	switch v.kind {
	case kindFloats:
		return v.c.dims
	case kindInts:
		if v.scalar {
			return nil
		}
		return []size{{n: int64(len(v.n))}}
	}
	return lengths(v.axes)
}

// with copies rows or states with other axes.
func (v *value) with(axes []axis) *value {
	w := *v
	w.axes = axes
	return &w
}

// unit is the axis that a stage's rows end in.
func (s *stage) unit() axis {
	switch {
	case s.kind != stageLayer && s.kind != stageInput:
		return axis{{atomUnit, size{n: int64(s.out)}}}
	case s.layer.directions == 2:
		return axis{{atomDirection, size{n: 2}}, {atomUnit, size{n: int64(s.layer.hidden)}}}
	}
	return axis{{atomUnit, size{n: int64(s.layer.hidden)}}}
}

// asRows turns a final hidden state into the last row of its layer, which it is when the layer reads forward only.
func (v *value) asRows() (*value, error) {
	if v.kind == kindRows {
		return v, nil
	}
	if v.kind != kindStates {
		return nil, fmt.Errorf("reads %s, must read rows", v.kind)
	}
	if len(v.entries) != 1 {
		return nil, fmt.Errorf("reads %d final states at once: a dense layer reads those of the last layer only", len(v.entries))
	}
	e := v.entries[0]
	if e.cell {
		return nil, fmt.Errorf("reads the final cell state c of %s: a dense layer reads h", e.from.node)
	}
	if e.from.layer.directions == 2 {
		return nil, fmt.Errorf("reads the final state of one direction of %s: a dense layer reads rows, which hold both directions at one time", e.from.node)
	}
	return &value{kind: kindRows, from: e.from, last: true, axes: v.axes}, nil
}

// remove takes an axis of length 1 away.
func (v *value) remove(at int) *value { return v.with(slices.Delete(slices.Clone(v.axes), at, at+1)) }

// pick takes one entry of an axis away from rows or states, or keeps it with length 1.
func (v *value) pick(at int, index int64, keep bool) (*value, error) {
	a := v.axes[at]
	length := a.size()
	w := v.with(slices.Clone(v.axes))
	switch {
	case length == size{n: 1} && (index == 0 || index == -1) && !a.has(atomState):
	case v.kind == kindStates && a.has(atomState):
		if index < 0 {
			index += int64(len(v.entries))
		}
		if index < 0 || index >= int64(len(v.entries)) {
			return nil, fmt.Errorf("index %d of %d final states", index, len(v.entries))
		}
		w.entries = []entry{v.entries[index]}
		w.axes[at] = nil
	case v.kind == kindRows && v.from.kind == stageInput:
		return &value{kind: kindGiven, from: v.from}, nil
	case v.kind == kindRows && v.isTime(a) && (index == -1 || length.known() && index == length.n-1):
		w.last = true
		w.axes[at] = nil
	default:
		return nil, fmt.Errorf("takes entry %d of axis %d of rows of shape %v: only the last time can be taken", index, at, v.shape())
	}
	if !keep {
		w = w.remove(at)
	}
	return w, nil
}

func (v *value) isTime(a axis) bool {
	return v.from.layer != nil && len(a) > 0 && a.is(v.from.time)
}

// cut takes a stretch of an axis of rows or states.
func (v *value) cut(at int, from, to, step int64) (*value, error) {
	a := v.axes[at]
	length := a.size()
	if step == 1 && from == 0 && (to >= mostSize || length.known() && to >= length.n) {
		return v, nil
	}
	if v.kind == kindStates && a.has(atomState) {
		s, err := stretchOf(at, int64(len(v.entries)), from, to, step)
		if err != nil {
			return nil, err
		}
		w := v.with(slices.Clone(v.axes))
		w.entries = nil
		for i := s.from; i < s.to; i += s.step {
			w.entries = append(w.entries, v.entries[i])
		}
		if len(w.entries) == 0 {
			return nil, fmt.Errorf("takes none of %d final states", len(v.entries))
		}
		w.axes[at] = stateAxis(len(w.entries))
		return w, nil
	}
	if v.kind == kindRows && v.from.kind == stageInput {
		return &value{kind: kindGiven, from: v.from}, nil
	}
	if v.kind == kindRows && step == 1 && v.isTime(a) && (from == -1 && (to >= mostSize || length.known() && to >= length.n) || length.known() && from == length.n-1 && to >= length.n) {
		return v.pick(at, -1, true)
	}
	return nil, fmt.Errorf("takes %d to %d (step %d) of axis %d of rows of shape %v: only the whole or the last time can be taken", from, to, step, at, v.shape())
}

func stateAxis(n int) axis {
	if n == 1 {
		return nil
	}
	return axis{{atomState, size{n: int64(n)}}}
}
