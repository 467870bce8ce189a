package member

import (
	"math"

	"crackle/rnn/train"
)

// Expect is the prediction.
func (m *GRU) Expect(dst []float64) bool {
	copy(dst, m.predicted)
	return m.seen >= m.warmup
}

// Gradients follows the score through the network.
func (m *GRU) Gradients() (*Gradients, error) {
	d := len(m.unit)
	return NewGradients(GradientsConfig{
		Weights: m.weights, Mean: m.middle, SD: m.width, Clip: gruClip, Open: true,
		Reading: &gruReading{m: m, y: make([]float32, d), dy: make([]float32, d)},
	})
}

// Randomised lets the network's weights change places.
func (m *GRU) Randomised(seed uint64) (Differentiable, error) {
	o := newGRU(m.middle, m.width, m.warmup, m.increment)
	copy(o.unit, m.unit)
	return o, o.SetWeights(Shuffled(m.weights, seed))
}

type gruReading struct {
	m     *GRU
	y, dy []float32
}

// Read is GRU.Score of the last row.
func (r *gruReading) Read(in *train.Inputs, seq int, z, dz [][]float64) float64 {
	m, last := r.m, len(z)-1
	if last < m.warmup {
		return math.NaN()
	}
	in.Output(r.y, seq, last-1)
	at, score, sign := 0, -1.0, 1.0
	for j, v := range z[last] {
		expected := float64(r.y[j])
		if m.increment {
			expected += min(max(z[last-1][j], -gruClip), gruClip)
		}
		e := (v - expected) * m.width[j] / m.unit[j]
		if math.Abs(e) > score {
			at, score, sign = j, math.Abs(e), 1
			if e < 0 {
				sign = -1
			}
		}
	}
	if dz == nil {
		return score
	}
	d := sign * m.width[at] / m.unit[at]
	dz[last][at] += d
	if m.increment && math.Abs(z[last-1][at]) < gruClip {
		dz[last-1][at] -= d
	}
	clear(r.dy)
	r.dy[at] = float32(-d)
	in.Pull(seq, last-1, r.dy)
	return score
}
