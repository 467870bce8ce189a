package member

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// kept is the share of variance that a Subspace keeps.
const kept = 0.95

// Subspace is the classic of process monitoring: principal components of the rows learned from, Hotelling's T² within those that hold 95 %
// of the variance, and Q, the squared residual outside. The score is the larger of the two over its 99 % quantile on the rows learned from.
type Subspace struct {
	scaler  *scaler
	row     []float64
	axes    *mat.Dense // [channels][channels], one axis a column, largest first
	lengths []float64  // variance along each
	inside  int
	t2, q   float64
}

// NewSubspace learns components.
func NewSubspace(rows [][]float64) (*Subspace, error) {
	s, err := newScaler(rows, math.Inf(1))
	if err != nil {
		return nil, err
	}
	d := len(s.mean)
	m := &Subspace{scaler: s, row: make([]float64, d), lengths: make([]float64, d)}
	scaled := s.all(rows)
	cov := mat.NewSymDense(d, nil)
	for _, r := range scaled {
		for j := range d {
			for k := j; k < d; k++ {
				cov.SetSym(j, k, cov.At(j, k)+r[j]*r[k]/float64(len(rows)))
			}
		}
	}
	var eig mat.EigenSym
	if !eig.Factorize(cov, true) {
		return nil, ErrConstant
	}
	var v mat.Dense
	eig.VectorsTo(&v)
	values := eig.Values(nil)
	total := 0.0
	for _, x := range values {
		total += x
	}
	m.axes = mat.NewDense(d, d, nil)
	sum := 0.0
	for k := range d {
		from := d - 1 - k
		m.lengths[k] = values[from]
		for j := range d {
			m.axes.Set(j, k, v.At(j, from))
		}
		if sum < kept*total {
			m.inside = k + 1
		}
		sum += values[from]
	}
	t2, q := make([]float64, len(rows)), make([]float64, len(rows))
	for i, r := range scaled {
		t2[i], q[i] = m.parts(r)
	}
	m.t2, m.q = quantile(t2, 0.99), quantile(q, 0.99)
	return m, nil
}

func (m *Subspace) parts(row []float64) (t2, q float64) {
	for k, l := range m.lengths {
		p := 0.0
		for j, v := range row {
			p += v * m.axes.At(j, k)
		}
		switch {
		case k < m.inside && l > 0:
			t2 += p * p / l
		case k >= m.inside:
			q += p * p
		}
	}
	return t2, q
}

// Name is "t2q".
func (m *Subspace) Name() string { return "t2q" }

// Reset does nothing: there is no past.
func (m *Subspace) Reset() {}

// Score is 1 at the 99 % quantile.
func (m *Subspace) Score(row []float64) float64 {
	if !m.scaler.scale(m.row, row) {
		return math.NaN()
	}
	t2, q := m.parts(m.row)
	s := 0.0
	if m.t2 > 0 {
		s = t2 / m.t2
	}
	if m.q > 0 {
		s = max(s, q/m.q)
	}
	return s
}
