package rnn_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"crackle/rnn"
	"crackle/rnn/train"
)

// reread writes a model file and reads it again.
func reread(t *testing.T, f *rnn.File, err error) *rnn.File {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if _, err := f.WriteTo(&buf); err != nil {
		t.Fatal(err)
	}
	g, err := rnn.ReadFile(&buf)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func sumsToOne(t *testing.T, a []float32, row int) {
	t.Helper()
	for at := 0; at < len(a); at += row {
		var s float64
		for _, v := range a[at : at+row] {
			s += float64(v)
		}
		if math.Abs(s-1) > 1e-5 {
			t.Errorf("attention weights %v sum to %v", a[at:at+row], s)
		}
	}
}

func TestPooledNetwork(t *testing.T) {
	for _, kind := range []rnn.AttentionKind{rnn.AttentionAdditive, rnn.AttentionDot} {
		c := rnn.PooledConfig{Attention: kind, Width: 5, Network: rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 6, Layers: 2, Bidirectional: true, Head: rnn.HeadClass, Output: 4}}
		w, err := rnn.NewPooledWeights(c)
		if err != nil {
			t.Fatal(err)
		}
		w.Network.LearnInitialState()
		train.InitialisePooled(w, 3)
		made, err := w.File()
		got, err := reread(t, made, err).PooledWeights()
		if err != nil {
			t.Fatal(err)
		}
		var results [][]float32
		for _, w := range []*rnn.PooledWeights{w, got} {
			n, err := rnn.NewPooled(w)
			if err != nil {
				t.Fatal(err)
			}
			s, y, x := n.NewState(), make([]float32, 4), noise(7*3, 1)
			run := func() {
				if err := n.Forward(y, x, s); err != nil {
					t.Fatal(err)
				}
			}
			run()
			sumsToOne(t, s.Attention(), 7)
			sumsToOne(t, y, 4)
			if a := testing.AllocsPerRun(10, run); a != 0 {
				t.Errorf("Forward allocates %v times", a)
			}
			results = append(results, y)
			if err := n.Forward(y, nil, s); err == nil {
				t.Error("an empty sequence was taken")
			}
			if err := n.Forward(y[:1], x, s); err == nil {
				t.Error("a short output row was taken")
			}
		}
		if !sameBits(results[0], results[1]) {
			t.Error("the network from the file gives other results")
		}
	}
}

func TestSeq2SeqNetwork(t *testing.T) {
	for _, kind := range []rnn.AttentionKind{rnn.AttentionNone, rnn.AttentionAdditive, rnn.AttentionDot} {
		c := rnn.Seq2SeqConfig{Cell: rnn.LSTM, Input: 3, Output: 2, Hidden: 6, Layers: 2, Bidirectional: true, Attention: kind, Width: 4}
		w, err := rnn.NewSeq2SeqWeights(c)
		if err != nil {
			t.Fatal(err)
		}
		train.InitialiseSeq2Seq(w, 3)
		made, err := w.File()
		got, err := reread(t, made, err).Seq2SeqWeights()
		if err != nil {
			t.Fatal(err)
		}
		n, err := rnn.NewSeq2Seq(got)
		if err != nil {
			t.Fatal(err)
		}
		s, y, x := n.NewState(), make([]float32, 5*2), noise(7*3, 1)
		start := []float32{0.1, -0.2}
		if err := n.Decode(y[:2], start, s); err == nil {
			t.Error("Decode before Encode was taken")
		}
		run := func() {
			if err := n.Forecast(y, x, start, s); err != nil {
				t.Fatal(err)
			}
		}
		run()
		if kind != rnn.AttentionNone {
			if len(s.Attention()) != 5*7 {
				t.Errorf("%d attention weights, want 35", len(s.Attention()))
			}
			sumsToOne(t, s.Attention(), 7)
		}
		if a := testing.AllocsPerRun(10, run); a != 0 {
			t.Errorf("Forecast allocates %v times", a)
		}
		// Free running is decoding with one's own outputs.
		if err := n.Encode(x, s); err != nil {
			t.Fatal(err)
		}
		row := append([]float32(nil), start...)
		for k := range 5 {
			if err := n.Decode(row, row, s); err != nil {
				t.Fatal(err)
			}
			if !sameBits(row, y[2*k:2*k+2]) {
				t.Errorf("step %d: %v decoded, %v forecast", k, row, y[2*k:2*k+2])
			}
		}
		if err := n.Forecast(y[:3], x, start, s); err == nil {
			t.Error("an output of one and a half rows was taken")
		}
	}
}

func TestAttentionRefuses(t *testing.T) {
	net := rnn.Config{Cell: rnn.GRU, Input: 1, Hidden: 2, Layers: 1, Head: rnn.HeadLinear, Output: 1}
	bare := net
	bare.Head, bare.Output = rnn.HeadNone, 0
	for _, c := range []struct {
		want string
		cfg  rnn.PooledConfig
	}{
		{"attention is", rnn.PooledConfig{Network: net, Attention: "cosine", Width: 1}},
		{"width is 0", rnn.PooledConfig{Network: net, Attention: rnn.AttentionDot}},
		{"needs a head", rnn.PooledConfig{Network: bare, Attention: rnn.AttentionDot, Width: 1}},
	} {
		if _, err := rnn.NewPooledWeights(c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v does not say %q", err, c.want)
		}
	}
	w, err := rnn.NewPooledWeights(rnn.PooledConfig{Network: net, Attention: rnn.AttentionDot, Width: 1})
	if err != nil {
		t.Fatal(err)
	}
	f, err := w.File()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Weights(); err == nil || !strings.Contains(err.Error(), "another kind") {
		t.Errorf("a pooled file read as a plain one: %v", err)
	}
	f.Metadata[rnn.MetaPooled] = strings.Replace(f.Metadata[rnn.MetaPooled], `"width":1`, `"width":9000`, 1)
	if _, err := f.PooledWeights(); err == nil {
		t.Error("a file with a foreign width was taken")
	}
}
