package train

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"crackle/rnn"
)

// checkModel compares the gradient of one tile with central differences.
func checkModel(t *testing.T, what string, m model, cfg Config, seqs []Sequence, forcing float64) {
	t.Helper()
	cfg = cfg.withDefaults()
	r := m.newRunner(&cfg)
	all := pointers(seqs)
	weight := weightOf(all, 0, math.MaxInt)
	run := func() float64 {
		return r.train(job{seqs: all, to: math.MaxInt, weight: weight, forcing: forcing, drop: rand.New(rand.NewPCG(1, 1))}) / weight
	}
	run()
	var got [][]float32
	for _, g := range r.gradients() {
		got = append(got, append([]float32(nil), g...))
	}
	params := m.params()
	if len(got) != len(params) {
		t.Fatalf("%s: %d gradients for %d parameters", what, len(got), len(params))
	}
	const eps = 1.0 / 128
	for i, p := range params {
		var top float64
		for _, v := range got[i] {
			top = max(top, math.Abs(float64(v)))
		}
		for j := 0; j < len(p.Data); j += 1 + len(p.Data)/7 {
			old := p.Data[j]
			p.Data[j] = old + eps
			m.refresh()
			up := run()
			p.Data[j] = old - eps
			m.refresh()
			down := run()
			p.Data[j] = old
			m.refresh()
			want := (up - down) / (2 * eps)
			if d := math.Abs(float64(got[i][j]) - want); !(d <= 3e-3*max(top, 0.05)) {
				t.Errorf("%s: %s[%d]: gradient %.6f, differences %.6f", what, p.Name, j, got[i][j], want)
			}
		}
	}
}

// shake gives every parameter a random value of order 0.5, so that no gradient is small by chance.
func shake(params []rnn.Param, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 5))
	for _, p := range params {
		for i := range p.Data {
			p.Data[i] = float32(r.Float64() - 0.5)
		}
	}
}

func TestPooledGradients(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		for i, kind := range []rnn.AttentionKind{rnn.AttentionAdditive, rnn.AttentionDot} {
			for _, both := range []bool{false, true} {
				c := rnn.PooledConfig{Attention: kind, Width: 4, Network: rnn.Config{Cell: []rnn.Cell{rnn.GRU, rnn.LSTM}[i], Input: 2, Hidden: 5, Layers: 2, Bidirectional: both, Head: rnn.HeadClass, Output: 3}}
				w, err := rnn.NewPooledWeights(c)
				if err != nil {
					t.Fatal(err)
				}
				w.Network.LearnInitialState()
				shake(w.Params(), 7)
				seqs := task(c.Network, 4, 6, 3)
				for k := range seqs {
					q := &seqs[k]
					q.Target, q.Weight, q.Present = q.Target[:1], []float32{1}, nil
				}
				cfg := Config{Loss: CrossEntropy}
				m, err := newPooledModel(cfg.withDefaults(), w, seqs, nil)
				if err != nil {
					t.Fatal(err)
				}
				checkModel(t, string(kind), m, cfg, seqs, 1)
			}
		}
	})
}

func seq2seqTask(c rnn.Seq2SeqConfig, count int, seed uint64) []Sequence {
	r := rand.New(rand.NewPCG(seed, 9))
	row := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		return x
	}
	out := make([]Sequence, count)
	for i := range out {
		for range 1 + r.IntN(5) {
			out[i].X = append(out[i].X, row(c.Input))
		}
		for range 1 + r.IntN(4) {
			out[i].Target = append(out[i].Target, row(c.Output))
		}
		out[i].Start = row(c.Output)
	}
	return out
}

func TestSeq2SeqGradients(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		for i, kind := range []rnn.AttentionKind{rnn.AttentionNone, rnn.AttentionAdditive, rnn.AttentionDot} {
			for k, cell := range []rnn.Cell{rnn.GRU, rnn.LSTM} {
				for _, forcing := range []float64{1, 0.5, 0} {
					c := rnn.Seq2SeqConfig{Cell: cell, Input: 2, Output: 2, Hidden: 5, Layers: 1 + k, Bidirectional: i == 1, Attention: kind, Width: 3}
					w, err := rnn.NewSeq2SeqWeights(c)
					if err != nil {
						t.Fatal(err)
					}
					shake(w.Params(), 8)
					seqs := seq2seqTask(c, 4, 4)
					m, err := newSeq2SeqModel(Config{}.withDefaults(), w, seqs, nil)
					if err != nil {
						t.Fatal(err)
					}
					checkModel(t, string(cell)+" "+string(kind), m, Config{}, seqs, forcing)
				}
			}
		}
	})
}

// TestSeq2SeqForecastIsWhatWasTrained compares the free-running loss inside training with forecasts of the packed network.
func TestSeq2SeqForecastIsWhatWasTrained(t *testing.T) {
	c := rnn.Seq2SeqConfig{Cell: rnn.LSTM, Input: 3, Output: 2, Hidden: 6, Layers: 2, Bidirectional: true, Attention: rnn.AttentionAdditive, Width: 4}
	w, err := rnn.NewSeq2SeqWeights(c)
	if err != nil {
		t.Fatal(err)
	}
	shake(w.Params(), 2)
	seqs := seq2seqTask(c, 3, 6)
	cfg := Config{}.withDefaults()
	m, err := newSeq2SeqModel(cfg, w, seqs, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := m.newRunner(&cfg).evaluate(pointers(seqs))
	n, err := rnn.NewSeq2Seq(w)
	if err != nil {
		t.Fatal(err)
	}
	s := n.NewState()
	var got float64
	for _, q := range seqs {
		var x []float32
		for _, row := range q.X {
			x = append(x, row...)
		}
		y := make([]float32, len(q.Target)*c.Output)
		if err := n.Forecast(y, x, q.Start, s); err != nil {
			t.Fatal(err)
		}
		for i, v := range y {
			e := float64(v) - float64(q.Target[i/2][i%2])
			got += e * e / 2
		}
		if a := s.Attention(); len(a) != len(q.X)*len(q.Target) {
			t.Errorf("%d attention weights for %d by %d rows", len(a), len(q.Target), len(q.X))
		}
	}
	if math.Abs(got-want) > 1e-4*want {
		t.Errorf("forecasts have loss %.6f, training says %.6f", got, want)
	}
}

// TestAttentionFindsTheMark: one row of a long sequence is marked and holds the answer; the pooled network must look there.
func TestAttentionFindsTheMark(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const steps = 20
	var seqs []Sequence
	var marks []int
	for range 300 {
		q, mark := Sequence{}, r.IntN(steps)
		for s := range steps {
			x := []float32{float32(r.NormFloat64()), 0}
			if s == mark {
				x[1] = 2
				class := float32(0)
				if x[0] > 0 {
					class = 1
				}
				q.Target = [][]float32{{class}}
			}
			q.X = append(q.X, x)
		}
		seqs, marks = append(seqs, q), append(marks, mark)
	}
	c := rnn.PooledConfig{Attention: rnn.AttentionAdditive, Width: 8, Network: rnn.Config{Cell: rnn.GRU, Input: 2, Hidden: 8, Layers: 1, Head: rnn.HeadClass, Output: 2}}
	w, err := rnn.NewPooledWeights(c)
	if err != nil {
		t.Fatal(err)
	}
	InitialisePooled(w, 1)
	best, res, err := FitPooled(context.Background(), Config{Loss: CrossEntropy, LearningRate: 0.01, Epochs: 40, Patience: -1}, w, seqs[:250], seqs[250:])
	if err != nil {
		t.Fatal(err)
	}
	if !(res.Valid < 0.2) {
		t.Errorf("validation cross-entropy %.3f, want below 0.2", res.Valid)
	}
	n, err := rnn.NewPooled(best)
	if err != nil {
		t.Fatal(err)
	}
	s, right := n.NewState(), 0
	for i, q := range seqs[250:] {
		var x []float32
		for _, row := range q.X {
			x = append(x, row...)
		}
		y := make([]float32, 2)
		if err := n.Forward(y, x, s); err != nil {
			t.Fatal(err)
		}
		top := 0
		for k, a := range s.Attention() {
			if a > s.Attention()[top] {
				top = k
			}
		}
		if d := top - marks[250+i]; d >= 0 && d <= 2 { // the state remembers the mark a little longer
			right++
		}
	}
	if right < 45 {
		t.Errorf("attention is highest at the mark in %d of 50 sequences, want at least 45", right)
	}
}

// TestSeq2SeqLearnsMultiStepForecasts: a sine of unknown phase is to be continued.
func TestSeq2SeqLearnsMultiStepForecasts(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	var seqs []Sequence
	for range 200 {
		phase, q := r.Float64()*2*math.Pi, Sequence{}
		at := func(k int) []float32 { return []float32{float32(math.Sin(phase + 0.5*float64(k)))} }
		for k := range 12 {
			q.X = append(q.X, at(k))
		}
		q.Start = at(11)
		for k := range 8 {
			q.Target = append(q.Target, at(12+k))
		}
		seqs = append(seqs, q)
	}
	w, err := rnn.NewSeq2SeqWeights(rnn.Seq2SeqConfig{Cell: rnn.GRU, Input: 1, Output: 1, Hidden: 16, Layers: 1})
	if err != nil {
		t.Fatal(err)
	}
	InitialiseSeq2Seq(w, 1)
	_, res, err := FitSeq2Seq(context.Background(), Config{LearningRate: 0.01, Epochs: 80, Patience: -1, TeacherForcing: [2]float64{1, 0.001}}, w, seqs[:160], seqs[160:])
	if err != nil {
		t.Fatal(err)
	}
	if !(res.Valid < 0.01) { // the mean of the sine's square is 0.5
		t.Errorf("free-running validation loss %.4f, want below 0.01", res.Valid)
	}
}
