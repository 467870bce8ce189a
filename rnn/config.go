package rnn

import (
	"fmt"

	"crackle/rnn/kernel"
)

// Cell is the kind of the recurrent layers.
type Cell string

const (
	GRU       Cell = "gru"        // reset gate applied after the hidden product, as in PyTorch
	LSTM      Cell = "lstm"       // without peepholes
	ElmanTanh Cell = "elman"      // nn.RNN with nonlinearity tanh
	ElmanReLU Cell = "elman_relu" // nn.RNN with nonlinearity relu

	// GRUBefore is the GRU of the first paper (Cho et al. 2014), with the reset gate applied before the hidden product. It runs on the
	// generic path and is there for files from elsewhere; it cannot be trained here, and PyTorch does not have it.
	GRUBefore Cell = "gru_reset_before"
)

// Head says what the dense layer after the last recurrent layer stands for.
type Head string

const (
	HeadNone     Head = ""         // outputs are the last layer's hidden states
	HeadLinear   Head = "linear"   // outputs are W h + b: regression
	HeadGaussian Head = "gaussian" // outputs are Output means, then Output variances; the dense layer gives means and log-variances
	HeadClass    Head = "class"    // outputs are Output probabilities that sum to 1, the softmax of W h + b
)

// Bounds of a Config. They keep a hostile file from asking for more memory than a machine has.
const (
	MaxWidth  = 1 << 14 // of Input, Hidden and Output
	MaxLayers = 64
)

// Config is the shape of a network.
type Config struct {
	Cell          Cell    `json:"cell"`
	Input         int     `json:"input"`  // width of a row
	Hidden        int     `json:"hidden"` // units per layer and direction
	Layers        int     `json:"layers"`
	Bidirectional bool    `json:"bidirectional,omitempty"`
	Head          Head    `json:"head,omitempty"`
	Output        int     `json:"output,omitempty"`  // width that the head predicts; 0 without a head
	Dropout       float64 `json:"dropout,omitempty"` // share of units dropped between layers in training; inference ignores it
}

// Check reports the first thing that no network can be built from.
func (c Config) Check() error {
	switch c.Cell {
	case GRU, LSTM, ElmanTanh, ElmanReLU, GRUBefore:
	default:
		return fmt.Errorf("cell is %q, must be %q, %q, %q, %q or %q", c.Cell, GRU, LSTM, ElmanTanh, ElmanReLU, GRUBefore)
	}
	for _, v := range []struct {
		name      string
		got, most int
	}{{"input", c.Input, MaxWidth}, {"hidden", c.Hidden, MaxWidth}, {"layers", c.Layers, MaxLayers}} {
		if v.got < 1 || v.got > v.most {
			return fmt.Errorf("%s is %d, must be 1 to %d", v.name, v.got, v.most)
		}
	}
	switch c.Head {
	case HeadNone:
		if c.Output != 0 {
			return fmt.Errorf("output is %d without a head, must be 0: name a head", c.Output)
		}
	case HeadLinear, HeadGaussian, HeadClass:
		if c.Output < 1 || c.Output > MaxWidth {
			return fmt.Errorf("output is %d, must be 1 to %d", c.Output, MaxWidth)
		}
	default:
		return fmt.Errorf("head is %q, must be empty, %q, %q or %q", c.Head, HeadLinear, HeadGaussian, HeadClass)
	}
	if !(c.Dropout >= 0 && c.Dropout < 1) {
		return fmt.Errorf("dropout is %v, must be at least 0 and below 1", c.Dropout)
	}
	return nil
}

// Directions is 2 for a bidirectional network, else 1.
func (c Config) Directions() int {
	if c.Bidirectional {
		return 2
	}
	return 1
}

// Width is the length of one output row.
func (c Config) Width() int {
	switch c.Head {
	case HeadNone:
		return c.Hidden * c.Directions()
	case HeadGaussian:
		return 2 * c.Output
	}
	return c.Output
}

// headRows is the number of rows of the head's dense layer.
func (c Config) headRows() int {
	if c.Head == HeadGaussian {
		return 2 * c.Output
	}
	return c.Output
}

// layerInput is the width of what layer l reads.
func (c Config) layerInput(l int) int {
	if l == 0 {
		return c.Input
	}
	return c.Hidden * c.Directions()
}

func (c Cell) kernel() kernel.Cell {
	switch c {
	case LSTM:
		return kernel.LSTM
	case ElmanTanh:
		return kernel.ElmanTanh
	case ElmanReLU:
		return kernel.ElmanReLU
	case GRUBefore:
		return kernel.GRUBefore
	}
	return kernel.GRU
}

// Gates is the number of gate rows per hidden unit: 3 for a GRU, 4 for an LSTM, 1 for an Elman layer.
func (c Cell) Gates() int { return c.kernel().Gates() }
