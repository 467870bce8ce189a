package alert

import (
	"errors"
	"fmt"
	"time"
)

// MaxWindows is the longest on-delay, in windows.
const MaxWindows = 1024

// Rules say when a stream's scores become an alarm and when that is over. A zero field means its default.
type Rules struct {
	Raise      int     `json:"raise"`      // windows above the limit that raise an alarm ..., 1 to Of; default 2
	Of         int     `json:"of"`         // ... among this many assessed windows, 1 to MaxWindows; default 3, or Raise when that is more
	Clear      int     `json:"clear"`      // consecutive windows back under the limit that clear it, 1 or more; default 3
	Hysteresis float64 `json:"hysteresis"` // back under means at or below this fraction of the limit, above 0 to 1; default 0.9
	Latch      bool    `json:"latch"`      // once raised, stay active until acknowledged
	PerPart    bool    `json:"per_part"`   // the stream's state resets with its part: an episode closes with the part it began in
}

func (r Rules) withDefaults() Rules {
	if r.Raise == 0 {
		r.Raise = 2
		if r.Of != 0 {
			r.Raise = min(2, r.Of)
		}
	}
	if r.Of == 0 {
		r.Of = max(3, r.Raise)
	}
	if r.Clear == 0 {
		r.Clear = 3
	}
	if r.Hysteresis == 0 {
		r.Hysteresis = 0.9
	}
	return r
}

// Validate reports every value that is out of range, joined.
func (r Rules) Validate() error {
	r = r.withDefaults()
	var errs []error
	if r.Of < 1 || r.Of > MaxWindows {
		errs = append(errs, fmt.Errorf("alert: on-delay looks at %d windows; allowed are 1 to %d", r.Of, MaxWindows))
	}
	if r.Raise < 1 || r.Raise > r.Of {
		errs = append(errs, fmt.Errorf("alert: on-delay asks for %d of %d windows; allowed are 1 to %d", r.Raise, r.Of, r.Of))
	}
	if r.Clear < 1 {
		errs = append(errs, fmt.Errorf("alert: off-delay is %d windows; allowed are 1 or more", r.Clear))
	}
	if !(r.Hysteresis > 0 && r.Hysteresis <= 1) {
		errs = append(errs, fmt.Errorf("alert: hysteresis is %g of the limit; allowed are values above 0 up to 1", r.Hysteresis))
	}
	return errors.Join(errs...)
}

// clearLevel is the score at or below which a window counts as back under limit. It lies under the limit for negative limits too.
func (r Rules) clearLevel(limit float64) float64 {
	if limit < 0 {
		return limit * (2 - r.Hysteresis)
	}
	return limit * r.Hysteresis
}

// Stream is what the machine needs to know about a stream.
type Stream struct {
	Name        string // as in the scores
	Title       string // for people; empty means Name
	Simulated   bool   // the signal comes from a simulation
	Provisional bool   // the limit is an engineering tolerance
	Rules       Rules
	Priority    Priority      // of its alarms; default Medium, for the monitor as a whole (the stream without a name) High
	Realarm     time.Duration // after which an alarm that is still active is told again, in wall time; 0: as BookConfig.Realarm, below 0: never
}
