package onnx_test

import (
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"crackle/rnn"
	"crackle/rnn/kernel"
	"crackle/rnn/onnx"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func tensors(t testing.TB, name string) *rnn.File {
	t.Helper()
	f, err := rnn.ParseFile(read(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// exported lists what testdata/make.py exports, and what comes of it.
var exported = map[string]onnx.Model{
	"gru":                {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 8, Layers: 1, Head: rnn.HeadLinear, Output: 2}), BatchFirst: true},
	"gru_time_first":     {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 8, Layers: 1, Head: rnn.HeadLinear, Output: 2})},
	"gru_unfolded":       {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 8, Layers: 2, Head: rnn.HeadLinear, Output: 2}), BatchFirst: true},
	"gru_fixed":          {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 8, Layers: 2, Bidirectional: true, Head: rnn.HeadLinear, Output: 2}), BatchFirst: true},
	"gru_both":           {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 5, Layers: 1, Bidirectional: true, Head: rnn.HeadLinear, Output: 2}), BatchFirst: true},
	"gru_learned":        {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 5, Layers: 2, Head: rnn.HeadLinear, Output: 2}), BatchFirst: true},
	"gru_last_row":       {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 8, Layers: 1, Head: rnn.HeadLinear, Output: 2}), BatchFirst: true, LastOnly: true},
	"gru_last_state":     {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 8, Layers: 2, Head: rnn.HeadLinear, Output: 2}), BatchFirst: true, LastOnly: true},
	"gru_no_bias":        {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 8, Layers: 1, Head: rnn.HeadLinear, Output: 2}), BatchFirst: true},
	"gru_class":          {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 8, Layers: 1, Head: rnn.HeadClass, Output: 4}), BatchFirst: true},
	"gru_bare":           {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 8, Layers: 1}), BatchFirst: true},
	"gru_given":          {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 8, Layers: 2, Head: rnn.HeadLinear, Output: 2}), BatchFirst: true, GivenState: true},
	"gru_unbatched":      {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 8, Layers: 1, Head: rnn.HeadLinear, Output: 2})},
	"gru_thin":           {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 1, Hidden: 1, Layers: 2, Bidirectional: true, Head: rnn.HeadLinear, Output: 1}), BatchFirst: true},
	"gru_half":           {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 8, Layers: 1, Head: rnn.HeadLinear, Output: 2}), BatchFirst: true},
	"gru_bfloat":         {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 8, Layers: 1, Head: rnn.HeadLinear, Output: 2}), BatchFirst: true},
	"gru_double":         {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 8, Layers: 1, Head: rnn.HeadLinear, Output: 2}), BatchFirst: true},
	"gru_float_data":     {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 8, Layers: 1, Head: rnn.HeadLinear, Output: 2}), BatchFirst: true},
	"lstm":               {Weights: of(rnn.Config{Cell: rnn.LSTM, Input: 4, Hidden: 6, Layers: 1, Head: rnn.HeadLinear, Output: 3}), BatchFirst: true},
	"lstm_time_first":    {Weights: of(rnn.Config{Cell: rnn.LSTM, Input: 4, Hidden: 6, Layers: 2, Head: rnn.HeadLinear, Output: 3})},
	"lstm_both":          {Weights: of(rnn.Config{Cell: rnn.LSTM, Input: 4, Hidden: 6, Layers: 2, Bidirectional: true, Head: rnn.HeadLinear, Output: 3}), BatchFirst: true},
	"lstm_both_unfolded": {Weights: of(rnn.Config{Cell: rnn.LSTM, Input: 4, Hidden: 6, Layers: 2, Bidirectional: true, Head: rnn.HeadLinear, Output: 3}), BatchFirst: true},
	"lstm_zeros":         {Weights: of(rnn.Config{Cell: rnn.LSTM, Input: 4, Hidden: 6, Layers: 2, Head: rnn.HeadLinear, Output: 3}), BatchFirst: true},
	"lstm_learned":       {Weights: of(rnn.Config{Cell: rnn.LSTM, Input: 4, Hidden: 6, Layers: 2, Bidirectional: true, Head: rnn.HeadLinear, Output: 3}), BatchFirst: true},
	"tanh":               {Weights: of(rnn.Config{Cell: rnn.ElmanTanh, Input: 3, Hidden: 7, Layers: 1, Head: rnn.HeadLinear, Output: 1}), BatchFirst: true},
	"tanh_both":          {Weights: of(rnn.Config{Cell: rnn.ElmanTanh, Input: 3, Hidden: 7, Layers: 2, Bidirectional: true, Head: rnn.HeadLinear, Output: 1})},
	"lstm_outputs":       {Weights: of(rnn.Config{Cell: rnn.LSTM, Input: 4, Hidden: 6, Layers: 2, Bidirectional: true, Head: rnn.HeadLinear, Output: 3}), BatchFirst: true},
	"gru_flat":           {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 8, Layers: 1, Head: rnn.HeadLinear, Output: 2}), BatchFirst: true},
	"gru_narrow":         {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 8, Layers: 1, Head: rnn.HeadLinear, Output: 1}), BatchFirst: true},
	"gru_last_slice":     {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 8, Layers: 1, Head: rnn.HeadLinear, Output: 2}), BatchFirst: true, LastOnly: true},
	"gru_series":         {Weights: of(rnn.Config{Cell: rnn.GRU, Input: 1, Hidden: 8, Layers: 1, Head: rnn.HeadLinear, Output: 2}), BatchFirst: true},
	"relu":               {Weights: of(rnn.Config{Cell: rnn.ElmanReLU, Input: 3, Hidden: 7, Layers: 2, Head: rnn.HeadLinear, Output: 1}), BatchFirst: true},
}

func of(c rnn.Config) *rnn.Weights { return &rnn.Weights{Config: c} }

// TestAgainstPyTorch holds the network of every exported file to what PyTorch computed, to 1e-5, with every kernel.
func TestAgainstPyTorch(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.onnx"))
	if err != nil || len(files) != len(exported) {
		t.Fatalf("%d files in testdata for %d cases (%v)", len(files), len(exported), err)
	}
	old := kernel.Name()
	defer kernel.Select(old)
	for _, name := range slices.Sorted(maps.Keys(exported)) {
		want := exported[name]
		m, err := onnx.Parse(read(t, name+".onnx"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if m.Weights.Config != want.Weights.Config || m.BatchFirst != want.BatchFirst || m.LastOnly != want.LastOnly || m.GivenState != want.GivenState {
			t.Errorf("%s: got %+v, %+v; want %+v, %+v", name, m.Weights.Config, m, want.Weights.Config, want)
			continue
		}
		if m.Opset < onnx.LeastOpset || !strings.HasPrefix(m.Producer, "pytorch 1.13") {
			t.Errorf("%s: operator set %d by %q", name, m.Opset, m.Producer)
		}
		golden := tensors(t, name+".safetensors")
		checkState(t, name, golden, m)
		for _, k := range kernel.Available() {
			if err := kernel.Select(k); err != nil {
				t.Fatal(err)
			}
			if worst := distance(t, golden, m); !(worst <= 1e-5) {
				t.Errorf("%s with kernel %s: off by %.2e, allowed 1e-5", name, k, worst)
			}
		}
	}
}

// checkState compares the learned initial state.
func checkState(t *testing.T, name string, golden *rnn.File, m *onnx.Model) {
	t.Helper()
	for key, got := range map[string][]float32{"h0": m.Weights.H0, "c0": m.Weights.C0} {
		want, _ := golden.Tensor(key)
		if !m.GivenState && !slices.Equal(got, want.Data) {
			t.Errorf("%s: %s is %v, want %v", name, key, got, want.Data)
		}
	}
}

// distance is the largest difference between what the network and PyTorch give for the golden input.
func distance(t *testing.T, golden *rnn.File, m *onnx.Model) float64 {
	t.Helper()
	net, err := rnn.New(m.Weights)
	if err != nil {
		t.Fatal(err)
	}
	x, _ := golden.Tensor("x")
	y, _ := golden.Tensor("y")
	batch, steps, width := x.Shape[0], x.Shape[1], net.Config().Width()
	got := make([]float32, steps*width)
	worst := 0.0
	for b := range batch {
		s := net.NewState()
		if m.GivenState {
			h, _ := golden.Tensor("h0")
			copy(s.Hidden(), h.Data[b*len(s.Hidden()):])
		}
		if err := net.Forward(got, x.Data[b*len(x.Data)/batch:(b+1)*len(x.Data)/batch], s); err != nil {
			t.Fatal(err)
		}
		want, rows := y.Data[b*len(y.Data)/batch:(b+1)*len(y.Data)/batch], got
		if m.LastOnly {
			rows = got[len(got)-width:]
		}
		if len(want) != len(rows) {
			t.Fatalf("%d values, PyTorch gives %d", len(rows), len(want))
		}
		for i := range want {
			if d := math.Abs(float64(rows[i]) - float64(want[i])); !(d <= worst) {
				worst = d
			}
		}
	}
	return worst
}

// TestSameAsStateDict holds the weights of a graph to those of the state_dict that it was exported from, to the bit.
func TestSameAsStateDict(t *testing.T) {
	for _, name := range []string{"gru", "gru_unfolded", "lstm_both", "lstm_both_unfolded", "tanh", "relu", "gru_learned"} {
		m, err := onnx.Parse(read(t, name+".onnx"))
		if err != nil {
			t.Fatal(err)
		}
		f := tensors(t, name+".state.safetensors")
		for _, p := range m.Weights.Params() {
			want, ok := f.Tensor(p.Name)
			if p.Name == "rnn.h0" {
				want, ok = f.Tensor("start")
			}
			if !ok || !slices.Equal(p.Data, want.Data) {
				t.Errorf("%s: %s differs from the state_dict's", name, p.Name)
			}
		}
	}
}
