package rnn_test

import (
	"math"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"crackle/rnn"
	"crackle/rnn/train"
)

// TestPackedSequences holds ForwardBatch to Forward for every length, and to leaving padding and finished channels alone.
func TestPackedSequences(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			c := drawConfig(t)
			n := drawNetwork(t, c)
			channels, longest := rapid.IntRange(1, 40).Draw(t, "channels"), rapid.IntRange(1, 6).Draw(t, "longest")
			b, err := n.NewBatch(channels)
			if err != nil {
				t.Fatal(err)
			}
			lengths := make([]int, channels)
			x := noise(channels*longest*c.Input, 5)
			dst := make([]float32, channels*longest*c.Width())
			nan := float32(math.NaN())
			for i := range lengths {
				lengths[i] = rapid.IntRange(0, longest).Draw(t, "length")
				for k := (i*longest + lengths[i]) * c.Input; k < (i+1)*longest*c.Input; k++ {
					x[k] = nan // padding must not be read
				}
			}
			for i := range dst {
				dst[i] = 77
			}
			if err := n.ForwardBatch(dst, x, lengths, b); err != nil {
				t.Fatal(err)
			}
			s, got := n.NewState(), n.NewState()
			for i, l := range lengths {
				s.Reset()
				row := make([]float32, l*c.Width())
				if l > 0 {
					if err := n.Forward(row, x[i*longest*c.Input:(i*longest+l)*c.Input], s); err != nil {
						t.Fatal(err)
					}
				}
				if err := b.Get(got, i); err != nil {
					t.Fatal(err)
				}
				all := dst[i*longest*c.Width() : (i+1)*longest*c.Width()]
				if !sameBits(all[:len(row)], row) || !sameBits(got.Hidden(), s.Hidden()) || !sameBits(got.Cell(), s.Cell()) {
					t.Fatalf("channel %d of length %d differs from Forward", i, l)
				}
				for _, v := range all[len(row):] {
					if v != 77 {
						t.Fatalf("channel %d: padding of the output was written", i)
					}
				}
			}
		})
	})
}

// TestWorkersDoNotMatter: channels spread over any number of workers, each with a Batch of its own, give the same bits.
func TestWorkersDoNotMatter(t *testing.T) {
	w, err := rnn.NewWeights(rnn.Config{Cell: rnn.GRU, Input: 3, Hidden: 20, Layers: 2, Head: rnn.HeadLinear, Output: 2})
	if err != nil {
		t.Fatal(err)
	}
	train.Uniform(w, 1)
	n, err := rnn.New(w)
	if err != nil {
		t.Fatal(err)
	}
	const channels, steps = 90, 5
	x := noise(steps*channels*3, 4)
	var first []float32
	for _, workers := range []int{1, 2, 3, 7, 90} {
		y := make([]float32, steps*channels*2)
		var wg sync.WaitGroup
		for k := range workers {
			wg.Go(func() {
				from, to := k*channels/workers, (k+1)*channels/workers
				b, err := n.NewBatch(to - from)
				if err != nil {
					t.Error(err)
					return
				}
				for s := range steps {
					at := s * channels
					if err := n.StepBatch(y[(at+from)*2:(at+to)*2], x[(at+from)*3:(at+to)*3], nil, b); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if first == nil {
			first = y
		} else if !sameBits(first, y) {
			t.Errorf("%d workers give other results", workers)
		}
	}
}

func TestMaskInput(t *testing.T) {
	nan := float32(math.NaN())
	dst := make([]float32, 6)
	if err := rnn.MaskInput(dst, []float32{1, nan, 3}, []bool{true, true, false}); err != nil {
		t.Fatal(err)
	}
	if want := []float32{1, 0, 0, 1, 0, 0}; !sameBits(dst, want) {
		t.Errorf("masked row %v, want %v", dst, want)
	}
	if err := rnn.MaskInput(dst, []float32{1}, nil); err == nil {
		t.Error("a short row was taken")
	}
}

// TestRunErrors: every wrong length, channel and state is an error that says what is right, and moves nothing.
func TestRunErrors(t *testing.T) {
	make1 := func(both bool) *rnn.Network {
		w, err := rnn.NewWeights(rnn.Config{Cell: rnn.GRU, Input: 2, Hidden: 3, Layers: 1, Bidirectional: both, Head: rnn.HeadLinear, Output: 1})
		if err != nil {
			t.Fatal(err)
		}
		train.Uniform(w, 2)
		n, err := rnn.New(w)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	n, other, both := make1(false), make1(false), make1(true)
	s := n.NewState()
	b, err := n.NewBatch(3)
	if err != nil {
		t.Fatal(err)
	}
	x, y := make([]float32, 6), make([]float32, 3)
	for _, c := range []struct {
		want string
		err  error
	}{
		{"takes 2", n.Step(y[:1], x[:3], s)},
		{"gives 1", n.Step(y[:2], x[:2], s)},
		{"another network", n.Step(y[:1], x[:2], other.NewState())},
		{"whole sequences", both.Step(y[:1], x[:2], both.NewState())},
		{"at least one row", n.Forward(nil, nil, s)},
		{"multiple", n.Forward(nil, x[:3], s)},
		{"gives 1 a row", n.Forward(y[:2], x, s)},
		{"ascending", n.StepBatch(y[:2], x[:4], []int{1, 0}, b)},
		{"ascending", n.StepBatch(y[:2], x[:4], []int{1, 1}, b)},
		{"0 to 2", n.StepBatch(y[:1], x[:2], []int{3}, b)},
		{"0 to 2", n.StepBatch(y[:1], x[:2], []int{-1}, b)},
		{"for 3 channels", n.StepBatch(y, x[:4], nil, b)},
		{"another network", other.StepBatch(y, x, nil, b)},
		{"lengths", n.ForwardBatch(nil, x, []int{1}, b)},
		{"length 2", n.ForwardBatch(nil, x, []int{1, 1, 2}, b)},
		{"channel 3", b.Reset(3)},
		{"another network", b.Get(other.NewState(), 0)},
		{"another network", s.CopyFrom(other.NewState())},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("error %v does not say %q", c.err, c.want)
		}
	}
	for _, v := range s.Hidden() {
		if v != 0 {
			t.Fatal("a refused call moved the state")
		}
	}
	if _, err := both.NewBatch(1); err == nil {
		t.Error("a bidirectional network made a batch")
	}
	if _, err := n.NewBatch(0); err == nil {
		t.Error("a batch of no channels was made")
	}
}
