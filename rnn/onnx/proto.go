package onnx

import "fmt"

// Bounds of a graph. They keep a small file from becoming a large structure.
const (
	maxNodes      = 1 << 16
	maxTensors    = 1 << 16
	maxAttributes = 64      // of one node
	maxLinks      = 1 << 12 // inputs or outputs of one node or of the graph
	maxParts      = 1 << 19 // inputs, outputs and attributes of all nodes together
	maxList       = 64      // whole numbers in one shape or list of axes
	maxRank       = 8
)

// The messages of onnx.proto, as far as they matter here. Field numbers are in the decoders of wire.go.
type (
	modelProto struct {
		producer string
		opsets   map[string]int64 // by domain
		graph    *graphProto
	}
	graphProto struct {
		nodes        []*node
		initializers []*tensorProto
		inputs       []valueInfo
		outputs      []valueInfo
		sparse       bool
	}
	node struct {
		index      int // place in the file, from 0
		name, op   string
		domain     string
		inputs     []string
		outputs    []string
		attributes map[string]*attribute
	}
	attribute struct {
		name    string
		f       float32
		i       int64
		s       string
		t       *tensorProto
		floats  []float32
		ints    []int64
		strings []string
		graph   bool // holds a subgraph
	}
	tensorProto struct {
		name     string
		dims     []int64
		dtype    int64
		raw      []byte // of the file, not copied
		floats   []float32
		doubles  []float64
		ints     []int64 // int32_data, int64_data or uint64_data
		external string  // where the data are, when they are not in the file
	}
	valueInfo struct {
		name  string
		dtype int64
		dims  []dimension
		shape bool // the file says the shape
	}
	dimension struct {
		n    int64
		name string
	}
)

// String names a node as people find it again.
func (n *node) String() string {
	op := n.op
	if n.domain != "" {
		op = n.domain + "." + op
	}
	if n.name == "" {
		return fmt.Sprintf("%s (node %d)", clip(op), n.index)
	}
	return fmt.Sprintf("%s %s", clip(op), quote(n.name))
}

// quote makes a name of a file safe and short enough for a message.
func quote(s string) string { return fmt.Sprintf("%q", clip(s)) }

func clip(s string) string {
	const most = 80
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
