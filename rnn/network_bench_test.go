package rnn_test

import (
	"fmt"
	"testing"

	"crackle/rnn"
	"crackle/rnn/kernel"
	"crackle/rnn/train"
)

func benchNetwork(b *testing.B, cell rnn.Cell, hidden int) *rnn.Network {
	w, err := rnn.NewWeights(rnn.Config{Cell: cell, Input: 16, Hidden: hidden, Layers: 1, Head: rnn.HeadLinear, Output: 1})
	if err != nil {
		b.Fatal(err)
	}
	train.Uniform(w, 1)
	n, err := rnn.New(w)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func eachKernel(b *testing.B, do func(b *testing.B)) {
	old := kernel.Name()
	defer kernel.Select(old)
	for _, name := range kernel.Available() {
		if err := kernel.Select(name); err != nil {
			b.Fatal(err)
		}
		b.Run(name, do)
	}
}

func BenchmarkStep(b *testing.B) {
	eachKernel(b, func(b *testing.B) {
		for _, cell := range []rnn.Cell{rnn.GRU, rnn.LSTM} {
			for _, hidden := range []int{8, 16, 32, 64, 128} {
				b.Run(fmt.Sprintf("%s/%d", cell, hidden), func(b *testing.B) {
					n := benchNetwork(b, cell, hidden)
					s := n.NewState()
					x, y := noise(1024*16, 1), make([]float32, 1)
					i := 0
					for b.Loop() {
						if err := n.Step(y, x[i*16:i*16+16], s); err != nil {
							b.Fatal(err)
						}
						i = (i + 1) & 1023
					}
				})
			}
		}
	})
}

func BenchmarkStepBatch(b *testing.B) {
	eachKernel(b, func(b *testing.B) {
		for _, cell := range []rnn.Cell{rnn.GRU, rnn.LSTM} {
			for _, hidden := range []int{32, 64, 128} {
				b.Run(fmt.Sprintf("%s/%d", cell, hidden), func(b *testing.B) {
					n := benchNetwork(b, cell, hidden)
					const channels = 256
					batch, err := n.NewBatch(channels)
					if err != nil {
						b.Fatal(err)
					}
					x, y := noise(channels*16, 1), make([]float32, channels)
					for b.Loop() {
						if err := n.StepBatch(y, x, nil, batch); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/channels, "ns/channel-step")
				})
			}
		}
	})
}
