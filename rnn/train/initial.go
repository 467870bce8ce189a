package train

import (
	"math"
	"math/rand/v2"

	"crackle/rnn"
)

// Initialise fills w for training: recurrent matrices orthogonal per gate (Saxe et al. 2014), input matrices Glorot-uniform per gate,
// the head Glorot-uniform, biases zero but for the LSTM's forget gate, whose input bias is 1 (Jozefowicz et al. 2015). The same seed gives the
// same weights everywhere.
func Initialise(w *rnn.Weights, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 0x5eed))
	h, gates := w.Config.Hidden, w.Config.Cell.Gates()
	for i := range w.Layers {
		l := &w.Layers[i]
		glorot(r, l.WeightIH, len(l.WeightIH)/(gates*h), h)
		for g := range gates {
			orthogonal(r, l.WeightHH[g*h*h:(g+1)*h*h], h)
		}
		clear(l.BiasIH)
		clear(l.BiasHH)
		if w.Config.Cell == rnn.LSTM {
			for j := h; j < 2*h; j++ {
				l.BiasIH[j] = 1
			}
		}
	}
	if n := len(w.Head.Bias); n > 0 {
		glorot(r, w.Head.Weight, len(w.Head.Weight)/n, n)
		clear(w.Head.Bias)
	}
	clear(w.H0)
	clear(w.C0)
}

// Uniform fills every parameter from U(±1/√hidden), PyTorch's initial scale.
func Uniform(w *rnn.Weights, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 0x5eed))
	scale := 1 / math.Sqrt(float64(w.Config.Hidden))
	for _, p := range w.Params() {
		for i := range p.Data {
			p.Data[i] = float32((2*r.Float64() - 1) * scale)
		}
	}
}

func glorot(r *rand.Rand, m []float32, in, out int) {
	bound := math.Sqrt(6 / float64(in+out))
	for i := range m {
		m[i] = float32((2*r.Float64() - 1) * bound)
	}
}

// orthogonal fills m [n][n] with the rows of a Gaussian matrix made orthonormal by modified Gram-Schmidt, done twice for full accuracy.
func orthogonal(r *rand.Rand, m []float32, n int) {
	rows := make([][]float64, n)
	for i := range rows {
		v := make([]float64, n)
		for {
			for j := range v {
				v[j] = r.NormFloat64()
			}
			if i == 0 && n == 1 {
				v[0] = sign(v[0])
			}
			for range 2 {
				for _, q := range rows[:i] {
					axpy(v, q, -dot(v, q))
				}
			}
			if l := math.Sqrt(dot(v, v)); l > 1e-6 {
				for j := range v {
					v[j] /= l
				}
				break
			}
		}
		rows[i] = v
		for j, x := range v {
			m[i*n+j] = float32(x)
		}
	}
}

func dot(a, b []float64) float64 {
	var s float64
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

func axpy(y, x []float64, a float64) {
	for i, v := range x {
		y[i] += a * v
	}
}
