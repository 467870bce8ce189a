package rnn_test

import (
	"testing"

	"crackle/rnn"
	"crackle/rnn/train"
)

func TestStoredNetworks(t *testing.T) {
	w, err := rnn.NewWeights(rnn.Config{Cell: rnn.GRU, Input: 5, Hidden: 40, Layers: 2, Head: rnn.HeadLinear, Output: 2})
	if err != nil {
		t.Fatal(err)
	}
	train.Uniform(w, 4)
	forEachKernel(t, func(t *testing.T) {
		for _, c := range []struct {
			storage          rnn.Storage
			weights, outputs float64 // most allowed
		}{{rnn.StoreFloat32, 0, 0}, {rnn.StoreBF16, 0.004, 0.01}, {rnn.StoreInt8, 0.015, 0.03}} {
			n, loss, err := rnn.NewStored(w, c.storage)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(loss)
			if loss.WeightRMS > c.weights || loss.OutputMax > c.outputs || (c.storage != rnn.StoreFloat32 && loss.OutputRMS == 0) {
				t.Errorf("%s: want at most %v of the weights and %v of the outputs", loss, c.weights, c.outputs)
			}
			b, err := n.NewBatch(32)
			if err != nil {
				t.Fatal(err)
			}
			s, x, y, row := n.NewState(), noise(32*5, 3), make([]float32, 64), make([]float32, 2)
			if err := n.StepBatch(y, x, nil, b); err != nil {
				t.Fatal(err)
			}
			if err := n.Step(row, x[7*5:8*5], s); err != nil {
				t.Fatal(err)
			}
			if !sameBits(row, y[14:16]) {
				t.Errorf("%s: Step %v, StepBatch %v", c.storage, row, y[14:16])
			}
		}
	})
	if _, _, err := rnn.NewStored(w, "int4"); err == nil {
		t.Error("storage int4 was taken")
	}
}
