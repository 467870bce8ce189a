package limit

import (
	"fmt"
	"math"
)

// Adaptive is a limit that follows a drifting process: an alarm row raises it by Step (1-alpha) spreads, any other lowers it by Step alpha.
// Over a long time the share of alarm rows is alpha, whatever the process does (Gibbs and Candès, NeurIPS 2021), to within the distance
// that the limit moved over Step times the rows; it rises fast and falls slowly. It swallows a lasting fault as it swallows drift, so only
// the onset of an alarm means anything.
type Adaptive struct {
	limit, up, down float64
}

// AdaptiveConfig says how a limit follows.
type AdaptiveConfig struct {
	Alpha float64 // share of good rows in alarm, above 0 and below 1
	Start float64 // the first limit
	Unit  float64 // one spread of the score, above 0
	Step  float64 // default 0.5
}

// NewAdaptive checks the configuration.
func NewAdaptive(c AdaptiveConfig) (*Adaptive, error) {
	if c.Step == 0 {
		c.Step = 0.5
	}
	switch {
	case !(c.Alpha > 0 && c.Alpha < 1):
		return nil, fmt.Errorf("alpha is %v, must be above 0 and below 1", c.Alpha)
	case !(c.Unit > 0) || math.IsInf(c.Unit, 0):
		return nil, fmt.Errorf("unit is %v, must be above 0 and finite", c.Unit)
	case !(c.Step > 0) || math.IsNaN(c.Start) || math.IsInf(c.Start, 0):
		return nil, fmt.Errorf("step %v, start %v: the step must be above 0 and the start finite", c.Step, c.Start)
	}
	return &Adaptive{limit: c.Start, up: c.Step * c.Unit * (1 - c.Alpha), down: c.Step * c.Unit * c.Alpha}, nil
}

// Step tells whether y is above the limit, and moves the limit. NaN is no alarm and moves nothing.
func (a *Adaptive) Step(y float64) bool {
	switch {
	case y > a.limit:
		a.limit += a.up
		return true
	case y <= a.limit:
		a.limit -= a.down
	}
	return false
}

// Limit is where the limit stands.
func (a *Adaptive) Limit() float64 { return a.limit }
