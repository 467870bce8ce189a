package train_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"crackle/rnn"
	"crackle/rnn/train"
)

// One answer per sequence: a burst somewhere in twenty rows of noise, and whether it points up. Attention says which row the answer rests on.
func ExampleFitPooled() {
	r := rand.New(rand.NewPCG(1, 2))
	burst := func() (q train.Sequence, at int) {
		at = r.IntN(20)
		up := r.IntN(2)
		for t := range 20 {
			x := 0.1 * float32(r.NormFloat64())
			if t == at {
				x += float32(4*up - 2)
			}
			q.X = append(q.X, []float32{x})
		}
		q.Target = [][]float32{{float32(up)}} // one row; of a class, its number
		return q, at
	}
	var seqs []train.Sequence
	for range 120 {
		q, _ := burst()
		seqs = append(seqs, q)
	}

	w, err := rnn.NewPooledWeights(rnn.PooledConfig{
		Network:   rnn.Config{Cell: rnn.GRU, Input: 1, Hidden: 8, Layers: 1, Head: rnn.HeadClass, Output: 2},
		Attention: rnn.AttentionAdditive, Width: 8,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	train.InitialisePooled(w, 1)
	w, res, err := train.FitPooled(context.Background(), train.Config{Loss: train.CrossEntropy, LearningRate: 0.02, Epochs: 80, Seed: 1}, w, seqs[:96], seqs[96:])
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("learnt:", res.Valid < 0.1)

	net, err := rnn.NewPooled(w)
	if err != nil {
		fmt.Println(err)
		return
	}
	state, probabilities, right := net.NewState(), make([]float32, 2), 0
	for range 50 {
		q, _ := burst()
		var x []float32 // [steps][Input], row after row
		for _, row := range q.X {
			x = append(x, row...)
		}
		if err := net.Forward(probabilities, x, state); err != nil {
			fmt.Println(err)
			return
		}
		if (probabilities[1] > probabilities[0]) == (q.Target[0][0] == 1) {
			right++
		}
	}
	fmt.Println("right:", right, "of 50; weights of the rows:", len(state.Attention()))
	// Output:
	// learnt: true
	// right: 50 of 50; weights of the rows: 20
}

// A sequence from a sequence: twenty rows of a sine of any phase are read, the next ten are written. The model is kept as a file and read again.
func ExampleFitSeq2Seq() {
	r := rand.New(rand.NewPCG(1, 3))
	sine := func() train.Sequence {
		phase := 2 * math.Pi * r.Float64()
		var q train.Sequence
		for t := range 30 {
			row := []float32{float32(math.Sin(0.4*float64(t) + phase))}
			if t < 20 {
				q.X = append(q.X, row)
			} else {
				q.Target = append(q.Target, row)
			}
		}
		q.Start = q.X[19] // the row before the first target
		return q
	}
	var seqs []train.Sequence
	for range 120 {
		seqs = append(seqs, sine())
	}
	w, err := rnn.NewSeq2SeqWeights(rnn.Seq2SeqConfig{Cell: rnn.LSTM, Input: 1, Output: 1, Hidden: 16, Layers: 1, Attention: rnn.AttentionDot, Width: 16})
	if err != nil {
		fmt.Println(err)
		return
	}
	train.InitialiseSeq2Seq(w, 1)
	// Fed the truth at first and mostly its own rows in the end, the decoder learns to run freely.
	w, _, err = train.FitSeq2Seq(context.Background(), train.Config{LearningRate: 0.01, Epochs: 120, Seed: 1, TeacherForcing: [2]float64{1, 0.001}}, w, seqs[:96], seqs[96:])
	if err != nil {
		fmt.Println(err)
		return
	}

	made, err := w.File()
	if err != nil {
		fmt.Println(err)
		return
	}
	var file bytes.Buffer
	if _, err := made.WriteTo(&file); err != nil {
		fmt.Println(err)
		return
	}
	read, err := rnn.ReadFile(&file)
	if err != nil {
		fmt.Println(err)
		return
	}
	if w, err = read.Seq2SeqWeights(); err != nil {
		fmt.Println(err)
		return
	}
	net, err := rnn.NewSeq2Seq(w)
	if err != nil {
		fmt.Println(err)
		return
	}
	q, worst := sine(), 0.0
	var x []float32
	for _, row := range q.X {
		x = append(x, row...)
	}
	forecast := make([]float32, 10) // [steps][Output]
	if err := net.Forecast(forecast, x, q.Start, net.NewState()); err != nil {
		fmt.Println(err)
		return
	}
	for t, y := range forecast {
		worst = max(worst, math.Abs(float64(y-q.Target[t][0])))
	}
	fmt.Println("ten steps ahead, never off by more than a quarter:", worst < 0.25)
	// Output: ten steps ahead, never off by more than a quarter: true
}
