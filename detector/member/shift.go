package member

import "math"

// ShiftConfig of a Shift. The zero value of a field means its default.
type ShiftConfig struct {
	Rows  int     // in each of the two means compared, default 15
	Clip  float64 // default 6
	Share float64 // of the correlation that is believed, default 0.7
}

// Shift tells whether the process is changing: the difference between the mean of the last rows and the mean of as many before, as a
// Mahalanobis distance over all channels. A score of 1 is the 99 % quantile of the rows learned from.
type Shift struct {
	rows   int
	scaler *scaler
	metric *metric
	unit   float64
	ring   [][]float64 // the last 2*rows scaled rows
	at     int         // where the next goes
	seen   int
	diff   []float64
	zero   []float64
}

// NewShift learns a Shift from rows of normal production.
func NewShift(c ShiftConfig, rows [][]float64) (*Shift, error) {
	if c.Rows == 0 {
		c.Rows = 15
	}
	if c.Clip == 0 {
		c.Clip = 6
	}
	if c.Share == 0 {
		c.Share = 0.7
	}
	c.Rows = max(min(c.Rows, len(rows)/8), 1)
	sc, err := newScaler(rows, c.Clip)
	if err != nil {
		return nil, err
	}
	d := len(sc.mean)
	s := &Shift{rows: c.Rows, scaler: sc, diff: make([]float64, d), zero: make([]float64, d)}
	for range 2 * c.Rows {
		s.ring = append(s.ring, make([]float64, d))
	}
	var diffs [][]float64
	for _, r := range rows {
		if s.push(r); s.seen >= 2*c.Rows {
			s.compare()
			diffs = append(diffs, append([]float64(nil), s.diff...))
		}
	}
	scale := make([]float64, d)
	for j := range d {
		if sc.sd[j] == 0 {
			continue
		}
		mean, sum := 0.0, 0.0
		for _, e := range diffs {
			mean += e[j] / float64(len(diffs))
		}
		for _, e := range diffs {
			sum += (e[j] - mean) * (e[j] - mean) / float64(len(diffs))
		}
		scale[j] = max(math.Sqrt(sum), math.Sqrt(2/float64(c.Rows))) // rows have unit deviation
	}
	if s.metric, err = newMetric(diffs, scale, c.Share); err != nil {
		return nil, err
	}
	lengths := make([]float64, len(diffs))
	for i, e := range diffs {
		lengths[i] = s.metric.length(e, s.zero)
	}
	s.unit = quantile(lengths, 0.99)
	s.Reset()
	return s, nil
}

// Name is "shift".
func (s *Shift) Name() string { return "shift" }

// Reset forgets the past.
func (s *Shift) Reset() { s.at, s.seen = 0, 0 }

// Score is NaN until both means are full.
func (s *Shift) Score(row []float64) float64 {
	if !s.push(row) || s.seen < 2*s.rows {
		return math.NaN()
	}
	s.compare()
	return s.metric.length(s.diff, s.zero) / s.unit
}

func (s *Shift) push(row []float64) bool {
	if !s.scaler.scale(s.ring[s.at], row) {
		return false
	}
	s.at = (s.at + 1) % len(s.ring)
	s.seen = min(s.seen+1, len(s.ring))
	return true
}

// compare sums anew each time, in the order of the rows, so that rounding does not pile up and the place in the ring does not matter.
func (s *Shift) compare() {
	for j := range s.diff {
		s.diff[j] = 0
	}
	for i := range s.ring {
		sign := 1 / float64(s.rows)
		if i < s.rows {
			sign = -sign
		}
		for j, v := range s.ring[(s.at+i)%len(s.ring)] {
			s.diff[j] += sign * v
		}
	}
}

// Width is the number of features.
func (s *Shift) Width() int { return len(s.diff) }

// Causes gives each feature's part of the distance: what was found is the mean of the last rows, what is expected that of the rows before.
func (s *Shift) Causes(c *Causes) {
	for j, x := range s.metric.scaled {
		before := 0.0
		for i := range s.rows {
			before += s.ring[(s.at+i)%len(s.ring)][j] / float64(s.rows)
		}
		c.Share[j] = math.Sqrt(max(x*s.metric.weighed[j], 0)) / s.unit
		c.Got[j], c.Expected[j] = s.scaler.unscale(before+s.diff[j], j), s.scaler.unscale(before, j)
	}
}
