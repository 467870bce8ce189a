package panel

import (
	"fmt"

	"crackle/detector/limit"
)

// following is a limit that follows a process that drifts. It outlives a fresh start of the members: it is of the process, not of a run.
type following struct {
	Alpha float64 `json:"alpha"` // share of good rows above
	Unit  float64 `json:"unit"`  // one spread of the score

	now *limit.Adaptive
}

// begin sets the limit where it starts.
func (f *following) begin(at float64) error {
	var err error
	if f.now, err = limit.NewAdaptive(limit.AdaptiveConfig{Alpha: f.Alpha, Start: at, Unit: f.Unit}); err != nil {
		return fmt.Errorf("panel: adaptive limit: %w", err)
	}
	return nil
}
