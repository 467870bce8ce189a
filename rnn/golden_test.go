package rnn_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"crackle/rnn"
	"crackle/rnn/kernel"
	"crackle/rnn/train"
)

// goldenCase is one file of the golden folder, made by PyTorch in float64: kind_input_hidden_layers_directions_steps_batch.
type goldenCase struct {
	f            *rnn.File
	w            *rnn.Weights
	steps, batch int
}

func (g goldenCase) tensor(t *testing.T, name string) []float32 {
	t.Helper()
	x, ok := g.f.Tensor(name)
	if !ok {
		t.Fatalf("golden file has no tensor %s", name)
	}
	return x.Data
}

func loadGolden(t *testing.T, path string) goldenCase {
	t.Helper()
	r, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f, err := rnn.ReadFile(r)
	if err != nil {
		t.Fatal(err)
	}
	num := func(key string) int {
		n, err := strconv.Atoi(f.Metadata[key])
		if err != nil {
			t.Fatalf("metadata %s: %v", key, err)
		}
		return n
	}
	cells := map[string]rnn.Cell{"gru": rnn.GRU, "lstm": rnn.LSTM, "elman": rnn.ElmanTanh, "elmanrelu": rnn.ElmanReLU}
	cell, ok := cells[f.Metadata["kind"]]
	if !ok {
		t.Fatalf("golden kind %q is unknown", f.Metadata["kind"])
	}
	w, err := rnn.NewWeights(rnn.Config{Cell: cell, Input: num("input"), Hidden: num("hidden"), Layers: num("layers"), Bidirectional: num("directions") == 2, Head: rnn.HeadLinear, Output: 1})
	if err != nil {
		t.Fatal(err)
	}
	g := goldenCase{f: f, w: w, steps: num("steps"), batch: num("batch")}
	for _, p := range w.Params() {
		copy(p.Data, g.tensor(t, p.Name))
	}
	return g
}

// initial copies sequence b's part of a state tensor [layers*directions][batch][hidden] to dst [layers*directions][hidden].
func (g goldenCase) initial(dst, src []float32, b int) {
	h := g.w.Config.Hidden
	for l := 0; l*h < len(dst); l++ {
		copy(dst[l*h:(l+1)*h], src[(l*g.batch+b)*h:])
	}
}

func largest(a, b []float32) float64 {
	var m float64
	for i := range a {
		if d := math.Abs(float64(a[i]) - float64(b[i])); !(d <= m) {
			m = d
		}
	}
	return m
}

// forwardError is the largest error over outputs, hidden states and final states, with Forward.
func (g goldenCase) forwardError(t *testing.T) float64 {
	c := g.w.Config
	bare := g.w.Clone()
	bare.Config.Head, bare.Config.Output, bare.Head = rnn.HeadNone, 0, rnn.DenseWeights{}
	nets := make([]*rnn.Network, 2)
	for i, w := range []*rnn.Weights{g.w, bare} {
		n, err := rnn.New(w)
		if err != nil {
			t.Fatal(err)
		}
		nets[i] = n
	}
	x, h0, hn := g.tensor(t, "io.x"), g.tensor(t, "io.h0"), g.tensor(t, "io.hn")
	wants := [][]float32{g.tensor(t, "io.out"), g.tensor(t, "io.y")}
	var worst float64
	for b := range g.batch {
		for i, n := range nets {
			s := n.NewState()
			g.initial(s.Hidden(), h0, b)
			if c.Cell == rnn.LSTM {
				g.initial(s.Cell(), g.tensor(t, "io.c0"), b)
			}
			got := make([]float32, g.steps*n.Config().Width())
			if err := n.Forward(got, x[b*g.steps*c.Input:(b+1)*g.steps*c.Input], s); err != nil {
				t.Fatal(err)
			}
			worst = max(worst, largest(got, wants[i][b*len(got):]))
			final := make([]float32, len(s.Hidden()))
			g.initial(final, hn, b)
			worst = max(worst, largest(s.Hidden(), final))
			if c.Cell == rnn.LSTM {
				g.initial(final, g.tensor(t, "io.cn"), b)
				worst = max(worst, largest(s.Cell(), final))
			}
		}
	}
	return worst
}

// gradientError is the largest gradient error relative to the largest entry of its tensor.
func (g goldenCase) gradientError(t *testing.T) float64 {
	c := g.w.Config
	x, target, h0 := g.tensor(t, "io.x"), g.tensor(t, "io.target"), g.tensor(t, "io.h0")
	seqs := make([]train.Sequence, g.batch)
	for b := range seqs {
		q := &seqs[b]
		q.H0 = make([]float32, len(h0)/g.batch)
		g.initial(q.H0, h0, b)
		if c.Cell == rnn.LSTM {
			q.C0 = make([]float32, len(h0)/g.batch)
			g.initial(q.C0, g.tensor(t, "io.c0"), b)
		}
		for s := range g.steps {
			at := b*g.steps + s
			q.X = append(q.X, x[at*c.Input:(at+1)*c.Input])
			q.Target = append(q.Target, target[at:at+1])
		}
	}
	got, err := train.Gradients(train.Config{}, g.w, seqs)
	if err != nil {
		t.Fatal(err)
	}
	worst := math.Abs(got.Loss-float64(g.tensor(t, "io.loss")[0])) / float64(g.tensor(t, "io.loss")[0])
	compare := func(name string, got []float32) {
		want := g.tensor(t, name)
		var top float64
		for _, v := range want {
			top = max(top, math.Abs(float64(v)))
		}
		worst = max(worst, largest(got, want)/top)
	}
	for _, p := range got.Params {
		compare("grad."+p.Name, p.Data)
	}
	var dx []float32
	for _, v := range got.X {
		dx = append(dx, v...)
	}
	compare("grad.x", dx)
	return worst
}

// TestGolden holds every file of the golden folder (testdata/golden, or the folder that CRACKLE_GOLDEN names) against PyTorch's results with
// every kernel: outputs and states to 1e-5, gradients to 1e-4 of the largest entry.
func TestGolden(t *testing.T) {
	folder := os.Getenv("CRACKLE_GOLDEN")
	if folder == "" {
		folder = filepath.Join("testdata", "golden")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.safetensors"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files in %s (%v)", folder, err)
	}
	old := kernel.Name()
	defer kernel.Select(old)
	for _, name := range kernel.Available() {
		if err := kernel.Select(name); err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			g := loadGolden(t, path)
			out, grad := g.forwardError(t), g.gradientError(t)
			fmt.Printf("golden %-8s %-28s outputs and states %.1e  gradients %.1e\n", name, strings.TrimSuffix(filepath.Base(path), ".safetensors"), out, grad)
			if !(out <= 1e-5) || !(grad <= 1e-4) {
				t.Errorf("%s with kernel %s: outputs off by %.2e (allowed 1e-5), gradients by %.2e (allowed 1e-4)", path, name, out, grad)
			}
		}
	}
}
