package app

import (
	"context"
	"fmt"
	"time"

	"crackle/alert"
	"crackle/cmd/crackle/config"
	"crackle/detector/master"
)

// tell draws up the charts of a stream and hands what they say to the alarm machine.
func (k *masterKeeper) tell(ctx context.Context, s *config.Stream) {
	charts, err := MasterCharts(s, k.known[s.Name])
	if err != nil {
		k.log.Error("the charts of the reference parts cannot be drawn up", "stream", s.Name, "err", err)
		return
	}
	c, ok := judgeMasters(s, charts, k.started, time.Now())
	if !ok && !k.told[s.Name] {
		return
	}
	k.told[s.Name] = c.Active
	if err := k.app.machine.Condition(ctx, c); err != nil && ctx.Err() == nil {
		k.log.Error("finding not taken by the alarm machine", "stream", s.Name, "kind", c.Kind, "err", err)
	}
}

// judgeMasters makes one condition of a stream's charts: of the reference parts that measure otherwise the one farthest out, else one that is
// overdue. When nothing is wrong it says that it is over, and ok is false.
func judgeMasters(s *config.Stream, charts []*master.Chart, started, now time.Time) (c alert.Condition, ok bool) {
	c = alert.Condition{Stream: s.Name, Kind: alert.KindMaster, At: now, Limit: 1, Unit: "of what is allowed"}
	for _, chart := range charts {
		if last, any := chart.Last(); any && len(last.Out) > 0 && last.Out[0].Beyond > c.Value {
			c.Active, c.Value, c.Run, c.Index, c.At = true, last.Out[0].Beyond, last.Run, last.First, last.At
			c.What = last.Words(s.Master.Measurements)
		}
	}
	if c.Active || s.Master.DueH <= 0 {
		return c, c.Active
	}
	c.Limit, c.Unit = s.Master.DueH, "h"
	for i, chart := range charts {
		since, what := started, "has not been measured since crackle was started"
		last, any := chart.Last()
		if any {
			since, what = last.At, "was measured last at "+last.At.UTC().Format(time.RFC3339)
		}
		if late := now.Sub(since).Hours(); late > max(c.Value, s.Master.DueH) {
			c.Active, c.Value, c.Run, c.Index = true, late, last.Run, last.First
			c.What = fmt.Sprintf("reference part %s is overdue: it %s, and is due every %g h. Until it is measured, nobody knows whether the sensor has drifted", s.Master.Parts[i], what, s.Master.DueH)
		}
	}
	return c, c.Active
}
