package onnx

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"crackle/rnn"
)

// LeastOpset is the oldest operator set that is read. Older ones write shapes and axes differently.
const LeastOpset = 14

// Model is what an ONNX file holds.
type Model struct {
	Weights    *rnn.Weights
	Opset      int    // of the file
	Producer   string // the program that wrote it
	BatchFirst bool   // the graph reads [batch][time][features]; rnn always reads the rows of one sequence
	LastOnly   bool   // the graph gives its output for the last row of a sequence only; rnn gives it for each row
	GivenState bool   // the graph takes its initial state as an input; set it in rnn.State, where it is zero otherwise
}

// Read reads an ONNX file to its end; see Parse.
func Read(r io.Reader) (*Model, error) {
	b, err := io.ReadAll(io.LimitReader(r, rnn.MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	return Parse(b)
}

// Parse reads an ONNX file of at most rnn.MaxFileBytes from memory. Weights come as float32, from float, double, float16 or bfloat16. The
// error names everything in the file that is not supported: nodes, their attributes, external data, sparse tensors, subgraphs. The result
// shares nothing with b. Parse may be called from several goroutines.
func Parse(b []byte) (*Model, error) {
	m, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	return m, nil
}

func parse(b []byte) (*Model, error) {
	if len(b) > rnn.MaxFileBytes {
		return nil, fmt.Errorf("file is larger than %d bytes", rnn.MaxFileBytes)
	}
	p, err := parseModel(b)
	if err != nil {
		return nil, err
	}
	if p.graph == nil {
		return nil, errors.New("file holds no graph: it is empty, truncated or not ONNX")
	}
	opset, ok := p.opsets[""]
	if !ok || opset < LeastOpset || opset > 1<<20 {
		return nil, fmt.Errorf("file uses operator set %d, must be %d or later: export it with opset_version=%d", opset, LeastOpset, LeastOpset)
	}
	e, err := newEvaluator(p.graph)
	if err != nil {
		return nil, err
	}
	if err := e.run(); err != nil {
		return nil, err
	}
	m, err := e.model()
	if err != nil {
		return nil, err
	}
	m.Opset, m.Producer = int(opset), clip(p.producer)
	return m, nil
}

// model finds the network behind the graph's outputs.
func (e *evaluator) model() (*Model, error) {
	out, err := e.output()
	if err != nil {
		return nil, err
	}
	m := &Model{Weights: &rnn.Weights{}, LastOnly: out.last, GivenState: len(e.given) > 0}
	first := out.from.head(m.Weights)
	var chain []*stage
	for s := first; s.kind == stageLayer; s = s.prev {
		chain = append(chain, s)
	}
	slices.Reverse(chain)
	if err := m.stack(chain); err != nil {
		return nil, err
	}
	in := chain[0].prev
	v := e.values[in.input]
	for i, a := range v.axes {
		if len(a) > 0 && a.is(chain[0].batch) {
			m.BatchFirst = !slices.ContainsFunc(v.axes[:i], func(a axis) bool { return len(a) > 0 && a.is(chain[0].time) })
		}
	}
	if err := m.Weights.Check(); err != nil {
		return nil, err
	}
	return m, nil
}

// output is the graph output that gives the most of the network: the head's rows before a layer's.
func (e *evaluator) output() (*value, error) {
	if len(e.graph.outputs) == 0 {
		return nil, errors.New("the graph has no output")
	}
	var best *value
	var name string
	depth := func(s *stage) (n int) {
		for ; s != nil; s = s.prev {
			n++
		}
		return n
	}
	var rows, states []*value
	for _, o := range e.graph.outputs {
		v := e.values[o.name]
		if v == nil {
			return nil, fmt.Errorf("nothing in the graph gives its output %s", quote(o.name))
		}
		switch v.kind {
		case kindRows:
			rows = append(rows, v)
			if best == nil || depth(v.from) > depth(best.from) {
				best, name = v, o.name
			}
		case kindStates:
			states = append(states, v)
		default:
			return nil, fmt.Errorf("output %s is %s, must be rows or final states", quote(o.name), v.kind)
		}
	}
	if best == nil { // final states only
		v, err := states[0].asRows()
		if err != nil {
			return nil, fmt.Errorf("output %s %w", quote(e.graph.outputs[0].name), err)
		}
		best, name = v, e.graph.outputs[0].name
	}
	if best.from.kind == stageInput {
		return nil, fmt.Errorf("output %s is the input: there is no recurrent layer between them", quote(name))
	}
	if err := best.checkOutput(); err != nil {
		return nil, fmt.Errorf("output %s %w", quote(name), err)
	}
	return best, best.from.covers(rows, states)
}

// checkOutput makes sure that the output is rows with nothing but time, batch and values, in whatever order of time and batch.
func (v *value) checkOutput() error {
	unit := v.from.unit()
	rest := slices.DeleteFunc(slices.Clone(v.axes), func(a axis) bool {
		return len(a) == 0 || a.is(v.from.time) || a.is(v.from.batch)
	})
	if len(rest) > 1 || len(rest) == 1 && !rest[0].is(unit) || len(rest) == 0 && unit.size() != (size{n: 1}) {
		return fmt.Errorf("has shape %v, must be time, batch and the %v values of a row", v.shape(), unit.size())
	}
	return nil
}

// covers makes sure that all outputs are of the one network that ends in s.
func (s *stage) covers(rows, states []*value) error {
	in := map[*layer]bool{}
	on := map[*stage]bool{}
	for t := s; t != nil; t = t.prev {
		on[t] = true
		if t.kind == stageLayer {
			in[t.layer] = true
		}
	}
	for _, v := range rows {
		if !on[v.from] {
			return fmt.Errorf("two outputs come from two networks, one that ends in %s and one in %s: export them one by one", s.node, v.from.node)
		}
	}
	for _, v := range states {
		for _, e := range v.entries {
			if !in[e.from.layer] {
				return fmt.Errorf("two outputs come from two networks, one that ends in %s and one in %s: export them one by one", s.node, e.from.node)
			}
		}
	}
	return nil
}

// stack puts the recurrent layers together; they must be alike.
func (m *Model) stack(chain []*stage) error {
	first := chain[0].layer
	c := &m.Weights.Config
	c.Cell, c.Input, c.Hidden, c.Layers, c.Bidirectional = first.cell, first.input, first.hidden, len(chain), first.directions == 2
	if err := c.Check(); err != nil {
		return err
	}
	learned := false
	for _, s := range chain {
		l := s.layer
		if l.cell != first.cell || l.hidden != first.hidden || l.directions != first.directions {
			return fmt.Errorf("%s is %s with %d units and %d directions, %s is %s with %d and %d: the layers of a network must be alike",
				chain[0].node, first.cell, first.hidden, first.directions, s.node, l.cell, l.hidden, l.directions)
		}
		m.Weights.Layers = append(m.Weights.Layers, l.weights...)
		learned = learned || l.h0 != nil || l.c0 != nil
	}
	if !learned {
		return nil
	}
	m.Weights.LearnInitialState()
	for i, s := range chain {
		at := i * first.directions * first.hidden
		copy(m.Weights.H0[at:], s.layer.h0)
		if m.Weights.C0 != nil {
			copy(m.Weights.C0[at:], s.layer.c0)
		}
	}
	return nil
}
