package train

import (
	"fmt"
	"math"
	"strings"
)

// Flow is the norm of dL/dh_t over time: how much of the loss's gradient reaches the state of each step. A norm that falls by orders of
// magnitude from the last step to the first means that early rows teach nothing (vanishing); one that grows means that they drown the rest
// (exploding).
type Flow struct {
	Norms [][]float64 // per layer and direction (as Weights.Layers), per step in the direction's own time
}

// Ratio is the norm at the first step divided by that at the last step of a layer with a gradient there; 1 when there is nothing to compare.
func (f Flow) Ratio(layer int) float64 {
	if layer < 0 || layer >= len(f.Norms) {
		return 1
	}
	n := f.Norms[layer]
	for i := len(n) - 1; i > 0; i-- {
		if n[i] > 0 {
			return n[0] / n[i]
		}
	}
	return 1
}

// Advice says in a sentence per layer what the flow means; empty when nothing is wrong.
func (f Flow) Advice() string {
	var out []string
	for l := range f.Norms {
		switch r := f.Ratio(l); {
		case math.IsNaN(r) || math.IsInf(r, 0) || r > 1e3:
			out = append(out, fmt.Sprintf("layer %d: the gradient grows %.3g-fold towards the first row (exploding): clip by norm, lower the learning rate, or truncate", l, r))
		case r < 1e-6:
			out = append(out, fmt.Sprintf("layer %d: the gradient falls to %.3g of itself at the first row (vanishing): use GRU or LSTM, orthogonal initial weights, or shorter sequences", l, r))
		}
	}
	return strings.Join(out, "\n")
}

func (s *pass) gradientFlow() Flow {
	var f Flow
	for i := range s.dirs {
		n := make([]float64, len(s.dirs[i].flow))
		for t, v := range s.dirs[i].flow {
			n[t] = math.Sqrt(v)
		}
		f.Norms = append(f.Norms, n)
	}
	return f
}
