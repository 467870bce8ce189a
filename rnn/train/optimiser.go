package train

import (
	"math"

	"crackle/rnn"
)

// Optimiser names an update rule.
type Optimiser string

const (
	AdamW Optimiser = "adamw" // Loshchilov and Hutter 2019, with β1 0.9, β2 0.999, ε 1e-8; Adam when the weight decay is 0
	SGD   Optimiser = "sgd"   // with momentum, PyTorch's form: v = m v + g; w -= lr v
)

const beta1, beta2, epsilon = 0.9, 0.999, 1e-8

// updater holds the moments, as float64 in the order of Weights.Params.
type updater struct {
	cfg  *Config
	step int
	m, v [][]float64
}

func newUpdater(cfg *Config, params []rnn.Param) *updater {
	u := &updater{cfg: cfg}
	for _, p := range params {
		u.m = append(u.m, make([]float64, len(p.Data)))
		u.v = append(u.v, make([]float64, len(p.Data)))
	}
	return u
}

// apply clips grads and moves params; it returns the norm before clipping.
func (u *updater) apply(params []rnn.Param, grads [][]float64, rate float64) float64 {
	norm := clip(grads, u.cfg.ClipNorm, u.cfg.ClipValue)
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return norm
	}
	u.step++
	c1, c2 := 1-math.Pow(beta1, float64(u.step)), 1-math.Pow(beta2, float64(u.step))
	for i, p := range params {
		g, m, v := grads[i], u.m[i], u.v[i]
		if u.cfg.Optimiser == SGD {
			for j := range p.Data {
				m[j] = u.cfg.Momentum*m[j] + g[j] + u.cfg.WeightDecay*float64(p.Data[j])
				p.Data[j] = float32(float64(p.Data[j]) - rate*m[j])
			}
			continue
		}
		keep := 1 - rate*u.cfg.WeightDecay
		for j := range p.Data {
			m[j] = beta1*m[j] + (1-beta1)*g[j]
			v[j] = beta2*v[j] + (1-beta2)*g[j]*g[j]
			p.Data[j] = float32(float64(p.Data[j])*keep - rate*(m[j]/c1)/(math.Sqrt(v[j]/c2)+epsilon))
		}
	}
	return norm
}

// clip holds each gradient within ±value, then scales all to at most norm; 0 or less turns either off. It returns the norm before both.
func clip(grads [][]float64, norm, value float64) float64 {
	var sum float64
	for _, g := range grads {
		for _, v := range g {
			sum += v * v
		}
	}
	before := math.Sqrt(sum)
	if value > 0 {
		sum = 0
		for _, g := range grads {
			for j, v := range g {
				g[j] = max(-value, min(value, v))
				sum += g[j] * g[j]
			}
		}
	}
	if n := math.Sqrt(sum); norm > 0 && n > norm {
		for _, g := range grads {
			for j := range g {
				g[j] *= norm / n
			}
		}
	}
	return before
}
