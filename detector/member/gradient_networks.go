package member

import (
	"math"
	"math/rand/v2"
	"slices"

	"crackle/rnn"
	"crackle/rnn/train"
)

// Gradients follows the score through the read-out and the network.
func (f *Forecaster) Gradients() (*Gradients, error) {
	w, err := f.weights()
	if err != nil {
		return nil, err
	}
	return NewGradients(GradientsConfig{
		Weights: w, Mean: f.scaler.mean, SD: f.scaler.sd, Clip: f.scaler.clip,
		Reading: &forecasterReading{f: f, h: make([]float32, f.cfg.Hidden), dh: make([]float32, f.cfg.Hidden), features: make([]float64, len(f.features)), de: make([]float64, len(f.sd))},
	})
}

// weights are the fixed ones, drawn again.
func (f *Forecaster) weights() (*rnn.Weights, error) {
	return randomGRU(f.cfg, len(f.scaler.mean))
}

// Randomised draws other fixed weights and lets the values of the read-out change places.
func (f *Forecaster) Randomised(seed uint64) (Differentiable, error) {
	c := f.cfg
	c.Seed ^= seed | 1
	readout := slices.Clone(f.readout)
	r := newShuffle(seed)
	r.Shuffle(len(readout), func(i, k int) { readout[i], readout[k] = readout[k], readout[i] })
	return forecasterFile{c, f.scaler.file(), readout, f.sd}.forecaster()
}

func newShuffle(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x5a1e)) }

type forecasterReading struct {
	f        *Forecaster
	h, dh    []float32
	features []float64
	de       []float64 // d score / d error
}

// Read is Forecaster.Score over a whole sequence; the moving average makes the score a weighted sum over rows.
func (r *forecasterReading) Read(in *train.Inputs, seq int, z, dz [][]float64) float64 {
	first, last := warmRows+1, len(z)-1
	if last < first {
		return math.NaN()
	}
	score, smooth := 0.0, r.f.cfg.Smooth
	for t := first; t <= last; t++ {
		weight := math.Pow(1-smooth, float64(last-t))
		if t > first { // the first row begins the average
			weight *= smooth
		}
		if weight < 1e-6 {
			continue
		}
		score += weight * r.row(in, seq, t, z, dz, weight)
	}
	return score
}

// row is the score of one row alone, and its derivatives times weight.
func (r *forecasterReading) row(in *train.Inputs, seq, t int, z, dz [][]float64, weight float64) float64 {
	in.Output(r.h, seq, t-1)
	n, d := len(r.h), len(r.de)
	for k, v := range r.h {
		r.features[k] = float64(v)
	}
	copy(r.features[n:], z[t-1])
	p := len(r.features)
	r.features[p-1] = 1
	sum, count := 0.0, 0.0
	for j := range d {
		r.de[j] = 0
		if sd := r.f.sd[j]; sd > 0 {
			r.de[j] = (z[t][j] - dot(r.f.readout[j*p:(j+1)*p], r.features)) / sd
			sum += r.de[j] * r.de[j]
			count++
		}
	}
	s := math.Sqrt(sum / count)
	if dz == nil || s == 0 {
		return s
	}
	clear(r.dh)
	for j := range d {
		if r.f.sd[j] == 0 {
			continue
		}
		de := weight * r.de[j] / (count * s * r.f.sd[j])
		dz[t][j] += de
		row := r.f.readout[j*p : (j+1)*p]
		for k := range r.dh {
			r.dh[k] -= float32(de * row[k])
		}
		for k := range d {
			dz[t-1][k] -= de * row[n+k]
		}
	}
	in.Pull(seq, t-1, r.dh)
	return s
}

// Gradients follows the score through the network.
func (a *AutoEncoder) Gradients() (*Gradients, error) {
	return NewGradients(GradientsConfig{
		Weights: a.weights, Mean: a.scaler.mean, SD: a.scaler.sd, Clip: a.scaler.clip,
		Reading: &autoEncoderReading{a: a, out: make([]float32, len(a.out)), dy: make([]float32, len(a.out))},
	})
}

// Randomised lets the network's weights change places.
func (a *AutoEncoder) Randomised(seed uint64) (Differentiable, error) {
	o := newAutoEncoder(a.cfg, a.scaler)
	return o, o.SetWeights(Shuffled(a.weights, seed))
}

type autoEncoderReading struct {
	a       *AutoEncoder
	out, dy []float32
}

// Read is AutoEncoder.Score of the last row.
func (r *autoEncoderReading) Read(in *train.Inputs, seq int, z, dz [][]float64) float64 {
	last := len(z) - 1
	if len(z) < len(r.a.ring) {
		return math.NaN()
	}
	in.Output(r.out, seq, last)
	sum, d := 0.0, len(z[0])
	for k, lag := range r.a.lags {
		for j, v := range z[last-lag] {
			sum += math.Abs(float64(r.out[k*d+j]) - v)
		}
	}
	mean := sum/float64(len(r.out)) + 1e-9
	if dz == nil {
		return math.Log(mean)
	}
	for k, lag := range r.a.lags {
		for j, v := range z[last-lag] {
			e := 1 / (mean * float64(len(r.out)))
			switch diff := float64(r.out[k*d+j]) - v; {
			case diff < 0:
				e = -e
			case diff == 0:
				e = 0
			}
			r.dy[k*d+j] = float32(e)
			dz[last-lag][j] -= e
		}
	}
	in.Pull(seq, last, r.dy)
	return math.Log(mean)
}
