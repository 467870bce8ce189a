package simulate

import "math"

// abbm is the model of Alessandro, Beatrice, Bertotti and Montorsi (J. Appl. Phys. 68, 2901 (1990)) for the velocity v >= 0 of a domain wall:
//
//	dv = (c(t) - v) dt + dF,    dF = -(F/xi) v dt + sqrt(2v) dW
//
// in units of the demagnetising time. c is the driving rate, F the pinning field, which forgets itself over a wall travel (flux) of xi. Without that
// memory (xi infinite) and with constant c the stationary law of v is Gamma(c, 1), with the spectrum of a Lorentzian of unit corner.
//
// Within a step, F/xi in the drift is frozen. Then v is a square-root diffusion with rate kappa = 1 + F/xi, whose transition over a time d is
//
//	v' = A Gamma(c + N, 1),   N ~ Poisson(v E/A),   E = e^(-kappa d),   A = (1 - E)/kappa,
//
// drawn exactly. E and A are taken in the bilinear form of h = 2 tanh(d/2), E = (1 - kappa h/2)/(1 + kappa h/2), A = h/(1 + kappa h/2): exact at kappa = 1, finite
// at kappa = 0, and in step with the trapezoid rule by which F is carried on. Flux and charge in physics are what v and its integral stand for.
type abbm struct {
	v, f float64
	h    float64 // 2 tanh(d/2)
	per  float64 // 1/xi, 0 without memory
	most float64 // bound of |F/xi|, so that E and A stay positive
}

func newABBM(d, xi float64) abbm {
	m := abbm{h: 2 * math.Tanh(d/2)}
	if xi > 0 && !math.IsInf(xi, 1) {
		m.per = 1 / xi
	}
	m.most = 0.95*(2/m.h) - 1
	return m
}

func (m *abbm) reset() { m.v, m.f = 0, 0 }

// step carries the wall over one step at driving rate c >= 0.
func (m *abbm) step(c float64, r random) float64 {
	if c == 0 && m.v == 0 {
		return 0 // at rest and not driven
	}
	half := 0.5 * m.h * (1 + max(-m.most, min(m.most, m.f*m.per)))
	n := 0
	if m.v > 0 {
		n = r.poisson(m.v * (1 - half) / m.h)
	}
	v := 0.0
	if shape := c + float64(n); shape > 0 {
		v = m.h / (1 + half) * r.gamma(shape)
	}
	if m.per > 0 {
		m.f += v - m.v - m.h*(c-0.5*(v+m.v))
	}
	m.v = v
	return v
}
