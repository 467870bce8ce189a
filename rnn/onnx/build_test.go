package onnx_test

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is a protobuf message in the making. It writes what a test needs of onnx.proto.
type message []byte

func (m message) bytes(num protowire.Number, b []byte) message {
	return protowire.AppendBytes(protowire.AppendTag(m, num, protowire.BytesType), b)
}

func (m message) text(num protowire.Number, s string) message { return m.bytes(num, []byte(s)) }

func (m message) number(num protowire.Number, v int64) message {
	return protowire.AppendVarint(protowire.AppendTag(m, num, protowire.VarintType), uint64(v))
}

func (m message) fixed(num protowire.Number, v float32) message {
	return protowire.AppendFixed32(protowire.AppendTag(m, num, protowire.Fixed32Type), math.Float32bits(v))
}

func (m message) numbers(num protowire.Number, v ...int64) message {
	for _, n := range v {
		m = m.number(num, n)
	}
	return m
}

// model wraps a graph.
func model(opset int64, graph message) []byte {
	return message(nil).number(1, 8).text(2, "test").bytes(7, graph).bytes(8, message(nil).number(2, opset))
}

func graph(parts ...func(message) message) message {
	var g message
	for _, p := range parts {
		g = p(g)
	}
	return g
}

func nodeOf(op, name string, in, out []string, attributes ...message) func(message) message {
	var n message
	for _, s := range in {
		n = n.text(1, s)
	}
	for _, s := range out {
		n = n.text(2, s)
	}
	n = n.text(3, name).text(4, op)
	for _, a := range attributes {
		n = n.bytes(5, a)
	}
	return func(g message) message { return g.bytes(1, n) }
}

func intAttr(name string, v int64) message { return message(nil).text(1, name).number(3, v) }
func textAttr(name, v string) message      { return message(nil).text(1, name).text(4, v) }
func intsAttr(name string, v ...int64) message {
	return message(nil).text(1, name).numbers(8, v...)
}
func textsAttr(name string, v ...string) message {
	m := message(nil).text(1, name)
	for _, s := range v {
		m = m.text(9, s)
	}
	return m
}

// floats is a tensor of the given shape whose values are all v.
func floats(name string, v float32, dims ...int64) message {
	n := int64(1)
	for _, d := range dims {
		n *= d
	}
	var raw []byte
	for range n {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return message(nil).numbers(1, dims...).number(2, 1).text(8, name).bytes(9, raw)
}

func ints(name string, v ...int64) message {
	return message(nil).number(1, int64(len(v))).number(2, 7).text(8, name).numbers(7, v...)
}

func initial(t message) func(message) message {
	return func(g message) message { return g.bytes(5, t) }
}

// io is a graph input (11) or output (12) of floats; a length of 0 is unknown.
func io(num protowire.Number, name string, dims ...int64) func(message) message {
	var shape message
	for _, d := range dims {
		var dim message
		if d > 0 {
			dim = dim.number(1, d)
		}
		shape = shape.bytes(1, dim)
	}
	tensor := message(nil).number(1, 1).bytes(2, shape)
	return func(g message) message {
		return g.bytes(num, message(nil).text(1, name).bytes(2, message(nil).bytes(1, tensor)))
	}
}

// gruParts are a GRU of 2 inputs and 1 unit that reads x [time][batch][2] and gives y [time][1][batch][1].
func gruParts(attributes ...message) []func(message) message {
	attributes = append([]message{intAttr("hidden_size", 1), intAttr("linear_before_reset", 1)}, attributes...)
	return []func(message) message{
		initial(floats("w", 0.5, 1, 3, 2)), initial(floats("r", 0.25, 1, 3, 1)), io(11, "x", 0, 0, 2),
		nodeOf("GRU", "g", []string{"x", "w", "r"}, []string{"y", "h"}, attributes...),
	}
}

// gru is gruParts with more behind it, and the outputs named.
func gru(outputs []string, more ...func(message) message) []byte {
	return model(14, graph(append(append(gruParts(), more...), outputsOf(outputs)...)...))
}

func outputsOf(names []string) (out []func(message) message) {
	for _, n := range names {
		out = append(out, io(12, n))
	}
	return out
}
