// Package rnn holds recurrent networks: Elman, LSTM and GRU, stacked and bidirectional, with dense heads, attention pooling and
// encoder-decoders, in PyTorch's names, shapes and gate order. It streams (Step), batches channels (StepBatch) and runs whole sequences
// (Forward, ForwardBatch), with the same bits from each and no allocation once warm, and it reads and writes model files in safetensors form.
//
// Three types carry a network: Config is its shape, Weights its parameters as plain slices, State what one channel remembers. A Network is a
// set of weights packed for the kernels; it is immutable and shared.
//
//	net, err := rnn.New(weights)              // weights from train, or from a file
//	s := net.NewState()
//	y := make([]float32, net.Config().Width())
//	err = net.Step(y, row, s)                 // y now holds the head's output for this row
//
//	saved, err := s.MarshalBinary()           // and later s2.UnmarshalBinary(saved): the same bits
//
//	f, err := weights.File()                  // a model file: tensors and metadata
//	f.Metadata["crackle.detector"] = myJSON   // other packages keep their own keys
//	_, err = f.WriteTo(w)
//
//	f, err = rnn.ReadFile(r)
//	weights, err = f.Weights()
//
// # What is where
//
//   - One answer per row: Network. Heads for regression, Gaussian (means and variances) and classes.
//   - One answer per sequence, with the weight of every row: Pooled.
//   - A sequence from a sequence, such as a forecast of many steps: Seq2Seq, with or without attention to the rows read.
//   - Missing values: MaskInput doubles the inputs by a mask. Unequal lengths: ForwardBatch.
//   - Fewer bytes of weights: NewStored keeps bfloat16 or int8 and says what it costs in accuracy.
//   - PyTorch: ImportStateDict and StateDict; package onnx reads ONNX files.
//   - Training: package train.
//
// # Numbers
//
// Weights, states and outputs are float32. Results depend on the kernel in use in the last places only; what is stored names it (kernel.Name,
// metadata "crackle.kernel"). The order of additions within a kernel is part of its contract, see package kernel, so that a channel's result
// depends on nothing but its rows: not on the batch, on the other channels, or on the number of workers. NaN in a row shows in that channel's
// outputs from then on and nowhere else; Reset ends it.
//
// Wrong lengths and foreign states are errors, and nothing has moved then.
package rnn
