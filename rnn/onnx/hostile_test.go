package onnx_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"crackle/rnn"
	"crackle/rnn/onnx"
)

func list(s ...string) []string { return s }

// TestSmall makes sure that what the other tests build on is right.
func TestSmall(t *testing.T) {
	m, err := onnx.Parse(gru(list("y")))
	if err != nil {
		t.Fatal(err)
	}
	if want := (rnn.Config{Cell: rnn.GRU, Input: 2, Hidden: 1, Layers: 1}); m.Weights.Config != want || m.BatchFirst || m.LastOnly {
		t.Errorf("%+v", m)
	}
}

// layout1 is a GRU with the batch first inside the node, from an initial state that a Tile repeats.
func layout1() []byte {
	return model(15, graph(
		initial(floats("w", 0.5, 1, 3, 2)), initial(floats("r", 0.25, 1, 3, 1)), initial(floats("b", 0.125, 1, 6)), initial(floats("h0", 0.75, 1, 1, 1)),
		initial(ints("times", 4, 1, 1)), io(11, "x", 4, 0, 2), nodeOf("Tile", "t", list("h0", "times"), list("start")),
		nodeOf("GRU", "g", list("x", "w", "r", "b", "", "start"), list("y", "h"), intAttr("hidden_size", 1), intAttr("linear_before_reset", 1), intAttr("layout", 1)),
		initial(ints("axes", 2)), nodeOf("Squeeze", "s", list("y", "axes"), list("z")), io(12, "z")))
}

func TestLayout(t *testing.T) {
	m, err := onnx.Parse(layout1())
	if err != nil {
		t.Fatal(err)
	}
	if !m.BatchFirst || !slices.Equal(m.Weights.H0, []float32{0.75}) || m.Weights.Layers[0].BiasHH[2] != 0.125 {
		t.Errorf("%+v, %+v", m, m.Weights)
	}
}

// TestForms reads the same network through the forms that other exporters write.
func TestForms(t *testing.T) {
	for name, b := range map[string][]byte{
		"dropout":          gru(list("z"), nodeOf("Dropout", "drop", list("y"), list("z", "mask"))),
		"cast":             gru(list("z"), nodeOf("Cast", "c", list("y"), list("z"), intAttr("to", 10))),
		"squeeze of all":   gru(list("z"), nodeOf("Squeeze", "sq", list("y"), list("z"))),
		"axes as constant": gru(list("z"), nodeOf("Constant", "one", nil, list("axes"), intsAttr("value_ints", 1)), nodeOf("Squeeze", "sq", list("y", "axes"), list("z"))),
		"reversed twice":   gru(list("z"), nodeOf("Transpose", "a", list("y"), list("v")), nodeOf("Transpose", "b", list("v"), list("z"))),
		"whole slice":      gru(list("z"), initial(ints("from", 0)), initial(ints("to", 1<<62)), nodeOf("Slice", "cut", list("y", "from", "to"), list("z"))),
		"state beside":     gru(list("y", "h")),
		"state only":       gru(list("h")),
		"expand to itself": gru(list("z"), nodeOf("Shape", "sh", list("y"), list("s")), nodeOf("Expand", "ex", list("y", "s"), list("z"))),
		"tile by ones":     gru(list("z"), initial(ints("ones", 1, 1, 1, 1)), nodeOf("Tile", "t", list("y", "ones"), list("z"))),
	} {
		m, err := onnx.Parse(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want := (rnn.Config{Cell: rnn.GRU, Input: 2, Hidden: 1, Layers: 1}); m.Weights.Config != want || m.Weights.Layers[0].WeightHH[2] != 0.25 || m.LastOnly != (name == "state only") {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

// TestStored reads weights out of every field that may hold them.
func TestStored(t *testing.T) {
	w := slices.Clip(message(nil).numbers(1, 1, 3, 2).text(8, "w")) // so that each form gets bytes of its own
	doubles, halves, shorts, packed := w.number(2, 11), w.number(2, 10), w.number(2, 16), w.number(2, 1)
	var all []byte
	for i := range 6 {
		v := 0.25 * float64(i+1) // exact in each form
		doubles = protowire.AppendFixed64(protowire.AppendTag(doubles, 10, protowire.Fixed64Type), math.Float64bits(v))
		halves = halves.number(5, []int64{0x3400, 0x3800, 0x3a00, 0x3c00, 0x3d00, 0x3e00}[i])
		shorts = shorts.number(5, int64(math.Float32bits(float32(v))>>16))
		all = binary.LittleEndian.AppendUint32(all, math.Float32bits(float32(v)))
	}
	for name, tensor := range map[string]message{"double_data": doubles, "float16 in int32_data": halves, "bfloat16 in int32_data": shorts, "float_data": packed.bytes(4, all)} {
		m, err := onnx.Parse(model(14, graph(append([]func(message) message{initial(tensor)}, append(gruParts()[1:], io(12, "y"))...)...)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, want := m.Weights.Layers[0].WeightIH, []float32{0.75, 1, 0.25, 0.5, 1.25, 1.5}; !slices.Equal(got, want) { // z r h became r z n
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

type refusal struct {
	name string
	file []byte
	want []string // in the error
}

func attr(attributes ...message) []byte {
	return model(14, graph(append(gruParts(attributes...), io(12, "y"))...))
}

// lstmWith is an LSTM whose inputs after R are given.
func lstmWith(inputs []string, more ...func(message) message) []byte {
	parts := append(more, initial(floats("w", 0.5, 1, 4, 2)), initial(floats("r", 0.25, 1, 4, 1)), io(11, "x", 0, 0, 2), io(12, "y"),
		nodeOf("LSTM", "l", append(list("x", "w", "r"), inputs...), list("y", "h", "c"), intAttr("hidden_size", 1)))
	return model(14, graph(parts...))
}

// lstmHead is a dense layer on one of an LSTM's outputs.
func lstmHead(on string) []byte {
	return lstmWith(nil, initial(floats("m", 1, 1, 3)), nodeOf("MatMul", "m0", list(on, "m"), list("z")), io(12, "z"))
}

func refusals() []refusal {
	w, r := initial(floats("w", 0.5, 1, 3, 2)), initial(floats("r", 0.25, 1, 3, 1))
	x, y := io(11, "x", 0, 0, 2), io(12, "y")
	g := func(in ...string) func(message) message {
		return nodeOf("GRU", "g", in, list("y", "h"), intAttr("hidden_size", 1), intAttr("linear_before_reset", 1))
	}
	external := message(nil).numbers(1, 1, 3, 2).number(2, 1).text(8, "w").bytes(13, message(nil).text(1, "location").text(2, "weights.bin")).number(14, 1)
	body := message(nil).text(1, "body").bytes(6, graph(gruParts()...))
	doubled := []func(message) message{initial(floats("d0", 1, 64))}
	for i := range 40 {
		doubled = append(doubled, nodeOf("Concat", fmt.Sprint("c", i), list(fmt.Sprint("d", i), fmt.Sprint("d", i)), list(fmt.Sprint("d", i+1)), intAttr("axis", 0)))
	}
	return []refusal{
		{"empty", nil, list("holds no graph")},
		{"text", []byte("this is not a model at all, but a letter"), list("not ONNX")},
		{"old", model(13, graph(gruParts()...)), list("operator set 13", "opset_version=14")},
		{"no output", gru(nil), list("no output")},
		{"unknown nodes", gru(list("b"), nodeOf("Relu", "one", list("y"), list("a")), nodeOf("LayerNormalization", "two", list("a"), list("b")), nodeOf("Sin", "dead", list("y"), list("c"))),
			list(`Relu "one"; LayerNormalization "two"`)},
		{"loop", gru(list("b"), nodeOf("Loop", "again", list("y"), list("a"), body), nodeOf("Scan", "over", list("a"), list("b"), body)), list(`Loop "again", which holds a subgraph`, `Scan "over"`)},
		{"cycle", gru(list("a"), nodeOf("Identity", "one", list("b"), list("a")), nodeOf("Identity", "two", list("a"), list("b"))), list("circle", `"two"`)},
		{"dangling", gru(list("a"), nodeOf("Identity", "one", list("nowhere"), list("a"))), list(`reads "nowhere", which nothing`)},
		{"twice", gru(list("y"), nodeOf("Identity", "one", list("x"), list("y"))), list(`"y" comes from two nodes`)},
		{"external", model(14, graph(initial(external), r, x, g("x", "w", "r"), y)), list(`"w"`, "another file", "weights.bin")},
		{"sparse", model(14, graph(append(gruParts(), func(m message) message { return m.bytes(15, nil) })...)), list("sparse")},
		{"several at once", attr(intAttr("linear_before_reset", 0), textAttr("direction", "reverse"), message(nil).text(1, "clip"), textsAttr("activations", "Sigmoid", "HardSigmoid")),
			list("reverse", "clip", "hardsigmoid")},
		{"peepholes", lstmWith(list("", "", "", "", "p"), initial(floats("p", 1, 1, 3))), list("peepholes")},
		{"packed", lstmWith(list("", "n"), initial(ints("n", 3))), list("sequence_lens", "whole sequences")},
		{"state of the batch", lstmWith(list("", "", "s"), initial(message(nil).numbers(1, 1, 2, 1).number(2, 1).text(8, "s").bytes(4, []byte{0, 0, 0, 0, 0, 0, 128, 63}))), list("initial_h", "differs between")},
		{"huge hidden", attr(intAttr("hidden_size", 1<<40)), list("hidden_size 1099511627776, must be 1 to 16384")},
		{"shape", attr(intAttr("hidden_size", 2)), list(`GRU "g" has W of shape [1 3 2], must be [1 6 0]`)},
		{"width", model(14, graph(w, r, io(11, "x", 0, 0, 5), g("x", "w", "r"), y)), list("rows of 5 values, its W takes 2")},
		{"two axes", model(14, graph(w, r, io(11, "x", 0, 2), g("x", "w", "r"), y)), list("must be time, batch and features")},
		{"short data", model(14, graph(initial(message(nil).numbers(1, 1, 3, 2).number(2, 1).text(8, "w").bytes(9, make([]byte, 8))), r, x, g("x", "w", "r"), y)), list(`"w" has 2 values, shape [1 3 2] needs 6`)},
		{"hostile shape", model(14, graph(initial(message(nil).numbers(1, 1<<40, 1<<40).number(2, 1).text(8, "w")), r, x, g("x", "w", "r"), y)), list(`"w"`, "below 2^31")},
		{"negative shape", model(14, graph(initial(message(nil).numbers(1, -1).number(2, 1).text(8, "w")), r, x, g("x", "w", "r"), y)), list(`"w"`, "at least 0")},
		{"text tensor", model(14, graph(initial(message(nil).number(2, 8).text(8, "w")), r, x, g("x", "w", "r"), y)), list("element type 8")},
		{"not finite", model(14, graph(initial(message(nil).number(1, 1).number(2, 1).text(8, "w").bytes(9, []byte{0, 0, 192, 127})), r, x, g("x", "w", "r"), y)), list(`"w"`, "NaN", "finite")},
		{"growth", model(14, graph(append(doubled, r, x, g("x", "d40", "r"), y)...)), list("unfold to more than")},
		{"growth of a fill", model(14, graph(initial(ints("s", 1<<30, 1<<30)), nodeOf("ConstantOfShape", "fill", list("s"), list("w")), r, x, g("x", "w", "r"), y)), list("W of shape [1073741824 1073741824]")},
		{"fill", model(14, graph(initial(ints("s", 1, 3*16384, 16384)), initial(ints("t", 1, 3*16384, 16384)), nodeOf("ConstantOfShape", "fill", list("s"), list("w")),
			nodeOf("ConstantOfShape", "fill2", list("t"), list("r")), io(11, "x", 0, 0, 16384), nodeOf("GRU", "g", list("x", "w", "r"), list("y"), intAttr("hidden_size", 16384), intAttr("linear_before_reset", 1)), y)),
			list("unfold to more than")},
		{"two networks", model(14, graph(w, r, x, g("x", "w", "r"), y, nodeOf("GRU", "k", list("x", "w", "r"), list("z"), intAttr("hidden_size", 1), intAttr("linear_before_reset", 1)), io(12, "z"))), list("two networks")},
		{"decoder", gru(list("z"), nodeOf("GRU", "k", list("x", "w", "r", "", "", "h"), list("z"), intAttr("hidden_size", 1), intAttr("linear_before_reset", 1))), list("encoder and decoder")},
		{"residual", gru(list("z"), nodeOf("Add", "plus", list("y", "y"), list("z"))), list(`Add "plus" adds rows and rows`)},
		{"dense first", model(14, graph(w, r, x, initial(floats("m", 1, 2, 2)), nodeOf("MatMul", "m0", list("x", "m"), list("v")), g("v", "w", "r"), y)), list(`MatMul "m0"`, "before any recurrent layer")},
		{"first row", gru(list("z"), initial(ints("zero", 0)), nodeOf("Gather", "pick", list("y", "zero"), list("z"))), list(`Gather "pick" takes entry 0 of axis 0`, "only the last time")},
		{"bad axis", gru(list("z"), initial(ints("nine", 9)), nodeOf("Squeeze", "sq", list("y", "nine"), list("z"))), list("axis 9, must be -4 to 3")},
		{"bad order", gru(list("z"), nodeOf("Transpose", "tr", list("y"), list("z"), intsAttr("perm", 0, 0, 1, 2))), list("order of axes [0 0 1 2]")},
		{"dropout in training", gru(list("z"), initial(floats("rate", 0.5)), initial(message(nil).number(2, 9).text(8, "on").number(5, 1)), nodeOf("Dropout", "drop", list("y", "rate", "on"), list("z"))), list("evaluation mode")},
		{"cut of time", gru(list("z"), initial(ints("from", 1)), initial(ints("to", 3)), initial(ints("zero", 0)), nodeOf("Slice", "cut", list("y", "from", "to", "zero"), list("z"))), list("takes 1 to 3 (step 1) of axis 0")},
		{"backward", gru(list("z"), initial(ints("from", -1)), initial(ints("to", -100)), initial(ints("axes", 0)), initial(ints("steps", -1)), nodeOf("Slice", "cut", list("y", "from", "to", "axes", "steps"), list("z"))), list("step -1")},
		{"cut without steps enough", gru(list("z"), initial(ints("two", 1, 2)), initial(ints("one", 1)), nodeOf("Slice", "cut", list("y", "two", "one"), list("z"))), list("2 starts, 1 ends")},
		{"repeat of rows", gru(list("z"), initial(ints("times", 1, 1, 2, 1)), nodeOf("Tile", "t", list("y", "times"), list("z"))), list("repeats rows")},
		{"expand of rows", gru(list("z"), initial(ints("shape", 5, 1, 5, 1)), nodeOf("Expand", "ex", list("y", "shape"), list("z"))), list("repeats rows of shape")},
		{"expand to nothing", gru(list("z"), initial(ints("shape", 0)), nodeOf("Expand", "ex", list("y", "shape"), list("z"))), list("each length must be 1 to")},
		{"reshape to less", gru(list("z"), initial(ints("shape", 7, -1)), nodeOf("Reshape", "re", list("y", "shape"), list("z"))), list("does not fit")},
		{"two open lengths", gru(list("z"), initial(ints("shape", -1, -1)), nodeOf("Reshape", "re", list("y", "shape"), list("z"))), list("two open lengths")},
		{"squeeze of time", gru(list("z"), initial(ints("zero", 0)), nodeOf("Squeeze", "sq", list("y", "zero"), list("z"))), list("removes axis 0", "not of length 1")},
		{"join of rows", gru(list("z"), nodeOf("Concat", "j", list("y", "y"), list("z"), intAttr("axis", 3))), list("joins 2 tensors of rows")},
		{"choice by length", gru(list("z"), nodeOf("Shape", "sh", list("x"), list("s")), initial(ints("three", 3)), nodeOf("Equal", "eq", list("s", "three"), list("z"))), list("depends on the input")},
		{"square of a length", gru(list("z"), nodeOf("Shape", "sh", list("x"), list("s")), nodeOf("Mul", "m", list("s", "s"), list("z"))), list("cannot be told")},
		{"cast to text", gru(list("z"), nodeOf("Cast", "c", list("y"), list("z"), intAttr("to", 8))), list("casts rows to element type 8")},
		{"no inputs", gru(list("z"), nodeOf("Transpose", "tr", nil, list("z"))), list("has 0 inputs, must have 1 to 1")},
		{"cell state", lstmHead("c"), list("final cell state")},
		{"both directions' states", model(14, graph(initial(floats("w", 0.5, 2, 3, 2)), initial(floats("r", 0.25, 2, 3, 1)), x, initial(floats("m", 1, 1, 3)), initial(ints("zero", 0)),
			nodeOf("GRU", "g", list("x", "w", "r"), list("y", "h"), intAttr("hidden_size", 1), intAttr("linear_before_reset", 1), textAttr("direction", "bidirectional")),
			nodeOf("Gather", "pick", list("h", "zero"), list("h0")), nodeOf("MatMul", "m0", list("h0", "m"), list("z")), io(12, "z"))), list("final state of one direction")},
		{"two dense layers", gru(list("z"), initial(floats("m", 1, 1, 1)), nodeOf("MatMul", "m0", list("y", "m"), list("v")), nodeOf("MatMul", "m1", list("v", "m"), list("z"))), list("there is one dense layer")},
		{"scaled", gru(list("z"), initial(floats("m", 1, 1, 1)), nodeOf("Gemm", "m0", list("y", "m"), list("z"), message(nil).text(1, "alpha").fixed(2, 2))), list("alpha 2")},
		{"wide bias", gru(list("z"), initial(floats("m", 1, 1, 1)), initial(floats("b", 1, 2)), nodeOf("Gemm", "m0", list("y", "m", "b"), list("z"))), list("bias of shape [2] for 1 values")},
		{"input only", model(14, graph(x, nodeOf("Identity", "same", list("x"), list("z")), io(12, "z"))), list("is the input")},
		{"no constant", gru(list("z"), nodeOf("Constant", "none", nil, list("z"))), list(`Constant "none" holds neither`)},
		{"shape as output", gru(list("z"), nodeOf("Shape", "sh", list("y"), list("z"))), list(`output "z" is a shape`)},
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range refusals() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		m, err := onnx.Parse(c.file)
		runtime.ReadMemStats(&after)
		if err == nil || m != nil {
			t.Errorf("%s: read, must be refused", c.name)
			continue
		}
		for _, w := range c.want {
			if !strings.HasPrefix(err.Error(), "onnx: ") || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: error %q, must say %q", c.name, err, w)
			}
		}
		if spent := after.TotalAlloc - before.TotalAlloc; spent > 64<<20 {
			t.Errorf("%s: allocated %d MiB", c.name, spent>>20)
		}
	}
}

// TestTruncated cuts a file at every byte; what was exported ends in the operator set, so no part of it is whole.
func TestTruncated(t *testing.T) {
	b := read(t, "gru_last_state.onnx")
	for n := range b {
		if _, err := onnx.Parse(b[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes were read as a whole file", n, len(b))
		}
	}
}

// TestLongNames keeps a hostile name out of a message.
func TestLongNames(t *testing.T) {
	_, err := onnx.Parse(gru(list("z"), nodeOf(strings.Repeat("N", 1<<20), strings.Repeat("\x1b", 1<<20), list("y"), list("z"))))
	if err == nil || len(err.Error()) > 2000 || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("error of %d bytes", len(err.Error()))
	}
}
