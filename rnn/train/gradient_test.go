package train

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"crackle/rnn"
	"crackle/rnn/kernel"
)

// task makes sequences of unequal length with random weights, some of them zero, and some targets absent.
func task(c rnn.Config, count, longest int, seed uint64) []Sequence {
	r := rand.New(rand.NewPCG(seed, 3))
	out := make([]Sequence, count)
	for i := range out {
		q := &out[i]
		for range 1 + r.IntN(longest) {
			x, present := make([]float32, c.Input), make([]bool, max(1, c.Output))
			for j := range x {
				x[j] = float32(r.NormFloat64())
			}
			target := make([]float32, c.Output)
			if c.Head == rnn.HeadClass {
				target = []float32{float32(r.IntN(c.Output))}
			} else {
				for j := range target {
					target[j], present[j] = float32(r.NormFloat64()), r.IntN(4) > 0
				}
				q.Present = append(q.Present, present[:c.Output])
			}
			q.X, q.Target = append(q.X, x), append(q.Target, target)
			q.Weight = append(q.Weight, float32(r.IntN(3))/2)
		}
	}
	out[0].Weight[0] = 1
	return out
}

// checkGradient compares every parameter's gradient (a sample of large tensors) with central differences.
func checkGradient(t *testing.T, cfg Config, w *rnn.Weights, seqs []Sequence) {
	t.Helper()
	g, err := Gradients(cfg, w, seqs)
	if err != nil {
		t.Fatal(err)
	}
	loss := func() float64 {
		l, err := Gradients(cfg, w, seqs)
		if err != nil {
			t.Fatal(err)
		}
		return l.Loss
	}
	const eps = 1.0 / 128
	for i, p := range w.Params() {
		var top float64
		for _, v := range g.Params[i].Data {
			top = max(top, math.Abs(float64(v)))
		}
		for j := 0; j < len(p.Data); j += 1 + len(p.Data)/7 {
			old := p.Data[j]
			p.Data[j] = old + eps
			up := loss()
			p.Data[j] = old - eps
			down := loss()
			p.Data[j] = old
			want := (up - down) / (2 * eps)
			if d := math.Abs(float64(g.Params[i].Data[j]) - want); !(d <= 2e-3*max(top, 0.05)) {
				t.Errorf("%+v %s: %s[%d]: gradient %.6f, differences %.6f", w.Config, cfg.Loss, p.Name, j, g.Params[i].Data[j], want)
			}
		}
	}
	q := seqs[0]
	for k := range q.X[0] {
		old := q.X[0][k]
		q.X[0][k] = old + eps
		up := loss()
		q.X[0][k] = old - eps
		down := loss()
		q.X[0][k] = old
		if want := (up - down) / (2 * eps); math.Abs(float64(g.X[0][k])-want) > 2e-3 {
			t.Errorf("%+v %s: dL/dx[%d] %.6f, differences %.6f", w.Config, cfg.Loss, k, g.X[0][k], want)
		}
	}
}

func forEachKernel(t *testing.T, do func(t *testing.T)) {
	old := kernel.Name()
	defer kernel.Select(old)
	for _, name := range kernel.Available() {
		if err := kernel.Select(name); err != nil {
			t.Fatal(err)
		}
		t.Run(name, do)
	}
}

func TestGradientsAreDerivatives(t *testing.T) {
	losses := []struct {
		loss Loss
		head rnn.Head
	}{{MSE, rnn.HeadLinear}, {Huber, rnn.HeadLinear}, {GaussianNLL, rnn.HeadGaussian}, {CrossEntropy, rnn.HeadClass}}
	forEachKernel(t, func(t *testing.T) {
		for i, cell := range []rnn.Cell{rnn.GRU, rnn.LSTM, rnn.ElmanTanh} {
			for j, l := range losses {
				c := rnn.Config{Cell: cell, Input: 3, Hidden: 5 + j, Layers: 1 + (i+j)%2, Bidirectional: (i+j)%3 == 1, Head: l.head, Output: 2}
				w, err := rnn.NewWeights(c)
				if err != nil {
					t.Fatal(err)
				}
				if j%2 == 0 {
					w.LearnInitialState()
				}
				Uniform(w, uint64(10*i+j))
				cfg := Config{Loss: l.loss}
				if l.loss == CrossEntropy {
					cfg.ClassWeights = []float64{0.5, 2}
				}
				checkGradient(t, cfg, w, task(c, 5, 6, uint64(i+j)))
			}
		}
	})
}

// TestMAEGradient has its own test: the absolute value has a kink that differences must not straddle.
func TestMAEGradient(t *testing.T) {
	c := rnn.Config{Cell: rnn.ElmanReLU, Input: 2, Hidden: 4, Layers: 1, Head: rnn.HeadLinear, Output: 1}
	w, err := rnn.NewWeights(c)
	if err != nil {
		t.Fatal(err)
	}
	Uniform(w, 5)
	for i := range w.Layers[0].BiasIH {
		w.Layers[0].BiasIH[i] = 3 // keeps every unit on the straight side of its kink
	}
	seqs := task(c, 3, 3, 1)
	for i := range seqs {
		for t := range seqs[i].Target {
			seqs[i].Target[t][0] = -100
		}
	}
	checkGradient(t, Config{Loss: MAE}, w, seqs)
}

// TestOverfitsOneBatch drives every kind of network to nearly nothing on four sequences.
func TestOverfitsOneBatch(t *testing.T) {
	for _, cell := range []rnn.Cell{rnn.GRU, rnn.LSTM, rnn.ElmanTanh, rnn.ElmanReLU} {
		for _, o := range []Optimiser{AdamW, SGD} {
			c := rnn.Config{Cell: cell, Input: 2, Hidden: 24, Layers: 1, Head: rnn.HeadLinear, Output: 1}
			w, err := rnn.NewWeights(c)
			if err != nil {
				t.Fatal(err)
			}
			Initialise(w, 1)
			seqs := task(c, 4, 6, 2)
			for i := range seqs {
				seqs[i].Present = nil
			}
			rate := 0.01
			if o == SGD {
				rate = 0.03
			}
			res, err := Fit(context.Background(), Config{Optimiser: o, LearningRate: rate, Epochs: 1500, Patience: -1, Schedule: Schedule{Kind: Cosine}}, w, seqs, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !(res.Train < 2e-3) {
				t.Errorf("%s with %s: loss %.4g after %d epochs, want below 0.002", cell, o, res.Train, res.Epochs)
			}
		}
	}
}

func small(t *testing.T) (*rnn.Weights, []Sequence) {
	t.Helper()
	c := rnn.Config{Cell: rnn.GRU, Input: 2, Hidden: 6, Layers: 2, Head: rnn.HeadLinear, Output: 1, Dropout: 0.2}
	w, err := rnn.NewWeights(c)
	if err != nil {
		t.Fatal(err)
	}
	Initialise(w, 3)
	return w, task(c, 100, 12, 4)
}

func TestSameSeedSameWeights(t *testing.T) {
	var first *rnn.Weights
	for _, threads := range []int{1, 1, 3} {
		w, seqs := small(t)
		if _, err := Fit(context.Background(), Config{Epochs: 4, Batch: 70, Threads: threads, Truncate: 5, Seed: 9}, w, seqs, seqs[:10]); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = w
			continue
		}
		for i, p := range w.Params() {
			for j, v := range p.Data {
				if v != first.Params()[i].Data[j] {
					t.Fatalf("%d threads: %s[%d] is %v, was %v", threads, p.Name, j, v, first.Params()[i].Data[j])
				}
			}
		}
	}
}

func TestDivergenceKeepsTheBest(t *testing.T) {
	w, seqs := small(t)
	res, err := Fit(context.Background(), Config{Epochs: 50, Optimiser: SGD, LearningRate: 1e30, ClipNorm: -1, Schedule: Schedule{Warmup: 0}}, w, seqs, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.Stopped != "diverged" || !strings.Contains(res.Diverged, "step") {
		t.Errorf("stopped by %q (%s), want diverged", res.Stopped, res.Diverged)
	}
	if err := res.Weights.Check(); err != nil {
		t.Errorf("the weights kept: %v", err)
	}
}

func TestCancelKeepsTheBest(t *testing.T) {
	w, seqs := small(t)
	ctx, cancel := context.WithCancel(context.Background())
	cfg := Config{Epochs: 50, Patience: -1, Progress: func(p Progress) {
		if p.Epoch == 3 {
			cancel()
		}
	}}
	res, err := Fit(ctx, cfg, w, seqs, nil)
	if err == nil || res == nil || res.Stopped != "cancelled" || res.Epochs != 3 {
		t.Fatalf("result %+v, error %v, want 3 epochs and an error", res, err)
	}
}

func TestFitRefuses(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		want   string
		change func(cfg *Config, w *rnn.Weights, s []Sequence) []Sequence
	}{
		{"no training sequence", func(_ *Config, _ *rnn.Weights, _ []Sequence) []Sequence { return nil }},
		{"has no rows", func(_ *Config, _ *rnn.Weights, s []Sequence) []Sequence { s[1].X = nil; return s }},
		{"input 1 is NaN", func(_ *Config, _ *rnn.Weights, s []Sequence) []Sequence { s[0].X[0][1] = nan; return s }},
		{"targets", func(_ *Config, _ *rnn.Weights, s []Sequence) []Sequence { s[0].Target = nil; return s }},
		{"weight", func(_ *Config, _ *rnn.Weights, s []Sequence) []Sequence { s[0].Weight[0] = -1; return s }},
		{"loss", func(c *Config, _ *rnn.Weights, s []Sequence) []Sequence { c.Loss = "hinge"; return s }},
		{"needs a network with head", func(c *Config, _ *rnn.Weights, s []Sequence) []Sequence { c.Loss = CrossEntropy; return s }},
		{"optimiser", func(c *Config, _ *rnn.Weights, s []Sequence) []Sequence { c.Optimiser = "lion"; return s }},
		{"learning rate", func(c *Config, _ *rnn.Weights, s []Sequence) []Sequence { c.LearningRate = -1; return s }},
		{"finite", func(_ *Config, w *rnn.Weights, s []Sequence) []Sequence { w.H0 = nil; w.Head.Bias[0] = nan; return s }},
		{"class weights", func(c *Config, _ *rnn.Weights, s []Sequence) []Sequence { c.ClassWeights = []float64{1, 2}; return s }},
		{"initial states", func(_ *Config, _ *rnn.Weights, s []Sequence) []Sequence { s[0].H0 = []float32{1}; return s }},
	} {
		w, seqs := small(t)
		var cfg Config
		seqs = c.change(&cfg, w, seqs)
		if _, err := Fit(context.Background(), cfg, w, seqs, nil); err == nil {
			t.Errorf("%s: taken", c.want)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %q does not say %q", err, c.want)
		}
	}
}

func TestTooLongForMemory(t *testing.T) {
	w, seqs := small(t)
	row, target := seqs[0].X[0], seqs[0].Target[0]
	var long Sequence
	for range 4_000_000 {
		long.X, long.Target = append(long.X, row), append(long.Target, target)
	}
	if _, err := Fit(context.Background(), Config{}, w, []Sequence{long}, nil); err == nil || !strings.Contains(err.Error(), "Truncate") {
		t.Errorf("a sequence of 4 million rows: error %v, want advice to truncate", err)
	}
}

func TestGradientFlow(t *testing.T) {
	flow := func(scale float32) Flow {
		w, err := rnn.NewWeights(rnn.Config{Cell: rnn.ElmanTanh, Input: 1, Hidden: 8, Layers: 1, Head: rnn.HeadLinear, Output: 1})
		if err != nil {
			t.Fatal(err)
		}
		Initialise(w, 1)
		for i := range w.Layers[0].WeightHH {
			w.Layers[0].WeightHH[i] *= scale
		}
		q := Sequence{Weight: make([]float32, 60)}
		q.Weight[59] = 1
		for range 60 {
			q.X, q.Target = append(q.X, []float32{0.001}), append(q.Target, []float32{1})
		}
		g, err := Gradients(Config{}, w, []Sequence{q})
		if err != nil {
			t.Fatal(err)
		}
		return g.Flow
	}
	for _, c := range []struct {
		scale float32
		want  string
	}{{0.5, "vanishing"}, {1, ""}, {1.4, ""}} {
		got := flow(c.scale).Advice()
		if c.want == "" && strings.Contains(got, "vanishing") || !strings.Contains(got, c.want) {
			t.Errorf("recurrent matrix of norm %v: advice %q, want %q", c.scale, got, c.want)
		}
	}
	if a := (Flow{Norms: [][]float64{{1e9, 1}}}).Advice(); !strings.Contains(a, "exploding") {
		t.Errorf("a gradient that grows a billionfold: advice %q", a)
	}
}

func TestSchedules(t *testing.T) {
	p := newPacer(Schedule{Kind: Cosine, Warmup: 2}, 1, 10)
	if p.rate(0) >= p.rate(2) || p.rate(9) >= p.rate(5) || p.rate(9) < 0.01 {
		t.Errorf("cosine: %v %v %v %v", p.rate(0), p.rate(2), p.rate(5), p.rate(9))
	}
	p = newPacer(Schedule{Kind: Step, Every: 3, Factor: 0.5}, 1, 10)
	if got := fmt.Sprint(p.rate(2), p.rate(3), p.rate(6)); got != "1 0.5 0.25" {
		t.Errorf("step: %s", got)
	}
	p = newPacer(Schedule{Kind: Plateau, Every: 2, Factor: 0.1}, 1, 10)
	for _, better := range []bool{true, false, false} {
		p.note(better)
	}
	if r := p.rate(3); math.Abs(r-0.1) > 1e-12 {
		t.Errorf("plateau after two epochs without gain: %v, want 0.1", r)
	}
}

func TestOrthogonalStart(t *testing.T) {
	w, err := rnn.NewWeights(rnn.Config{Cell: rnn.LSTM, Input: 3, Hidden: 9, Layers: 1})
	if err != nil {
		t.Fatal(err)
	}
	Initialise(w, 2)
	for g := range 4 {
		m := w.Layers[0].WeightHH[g*81 : (g+1)*81]
		for i := range 9 {
			for j := range 9 {
				var s, want float64
				for k := range 9 {
					s += float64(m[i*9+k]) * float64(m[j*9+k])
				}
				if i == j {
					want = 1
				}
				if math.Abs(s-want) > 1e-6 {
					t.Fatalf("gate %d: rows %d and %d have product %v", g, i, j, s)
				}
			}
		}
	}
	for j, b := range w.Layers[0].BiasIH {
		if want := float32(0); (j >= 9 && j < 18) != (b == 1) || (b != 1 && b != want) {
			t.Errorf("bias %d is %v", j, b)
		}
	}
}
