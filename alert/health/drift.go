package health

import (
	"fmt"
	"time"

	"crackle/alert"
)

// Drift is whether the model in service still fits what it scores.
type Drift struct {
	Found   bool      // it does not
	Share   float64   // of the windows that show it, above what a quarter of good ones score
	Most    float64   // share that good ones can be expected to have
	Windows uint64    // that show it
	From    time.Time // since about when
}

// drifting judges whether the model in service fits. Its alarm is named by the model and by when the drift began.
func (w *Watcher) drifting(dst []alert.Condition, e *watched, o *Observation, now time.Time) []alert.Condition {
	d := &o.Drift
	if !e.drifts.step(d.Found, 0, 0, now) {
		return dst
	}
	if d.Found {
		e.driftRun, e.driftAt = uint64(o.Taught.UnixNano()), uint64(d.From.UnixNano())
	}
	c := alert.Condition{
		Stream: e.Name, Kind: alert.KindDrift, Active: d.Found, Run: e.driftRun, Index: e.driftAt, At: now, Value: 100 * d.Share, Limit: 100 * d.Most, Unit: "%",
		What: "good windows score as they did when the model was taught, or another model is in service",
	}
	if d.Found {
		c.What = fmt.Sprintf("the model drifts away from the process: since about %s, %.0f %% of %d good windows score above what 25 %% did when it was taught at %s, and %.0f %% at most can be expected; "+
			"look for what has changed (sensor, material, machine); where the process is as it should be, teach the model anew",
			d.From.UTC().Format(time.RFC3339), c.Value, d.Windows, o.Taught.UTC().Format(time.RFC3339), c.Limit)
	}
	return append(dst, c)
}
