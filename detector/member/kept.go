package member

import (
	"encoding/json"
	"fmt"
)

// Causes say what a member's score of the last row rests on, a value per feature. What a feature's own part is depends on the member: a
// deviation of its value, of its mean over some rows, or of its movement, in the feature's unit in any case. They are for every row as it comes;
// Contributions and gradients split a score exactly, over rows too, and are for explaining one.
type Causes struct {
	Share    []float64 // raw score that the feature alone would give, 0 or more; together they are about as a root of squares
	Got      []float64 // what was found
	Expected []float64 // what would have caused no score
	Moves    []bool    // these are of the feature's movement, not of its value, so that they stay where its level is shifted; a member sets it, and never clears it
}

// NewCauses has room for d features.
func NewCauses(d int) *Causes {
	return &Causes{Share: make([]float64, d), Got: make([]float64, d), Expected: make([]float64, d), Moves: make([]bool, d)}
}

// Kept is a member that a model file can hold: what it learned is its JSON, its past can be kept and brought back, and it says what spoke.
type Kept interface {
	Member
	json.Marshaler
	json.Unmarshaler
	// Width is the number of features of a row.
	Width() int
	// Causes tells what the score of the last row rests on. It means something only when that was not NaN. It allocates nothing.
	Causes(*Causes)

	writeState(*stateWriter)
	readState(*stateReader)
}

// Separate is a member whose score is the largest of members that see one feature each, and no less than 0.
type Separate interface {
	Member
	// Each gives them; they belong to the member. Each of them takes whole rows.
	Each(f func(feature int, m Member))
}

// Saver writes the pasts of members. Kept for a while, it allocates nothing.
type Saver struct{ w stateWriter }

// Append appends m's past to b.
func (s *Saver) Append(b []byte, m Kept) []byte {
	s.w.b = b
	m.writeState(&s.w)
	b, s.w.b = s.w.b, nil
	return b
}

// RestoreState takes a past that a Saver wrote, of a member that learned the same. On an error the member is reset.
func RestoreState(b []byte, m Kept) error {
	r := stateReader{b: b}
	m.readState(&r)
	if r.bad || len(r.b) > 0 {
		m.Reset()
		return fmt.Errorf("member %s: cut off, too long or not finite: %w", m.Name(), errState)
	}
	return nil
}

// unscale brings a scaled value of channel j back to its unit.
func (s *scaler) unscale(z float64, j int) float64 { return s.mean[j] + s.sd[j]*z }
