package member

import (
	"fmt"
	"math"
)

// Direction says which way a fault moves a feature, when that is known.
type Direction int

const (
	Both Direction = 0
	Up   Direction = 1
	Down Direction = -1
)

// DeviationConfig of a Deviation. The zero value of a field means its default.
type DeviationConfig struct {
	Channel   int
	Direction Direction
	Past      int     // rows whose median is the baseline, default 16
	Prior     float64 // rows that the mean learned counts for in the baseline, default 5
	Alpha     float64 // weight of the newest row in the moving average, default 0.25
}

// Deviation follows one feature along a part: the moving average of its deviation from the median of the last rows, which a part's own
// level and slow run-out move too. At the beginning of a part the mean learned stands in. With a direction declared only deviations that
// way count. The score is in standard deviations of single rows within a part.
type Deviation struct {
	cfg      DeviationConfig
	mean, sd float64
	past     *ordered
	average  float64
}

// NewDeviation learns from parts of normal production, each a run of rows.
func NewDeviation(c DeviationConfig, parts [][][]float64) (*Deviation, error) {
	if c.Past == 0 {
		c.Past = 16
	}
	if c.Prior == 0 {
		c.Prior = 5
	}
	if c.Alpha == 0 {
		c.Alpha = 0.25
	}
	m := &Deviation{cfg: c, past: newOrdered(c.Past)}
	count := 0.0
	var within []float64
	for i, part := range parts {
		x := make([]float64, len(part))
		for k, r := range part {
			if c.Channel < 0 || c.Channel >= len(r) || math.IsNaN(r[c.Channel]) || math.IsInf(r[c.Channel], 0) {
				return nil, fmt.Errorf("part %d, row %d has no finite channel %d: rows to learn from must be finite", i, k, c.Channel)
			}
			x[k] = r[c.Channel]
			m.mean += x[k]
			count++
		}
		middle := quantile(x, 0.5)
		for _, v := range x {
			within = append(within, v-middle)
		}
	}
	if count < leastRows {
		return nil, fmt.Errorf("%.0f rows to learn from, at least %d are needed: record more normal production", count, leastRows)
	}
	m.mean /= count
	for _, v := range within {
		m.sd += v * v / count
	}
	if m.sd = math.Sqrt(m.sd); m.sd == 0 {
		return nil, ErrConstant
	}
	return m, nil
}

// Name is "deviation".
func (m *Deviation) Name() string { return "deviation" }

// Reset begins a part.
func (m *Deviation) Reset() {
	m.past.reset()
	m.average = 0
}

// Score is NaN on a row without the feature.
func (m *Deviation) Score(row []float64) float64 {
	if m.cfg.Channel >= len(row) || math.IsNaN(row[m.cfg.Channel]) || math.IsInf(row[m.cfg.Channel], 0) {
		return math.NaN()
	}
	x := row[m.cfg.Channel]
	base, n := m.mean, float64(len(m.past.sorted))
	if n > 0 {
		base = (n*middle(m.past.sorted) + m.cfg.Prior*m.mean) / (n + m.cfg.Prior)
	}
	z := (x - base) / m.sd
	if n == 0 {
		m.average = z
	}
	m.average += m.cfg.Alpha * (z - m.average)
	m.past.add(x)
	if m.cfg.Direction == Both {
		return math.Abs(m.average)
	}
	return float64(m.cfg.Direction) * m.average
}

// middle is the median of a sorted slice.
func middle(s []float64) float64 { return (s[(len(s)-1)/2] + s[len(s)/2]) / 2 }
