package train

import (
	"testing"

	"crackle/rnn"
)

// BenchmarkInputs takes 32 sequences of 256 rows of 16 forward and back.
func BenchmarkInputs(b *testing.B) {
	for name, hidden := range map[string]int{"hidden 16": 16, "hidden 150": 150} {
		b.Run(name, func(b *testing.B) {
			w, err := rnn.NewWeights(rnn.Config{Cell: rnn.GRU, Input: 16, Hidden: hidden, Layers: 1})
			if err != nil {
				b.Fatal(err)
			}
			shake(w.Params(), 1)
			in, err := NewInputs(w)
			if err != nil {
				b.Fatal(err)
			}
			lengths := make([]int, Lanes)
			for i := range lengths {
				lengths[i] = 256
			}
			seqs, dy := randomRows(16, 1, lengths...), make([]float32, hidden)
			for i := range dy {
				dy[i] = 1
			}
			for b.Loop() {
				if err := in.Forward(seqs, nil, nil); err != nil {
					b.Fatal(err)
				}
				for s := range seqs {
					in.Pull(s, 255, dy)
				}
				in.Backward()
			}
		})
	}
}
