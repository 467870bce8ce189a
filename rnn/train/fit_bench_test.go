package train

import (
	"context"
	"fmt"
	"testing"

	"crackle/rnn"
)

// BenchmarkUpdate is one update: input 8, sequence 128, batch 32, loss on the last row.
func BenchmarkUpdate(b *testing.B) {
	for _, hidden := range []int{32, 64} {
		b.Run(fmt.Sprint(hidden), func(b *testing.B) {
			w, err := rnn.NewWeights(rnn.Config{Cell: rnn.GRU, Input: 8, Hidden: hidden, Layers: 1, Head: rnn.HeadLinear, Output: 1})
			if err != nil {
				b.Fatal(err)
			}
			Uniform(w, 1)
			seqs := make([]Sequence, 32)
			for i := range seqs {
				q := &seqs[i]
				q.X = sines(128, 8, uint64(i))
				q.Weight = make([]float32, 128)
				q.Weight[127] = 1
				for _, x := range q.X {
					q.Target = append(q.Target, x[:1])
				}
			}
			b.ResetTimer()
			if _, err := Fit(context.Background(), Config{Epochs: b.N, Patience: -1}, w, seqs, nil); err != nil {
				b.Fatal(err)
			}
		})
	}
}
