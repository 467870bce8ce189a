// Package rnn holds recurrent networks: Elman, LSTM and GRU, stacked and bidirectional, with dense heads, in PyTorch's names, shapes and
// gate order. It streams (Step), batches channels (StepBatch) and runs whole sequences (Forward), with the same bits from each and no
// allocation once warm, and it reads and writes model files in safetensors form.
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
// Results depend on the kernel in use in the last places only; what is stored names it (kernel.Name, metadata "crackle.kernel"). The
// order of additions within a kernel is part of its contract, see package kernel.
package rnn
