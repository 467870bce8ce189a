package health

import (
	"fmt"
	"math"
	"time"

	"crackle/alert"
)

// dropping judges the samples that arrived and were thrown away since the last step.
func (w *Watcher) dropping(dst []alert.Condition, e *watched, o *Observation, now time.Time) []alert.Condition {
	c := alert.Condition{Stream: e.Name, Kind: alert.KindDropped, Run: o.Run, Index: o.End, At: now, Limit: 1, Unit: "samples"}
	dst, found := e.dropped.step(dst, c, o.Dropped, 1, w.cfg.Hold, now)
	if found != nil {
		found.What = fmt.Sprintf("%d samples thrown away: this machine does not keep up, and the stream is not stored", e.dropped.sum)
		if !found.Active {
			found.What = fmt.Sprintf("%d samples thrown away in all, none for %s", e.dropped.sum, w.cfg.Hold)
		}
	}
	return dst
}

// saturation judges the samples at the end of a channel's range since the last step. A few among many are left to the ledger's count.
func (w *Watcher) saturation(dst []alert.Condition, e *watched, o *Observation, now time.Time) []alert.Condition {
	came := o.Received - min(e.received, o.Received)
	e.received = o.Received
	least := max(1, uint64(math.Ceil(e.SaturatedShare*float64(came))))
	c := alert.Condition{Stream: e.Name, Kind: alert.KindSaturation, Run: o.Run, Index: o.End, At: now, Limit: float64(least), Unit: "samples"}
	dst, found := e.saturated.step(dst, c, o.Saturated, least, w.cfg.Hold, now)
	if found != nil {
		found.What = fmt.Sprintf("%d samples at the end of their channel's range", e.saturated.sum)
		if !found.Active {
			found.What = fmt.Sprintf("%d samples at the end of their channel's range in all, none for %s", e.saturated.sum, w.cfg.Hold)
		}
	}
	return dst
}

// clock judges the jumps of the publisher's clock since the last step.
func (w *Watcher) clock(dst []alert.Condition, e *watched, o *Observation, now time.Time) []alert.Condition {
	c := alert.Condition{Stream: e.Name, Kind: alert.KindClock, Run: o.Signal.JumpRun, Index: o.Signal.JumpAt, At: now, Limit: 1, Unit: "jumps"}
	dst, found := e.jumps.step(dst, c, o.Signal.Jumps, 1, w.cfg.Hold, now)
	if found != nil {
		found.What = fmt.Sprintf("the publisher's clock jumped by %+.4g s at sample %d; times on the screen and in messages follow it, scores do not", o.Signal.JumpBy.Seconds(), o.Signal.JumpAt)
		if !found.Active {
			found.What = fmt.Sprintf("the publisher's clock jumped %d times, last by %+.4g s; not for %s", e.jumps.sum, o.Signal.JumpBy.Seconds(), w.cfg.Hold)
		}
	}
	return dst
}

// flat judges for how long a channel has held one value.
func (w *Watcher) flat(dst []alert.Condition, e *watched, o *Observation, now time.Time) []alert.Condition {
	held := seconds(float64(o.Signal.Flat), e.RateHz)
	bad := e.Flat > 0 && held >= e.Flat && o.Signal.Flat >= flatLeast
	if !e.flat.step(bad, 0, calm, now) {
		return dst
	}
	c := alert.Condition{
		Stream: e.Name, Kind: alert.KindFlat, Active: bad, Run: o.Signal.Run, Index: o.Signal.FlatFrom, At: now,
		Value: held.Seconds(), Limit: e.Flat.Seconds(), Unit: "s", What: "the signal moves again",
	}
	if bad {
		c.What = fmt.Sprintf("%s has held one value since sample %d", e.channel(o.Signal.FlatChannel), o.Signal.FlatFrom)
	}
	return append(dst, c)
}

// rate judges the measured rate against the configured one.
func (w *Watcher) rate(dst []alert.Condition, e *watched, o *Observation, now time.Time) []alert.Condition {
	off := math.Abs(o.Deviation)
	bad := e.RateTolerance > 0 && o.RateKnown && off > e.RateTolerance
	if e.rate.open && o.RateKnown && off > 0.8*e.RateTolerance {
		bad = true // a rate at its limit does not chatter
	}
	if !e.rate.step(bad, calm, calm, now) {
		return dst
	}
	c := alert.Condition{
		Stream: e.Name, Kind: alert.KindRate, Active: bad, Run: o.Run, Index: o.End, At: now, Value: 100 * off, Limit: 100 * e.RateTolerance, Unit: "%",
		What: fmt.Sprintf("%.6g samples per second by the publisher's clock, %.6g configured; correct rate_hz, or the clock", e.RateHz*(1+o.Deviation), e.RateHz),
	}
	if !bad {
		c.What = fmt.Sprintf("%.6g samples per second by the publisher's clock, or no longer known", e.RateHz*(1+o.Deviation))
	}
	return append(dst, c)
}

// behind judges the age of what is being scored.
func (w *Watcher) behind(dst []alert.Condition, e *watched, o *Observation, now time.Time) []alert.Condition {
	bad := e.Behind > 0 && o.Lag >= e.Behind
	if e.lags.open && o.Lag >= e.Behind/2 {
		bad = true
	}
	if !e.lags.step(bad, w.cfg.BehindFor, calm, now) {
		return dst
	}
	c := alert.Condition{
		Stream: e.Name, Kind: alert.KindBehind, Active: bad, Run: o.Run, Index: o.End, At: now, Value: o.Lag.Seconds(), Limit: e.Behind.Seconds(), Unit: "s",
		What: fmt.Sprintf("scoring is %s behind what was stored", round(o.Lag)),
	}
	if !bad {
		c.What = "scoring has caught up"
	}
	return append(dst, c)
}

// warranty judges the age of the model in service. Its alarm is named by when the model was made, so that one model is one alarm.
func (w *Watcher) warranty(dst []alert.Condition, e *watched, o *Observation, now time.Time) []alert.Condition {
	age := now.Sub(o.Taught)
	bad := e.Warranty > 0 && !o.Taught.IsZero() && age > e.Warranty
	if !e.aged.step(bad, 0, 0, now) {
		return dst
	}
	const day = 24 * time.Hour
	c := alert.Condition{
		Stream: e.Name, Kind: alert.KindModel, Active: bad, Run: uint64(o.Taught.UnixNano()), At: now, Value: age.Seconds() / day.Seconds(), Limit: e.Warranty.Seconds() / day.Seconds(),
		Unit: "days", What: "a model within its warranty is in service",
	}
	if bad {
		c.What = fmt.Sprintf("the model in service was taught at %s, %.1f days ago; teach it anew, or check it and raise model_warranty_s", o.Taught.UTC().Format(time.RFC3339), c.Value)
	} else if o.Taught.IsZero() {
		c.Run, c.Value, c.What = 0, 0, "no model is in service"
	}
	return append(dst, c)
}

// channel names one, for people.
func (s *Stream) channel(i int) string {
	if i < len(s.Channels) {
		return "channel " + s.Channels[i]
	}
	return fmt.Sprintf("channel %d", i+1)
}

// seconds is the time that so many samples take.
func seconds(samples, rateHz float64) time.Duration {
	if !(rateHz > 0) {
		return 0
	}
	return time.Duration(min(samples/rateHz, math.MaxInt32) * float64(time.Second))
}
