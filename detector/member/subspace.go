package member

import (
	"encoding/json"
	"fmt"
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

// Width is the number of features.
func (m *Subspace) Width() int { return len(m.row) }

// Causes gives each feature's part of T² or Q, whichever is larger; what is expected of a feature is its mean.
func (m *Subspace) Causes(c *Causes) {
	t2, q := m.parts(m.row)
	inside := m.t2 > 0 && (m.q == 0 || t2/m.t2 >= q/m.q)
	for j, v := range m.row {
		c.Share[j], c.Got[j], c.Expected[j] = 0, m.scaler.unscale(v, j), m.scaler.mean[j]
	}
	for k, l := range m.lengths {
		if inside != (k < m.inside) || inside && !(l > 0) {
			continue
		}
		p := 0.0
		for j, v := range m.row {
			p += v * m.axes.At(j, k)
		}
		if inside {
			p /= l
		}
		for j := range m.row {
			c.Share[j] += p * m.axes.At(j, k)
		}
	}
	for j, v := range m.row { // for T² x'(A L^-1 A')x, for Q the residual squared
		switch {
		case inside:
			c.Share[j] = math.Sqrt(max(c.Share[j]*v, 0) / m.t2)
		case m.q > 0:
			c.Share[j] = math.Abs(c.Share[j]) / math.Sqrt(m.q)
		}
	}
}

func (m *Subspace) writeState(*stateWriter) {}
func (m *Subspace) readState(*stateReader)  {}

type subspaceFile struct {
	Mean    []float64 `json:"mean"`
	SD      []float64 `json:"sd"`
	Axes    []float64 `json:"axes"`
	Lengths []float64 `json:"lengths"`
	Inside  int       `json:"inside"`
	T2      float64   `json:"t2"`
	Q       float64   `json:"q"`
}

// MarshalJSON keeps what was learned.
func (m *Subspace) MarshalJSON() ([]byte, error) {
	return json.Marshal(subspaceFile{m.scaler.mean, m.scaler.sd, m.axes.RawMatrix().Data, m.lengths, m.inside, m.t2, m.q})
}

// UnmarshalJSON takes what was learned and checks it. On an error the Subspace is as it was.
func (m *Subspace) UnmarshalJSON(b []byte) error {
	return restore(b, "t2q", func(f subspaceFile) (*Subspace, error) {
		s, err := scalerFile{f.Mean, f.SD, math.Inf(1)}.scaler()
		if err != nil {
			return nil, err
		}
		d := len(s.mean)
		if len(f.Axes) != d*d || len(f.Lengths) != d || f.Inside < 0 || f.Inside > d || !(f.T2 >= 0) || !(f.Q >= 0) {
			return nil, fmt.Errorf("axes of %d values, %d lengths, %d inside, limits %v and %v do not fit %d channels", len(f.Axes), len(f.Lengths), f.Inside, f.T2, f.Q, d)
		}
		return &Subspace{scaler: s, row: make([]float64, d), axes: mat.NewDense(d, d, f.Axes), lengths: f.Lengths, inside: f.Inside, t2: f.T2, q: f.Q}, nil
	}, m)
}
