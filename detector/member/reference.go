package member

import (
	"fmt"
	"math"
)

// Reference compares whole windows with recordings of good units: per feature the deviation from their mean, over a scale that holds the
// spread within recordings, the spread between them (which few recordings tell little of), and a stated tolerance below which a deviation
// does not matter to anyone.
type Reference struct {
	mean, scale []float64
}

// NewReference learns from recordings, at least one, each a set of rows. Tolerance has a value per feature, in its unit, 0 for none.
func NewReference(recordings [][][]float64, tolerance []float64) (*Reference, error) {
	d := len(tolerance)
	if len(recordings) == 0 || d == 0 {
		return nil, fmt.Errorf("%d recordings of %d features, at least one of each is needed", len(recordings), d)
	}
	means := make([][]float64, len(recordings))
	within, rows := make([]float64, d), 0.0
	for i, rec := range recordings {
		means[i] = make([]float64, d)
		for k, r := range rec {
			if len(r) != d {
				return nil, fmt.Errorf("recording %d, row %d has %d features, tolerances are for %d", i, k, len(r), d)
			}
			for j, v := range r {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					return nil, fmt.Errorf("recording %d, row %d, feature %d is %v: rows to learn from must be finite", i, k, j, v)
				}
				means[i][j] += v / float64(len(rec))
			}
		}
		for _, r := range rec {
			for j, v := range r {
				within[j] += (v - means[i][j]) * (v - means[i][j])
			}
		}
		rows += float64(len(rec))
	}
	n := float64(len(recordings))
	m := &Reference{mean: make([]float64, d), scale: make([]float64, d)}
	for j := range d {
		for _, v := range means {
			m.mean[j] += v[j] / n
		}
		between := 0.0
		for _, v := range means {
			between += (v[j] - m.mean[j]) * (v[j] - m.mean[j]) / max(n-1, 1)
		}
		m.scale[j] = math.Sqrt(within[j]/max(rows-n, 1) + (1+1/n)*between + tolerance[j]*tolerance[j])
	}
	for j := range m.scale {
		m.scale[j] = max(m.scale[j], 1e-9*math.Abs(m.mean[j]), math.SmallestNonzeroFloat64)
	}
	return m, nil
}

// Name is "reference".
func (m *Reference) Name() string { return "reference" }

// Reset does nothing: there is no past.
func (m *Reference) Reset() {}

// Score is the largest deviation of any feature over its scale.
func (m *Reference) Score(row []float64) float64 {
	if len(row) != len(m.mean) {
		return math.NaN()
	}
	s := 0.0
	for j, v := range row {
		z := math.Abs(v-m.mean[j]) / m.scale[j]
		if !(z <= s) { // NaN too
			s = z
		}
	}
	return s
}
