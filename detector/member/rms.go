package member

import "math"

// RMS is the plain rule: the largest deviation of any channel from its mean, in standard deviations of the rows learned from.
type RMS struct {
	scaler *scaler
	row    []float64
}

// NewRMS learns means and deviations.
func NewRMS(rows [][]float64) (*RMS, error) {
	s, err := newScaler(rows, math.Inf(1))
	if err != nil {
		return nil, err
	}
	return &RMS{scaler: s, row: make([]float64, len(s.mean))}, nil
}

// Name is "rms".
func (m *RMS) Name() string { return "rms" }

// Reset does nothing: there is no past.
func (m *RMS) Reset() {}

// Score is in standard deviations.
func (m *RMS) Score(row []float64) float64 {
	if !m.scaler.scale(m.row, row) {
		return math.NaN()
	}
	s := 0.0
	for _, v := range m.row {
		s = max(s, math.Abs(v))
	}
	return s
}
