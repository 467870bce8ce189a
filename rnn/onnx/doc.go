// Package onnx reads recurrent networks from ONNX files (operator set 14 and up) into the weights of package rnn.
//
//	m, err := onnx.Read(file)
//	net, err := rnn.New(m.Weights)
//
// A file is a graph of nodes, and most nodes of an exported network only move axes and compute shapes. So the graph is followed from its
// outputs back to its input, with every value known by what it stands for rather than by its numbers: the rows of the input or of a layer
// with the meaning of each axis, the final states of a layer, a constant, or a shape. What is left in the end is a chain of layers:
//
//	input → RNN, GRU or LSTM, one or more, all alike → MatMul and Add, or Gemm → Softmax
//
// of which the dense layer and the softmax may be missing. Around them may stand Transpose, Squeeze, Unsqueeze, Reshape, Slice, Gather,
// Concat, Shape, Expand, Tile, Constant, ConstantOfShape, Identity, Cast, Dropout, and for shapes Mul, Equal and Where: what PyTorch's
// exporter writes. Anything else is an error that names every node in the way.
//
// ONNX orders the gates of a GRU z r h and those of an LSTM i o f c; the weights come out in PyTorch's order, r z n and i f g o. A
// constant initial state becomes rnn.Weights.H0 and C0. A GRU whose reset gate comes before the hidden product (linear_before_reset 0)
// becomes rnn.GRUBefore, which runs on the generic path and cannot be trained further; rnn.GRU applies it after, as PyTorch does.
//
// Files are hostile until checked: memory stays within a small multiple of the file's size, and no file makes Parse panic or loop.
package onnx
