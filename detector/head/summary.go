package head

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// scaler brings features to zero mean and unit deviation over all windows learnt from; a feature that does not move has SD 0 and is left out.
type scaler struct {
	Mean []float64 `json:"mean"`
	SD   []float64 `json:"sd"`
}

// Clip bounds scaled features, in deviations.
const Clip = 8

func newScaler(samples []Sample, width int) (scaler, error) {
	s := scaler{Mean: make([]float64, width), SD: make([]float64, width)}
	n := 0.0
	for _, p := range samples {
		for _, r := range p.Rows {
			n++
			for j, v := range r {
				s.Mean[j] += float64(v)
			}
		}
	}
	moves := false
	for j := range s.Mean {
		s.Mean[j] /= n
		for _, p := range samples {
			for _, r := range p.Rows {
				e := float64(r[j]) - s.Mean[j]
				s.SD[j] += e * e / n
			}
		}
		if s.SD[j] = math.Sqrt(s.SD[j]); s.SD[j] <= 1e-9*math.Abs(s.Mean[j]) { // rounding, no movement
			s.SD[j] = 0
		}
		moves = moves || s.SD[j] > 0
	}
	if !moves {
		return s, fmt.Errorf("none of the %d features moves in the labelled parts: nothing can be learnt from them; choose others, or look whether the sensor is dead", width)
	}
	return s, nil
}

// rows scales a part's windows.
func (s *scaler) rows(in [][]float32) [][]float32 {
	out := make([][]float32, len(in))
	for t, r := range in {
		out[t] = make([]float32, len(r))
		for j, v := range r {
			if s.SD[j] > 0 {
				out[t][j] = float32(min(max((float64(v)-s.Mean[j])/s.SD[j], -Clip), Clip))
			}
		}
	}
	return out
}

// summary is what a part comes to without its order: the mean of each scaled feature over its windows, and the deviation of those that vary
// within parts.
func summary(z [][]float32) []float64 {
	d := len(z[0])
	out := make([]float64, 2*d)
	n := float64(len(z))
	for _, r := range z {
		for j, v := range r {
			out[j] += float64(v) / n
		}
	}
	for _, r := range z {
		for j, v := range r {
			e := float64(v) - out[j]
			out[d+j] += e * e / n
		}
	}
	for j := d; j < 2*d; j++ {
		out[j] = math.Sqrt(out[j])
	}
	return out
}

// difficulty measures how far a part is from those learnt from.
type difficulty struct {
	Mean []float64 `json:"mean"` // of the summaries
	Inv  []float64 `json:"inverse_covariance"`
	Far  float64   `json:"far"` // of the part farthest out among those learnt from
}

// shrink is how much of the covariance is put on its diagonal, so that it can be inverted with few parts.
const shrink = 0.3

func newDifficulty(x [][]float64) difficulty {
	n, d := float64(len(x)), len(x[0])
	f := difficulty{Mean: make([]float64, d)}
	for _, r := range x {
		for j, v := range r {
			f.Mean[j] += v / n
		}
	}
	c := mat.NewSymDense(d, nil)
	for j := range d {
		for k := j; k < d; k++ {
			s := 0.0
			for _, r := range x {
				s += (r[j] - f.Mean[j]) * (r[k] - f.Mean[k]) / n
			}
			if j == k {
				s = max(s, 1e-6)
			} else {
				s *= 1 - shrink
			}
			c.SetSym(j, k, s)
		}
	}
	var chol mat.Cholesky
	var inv mat.SymDense
	if !chol.Factorize(c) || chol.InverseTo(&inv) != nil { // the diagonal alone, then
		inv = *mat.NewSymDense(d, nil)
		for j := range d {
			inv.SetSym(j, j, 1/c.At(j, j))
		}
	}
	f.Inv = make([]float64, d*d)
	for j := range d {
		for k := range d {
			f.Inv[j*d+k] = inv.At(j, k)
		}
	}
	for _, r := range x {
		f.Far = max(f.Far, f.of(r))
	}
	return f
}

// of gives 1 for a part as usual as those learnt from, more for one farther out.
func (f *difficulty) of(x []float64) float64 {
	d := len(x)
	m := 0.0
	for j := range d {
		for k := range d {
			m += (x[j] - f.Mean[j]) * f.Inv[j*d+k] * (x[k] - f.Mean[k])
		}
	}
	return math.Sqrt((1 + max(m, 0)/float64(d)) / 2)
}
