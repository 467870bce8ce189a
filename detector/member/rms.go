package member

import (
	"encoding/json"
	"math"
)

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

// Width is the number of features.
func (m *RMS) Width() int { return len(m.row) }

// Causes gives each feature's deviation from its mean.
func (m *RMS) Causes(c *Causes) {
	for j, v := range m.row {
		c.Share[j], c.Got[j], c.Expected[j] = math.Abs(v), m.scaler.unscale(v, j), m.scaler.mean[j]
	}
}

func (m *RMS) writeState(*stateWriter) {}
func (m *RMS) readState(*stateReader)  {}

type rmsFile struct {
	Mean []float64 `json:"mean"`
	SD   []float64 `json:"sd"`
}

// MarshalJSON keeps what was learned.
func (m *RMS) MarshalJSON() ([]byte, error) { return json.Marshal(rmsFile{m.scaler.mean, m.scaler.sd}) }

// UnmarshalJSON takes what was learned and checks it. On an error the RMS is as it was.
func (m *RMS) UnmarshalJSON(b []byte) error {
	return restore(b, "rms", func(f rmsFile) (*RMS, error) {
		s, err := scalerFile{f.Mean, f.SD, math.Inf(1)}.scaler()
		if err != nil {
			return nil, err
		}
		return &RMS{scaler: s, row: make([]float64, len(s.mean))}, nil
	}, m)
}
