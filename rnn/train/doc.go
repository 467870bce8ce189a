// Package train teaches the networks of package rnn by backpropagation through time.
//
// The front door for a detector is Forecaster: unbroken runs of feature rows in, weights that predict the next row out.
//
//	res, err := train.Forecaster(ctx, train.ForecastConfig{
//		Hidden:   16,
//		Residual: true, // the network gives row[t+1]-row[t]
//		Train:    train.Config{Seed: 1, Epochs: 60, Progress: func(p train.Progress) { ... }},
//	}, runs, heldOut) // [][][]float32: runs, rows, features scaled to about unit spread
//	net, err := rnn.New(res.Weights)
//
// Fit is the general form: any network, any targets, any loss, rows with weights. Both are reproducible from the seed, keep the best
// weights by the validation loss, stop early, stop when the context ends, and stop with the best weights kept when the loss leaves the finite
// numbers. Gradients gives the gradient alone, for checks and for explanations.
//
// Batches run in tiles of 32 sequences on package rnn/kernel in float32; sums over tiles, the optimiser's moments and the losses are float64.
package train
