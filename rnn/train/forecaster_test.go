package train

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"crackle/rnn"
)

// sines makes rows of phase-shifted sines with a little noise, which a recurrent network can predict and the last row alone cannot.
func sines(rows, width int, seed uint64) [][]float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([][]float32, rows)
	for t := range out {
		row := make([]float32, width)
		for j := range row {
			row[j] = float32(math.Sin(0.3*float64(t)+float64(j)) + 0.02*r.NormFloat64())
		}
		out[t] = row
	}
	return out
}

func TestForecasterLearns(t *testing.T) {
	for _, residual := range []bool{false, true} {
		res, err := Forecaster(context.Background(), ForecastConfig{Residual: residual, Train: Config{Seed: 1, Epochs: 120}}, [][][]float32{sines(1500, 6, 1), sines(500, 6, 2)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		// Noise of variance 0.0004 on both ends bounds what can be reached; repeating the last row costs about 0.045.
		if !(res.Valid < 0.004) {
			t.Errorf("residual %v: validation loss %.4g, want below 0.004 (best epoch %d of %d, %s)", residual, res.Valid, res.BestEpoch, res.Epochs, res.Stopped)
		}
		if _, err := rnn.New(res.Weights); err != nil {
			t.Error(err)
		}
	}
}
