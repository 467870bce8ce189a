package rnn_test

import (
	"testing"

	"crackle/rnn"
	"crackle/rnn/train"
)

func TestAllocatesNothing(t *testing.T) {
	forEachKernel(t, func(t *testing.T) {
		for _, c := range []rnn.Config{
			{Cell: rnn.GRU, Input: 7, Hidden: 33, Layers: 2, Head: rnn.HeadLinear, Output: 3},
			{Cell: rnn.LSTM, Input: 4, Hidden: 16, Layers: 1, Head: rnn.HeadGaussian, Output: 2},
			{Cell: rnn.GRUBefore, Input: 3, Hidden: 9, Layers: 2},
			{Cell: rnn.ElmanTanh, Input: 1, Hidden: 5, Layers: 1},
			{Cell: rnn.GRU, Input: 3, Hidden: 8, Layers: 2, Bidirectional: true, Head: rnn.HeadClass, Output: 4},
		} {
			w, err := rnn.NewWeights(c)
			if err != nil {
				t.Fatal(err)
			}
			train.Uniform(w, 1)
			n, err := rnn.New(w)
			if err != nil {
				t.Fatal(err)
			}
			s := n.NewState()
			must := func(err error) {
				if err != nil {
					t.Fatal(err)
				}
			}
			const steps = 6
			x, dst := noise(steps*c.Input, 1), make([]float32, steps*c.Width())
			check := func(what string, do func()) {
				do()
				if a := testing.AllocsPerRun(20, do); a != 0 {
					t.Errorf("%v: %s allocates %v times", c, what, a)
				}
			}
			check("Forward", func() { must(n.Forward(dst, x, s)) })
			if c.Bidirectional {
				continue
			}
			check("Step", func() { must(n.Step(dst[:c.Width()], x[:c.Input], s)) })
			b, err := n.NewBatch(50)
			must(err)
			present := []int{0, 3, 4, 5, 6, 7, 40}
			xs, ds := noise(50*c.Input, 2), make([]float32, 50*c.Width())
			check("StepBatch", func() { must(n.StepBatch(ds, xs, nil, b)) })
			check("StepBatch of a subset", func() {
				must(n.StepBatch(ds[:7*c.Width()], xs[:7*c.Input], present, b))
			})
			buf := make([]byte, 0, s.Size())
			check("state save and restore", func() {
				saved, err := s.AppendBinary(buf)
				must(err)
				must(s.UnmarshalBinary(saved))
			})
		}
	})
}
