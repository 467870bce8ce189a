package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// field is one field of a message.
type field struct {
	num    protowire.Number
	typ    protowire.Type
	bytes  []byte // of a length-delimited field
	number uint64 // of any other
}

// fields calls do for each field of a message.
func fields(what string, b []byte, do func(field) error) error {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("%s: %w: the file is truncated, damaged or not ONNX", what, protowire.ParseError(n))
		}
		b = b[n:]
		f := field{num: num, typ: typ}
		switch typ {
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			f.number, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			f.number = uint64(v)
		case protowire.Fixed64Type:
			f.number, n = protowire.ConsumeFixed64(b)
		default:
			n = protowire.ConsumeFieldValue(num, typ, b)
		}
		if n < 0 {
			return fmt.Errorf("%s: field %d: %w: the file is truncated, damaged or not ONNX", what, num, protowire.ParseError(n))
		}
		b = b[n:]
		if err := do(f); err != nil {
			return err
		}
	}
	return nil
}

func parseModel(b []byte) (*modelProto, error) {
	m := &modelProto{opsets: map[string]int64{}}
	err := fields("model", b, func(f field) error {
		switch f.num {
		case 2:
			m.producer = string(f.bytes) + m.producer
		case 3:
			if len(f.bytes) > 0 {
				m.producer += " " + string(f.bytes)
			}
		case 7:
			if m.graph != nil {
				return errors.New("model: holds two graphs, must hold one")
			}
			g, err := parseGraph(f.bytes)
			m.graph = g
			return err
		case 8:
			var domain string
			var version uint64
			err := fields("opset_import", f.bytes, func(f field) error {
				switch f.num {
				case 1:
					domain = string(f.bytes)
				case 2:
					version = f.number
				}
				return nil
			})
			if err != nil {
				return err
			}
			if domain == "ai.onnx" {
				domain = ""
			}
			if len(m.opsets) > maxAttributes {
				return fmt.Errorf("model: imports more than %d operator sets", maxAttributes)
			}
			m.opsets[domain] = int64(version)
		}
		return nil
	})
	return m, err
}

func parseGraph(b []byte) (*graphProto, error) {
	g := &graphProto{}
	parts := 0
	err := fields("graph", b, func(f field) (err error) {
		switch f.num {
		case 1:
			if len(g.nodes) == maxNodes {
				return fmt.Errorf("graph: has more than %d nodes", maxNodes)
			}
			n, err := parseNode(f.bytes, len(g.nodes))
			if err != nil {
				return err
			}
			if parts += len(n.inputs) + len(n.outputs) + len(n.attributes); parts > maxParts {
				return fmt.Errorf("graph: its nodes have more than %d inputs, outputs and attributes together", maxParts)
			}
			g.nodes = append(g.nodes, n)
		case 5:
			if len(g.initializers) == maxTensors {
				return fmt.Errorf("graph: has more than %d initializers", maxTensors)
			}
			t, err := parseTensor(f.bytes)
			g.initializers = append(g.initializers, t)
			return err
		case 11:
			g.inputs, err = appendInfo("input", g.inputs, f.bytes)
		case 12:
			g.outputs, err = appendInfo("output", g.outputs, f.bytes)
		case 15:
			g.sparse = true
		}
		return err
	})
	return g, err
}

func parseNode(b []byte, index int) (*node, error) {
	n := &node{index: index, attributes: map[string]*attribute{}}
	err := fields("node", b, func(f field) error {
		switch f.num {
		case 1:
			n.inputs = append(n.inputs, string(f.bytes))
		case 2:
			n.outputs = append(n.outputs, string(f.bytes))
		case 3:
			n.name = string(f.bytes)
		case 4:
			n.op = string(f.bytes)
		case 5:
			a, err := parseAttribute(f.bytes)
			if err != nil {
				return err
			}
			if len(n.attributes) == maxAttributes {
				return fmt.Errorf("%s: has more than %d attributes", n, maxAttributes)
			}
			n.attributes[a.name] = a
		case 7:
			if n.domain = string(f.bytes); n.domain == "ai.onnx" {
				n.domain = ""
			}
		}
		if len(n.inputs) > maxLinks || len(n.outputs) > maxLinks {
			return fmt.Errorf("%s: has more than %d inputs or outputs", n, maxLinks)
		}
		return nil
	})
	return n, err
}

func parseAttribute(b []byte) (*attribute, error) {
	a := &attribute{}
	err := fields("attribute", b, func(f field) (err error) {
		switch f.num {
		case 1:
			a.name = string(f.bytes)
		case 2:
			a.f = math.Float32frombits(uint32(f.number))
		case 3:
			a.i = int64(f.number)
		case 4:
			a.s = string(f.bytes)
		case 5:
			a.t, err = parseTensor(f.bytes)
		case 6, 11:
			a.graph = true
		case 7:
			a.floats, err = appendFloats(a.floats, f)
		case 8:
			if a.ints, err = appendInts(a.ints, f); len(a.ints) > maxLinks {
				return fmt.Errorf("attribute %s: has more than %d whole numbers", quote(a.name), maxLinks)
			}
		case 9:
			if len(a.strings) == maxAttributes {
				return fmt.Errorf("attribute %s: has more than %d strings", quote(a.name), maxAttributes)
			}
			a.strings = append(a.strings, string(f.bytes))
		}
		return err
	})
	return a, err
}

func parseTensor(b []byte) (*tensorProto, error) {
	t := &tensorProto{}
	err := fields("tensor", b, func(f field) (err error) {
		switch f.num {
		case 1:
			if t.dims, err = appendInts(t.dims, f); err == nil && len(t.dims) > maxRank {
				return fmt.Errorf("tensor %s: has more than %d dimensions", quote(t.name), maxRank)
			}
		case 2:
			t.dtype = int64(f.number)
		case 4:
			t.floats, err = appendFloats(t.floats, f)
		case 5, 7, 11:
			t.ints, err = appendInts(t.ints, f)
		case 8:
			t.name = string(f.bytes)
		case 9:
			t.raw = f.bytes
		case 10:
			t.doubles, err = appendDoubles(t.doubles, f)
		case 13:
			key, value, err := parsePair(f.bytes)
			if err == nil && (key == "location" || t.external == "") {
				t.external = value
			}
			return err
		case 14:
			if f.number == 1 && t.external == "" {
				t.external = "(not said)"
			}
		}
		return err
	})
	return t, err
}

func parsePair(b []byte) (key, value string, err error) {
	err = fields("external_data", b, func(f field) error {
		switch f.num {
		case 1:
			key = string(f.bytes)
		case 2:
			value = string(f.bytes)
		}
		return nil
	})
	return key, value, err
}

// appendInfo adds a ValueInfoProto: name, and below type and tensor_type the element type and the shape.
func appendInfo(what string, list []valueInfo, b []byte) ([]valueInfo, error) {
	if len(list) == maxLinks {
		return nil, fmt.Errorf("graph: has more than %d %ss", maxLinks, what)
	}
	v := valueInfo{}
	err := fields(what, b, func(f field) error {
		switch f.num {
		case 1:
			v.name = string(f.bytes)
		case 2:
			return fields(what, f.bytes, func(f field) error {
				if f.num != 1 {
					return nil
				}
				return fields(what, f.bytes, func(f field) error { return v.tensorType(what, f) })
			})
		}
		return nil
	})
	return append(list, v), err
}

func (v *valueInfo) tensorType(what string, f field) error {
	switch f.num {
	case 1:
		v.dtype = int64(f.number)
	case 2:
		v.shape = true
		return fields(what, f.bytes, func(f field) error {
			if f.num != 1 {
				return nil
			}
			d := dimension{n: -1}
			if len(v.dims) == maxRank {
				return fmt.Errorf("%s %s: has more than %d dimensions", what, quote(v.name), maxRank)
			}
			err := fields(what, f.bytes, func(f field) error {
				switch f.num {
				case 1:
					d.n = int64(f.number)
				case 2:
					d.name = string(f.bytes)
				}
				return nil
			})
			v.dims = append(v.dims, d)
			return err
		})
	}
	return nil
}

// Repeated numbers come packed in one field or one by one.

func appendInts(dst []int64, f field) ([]int64, error) {
	if f.typ != protowire.BytesType {
		return append(dst, int64(f.number)), nil
	}
	for b := f.bytes; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return nil, fmt.Errorf("packed numbers: %w: the file is damaged", protowire.ParseError(n))
		}
		dst, b = append(dst, int64(v)), b[n:]
	}
	return dst, nil
}

func appendFloats(dst []float32, f field) ([]float32, error) {
	if f.typ != protowire.BytesType {
		return append(dst, math.Float32frombits(uint32(f.number))), nil
	}
	if len(f.bytes)%4 != 0 {
		return nil, fmt.Errorf("packed float numbers have %d bytes, must be a multiple of 4: the file is damaged", len(f.bytes))
	}
	for b := f.bytes; len(b) > 0; b = b[4:] {
		dst = append(dst, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return dst, nil
}

func appendDoubles(dst []float64, f field) ([]float64, error) {
	if f.typ != protowire.BytesType {
		return append(dst, math.Float64frombits(f.number)), nil
	}
	if len(f.bytes)%8 != 0 {
		return nil, fmt.Errorf("packed double numbers have %d bytes, must be a multiple of 8: the file is damaged", len(f.bytes))
	}
	for b := f.bytes; len(b) > 0; b = b[8:] {
		dst = append(dst, math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	return dst, nil
}
