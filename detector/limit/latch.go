package limit

import "math"

// Latch speaks once when a score passes its limit and then rests; each time it has spoken makes the next harder, and is forgotten slowly: a
// source that cries often is heard less. It is for onsets, where one call per trouble is wanted and its length is not.
type Latch struct {
	cfg  LatchConfig
	said float64 // score of the last call
	debt float64 // calls made, forgotten with time
	rest int     // rows left
	keep float64 // share of the debt kept per row
}

// LatchConfig says when to speak.
type LatchConfig struct {
	Limit  float64
	Rest   int     // rows of silence after a call
	Price  float64 // by which each call not yet forgotten raises the limit
	Memory float64 // rests until a call is forgotten (time constant), default 4
	Louder float64 // a score above that of the call by so much breaks the silence; 0: none does
}

// NewLatch makes a latch that has not spoken.
func NewLatch(c LatchConfig) *Latch {
	if c.Memory == 0 {
		c.Memory = 4
	}
	return &Latch{cfg: c, keep: math.Exp(-1 / (c.Memory * float64(max(c.Rest, 1))))}
}

// Step tells whether to speak on this row. NaN never does.
func (l *Latch) Step(score float64) bool {
	l.debt *= l.keep
	over := score > l.cfg.Limit+l.cfg.Price*l.debt
	if l.rest > 0 {
		l.rest--
		over = over && l.cfg.Louder > 0 && score > l.said+l.cfg.Louder
	}
	if !over {
		return false
	}
	l.debt++
	l.rest, l.said = l.cfg.Rest, score
	return true
}
