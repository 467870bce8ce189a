package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"crackle/rnn"
)

// randomRows are sequences of the given lengths.
func randomRows(width int, seed uint64, lengths ...int) [][][]float32 {
	r := rand.New(rand.NewPCG(seed, 21))
	out := make([][][]float32, len(lengths))
	for i, n := range lengths {
		for range n {
			x := make([]float32, width)
			for j := range x {
				x[j] = float32(r.NormFloat64())
			}
			out[i] = append(out[i], x)
		}
	}
	return out
}

// checkInputs compares gradients with central differences of value, which is run anew after each change of a row.
func checkInputs(t *testing.T, what string, seqs [][][]float32, value func() float64, gradient func(seq, step int) []float32) {
	t.Helper()
	const eps = 1.0 / 128
	for i, x := range seqs {
		for step := 0; step < len(x); step += 1 + len(x)/4 {
			got := append([]float32(nil), gradient(i, step)...)
			for k := range x[step] {
				old := x[step][k]
				x[step][k] = old + eps
				up := value()
				x[step][k] = old - eps
				down := value()
				x[step][k] = old
				if want := (up - down) / (2 * eps); !(math.Abs(float64(got[k])-want) < 3e-3) {
					t.Errorf("%s: d/dx[%d][%d][%d] is %.6f, differences say %.6f", what, i, step, k, got[k], want)
				}
			}
		}
		value()
	}
}

func TestInputGradientsAreDerivatives(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		for i, cell := range []rnn.Cell{rnn.GRU, rnn.LSTM, rnn.ElmanTanh} {
			for k, both := range []bool{false, true} {
				c := rnn.Config{Cell: cell, Input: 3, Hidden: 5 + k, Layers: 1 + k, Bidirectional: both}
				if i != 1 {
					c.Head, c.Output = rnn.HeadLinear, 2
				}
				w, err := rnn.NewWeights(c)
				if err != nil {
					t.Fatal(err)
				}
				shake(w.Params(), uint64(i))
				in, err := NewInputs(w)
				if err != nil {
					t.Fatal(err)
				}
				seqs := randomRows(3, uint64(k), 7, 4, 9)
				y, dy, dx := make([]float32, in.Width()), make([]float32, in.Width()), make([]float32, 3)
				// The value is the sum over sequences of the squares of the last output and half those of the first.
				run := func(pull bool) float64 {
					if err := in.Forward(seqs, nil, nil); err != nil {
						t.Fatal(err)
					}
					sum := 0.0
					for s, x := range seqs {
						for step, scale := range map[int]float64{0: 0.5, len(x) - 1: 1} {
							in.Output(y, s, step)
							for o, v := range y {
								sum += scale * float64(v) * float64(v)
								dy[o] = float32(2 * scale * float64(v))
							}
							if pull {
								in.Pull(s, step, dy)
							}
						}
					}
					return sum
				}
				all := map[[2]int][]float32{}
				run(true)
				in.Backward()
				for s, x := range seqs {
					for step := range x {
						in.Gradient(dx, s, step)
						all[[2]int{s, step}] = append([]float32(nil), dx...)
					}
				}
				checkInputs(t, string(cell), seqs, func() float64 { return run(false) }, func(s, step int) []float32 { return all[[2]int{s, step}] })
			}
		}
	})
}

// TestInputsAgain: what is computed from a row on equals the whole, to the bit, whatever was computed before.
func TestInputsAgain(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		for _, cell := range []rnn.Cell{rnn.GRU, rnn.LSTM, rnn.ElmanTanh} {
			w, err := rnn.NewWeights(rnn.Config{Cell: cell, Input: 3, Hidden: 7, Layers: 2, Head: rnn.HeadLinear, Output: 2})
			if err != nil {
				t.Fatal(err)
			}
			Initialise(w, 4)
			again, whole := inputs(t, w), inputs(t, w)
			seqs := randomRows(3, 5, 20, 17, 20)
			if err := again.Forward(seqs, nil, nil); err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(6, 6))
			for _, from := range []int{20, 19, 12, 16, 3, 0} { // what is before stands as it was last computed
				for _, x := range seqs {
					for t := from; t < len(x); t++ {
						x[t][r.IntN(3)] += float32(r.NormFloat64())
					}
				}
				if err := again.Again(seqs, from); err != nil {
					t.Fatal(err)
				}
				if err := whole.Forward(seqs, nil, nil); err != nil {
					t.Fatal(err)
				}
				a, b := make([]float32, 2), make([]float32, 2)
				for i, x := range seqs {
					for step := range x {
						again.Output(a, i, step)
						whole.Output(b, i, step)
						if a[0] != b[0] || a[1] != b[1] {
							t.Fatalf("%s from row %d on: sequence %d, row %d gives %v, the whole %v", cell, from, i, step, a, b)
						}
					}
					again.Pull(i, len(x)-1, []float32{1, 2})
					whole.Pull(i, len(x)-1, []float32{1, 2})
				}
				again.Backward()
				whole.Backward()
				g, h := make([]float32, 3), make([]float32, 3)
				again.Gradient(g, 0, 5)
				whole.Gradient(h, 0, 5)
				if g[0] != h[0] || g[2] != h[2] {
					t.Fatalf("%s from row %d on: gradient %v, of the whole %v", cell, from, g, h)
				}
			}
			for _, bad := range []struct {
				seqs [][][]float32
				from int
			}{{seqs[:2], 0}, {seqs, 21}, {seqs, -1}, {randomRows(3, 5, 20, 18, 20), 0}, {randomRows(4, 5, 20, 17, 20), 0}} {
				if err := again.Again(bad.seqs, bad.from); err == nil {
					t.Errorf("%d sequences from row %d on were taken", len(bad.seqs), bad.from)
				}
			}
		}
		w, err := rnn.NewWeights(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 4, Layers: 1, Bidirectional: true})
		if err != nil {
			t.Fatal(err)
		}
		both := inputs(t, w)
		seqs := randomRows(3, 5, 4)
		if err := both.Forward(seqs, nil, nil); err != nil {
			t.Fatal(err)
		}
		if err := both.Again(seqs, 1); err == nil {
			t.Error("a bidirectional network went on from a row")
		}
	})
}

func inputs(t testing.TB, w *rnn.Weights) *Inputs {
	t.Helper()
	in, err := NewInputs(w)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// TestInputsFromAState goes on from a state: the same as the whole sequence from the start.
func TestInputsFromAState(t *testing.T) {
	w, err := rnn.NewWeights(rnn.Config{Cell: rnn.LSTM, Input: 2, Hidden: 6, Layers: 2, Head: rnn.HeadLinear, Output: 1})
	if err != nil {
		t.Fatal(err)
	}
	shake(w.Params(), 2)
	net, err := rnn.New(w)
	if err != nil {
		t.Fatal(err)
	}
	x := randomRows(2, 4, 12)[0]
	state := net.NewState()
	for _, r := range x[:5] {
		if err := net.Step(nil, r, state); err != nil {
			t.Fatal(err)
		}
	}
	in, err := NewInputs(w)
	if err != nil {
		t.Fatal(err)
	}
	last := func(seq [][]float32, h, c []float32) (y, dx [1]float32) {
		if err := in.Forward([][][]float32{seq}, h, c); err != nil {
			t.Fatal(err)
		}
		in.Output(y[:], 0, len(seq)-1)
		in.Pull(0, len(seq)-1, []float32{1})
		in.Backward()
		g := make([]float32, 2)
		in.Gradient(g, 0, len(seq)-1)
		return y, [1]float32{g[1]}
	}
	y1, d1 := last(x, nil, nil)
	y2, d2 := last(x[5:], state.Hidden(), state.Cell())
	if math.Abs(float64(y1[0]-y2[0])) > 1e-6 || math.Abs(float64(d1[0]-d2[0])) > 1e-6 {
		t.Errorf("from the start %v and %v, from a state %v and %v", y1, d1, y2, d2)
	}
}

func TestPooledInputGradientsAreDerivatives(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		for i, kind := range []rnn.AttentionKind{rnn.AttentionAdditive, rnn.AttentionDot} {
			c := rnn.PooledConfig{Attention: kind, Width: 4, Network: rnn.Config{
				Cell: []rnn.Cell{rnn.GRU, rnn.LSTM}[i], Input: 2, Hidden: 5, Layers: 1 + i, Bidirectional: i == 0, Head: rnn.HeadClass, Output: 3}}
			w, err := rnn.NewPooledWeights(c)
			if err != nil {
				t.Fatal(err)
			}
			shake(w.Params(), 7)
			in, err := NewPooledInputs(w)
			if err != nil {
				t.Fatal(err)
			}
			seqs := randomRows(2, 8, 6, 3)
			y, dy := make([]float32, 3), []float32{1, -2, 0.5}
			run := func() float64 {
				if err := in.Forward(seqs); err != nil {
					t.Fatal(err)
				}
				sum := 0.0
				for s := range seqs {
					in.Output(y, s)
					for o, v := range y {
						sum += float64(dy[o]) * float64(v)
					}
				}
				return sum
			}
			run()
			for s := range seqs {
				in.Pull(s, dy)
				alpha, sum := make([]float32, len(seqs[s])), float32(0)
				in.Attention(alpha, s)
				for _, a := range alpha {
					sum += a
				}
				if math.Abs(float64(sum-1)) > 1e-5 {
					t.Errorf("%s: attention of sequence %d sums to %v", kind, s, sum)
				}
			}
			in.Backward()
			all := map[[2]int][]float32{}
			for s, x := range seqs {
				for step := range x {
					dx := make([]float32, 2)
					in.Gradient(dx, s, step)
					all[[2]int{s, step}] = dx
				}
			}
			checkInputs(t, string(kind), seqs, run, func(s, step int) []float32 { return all[[2]int{s, step}] })
		}
	})
}

func TestSeq2SeqInputGradientsAreDerivatives(t *testing.T) {
	for i, kind := range []rnn.AttentionKind{rnn.AttentionNone, rnn.AttentionAdditive, rnn.AttentionDot} {
		c := rnn.Seq2SeqConfig{Cell: []rnn.Cell{rnn.GRU, rnn.LSTM, rnn.GRU}[i], Input: 2, Output: 2, Hidden: 5, Layers: 1, Bidirectional: i == 1, Attention: kind, Width: 3}
		w, err := rnn.NewSeq2SeqWeights(c)
		if err != nil {
			t.Fatal(err)
		}
		shake(w.Params(), 3)
		seqs := seq2seqTask(c, 3, 5)
		_, dx, err := Seq2SeqInputs(Config{}, w, seqs)
		if err != nil {
			t.Fatal(err)
		}
		for s := range seqs {
			one := seqs[s : s+1]
			value := func() float64 {
				l, _, err := Seq2SeqInputs(Config{}, w, one)
				if err != nil {
					t.Fatal(err)
				}
				return l[0]
			}
			checkInputs(t, string(kind), [][][]float32{seqs[s].X}, value, func(_, step int) []float32 { return dx[s][step] })
		}
	}
}

func TestInputsRefuse(t *testing.T) {
	w, err := rnn.NewWeights(rnn.Config{Cell: rnn.GRU, Input: 2, Hidden: 3, Layers: 1})
	if err != nil {
		t.Fatal(err)
	}
	in, err := NewInputs(w)
	if err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"no sequence":     in.Forward(nil, nil, nil),
		"33 sequences":    in.Forward(make([][][]float32, 33), nil, nil),
		"an empty one":    in.Forward([][][]float32{{}}, nil, nil),
		"a short row":     in.Forward([][][]float32{{{1}}}, nil, nil),
		"a short state":   in.Forward([][][]float32{{{1, 2}}}, []float32{1}, nil),
		"GRUBefore":       func() error { b := w.Clone(); b.Config.Cell = rnn.GRUBefore; _, err := NewInputs(b); return err }(),
		"too few weights": func() error { b := w.Clone(); b.Layers[0].BiasIH = nil; _, err := NewInputs(b); return err }(),
	} {
		if err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}
