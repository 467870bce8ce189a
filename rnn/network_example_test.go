package rnn_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"

	"crackle/rnn"
	"crackle/rnn/train"
)

// wave is a sine, one value a row.
func wave(rows int) [][]float32 {
	out := make([][]float32, rows)
	for t := range out {
		out[t] = []float32{float32(math.Sin(0.2 * float64(t)))}
	}
	return out
}

// Train a forecaster of the next row, save it as a model file, load it, and score a stream step by step: the error is small while the
// stream goes on as learnt, and jumps where it does not.
func Example() {
	res, err := train.Forecaster(context.Background(), train.ForecastConfig{Hidden: 8, Train: train.Config{Seed: 1, Epochs: 150}}, [][][]float32{wave(1200)}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	made, err := res.Weights.File()
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
	weights, err := read.Weights()
	if err != nil {
		fmt.Println(err)
		return
	}
	net, err := rnn.New(weights)
	if err != nil {
		fmt.Println(err)
		return
	}
	stream := wave(200)
	stream[150][0] += 1 // the fault
	state, predicted, worst, at := net.NewState(), make([]float32, 1), 0.0, 0
	for t, row := range stream {
		if e := math.Abs(float64(row[0] - predicted[0])); t > 20 && e > worst {
			worst, at = e, t
		}
		if err := net.Step(predicted, row, state); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println("row", at, "stands out")
	// Output: row 150 stands out
}

// Many channels that share a model are stepped together; a channel that has nothing to say keeps its state.
func ExampleNetwork_StepBatch() {
	weights, err := rnn.NewWeights(rnn.Config{Cell: rnn.GRU, Input: 2, Hidden: 16, Layers: 1, Head: rnn.HeadLinear, Output: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	train.Uniform(weights, 1)
	net, err := rnn.New(weights)
	if err != nil {
		fmt.Println(err)
		return
	}
	batch, err := net.NewBatch(1000)
	if err != nil {
		fmt.Println(err)
		return
	}
	rows, out := make([]float32, 3*2), make([]float32, 3)
	if err := net.StepBatch(out, rows, []int{4, 17, 998}, batch); err != nil {
		fmt.Println(err)
		return
	}
	one, single := net.NewState(), make([]float32, 1)
	if err := net.Step(single, rows[:2], one); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(out[1] == single[0])
	// Output: true
}

// A state_dict that was saved with safetensors.torch.save_file is loaded by name; the shapes say what network it is.
func ExampleImportStateDict() {
	r, err := os.Open("testdata/golden/gru_8_32_1_1_40_3.safetensors")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	file, err := rnn.ReadFile(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	weights, err := rnn.ImportStateDict(file, rnn.ImportConfig{Prefix: "rnn.", Head: "head.", IgnoreRest: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	c := weights.Config
	fmt.Println(c.Cell, c.Input, c.Hidden, c.Layers, c.Head, c.Output)
	// Output: gru 8 32 1 linear 1
}
