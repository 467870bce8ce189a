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
// Fit is the general form: any network, any targets, any loss, rows with weights, targets that may be missing. FitPooled trains a network
// pooled by attention, FitSeq2Seq an encoder-decoder with teacher forcing. All are reproducible from the seed whatever the number of threads,
// keep the best weights by the validation loss, stop early, stop when the context ends, and stop with the best weights kept when the loss
// leaves the finite numbers. Reservoir is the quick way: a random GRU whose read-out is solved for in one pass. Gradients gives the gradient
// alone, for checks and for explanations, and Flow says where it vanishes or explodes.
//
// Split functions divide data so that no group, and no neighbour in time, stands on both sides; SplitAtRandomLeaking is there to show by how
// much it flatters.
//
// Batches run in tiles of 32 sequences on package rnn/kernel in float32; sums over tiles, the optimiser's moments and the losses are float64.
// The weights that come out depend on the kernel in use in their last places.
package train
