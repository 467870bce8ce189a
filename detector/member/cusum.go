package member

import "math"

// CUSUMConfig of a CUSUM. The zero value of a field means its default.
type CUSUMConfig struct {
	Slack float64 // deviations within it add nothing, in standard deviations; default 0.5
	Most  float64 // sums are held within it, so that an alarm ends some time after its cause; default 50
}

// CUSUM adds up deviations from the mean of the rows learned from, per channel and direction (Page, 1954): small lasting shifts that no
// single row shows. The score is the largest sum, in standard deviations.
type CUSUM struct {
	cfg      CUSUMConfig
	scaler   *scaler
	row      []float64
	up, down []float64
}

// NewCUSUM learns means and deviations.
func NewCUSUM(c CUSUMConfig, rows [][]float64) (*CUSUM, error) {
	if c.Slack == 0 {
		c.Slack = 0.5
	}
	if c.Most == 0 {
		c.Most = 50
	}
	s, err := newScaler(rows, 6)
	if err != nil {
		return nil, err
	}
	d := len(s.mean)
	return &CUSUM{cfg: c, scaler: s, row: make([]float64, d), up: make([]float64, d), down: make([]float64, d)}, nil
}

// Name is "cusum".
func (m *CUSUM) Name() string { return "cusum" }

// Reset empties the sums.
func (m *CUSUM) Reset() {
	for j := range m.up {
		m.up[j], m.down[j] = 0, 0
	}
}

// Score is the largest sum.
func (m *CUSUM) Score(row []float64) float64 {
	if !m.scaler.scale(m.row, row) {
		return math.NaN()
	}
	s := 0.0
	for j, v := range m.row {
		m.up[j] = min(max(m.up[j]+v-m.cfg.Slack, 0), m.cfg.Most)
		m.down[j] = min(max(m.down[j]-v-m.cfg.Slack, 0), m.cfg.Most)
		s = max(s, m.up[j], m.down[j])
	}
	return s
}
