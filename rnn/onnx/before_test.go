package onnx_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"crackle/rnn"
	"crackle/rnn/onnx"
)

// values is a tensor of float32.
func values(name string, v []float32, dims ...int64) message {
	var raw []byte
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	return message(nil).numbers(1, dims...).number(2, 1).text(8, name).bytes(9, raw)
}

// TestResetBefore runs a GRU of linear_before_reset 0 and compares with the operator's formula in float64, gates in ONNX's order z r h:
// h = g(x Wh + (r . H) Rh + Rbh + Wbh), H' = (1 - z) . h + z . H.
func TestResetBefore(t *testing.T) {
	const in, hidden, steps = 2, 3, 5
	spread := func(n int, k float64) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(math.Sin(k * float64(i+1)))
		}
		return v
	}
	w, r, b := spread(3*hidden*in, 1.1), spread(3*hidden*hidden, 0.7), spread(6*hidden, 2.3)
	for _, attributes := range [][]message{{intAttr("hidden_size", hidden)}, {intAttr("hidden_size", hidden), intAttr("linear_before_reset", 0)}} {
		file := model(14, graph(initial(values("w", w, 1, 3*hidden, in)), initial(values("r", r, 1, 3*hidden, hidden)), initial(values("b", b, 1, 6*hidden)),
			io(11, "x", 0, 0, in), nodeOf("GRU", "g", list("x", "w", "r", "b"), list("y"), attributes...), io(12, "y")))
		m, err := onnx.Read(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if m.Weights.Config.Cell != rnn.GRUBefore {
			t.Fatalf("cell %q, want %q", m.Weights.Config.Cell, rnn.GRUBefore)
		}
		net, err := rnn.New(m.Weights)
		if err != nil {
			t.Fatal(err)
		}
		s, y, x, h := net.NewState(), make([]float32, hidden), spread(steps*in, 0.9), make([]float64, hidden)
		for k := range steps {
			row := x[k*in : (k+1)*in]
			if err := net.Step(y, row, s); err != nil {
				t.Fatal(err)
			}
			h = resetBefore(w, r, b, row, h)
			for u, v := range y {
				if math.Abs(float64(v)-h[u]) > 2e-6 {
					t.Fatalf("step %d, unit %d: %v, want %v", k, u, v, h[u])
				}
			}
		}
	}
}

func resetBefore(w, r, b, x []float32, h []float64) []float64 {
	n := len(h)
	sum := func(gate, u int, state func(k int) float64) float64 {
		row := gate*n + u
		s := float64(b[row]) + float64(b[3*n+row])
		for k, v := range x {
			s += float64(w[row*len(x)+k]) * float64(v)
		}
		for k := range n {
			s += float64(r[row*n+k]) * state(k)
		}
		return s
	}
	sigmoid := func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
	plain := func(k int) float64 { return h[k] }
	out := make([]float64, n)
	for u := range out {
		z := sigmoid(sum(0, u, plain))
		g := math.Tanh(sum(2, u, func(k int) float64 { return sigmoid(sum(1, k, plain)) * h[k] }))
		out[u] = (1-z)*g + z*h[u]
	}
	return out
}
