package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"

	"crackle/rnn"
	"crackle/rnn/train"
)

// The adding problem (Hochreiter and Schmidhuber 1997) with a lag of at least 100: each row holds a random number and a mark; two rows are
// marked, one among the first ten and one among the last ten, and the answer after the last row is the sum of the two marked numbers. Saying
// 1 always costs 1/6.
const (
	lagSteps  = 120
	lagEdge   = 10
	lagChance = 1.0 / 6
)

func addingProblem(count int, seed uint64) []train.Sequence {
	r := rand.New(rand.NewPCG(seed, 0xadd))
	out := make([]train.Sequence, count)
	for i := range out {
		q := &out[i]
		first, second := r.IntN(lagEdge), lagSteps-1-r.IntN(lagEdge)
		var sum float32
		for t := range lagSteps {
			v, mark := r.Float32(), float32(0)
			if t == first || t == second {
				mark = 1
				sum += v
			}
			q.X = append(q.X, []float32{v, mark})
			q.Target = append(q.Target, []float32{0})
		}
		q.Target[lagSteps-1][0] = sum
		q.Weight = make([]float32, lagSteps)
		q.Weight[lagSteps-1] = 1
	}
	return out
}

// lagStarts is how often each network starts from other weights: whether one leaves the plateau of the chance level is partly luck.
const lagStarts = 3

// benchLag trains an Elman network, a GRU and an LSTM on the same sequences, from several initial weights each, and plots the validation loss of
// the best start over the epochs.
func benchLag(path string) error {
	fmt.Printf("\nAdding problem, lag at least %d: validation loss (chance is %.3f)\n", lagSteps-2*lagEdge, lagChance)
	seqs, valid := addingProblem(2048, 1), addingProblem(256, 2)
	p := plot.New()
	p.Title.Text = "Adding problem, lag of at least 100 rows"
	p.X.Label.Text, p.Y.Label.Text = "epoch (64 updates each)", "validation loss"
	p.Y.Min = 0
	var lines []any
	for _, cell := range []rnn.Cell{rnn.ElmanTanh, rnn.GRU, rnn.LSTM} {
		var best *train.Result
		solved := 0
		for start := range uint64(lagStarts) {
			res, err := solveLag(cell, start+1, seqs, valid)
			if err != nil {
				return err
			}
			verdict := "not solved"
			if res.Valid < lagChance/10 {
				verdict = "solved"
				solved++
			}
			fmt.Printf("  %-6s start %d: best %.5f in epoch %d of %d: %s; gradient at the first row %.1e of that at the last\n",
				cell, start+1, res.Valid, res.BestEpoch, res.Epochs, verdict, res.Flow.Ratio(0))
			if best == nil || res.Valid < best.Valid {
				best = res
			}
		}
		fmt.Printf("  %-6s solved from %d of %d starts\n", cell, solved, lagStarts)
		points := make(plotter.XYs, len(best.ValidLosses))
		for i, v := range best.ValidLosses {
			points[i].X, points[i].Y = float64(i+1), v
		}
		lines = append(lines, string(cell), points)
	}
	if err := plotutil.AddLines(p, lines...); err != nil {
		return err
	}
	p.Legend.Top = true
	if err := p.Save(16*vg.Centimeter, 10*vg.Centimeter, path); err != nil {
		return err
	}
	fmt.Printf("  plot in %s\n", path)
	return nil
}

func solveLag(cell rnn.Cell, seed uint64, seqs, valid []train.Sequence) (*train.Result, error) {
	w, err := rnn.NewWeights(rnn.Config{Cell: cell, Input: 2, Hidden: 32, Layers: 1, Head: rnn.HeadLinear, Output: 1})
	if err != nil {
		return nil, err
	}
	train.Initialise(w, seed)
	return train.Fit(context.Background(), train.Config{Epochs: 60, Patience: -1, LearningRate: 0.005, Seed: seed}, w, seqs, valid)
}
