package explain

import (
	"math"

	"crackle/detector"
	"crackle/detector/member"
	"crackle/rnn"
	"crackle/rnn/train"
)

// network is a model's recurrent network as a member: the largest deviation of a feature from what the network predicted, in units of the
// deviation allowed.
type network struct {
	w         *rnn.Weights
	model     *detector.Model
	net       *rnn.Network
	state     *rnn.State
	z, out    []float32
	predicted []float64
	seen      int
}

// clipZ is the detector's: features enter the network within so many spreads.
const clipZ = 6

func newNetwork(m *detector.Model, w *rnn.Weights) (*network, error) {
	net, err := rnn.New(w)
	if err != nil {
		return nil, err
	}
	d := len(m.Features)
	return &network{w: w, model: m, net: net, state: net.NewState(), z: make([]float32, d), out: make([]float32, d), predicted: make([]float64, d)}, nil
}

func (n *network) Name() string { return "gru" }

func (n *network) Reset() {
	n.state.Reset()
	n.seen = 0
}

func (n *network) Score(row []float64) float64 {
	score := math.NaN()
	s := &n.model.Scaler
	if n.seen >= n.model.Warmup {
		score = 0
		for j, v := range row {
			if share := math.Abs(v-n.predicted[j]) / n.model.Allowed[j]; !(share <= score) {
				score = share
			}
		}
	}
	for j, v := range row {
		n.z[j] = float32(min(max((v-s.Median[j])/s.Spread[j], -clipZ), clipZ))
	}
	if n.net.Step(n.out, n.z, n.state) != nil { // lengths are checked with the model
		return math.NaN()
	}
	for j, o := range n.out {
		if n.model.Increment {
			o += n.z[j]
		}
		n.predicted[j] = s.Median[j] + s.Spread[j]*float64(o)
	}
	n.seen++
	return score
}

func (n *network) Expect(dst []float64) bool {
	copy(dst, n.predicted)
	return n.seen >= n.model.Warmup
}

func (n *network) Randomised(seed uint64) (member.Differentiable, error) {
	return newNetwork(n.model, member.Shuffled(n.w, seed))
}

func (n *network) Gradients() (*member.Gradients, error) {
	d := len(n.z)
	return member.NewGradients(member.GradientsConfig{
		Weights: n.w, Mean: n.model.Scaler.Median, SD: n.model.Scaler.Spread, Clip: clipZ, Open: true,
		Reading: &networkReading{n: n, y: make([]float32, d), dy: make([]float32, d)},
	})
}

// networkReading is the score of the last row.
type networkReading struct {
	n     *network
	y, dy []float32
}

func (r *networkReading) Read(in *train.Inputs, seq int, z, dz [][]float64) float64 {
	m, last := r.n.model, len(z)-1
	if last < m.Warmup {
		return math.NaN()
	}
	in.Output(r.y, seq, last-1)
	at, score, sign := 0, -1.0, 1.0
	for j, v := range z[last] {
		expected := float64(r.y[j])
		if m.Increment {
			expected += min(max(z[last-1][j], -clipZ), clipZ)
		}
		e := (v - expected) * m.Scaler.Spread[j] / m.Allowed[j]
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
	d := sign * m.Scaler.Spread[at] / m.Allowed[at]
	dz[last][at] += d
	if m.Increment && math.Abs(z[last-1][at]) < clipZ {
		dz[last-1][at] -= d
	}
	clear(r.dy)
	r.dy[at] = float32(-d)
	in.Pull(seq, last-1, r.dy)
	return score
}
