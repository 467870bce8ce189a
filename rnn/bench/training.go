package main

import (
	"context"
	"fmt"

	"crackle/rnn"
	"crackle/rnn/train"
)

// benchTrain is a training step: input 8, sequence 128, batch 32, loss on the last row, Adam, one thread.
func benchTrain(ref *reference) error {
	fmt.Println("\nTraining step, GRU, input 8, sequence 128, batch 32, one thread: steps/s (ratio to PyTorch's)")
	torch, err := ref.torch()
	if err != nil {
		return err
	}
	const input, steps, batch = 8, 128, 32
	return eachKernel(func(name string) error {
		for _, hidden := range []int{32, 64} {
			w, err := rnn.NewWeights(rnn.Config{Cell: rnn.GRU, Input: input, Hidden: hidden, Layers: 1, Head: rnn.HeadLinear, Output: 1})
			if err != nil {
				return err
			}
			train.Uniform(w, 1)
			seqs := make([]train.Sequence, batch)
			x := noise(batch * steps * input)
			for i := range seqs {
				q := &seqs[i]
				q.Weight = make([]float32, steps)
				q.Weight[steps-1] = 1
				for t := range steps {
					at := (i*steps + t) * input
					q.X = append(q.X, x[at:at+input])
					q.Target = append(q.Target, x[at:at+1])
				}
			}
			const updates = 10
			ns := median(func(k int) {
				for range k {
					if _, e := train.Fit(context.Background(), train.Config{Epochs: updates, Patience: -1, Batch: batch}, w, seqs, nil); e != nil {
						err = e
					}
				}
			}) / updates
			if err != nil {
				return err
			}
			fmt.Printf("  %-8s hidden %3d  %8.1f  PyTorch %6.1f  %s\n", name, hidden, 1e9/ns, torch[hidden], ratio(1e9/ns, torch[hidden]))
		}
		return nil
	})
}
