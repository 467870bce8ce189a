package onnx

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// operator works out what a node gives from what it takes.
type operator struct {
	least, most int // inputs; those up to least must be there
	eval        func(*evaluator, *node, []*value) (*value, error)
}

// operators lists the supported nodes but the recurrent ones, which give several values.
var operators map[string]operator

func init() {
	operators = map[string]operator{
		"Identity":        {1, 1, identity},
		"Dropout":         {1, 3, dropout},
		"Cast":            {1, 1, cast},
		"Transpose":       {1, 1, transpose},
		"Squeeze":         {1, 2, squeeze},
		"Unsqueeze":       {1, 2, unsqueeze},
		"Reshape":         {2, 2, reshape},
		"Slice":           {3, 5, slice},
		"Gather":          {2, 2, gather},
		"Concat":          {1, maxLinks, concat},
		"Expand":          {2, 2, expand},
		"Tile":            {2, 2, tile},
		"Shape":           {1, 1, shapeOf},
		"Constant":        {0, 0, constantOf},
		"ConstantOfShape": {1, 1, constantOfShape},
		"Mul":             {2, 2, mul},
		"Equal":           {2, 2, equal},
		"Where":           {3, 3, where},
		"MatMul":          {2, 2, matMul},
		"Gemm":            {2, 3, gemm},
		"Add":             {2, 2, add},
		"Softmax":         {1, 1, softmax},
	}
}

// moving lists the nodes after which part of an input is still part of an input.
var moving = []string{"Identity", "Cast", "Transpose", "Squeeze", "Unsqueeze", "Reshape", "Slice", "Gather", "Expand", "Tile"}

// evaluator follows a graph.
type evaluator struct {
	graph   *graphProto
	source  map[string]*node // of each value, the node that gives it
	values  map[string]*value
	symbols map[string]uint32 // unknown lengths by the file's name for them
	atoms   int
	budget  budget
	errs    []error
	given   []string // nodes whose initial state is an input of the graph
}

func newEvaluator(g *graphProto) (*evaluator, error) {
	e := &evaluator{graph: g, source: map[string]*node{}, values: map[string]*value{}, symbols: map[string]uint32{}}
	if g.sparse {
		return nil, errors.New("the graph holds sparse initializers, which are not supported: save the model with dense ones")
	}
	for _, n := range g.nodes {
		for _, name := range n.outputs {
			if other := e.source[name]; name != "" && other != nil {
				return nil, fmt.Errorf("value %s comes from two nodes: %s and %s", quote(name), other, n)
			}
			e.source[name] = n
		}
	}
	for _, t := range g.initializers {
		v, err := t.value()
		if err != nil {
			e.errs = append(e.errs, err)
			v = &value{}
		}
		e.budget.whole += int64(len(v.c.data))
		e.values[t.name] = v
	}
	for _, n := range g.nodes {
		if a := n.attributes["value"]; n.op == "Constant" && a != nil && a.t != nil {
			e.budget.whole += int64(len(a.t.raw) / 2)
		}
	}
	e.budget.whole = 8*e.budget.whole + 1<<20
	e.budget.left = e.budget.whole
	for _, in := range g.inputs {
		if e.values[in.name] != nil || e.source[in.name] != nil {
			continue // an initializer that may be overridden
		}
		v, err := e.input(in)
		if err != nil {
			return nil, err
		}
		e.values[in.name] = v
	}
	return e, errors.Join(e.errs...)
}

// input makes the rows of a graph input.
func (e *evaluator) input(in valueInfo) (*value, error) {
	if _, float := floatWidth[in.dtype]; !float {
		return &value{kind: kindGiven, from: &stage{input: in.name}}, nil
	}
	if !in.shape {
		return nil, fmt.Errorf("input %s has no shape in the file: export the model with one", quote(in.name))
	}
	v := &value{kind: kindRows, from: &stage{kind: stageInput, input: in.name}}
	for i, d := range in.dims {
		n := size{n: d.n}
		if d.n <= 0 {
			name := d.name
			if name == "" {
				name = fmt.Sprintf("%s, %d", in.name, i)
			}
			bit, ok := e.symbols[name]
			if !ok {
				if len(e.symbols) == 32 {
					return nil, errors.New("the inputs have more than 32 unknown lengths")
				}
				bit = 1 << len(e.symbols)
				e.symbols[name] = bit
			}
			n = size{1, bit}
		} else if d.n > mostSize {
			return nil, fmt.Errorf("input %s has length %d along axis %d, must be at most %d", quote(in.name), d.n, i, int64(mostSize))
		}
		var a axis
		if n != (size{n: 1}) {
			a = axis{{e.atoms, n}}
			e.atoms++
		}
		v.axes = append(v.axes, a)
	}
	if _, ok := product(lengths(v.axes)); !ok {
		return &value{kind: kindGiven, from: v.from}, nil // one length twice: not rows of time, batch and features
	}
	return v, nil
}

// ordered lists the nodes that the outputs need, each after those that it needs.
func (e *evaluator) ordered() ([]*node, error) {
	const (
		open = iota + 1
		done
	)
	state := map[*node]int{}
	var order []*node
	type visit struct {
		n    *node
		next int
	}
	for _, out := range e.graph.outputs {
		first := e.source[out.name]
		if first == nil || state[first] == done {
			continue
		}
		stack := []visit{{n: first}}
		state[first] = open
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if top.next == len(top.n.inputs) {
				state[top.n] = done
				order = append(order, top.n)
				stack = stack[:len(stack)-1]
				continue
			}
			name := top.n.inputs[top.next]
			top.next++
			src := e.source[name]
			switch {
			case name == "" || e.values[name] != nil:
			case src == nil:
				return nil, fmt.Errorf("%s reads %s, which nothing in the graph gives", top.n, quote(name))
			case state[src] == open:
				return nil, fmt.Errorf("the graph runs in a circle: %s reads %s, which needs the node itself; a network's only loop is inside its RNN, GRU and LSTM nodes", top.n, quote(name))
			case state[src] == 0:
				state[src] = open
				stack = append(stack, visit{n: src})
			}
		}
	}
	return order, nil
}

// unsupported names every node that there is no way to read.
func unsupported(nodes []*node) error {
	var names []string
	for _, n := range nodes {
		_, known := operators[n.op]
		_, recurrent := cells[n.op]
		switch {
		case n.domain == "" && (known || recurrent):
			continue
		case slices.ContainsFunc(attributesOf(n), func(a *attribute) bool { return a.graph }):
			names = append(names, n.String()+", which holds a subgraph")
		default:
			names = append(names, n.String())
		}
	}
	if len(names) == 0 {
		return nil
	}
	const most = 50
	more := ""
	if len(names) > most {
		more = fmt.Sprintf("; and %d more", len(names)-most)
		names = names[:most]
	}
	return fmt.Errorf("the graph holds nodes that are not supported: %s%s; export the network alone, without what is before and after it, or take its weights from the state_dict", strings.Join(names, "; "), more)
}

func attributesOf(n *node) (out []*attribute) {
	for _, a := range n.attributes {
		out = append(out, a)
	}
	return out
}

// run works out every value that the outputs need. All that is not supported is in the error.
func (e *evaluator) run() error {
	order, err := e.ordered()
	if err != nil {
		return err
	}
	if err := unsupported(order); err != nil {
		return err
	}
	for _, n := range order {
		outs, err := e.node(n)
		if err != nil {
			e.errs = append(e.errs, fmt.Errorf("%s %w", n, err))
		}
		for i, name := range n.outputs {
			v := &value{}
			if i < len(outs) && outs[i] != nil {
				v = outs[i]
			}
			if e.values[name] == nil && name != "" {
				e.values[name] = v
			}
		}
		if len(e.errs) == 20 {
			e.errs = append(e.errs, errors.New("there may be more"))
			break
		}
	}
	return errors.Join(e.errs...)
}

// node works out what one node gives; nothing when it depends on what could not be worked out.
func (e *evaluator) node(n *node) ([]*value, error) {
	in := make([]*value, len(n.inputs))
	for i, name := range n.inputs {
		if name == "" {
			continue
		}
		if in[i] = e.values[name]; in[i] == nil || in[i].kind == kindUnknown {
			return nil, nil
		}
	}
	if _, ok := cells[n.op]; ok {
		return e.recurrent(n, in)
	}
	op := operators[n.op]
	if len(in) < op.least || len(in) > op.most || slices.Contains(in[:op.least], nil) {
		return nil, fmt.Errorf("has %d inputs, must have %d to %d", len(in), op.least, op.most)
	}
	if len(in) > 0 && in[0].kind == kindGiven && slices.Contains(moving, n.op) {
		return in[:1], nil
	}
	v, err := op.eval(e, n, in)
	if err != nil {
		return nil, err
	}
	return []*value{v}, nil
}

func (n *node) int(name string, otherwise int64) int64 {
	if a := n.attributes[name]; a != nil {
		return a.i
	}
	return otherwise
}
