package member

import (
	"errors"
	"fmt"
	"math"
)

// Member scores rows in order.
type Member interface {
	Name() string
	// Score gives the raw score of the next row, NaN while the member has too little past for one and on a row that is not finite.
	Score(row []float64) float64
	// Reset forgets the past but not what was learned.
	Reset()
}

// Fit learns a member from rows of normal production.
type Fit func(rows [][]float64) (Member, error)

// ErrConstant is wrapped when no channel moves in the rows to learn from: nothing is known of how far it may.
var ErrConstant = errors.New("every channel is constant in the rows to learn from: record production that moves, or watch for any change with a limit")

// scaler brings rows to zero mean and unit deviation of the rows learned from, and holds outliers in.
type scaler struct {
	mean, sd []float64 // sd is 0 for a channel that does not move
	clip     float64
}

// leastRows is the fewest rows that any member learns from.
const leastRows = 40

// newScaler checks the rows and learns from them.
func newScaler(rows [][]float64, clip float64) (*scaler, error) {
	if len(rows) < leastRows {
		return nil, fmt.Errorf("%d rows to learn from, at least %d are needed: record more normal production", len(rows), leastRows)
	}
	d := len(rows[0])
	if d == 0 {
		return nil, errors.New("rows have no channels")
	}
	s := &scaler{mean: make([]float64, d), sd: make([]float64, d), clip: clip}
	for i, r := range rows {
		if len(r) != d {
			return nil, fmt.Errorf("row %d has %d channels, the first has %d", i, len(r), d)
		}
		for j, v := range r {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("row %d, channel %d is %v: rows to learn from must be finite", i, j, v)
			}
			s.mean[j] += v / float64(len(rows))
		}
	}
	moving := false
	for j := range d {
		for _, r := range rows {
			s.sd[j] += (r[j] - s.mean[j]) * (r[j] - s.mean[j]) / float64(len(rows))
		}
		s.sd[j] = math.Sqrt(s.sd[j])
		if s.sd[j] <= 1e-12*math.Abs(s.mean[j]) { // rounding, not movement
			s.sd[j] = 0
		}
		moving = moving || s.sd[j] > 0
	}
	if !moving {
		return nil, ErrConstant
	}
	return s, nil
}

// scale writes the scaled row to dst and reports whether it is finite. Channels that did not move while learning are 0.
func (s *scaler) scale(dst, row []float64) bool {
	if len(row) != len(dst) {
		return false
	}
	for j, v := range row {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
		dst[j] = 0
		if s.sd[j] > 0 {
			dst[j] = min(max((v-s.mean[j])/s.sd[j], -s.clip), s.clip)
		}
	}
	return true
}

// near scales a value of channel j, held in within clip around middle.
func (s *scaler) near(v float64, j int, middle, clip float64) float64 {
	if s.sd[j] == 0 {
		return 0
	}
	return middle + min(max((v-s.mean[j])/s.sd[j]-middle, -clip), clip)
}

// all scales the rows learned from.
func (s *scaler) all(rows [][]float64) [][]float64 {
	out := make([][]float64, len(rows))
	for i, r := range rows {
		out[i] = make([]float64, len(r))
		s.scale(out[i], r)
	}
	return out
}

// Scores runs a member over rows: what streaming gives, in one slice.
func Scores(m Member, rows [][]float64) []float64 {
	out := make([]float64, len(rows))
	for i, r := range rows {
		out[i] = m.Score(r)
	}
	return out
}

var nan = math.NaN()

// finite tells whether all of a row is.
func finite(row []float64) bool {
	for _, v := range row {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
