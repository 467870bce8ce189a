package rnn_test

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"crackle/rnn"
	"crackle/rnn/kernel"
	"crackle/rnn/train"
)

// forEachKernel runs do once with every kernel that this machine has.
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

func drawConfig(t *rapid.T) rnn.Config {
	c := rnn.Config{
		Cell:   rapid.SampledFrom([]rnn.Cell{rnn.GRU, rnn.LSTM, rnn.ElmanTanh, rnn.ElmanReLU, rnn.GRUBefore}).Draw(t, "cell"),
		Input:  rapid.IntRange(1, 20).Draw(t, "input"),
		Hidden: rapid.IntRange(1, 70).Draw(t, "hidden"),
		Layers: rapid.IntRange(1, 3).Draw(t, "layers"),
		Head:   rapid.SampledFrom([]rnn.Head{rnn.HeadNone, rnn.HeadLinear, rnn.HeadGaussian, rnn.HeadClass}).Draw(t, "head"),
	}
	if c.Head != rnn.HeadNone {
		c.Output = rapid.IntRange(1, 5).Draw(t, "output")
	}
	return c
}

func drawNetwork(t *rapid.T, c rnn.Config) *rnn.Network {
	w, err := rnn.NewWeights(c)
	if err != nil {
		t.Fatal(err)
	}
	train.Uniform(w, rapid.Uint64().Draw(t, "seed"))
	n, err := rnn.New(w)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// noise is a cheap repeatable signal in (-2, 2).
func noise(n int, seed uint32) []float32 {
	x := make([]float32, n)
	for i := range x {
		seed = seed*1664525 + 1013904223
		x[i] = float32(int32(seed)) / (1 << 30)
	}
	return x
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// TestThreeWaysOneResult holds Step, StepBatch with any subset of channels, and Forward to the same bits.
func TestThreeWaysOneResult(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			c := drawConfig(t)
			n := drawNetwork(t, c)
			channels := rapid.IntRange(1, 70).Draw(t, "channels")
			steps := rapid.IntRange(1, 5).Draw(t, "steps")
			b, err := n.NewBatch(channels)
			if err != nil {
				t.Fatal(err)
			}
			states := make([]*rnn.State, channels)
			fed := make([][]float32, channels)
			given := make([][]float32, channels)
			for ch := range states {
				states[ch] = n.NewState()
			}
			for step := range steps {
				var present []int
				for ch := range channels {
					if rapid.IntRange(0, 3).Draw(t, "present") > 0 {
						present = append(present, ch)
					}
				}
				if len(present) == 0 {
					present = []int{0}
				}
				if rapid.Bool().Draw(t, "all") {
					present = nil
				}
				count := channels
				if present != nil {
					count = len(present)
				}
				x := noise(count*c.Input, uint32(step))
				dst := make([]float32, count*c.Width())
				if err := n.StepBatch(dst, x, present, b); err != nil {
					t.Fatal(err)
				}
				for i := range count {
					ch := i
					if present != nil {
						ch = present[i]
					}
					row := make([]float32, c.Width())
					if err := n.Step(row, x[i*c.Input:(i+1)*c.Input], states[ch]); err != nil {
						t.Fatal(err)
					}
					if got := dst[i*c.Width() : (i+1)*c.Width()]; !sameBits(row, got) {
						t.Fatalf("step %d, channel %d of %d: Step %v, StepBatch %v", step, ch, channels, row, got)
					}
					fed[ch] = append(fed[ch], x[i*c.Input:(i+1)*c.Input]...)
					given[ch] = append(given[ch], row...)
				}
			}
			got := n.NewState()
			for ch := range channels {
				if err := b.Get(got, ch); err != nil {
					t.Fatal(err)
				}
				if !sameBits(got.Hidden(), states[ch].Hidden()) || !sameBits(got.Cell(), states[ch].Cell()) {
					t.Fatalf("channel %d: states differ", ch)
				}
				if len(fed[ch]) == 0 {
					continue
				}
				got.Reset()
				out := make([]float32, len(given[ch]))
				if err := n.Forward(out, fed[ch], got); err != nil {
					t.Fatal(err)
				}
				if !sameBits(out, given[ch]) || !sameBits(got.Hidden(), states[ch].Hidden()) {
					t.Fatalf("channel %d: Forward differs from Step", ch)
				}
			}
		})
	})
}

func TestStateRestoresBits(t *testing.T) {
	w, err := rnn.NewWeights(rnn.Config{Cell: rnn.LSTM, Input: 3, Hidden: 10, Layers: 2})
	if err != nil {
		t.Fatal(err)
	}
	train.Uniform(w, 1)
	n, err := rnn.New(w)
	if err != nil {
		t.Fatal(err)
	}
	a, b := n.NewState(), n.NewState()
	x := noise(30, 1)
	if err := n.Forward(nil, x, a); err != nil {
		t.Fatal(err)
	}
	saved, err := a.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.UnmarshalBinary(saved); err != nil {
		t.Fatal(err)
	}
	if err := n.Forward(nil, x, a); err != nil {
		t.Fatal(err)
	}
	if err := n.Forward(nil, x, b); err != nil {
		t.Fatal(err)
	}
	if !sameBits(a.Hidden(), b.Hidden()) || !sameBits(a.Cell(), b.Cell()) {
		t.Error("the restored state went another way")
	}
	for _, bad := range [][]byte{nil, saved[:len(saved)-1], append(slices.Clone(saved), 0), append([]byte{1, 2, 3, 4}, saved[4:]...)} {
		if err := b.UnmarshalBinary(bad); err == nil {
			t.Errorf("a saved state of %d bytes was taken, %d are right", len(bad), len(saved))
		}
	}
}

func TestModelFileRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawConfig(t)
		c.Bidirectional = rapid.Bool().Draw(t, "both")
		w, err := rnn.NewWeights(c)
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "learned start") {
			w.LearnInitialState()
		}
		train.Uniform(w, 3)
		f, err := w.File()
		if err != nil {
			t.Fatal(err)
		}
		f.Metadata["crackle.detector"] = `{"a":1}`
		var buf bytes.Buffer
		if _, err := f.WriteTo(&buf); err != nil {
			t.Fatal(err)
		}
		g, err := rnn.ReadFile(bytes.NewReader(buf.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if g.Metadata["crackle.detector"] != `{"a":1}` {
			t.Fatal("foreign metadata lost")
		}
		v, err := g.Weights()
		if err != nil {
			t.Fatal(err)
		}
		if v.Config != c {
			t.Fatalf("config came back as %+v, was %+v", v.Config, c)
		}
		for i, p := range v.Params() {
			if !sameBits(p.Data, w.Params()[i].Data) {
				t.Fatalf("parameter %s differs", p.Name)
			}
		}
		again, err := g.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again, buf.Bytes()) {
			t.Fatal("writing again gave other bytes")
		}
	})
}
