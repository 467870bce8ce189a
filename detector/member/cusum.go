package member

import (
	"encoding/json"
	"fmt"
	"math"
)

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
	ups      []int // rows since the sum up was last 0
	downs    []int
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
	return newCUSUM(c, s), nil
}

func newCUSUM(c CUSUMConfig, s *scaler) *CUSUM {
	d := len(s.mean)
	return &CUSUM{cfg: c, scaler: s, row: make([]float64, d), up: make([]float64, d), down: make([]float64, d),
		ups: make([]int, d), downs: make([]int, d)}
}

// Name is "cusum".
func (m *CUSUM) Name() string { return "cusum" }

// Reset empties the sums.
func (m *CUSUM) Reset() {
	for j := range m.up {
		m.up[j], m.down[j], m.ups[j], m.downs[j] = 0, 0, 0, 0
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
		m.ups[j], m.downs[j] = rowsSince(m.up[j], m.ups[j]), rowsSince(m.down[j], m.downs[j])
		s = max(s, m.up[j], m.down[j])
	}
	return s
}

// rowsSince counts the rows of a sum that is not 0.
func rowsSince(sum float64, n int) int {
	if sum == 0 {
		return 0
	}
	return min(n+1, 1<<30)
}

// Width is the number of features.
func (m *CUSUM) Width() int { return len(m.row) }

// Causes gives each feature's larger sum, and the mean since it began as what was found.
func (m *CUSUM) Causes(c *Causes) {
	for j := range m.row {
		sum, n, sign := m.up[j], m.ups[j], 1.0
		if m.down[j] > sum {
			sum, n, sign = m.down[j], m.downs[j], -1
		}
		c.Share[j], c.Expected[j], c.Got[j] = sum, m.scaler.mean[j], m.scaler.mean[j]
		if n > 0 {
			c.Got[j] = m.scaler.unscale(sign*(m.cfg.Slack+sum/float64(n)), j)
		}
	}
}

func (m *CUSUM) writeState(w *stateWriter) {
	w.row(m.up)
	w.row(m.down)
	for j := range m.ups {
		w.count(m.ups[j])
		w.count(m.downs[j])
	}
}

func (m *CUSUM) readState(r *stateReader) {
	r.row(m.up)
	r.row(m.down)
	for j := range m.ups {
		m.ups[j], m.downs[j] = r.count(1<<30), r.count(1<<30)
	}
}

type cusumFile struct {
	Config CUSUMConfig `json:"config"`
	Scaler scalerFile  `json:"scaler"`
}

// MarshalJSON keeps what was learned.
func (m *CUSUM) MarshalJSON() ([]byte, error) { return json.Marshal(cusumFile{m.cfg, m.scaler.file()}) }

// UnmarshalJSON takes what was learned, checks it and starts fresh. On an error the CUSUM is as it was.
func (m *CUSUM) UnmarshalJSON(b []byte) error {
	return restore(b, "cusum", func(f cusumFile) (*CUSUM, error) {
		s, err := f.Scaler.scaler()
		if err != nil {
			return nil, err
		}
		if c := f.Config; !(c.Slack > 0) || !(c.Most > 0) {
			return nil, fmt.Errorf("slack %v and most %v must be above 0", c.Slack, c.Most)
		}
		return newCUSUM(f.Config, s), nil
	}, m)
}
