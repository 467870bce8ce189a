package onnx

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"crackle/rnn"
)

// layer is a recurrent layer with weights in the order of package rnn.
type layer struct {
	cell       rnn.Cell
	input      int
	hidden     int
	directions int
	weights    []rnn.LayerWeights // per direction
	h0, c0     []float32          // [directions][hidden]; nil for zero
}

// cells lists, for each recurrent node, where each gate of package rnn stands in ONNX: r z n in z r h, and i f g o in i o f c.
var cells = map[string]struct {
	gates       []int
	activations []string // per direction
}{
	"RNN":  {[]int{0}, []string{"tanh"}},
	"GRU":  {[]int{1, 0, 2}, []string{"sigmoid", "tanh"}},
	"LSTM": {[]int{0, 2, 3, 1}, []string{"sigmoid", "tanh", "tanh"}},
}

// Inputs of a recurrent node.
const (
	inX = iota
	inW
	inR
	inB
	inLengths
	inH
	inC
	inP
)

// recurrent reads an RNN, GRU or LSTM node. It gives Y, Y_h and, for an LSTM, Y_c.
func (e *evaluator) recurrent(n *node, in []*value) ([]*value, error) {
	if len(in) > inP+1 {
		return nil, fmt.Errorf("has %d inputs, must have at most %d", len(in), inP+1)
	}
	in = append(slices.Clone(in), make([]*value, inP+1-len(in))...)
	if in[inX] == nil || in[inW] == nil || in[inR] == nil {
		return nil, errors.New("lacks one of its inputs X, W and R")
	}
	x, err := in[inX].asRows()
	if err != nil {
		return nil, err
	}
	l, err := n.layer()
	if err != nil {
		return nil, err
	}
	if err := checkExtras(in); err != nil {
		return nil, err
	}
	batchFirst := n.int("layout", 0) == 1
	s := &stage{kind: stageLayer, node: n, prev: x.from, layer: l}
	if err := s.attach(x, batchFirst); err != nil {
		return nil, err
	}
	if err := l.load(n.op, in, &e.budget); err != nil {
		return nil, err
	}
	if l.input, err = inputWidth(x); err != nil {
		return nil, err
	}
	if got := len(l.weights[0].WeightIH) / (l.cell.Gates() * l.hidden); l.input == 0 {
		l.input = got
	} else if l.input != got {
		return nil, fmt.Errorf("reads rows of %d values, its W takes %d", l.input, got)
	}
	for i, dst := range []*[]float32{&l.h0, &l.c0} {
		if in[inH+i] == nil {
			continue
		}
		if *dst, err = e.initial(n, in[inH+i], l, batchFirst); err != nil {
			return nil, fmt.Errorf("%s %w", []string{"initial_h", "initial_c"}[i], err)
		}
	}
	return s.outputs(batchFirst), nil
}

// layer reads a node's attributes.
func (n *node) layer() (*layer, error) {
	l := &layer{hidden: int(min(max(n.int("hidden_size", 0), 0), mostSize)), directions: 1}
	var errs []error
	bad := func(f string, args ...any) { errs = append(errs, fmt.Errorf(f, args...)) }
	direction := "forward"
	if a := n.attributes["direction"]; a != nil {
		direction = a.s
	}
	switch direction {
	case "forward":
	case "bidirectional":
		l.directions = 2
	default:
		bad("runs in direction %s, must be forward or bidirectional: there is no layer that only reads backward", quote(direction))
	}
	if l.hidden < 1 || l.hidden > rnn.MaxWidth {
		bad("has hidden_size %d, must be 1 to %d", n.int("hidden_size", 0), rnn.MaxWidth)
	}
	if n.attributes["clip"] != nil {
		bad("clips its gates (clip), which no layer here does")
	}
	if n.int("input_forget", 0) != 0 {
		bad("couples its input and forget gates (input_forget 1), must be 0")
	}
	activations := slices.Repeat(cells[n.op].activations, l.directions)
	if a := n.attributes["activations"]; a != nil {
		activations = nil
		for _, s := range a.strings {
			activations = append(activations, strings.ToLower(s))
		}
	}
	usual := slices.Equal(activations, slices.Repeat(cells[n.op].activations, l.directions))
	switch n.op {
	case "RNN":
		l.cell = rnn.ElmanTanh
		if slices.Equal(activations, slices.Repeat([]string{"relu"}, l.directions)) {
			l.cell, usual = rnn.ElmanReLU, true
		}
	case "LSTM":
		l.cell = rnn.LSTM
	case "GRU":
		l.cell = rnn.GRU
		if n.int("linear_before_reset", 0) == 0 {
			l.cell = rnn.GRUBefore // a network of its own: the weights of one do not run as the other
		}
	}
	if !usual {
		bad("has activations %s, must be %s (or Relu throughout, for an RNN)", quote(strings.Join(activations, " ")), strings.Join(cells[n.op].activations, " "))
	}
	return l, errors.Join(errs...)
}

func checkExtras(in []*value) error {
	if in[inLengths] != nil {
		return errors.New("takes sequence_lens (packed sequences): export the model with whole sequences, and give rnn the rows that are there")
	}
	if in[inP] != nil {
		return errors.New("has peepholes (input P), which no layer here has")
	}
	return nil
}

// attach makes sure that x is a sequence, [time][batch][features] or with the batch first, and notes which axes are which.
func (s *stage) attach(x *value, batchFirst bool) error {
	if len(x.axes) != 3 {
		return fmt.Errorf("reads rows of shape %v, must be time, batch and features", x.shape())
	}
	if x.last {
		return errors.New("reads the last row of another layer, must read all rows")
	}
	time, batch := x.axes[0], x.axes[1]
	if batchFirst {
		time, batch = batch, time
	}
	if len(time) > 1 || len(batch) > 1 {
		return fmt.Errorf("reads rows of shape %v, whose time or batch is made of several axes", x.shape())
	}
	switch x.from.kind {
	case stageInput:
		s.time, s.batch = time, batch
		return nil
	case stageLayer:
		if s.time, s.batch = x.from.time, x.from.batch; time.is(s.time) && batch.is(s.batch) && x.axes[2].is(x.from.unit()) {
			return nil
		}
		return fmt.Errorf("reads %s in another order of axes, %v, than time, batch and units", x.from.node, x.shape())
	}
	return fmt.Errorf("reads what %s gives: a recurrent layer reads the input or another recurrent layer", x.from.node)
}

// inputWidth is the length of the last axis, 0 when the file does not say it.
func inputWidth(x *value) (int, error) {
	n := x.axes[2].size()
	if n.of != 0 && n.n == 1 {
		return 0, nil
	}
	if n.of != 0 || n.n > rnn.MaxWidth {
		return 0, fmt.Errorf("reads rows of %v values, must be 1 to %d", n, rnn.MaxWidth)
	}
	return int(n.n), nil
}

// load copies W [directions][gates*hidden][input], R [directions][gates*hidden][hidden] and B [directions][2*gates*hidden].
func (l *layer) load(op string, in []*value, b *budget) error {
	gates := len(cells[op].gates)
	d, rows, hidden := size{n: int64(l.directions)}, size{n: int64(gates * l.hidden)}, size{n: int64(l.hidden)}
	w, err := in[inW].matrix(b, "W", []size{d, rows, {}})
	if err != nil {
		return err
	}
	r, err := in[inR].matrix(b, "R", []size{d, rows, hidden})
	if err != nil {
		return err
	}
	bias := make([]float32, 2*l.directions*int(rows.n))
	if in[inB] != nil {
		if bias, err = in[inB].matrix(b, "B", []size{d, {n: 2 * rows.n}}); err != nil {
			return err
		}
	}
	if err := b.take(int64(len(w) + len(r) + len(bias))); err != nil {
		return err
	}
	order := cells[op].gates
	for k := range l.directions {
		part := func(all []float32, parts, at int) []float32 {
			return inOrder(all[(k*parts+at)*len(all)/(l.directions*parts):(k*parts+at+1)*len(all)/(l.directions*parts)], order)
		}
		l.weights = append(l.weights, rnn.LayerWeights{WeightIH: part(w, 1, 0), WeightHH: part(r, 1, 0), BiasIH: part(bias, 2, 0), BiasHH: part(bias, 2, 1)})
	}
	return nil
}

// inOrder copies equal blocks: block i of the result is block order[i].
func inOrder(all []float32, order []int) []float32 {
	n := len(all) / len(order)
	out := make([]float32, 0, len(all))
	for _, o := range order {
		out = append(out, all[o*n:(o+1)*n]...)
	}
	return out
}

// matrix reads constant numbers of a shape, in which a length of 0 may be any from 1 to rnn.MaxWidth.
func (v *value) matrix(b *budget, name string, want []size) ([]float32, error) {
	if v.kind != kindFloats {
		return nil, fmt.Errorf("has %s as its %s, must be constant numbers", v.kind, name)
	}
	ok := len(v.c.dims) == len(want)
	for i := 0; ok && i < len(want); i++ {
		got := v.c.dims[i]
		ok = got == want[i] || want[i] == size{} && got.known() && got.n >= 1 && got.n <= rnn.MaxWidth
	}
	if !ok {
		return nil, fmt.Errorf("has %s of shape %v, must be %v (where 0 may be 1 to %d)", name, v.c.dims, want, rnn.MaxWidth)
	}
	return v.c.values(b)
}

// initial reads an initial state [directions][batch][hidden], or with the batch first, that is the same for the whole batch.
func (e *evaluator) initial(n *node, v *value, l *layer, batchFirst bool) ([]float32, error) {
	switch {
	case v.kind == kindGiven || v.kind == kindRows && v.from.kind == stageInput:
		e.given = append(e.given, n.String())
		return nil, nil
	case v.kind == kindStates:
		return nil, fmt.Errorf("is the final state of %s: a network that starts from another's state (encoder and decoder) is not supported", v.entries[0].from.node)
	case v.kind != kindFloats:
		return nil, fmt.Errorf("is %s, must be constant or an input of the graph", v.kind)
	}
	c := v.c
	if len(c.dims) == 3 && batchFirst {
		c = c.transpose([]int{1, 0, 2})
	}
	if len(c.dims) != 3 || c.dims[0] != (size{n: int64(l.directions)}) || c.dims[2] != (size{n: int64(l.hidden)}) {
		return nil, fmt.Errorf("has shape %v, must be %d directions, the batch, and %d units", v.c.dims, l.directions, l.hidden)
	}
	if c.strides[1] == 0 || c.dims[1] == (size{n: 1}) {
		c.dims, c.strides = slices.Clone(c.dims), slices.Clone(c.strides)
		c.dims[1], c.strides[1] = size{n: 1}, 0
	}
	all, err := c.values(&e.budget)
	if err != nil {
		return nil, err
	}
	out := make([]float32, 0, l.directions*l.hidden)
	for k := range l.directions {
		batch := all[k*len(all)/l.directions : (k+1)*len(all)/l.directions]
		if len(batch) == 0 {
			return nil, fmt.Errorf("has shape %v, which is empty", v.c.dims)
		}
		for at := l.hidden; at < len(batch); at += l.hidden {
			if !slices.Equal(batch[at:at+l.hidden], batch[:l.hidden]) {
				return nil, errors.New("differs between the sequences of a batch: a network has one initial state")
			}
		}
		out = append(out, batch[:l.hidden]...)
	}
	if !slices.ContainsFunc(out, func(f float32) bool { return f != 0 }) {
		return nil, nil
	}
	return out, nil
}

// outputs are Y [time][directions][batch][hidden], and Y_h and Y_c [directions][batch][hidden]; or with the batch first in each.
func (s *stage) outputs(batchFirst bool) []*value {
	var direction axis
	unit := s.unit()
	if s.layer.directions == 2 {
		direction, unit = unit[:1:1], unit[1:]
	}
	y := &value{kind: kindRows, from: s, axes: []axis{s.time, direction, s.batch, unit}}
	states := stateAxis(s.layer.directions)
	h := &value{kind: kindStates, axes: []axis{states, s.batch, unit}}
	if batchFirst {
		y.axes = []axis{s.batch, s.time, direction, unit}
		h.axes = []axis{s.batch, states, unit}
	}
	c := h.with(h.axes)
	for d := range s.layer.directions {
		h.entries = append(h.entries, entry{from: s, direction: d})
		c.entries = append(c.entries, entry{from: s, direction: d, cell: true})
	}
	if s.layer.cell != rnn.LSTM {
		return []*value{y, h}
	}
	return []*value{y, h, c}
}
