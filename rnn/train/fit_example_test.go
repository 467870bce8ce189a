package train_test

import (
	"context"
	"fmt"

	"crackle/rnn"
	"crackle/rnn/train"
)

// Any network can be trained on any targets: here an LSTM says after each row whether the sum so far is positive.
func ExampleFit() {
	w, err := rnn.NewWeights(rnn.Config{Cell: rnn.LSTM, Input: 1, Hidden: 8, Layers: 1, Head: rnn.HeadClass, Output: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	var seqs []train.Sequence
	for i := range 64 {
		var q train.Sequence
		sum := float32(0.5)
		for t := range 12 {
			x := float32((i*7+t*5)%9-4) / 4
			sum += x
			class := float32(0)
			if sum > 0 {
				class = 1
			}
			q.X, q.Target = append(q.X, []float32{x}), append(q.Target, []float32{class})
		}
		seqs = append(seqs, q)
	}
	train.Initialise(w, 1)
	res, err := train.Fit(context.Background(), train.Config{Loss: train.CrossEntropy, LearningRate: 0.02, Epochs: 200, Seed: 1}, w, seqs[:48], seqs[48:])
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("learnt:", res.Valid < 0.2)
	// Output: learnt: true
}
