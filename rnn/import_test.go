package rnn_test

import (
	"slices"
	"strings"
	"testing"

	"crackle/rnn"
	"crackle/rnn/train"
)

func TestStateDictRoundTrip(t *testing.T) {
	for _, c := range []rnn.Config{
		{Cell: rnn.GRU, Input: 3, Hidden: 5, Layers: 2, Bidirectional: true, Head: rnn.HeadLinear, Output: 2},
		{Cell: rnn.LSTM, Input: 4, Hidden: 4, Layers: 1},
		{Cell: rnn.ElmanReLU, Input: 1, Hidden: 2, Layers: 3, Head: rnn.HeadGaussian, Output: 3},
	} {
		w, err := rnn.NewWeights(c)
		if err != nil {
			t.Fatal(err)
		}
		train.Uniform(w, 1)
		for _, prefix := range []string{"", "rnn.", "model.encoder."} {
			f, err := w.StateDict(prefix, "fc.")
			if err != nil {
				t.Fatal(err)
			}
			got, err := rnn.ImportStateDict(f, rnn.ImportConfig{Cell: c.Cell, HeadKind: c.Head})
			if err != nil {
				t.Fatalf("%+v with prefix %q: %v", c, prefix, err)
			}
			if got.Config != c {
				t.Fatalf("came back as %+v, was %+v", got.Config, c)
			}
			for i, p := range got.Params() {
				if !sameBits(p.Data, w.Params()[i].Data) {
					t.Fatalf("%s differs", p.Name)
				}
			}
		}
	}
}

func TestImportStateDictRefuses(t *testing.T) {
	w, err := rnn.NewWeights(rnn.Config{Cell: rnn.GRU, Input: 2, Hidden: 4, Layers: 1, Head: rnn.HeadLinear, Output: 1})
	if err != nil {
		t.Fatal(err)
	}
	one := func(name string, shape ...int) rnn.Tensor {
		n := 1
		for _, s := range shape {
			n *= s
		}
		return rnn.Tensor{Name: name, Shape: shape, Data: make([]float32, n)}
	}
	for _, c := range []struct {
		want   string
		cfg    rnn.ImportConfig
		change func(ts []rnn.Tensor) []rnn.Tensor
	}{
		{"no tensor ends in", rnn.ImportConfig{}, func([]rnn.Tensor) []rnn.Tensor { return []rnn.Tensor{one("x", 1)} }},
		{"no tensor \"gru.weight_ih_l0\"", rnn.ImportConfig{Prefix: "gru."}, nil},
		{"name one", rnn.ImportConfig{}, func(ts []rnn.Tensor) []rnn.Tensor { return append(ts, one("z.weight_ih_l0", 12, 2)) }},
		{"dense layers fit", rnn.ImportConfig{}, func(ts []rnn.Tensor) []rnn.Tensor { return append(ts, one("z.weight", 7, 4)) }},
		{"no place", rnn.ImportConfig{}, func(ts []rnn.Tensor) []rnn.Tensor { return append(ts, one("z.running", 7)) }},
		{"is no lstm", rnn.ImportConfig{Cell: rnn.LSTM}, nil},
		{"must be there", rnn.ImportConfig{Head: "tail."}, nil},
		{"projection", rnn.ImportConfig{}, func(ts []rnn.Tensor) []rnn.Tensor { return append(ts, one("rnn.weight_hr_l0", 1, 1)) }},
		{"two dimensions", rnn.ImportConfig{}, func(ts []rnn.Tensor) []rnn.Tensor { return []rnn.Tensor{one("weight_ih_l0", 12)} }},
	} {
		f, err := w.StateDict("rnn.", "head.")
		if err != nil {
			t.Fatal(err)
		}
		if c.change != nil {
			f.Tensors = c.change(f.Tensors)
		}
		b, err := f.Encode() // sorts
		if err != nil {
			t.Fatal(err)
		}
		if f, err = rnn.ParseFile(b); err != nil {
			t.Fatal(err)
		}
		if _, err := rnn.ImportStateDict(f, c.cfg); err == nil {
			t.Errorf("%s: taken", c.want)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %q does not say %q", err, c.want)
		}
	}
}

func TestImportsGoldenFiles(t *testing.T) {
	for _, path := range []string{"testdata/golden/gru_6_20_1_2_30_2.safetensors", "testdata/golden/lstm_16_48_2_1_24_2.safetensors"} {
		g := loadGolden(t, path)
		w, err := rnn.ImportStateDict(g.f, rnn.ImportConfig{Prefix: "rnn.", Head: "head.", IgnoreRest: true})
		if err != nil {
			t.Fatal(err)
		}
		if w.Config != g.w.Config {
			t.Errorf("%s: config %+v, want %+v", path, w.Config, g.w.Config)
		}
	}
}

// A learned initial state goes out and comes back.
func TestInitialStateSurvivesExport(t *testing.T) {
	for _, cell := range []rnn.Cell{rnn.GRU, rnn.LSTM} {
		w, err := rnn.NewWeights(rnn.Config{Cell: cell, Input: 1, Hidden: 2, Layers: 1})
		if err != nil {
			t.Fatal(err)
		}
		w.LearnInitialState()
		w.H0[1] = 0.25
		f, err := w.StateDict("", "")
		if err != nil {
			t.Fatal(err)
		}
		back, err := rnn.ImportStateDict(f, rnn.ImportConfig{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(back.H0, w.H0) || !slices.Equal(back.C0, w.C0) {
			t.Errorf("%s: initial state %v, %v came back as %v, %v", cell, w.H0, w.C0, back.H0, back.C0)
		}
	}
}
