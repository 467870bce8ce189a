package member

import (
	"math"
	"slices"
)

// spreadRows is how many rows a spread is taken over, and spreadKept how many of their movements count: the largest few are left out, so that
// a level that jumps once is not taken for texture.
const (
	spreadRows = 40
	spreadKept = 36
)

// Spread watches the texture of all channels together: the logarithm of each channel's movement from row to row over the last rows, as a
// Level watches levels. Faults that shake a signal without moving its mean show here.
type Spread struct {
	level *Level
	turn  *texture
	row   []float64
}

// spreadClip is the default of Clip for a spread: texture grows tenfold where a level moves by a few deviations.
const spreadClip = 15

// NewSpread learns a Spread from rows of normal production. Clip defaults to 15.
func NewSpread(c LevelConfig, rows [][]float64) (*Spread, error) {
	if c.Clip == 0 {
		c.Clip = spreadClip
	}
	if _, err := newScaler(rows, 1); err != nil {
		return nil, err
	}
	s := &Spread{turn: newTexture(rows), row: make([]float64, len(rows[0]))}
	turned := make([][]float64, 0, len(rows))
	for _, r := range rows {
		if s.turn.into(s.row, r) {
			turned = append(turned, append([]float64(nil), s.row...))
		}
	}
	var err error
	if s.level, err = NewLevel(c, turned); err != nil {
		return nil, err
	}
	s.level.name = "spread"
	s.Reset()
	return s, nil
}

// Name is "spread".
func (s *Spread) Name() string { return "spread" }

// Reset forgets the past.
func (s *Spread) Reset() {
	s.turn.reset()
	s.level.Reset()
}

// Score is as that of Level, NaN until the first spread is full.
func (s *Spread) Score(row []float64) float64 {
	d := s.Distance(row)
	if !math.IsNaN(d) {
		s.level.Follow()
	}
	return d
}

// Distance is Score without moving the baseline.
func (s *Spread) Distance(row []float64) float64 {
	if !s.turn.into(s.row, row) {
		return math.NaN()
	}
	return s.level.Distance(s.row)
}

// Growth is the largest growth of a single channel's texture on the last row, in its own 99 % quantiles: faults shake a signal, while texture
// that falls away is a change of regime more often than not.
func (s *Spread) Growth() float64 {
	grown := 0.0
	for j, x := range s.level.metric.scaled {
		grown = max(grown, x/max(s.level.edge[j], leastEdge))
	}
	return grown
}

// texture turns rows into the logarithms of their movement.
type texture struct {
	floor  []float64   // per channel, so that a still channel has a logarithm
	ring   [][]float64 // squared differences
	sorted [][]float64 // the ring's values per channel, in order
	last   []float64
	at     int
	seen   int                 // rows
	order  [spreadRows]float64 // scratch
}

func newTexture(rows [][]float64) *texture {
	d := len(rows[0])
	t := emptyTexture(make([]float64, d))
	for i := 1; i < len(rows); i++ {
		for j, v := range rows[i] {
			e := v - rows[i-1][j]
			t.floor[j] += 0.05 * e * e / float64(len(rows)-1)
		}
	}
	return t
}

// emptyTexture is one that has seen nothing.
func emptyTexture(floor []float64) *texture {
	t := &texture{floor: floor, last: make([]float64, len(floor))}
	for range spreadRows {
		t.ring = append(t.ring, make([]float64, len(floor)))
	}
	for range floor {
		t.sorted = append(t.sorted, make([]float64, spreadRows))
	}
	return t
}

// sort brings sorted in line with a ring that was filled otherwise than by into.
func (t *texture) sort() {
	for j, s := range t.sorted {
		for i := range t.ring {
			s[i] = t.ring[i][j]
		}
		slices.Sort(s)
	}
}

// exchange puts v in the place of old in a sorted list; it is false when old is not there.
func exchange(s []float64, old, v float64) bool {
	i := search(s, old)
	if i == len(s) || s[i] != old {
		return false
	}
	if k := search(s, v); k > i {
		copy(s[i:k-1], s[i+1:k])
		s[k-1] = v
	} else {
		copy(s[k+1:i+1], s[k:i])
		s[k] = v
	}
	return true
}

func (t *texture) reset() { t.at, t.seen = 0, 0 }

// into reports whether the spread is full.
func (t *texture) into(dst, row []float64) bool {
	if len(row) != len(dst) {
		return false
	}
	for _, v := range row {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	if t.seen > 0 {
		lost := false
		for j, v := range row {
			e := (v - t.last[j]) * (v - t.last[j])
			lost = !exchange(t.sorted[j], t.ring[t.at][j], e) || lost
			t.ring[t.at][j] = e
		}
		if lost { // a ring that was read back with what is no number
			t.sort()
		}
		t.at = (t.at + 1) % spreadRows
	}
	copy(t.last, row)
	t.seen = min(t.seen+1, spreadRows+1)
	if t.seen <= spreadRows {
		return false
	}
	for j := range dst {
		sum := 0.0
		for _, v := range t.sorted[j][:spreadKept] {
			sum += v
		}
		dst[j] = 0
		if t.floor[j] > 0 {
			dst[j] = 0.5 * math.Log(sum/spreadKept/t.floor[j]+1)
		}
	}
	return true
}

// Width is the number of features.
func (s *Spread) Width() int { return len(s.row) }

// Causes gives each feature's part of the distance: what was found is its movement from row to row, root mean square, what is expected the
// movement at its baseline.
func (s *Spread) Causes(c *Causes) {
	s.level.Causes(c)
	for j, floor := range s.turn.floor {
		c.Moves[j] = true
		c.Got[j], c.Expected[j] = math.Sqrt(floor*max(math.Expm1(2*c.Got[j]), 0)), math.Sqrt(floor*max(math.Expm1(2*c.Expected[j]), 0))
	}
}

func (s *Spread) writeState(w *stateWriter) {
	s.turn.writeState(w)
	s.level.writeState(w)
}

func (s *Spread) readState(r *stateReader) {
	s.turn.readState(r)
	s.level.readState(r)
}

// Left is as that of Level.
func (s *Spread) Left() float64 { return s.level.Left() }

// Hold is as that of Level.
func (s *Spread) Hold(on bool) { s.level.Hold(on) }

// Follow is as that of Level, and does nothing before the first spread is full.
func (s *Spread) Follow() {
	if s.turn.seen > spreadRows {
		s.level.Follow()
	}
}

// Rebase is as that of Level.
func (s *Spread) Rebase() { s.level.Rebase() }
