package health

import (
	"fmt"
	"strconv"
	"time"

	"crackle/alert"
)

// silence judges the time since a stream's newest block.
func (w *Watcher) silence(dst []alert.Condition, e *watched, o *Observation, now time.Time) []alert.Condition {
	limit := w.patience(e, o)
	if e.silent {
		if o.Last.After(e.silentFrom) {
			e.silent = false
			dst = append(dst, w.quiet(e, o, o.Last.Sub(e.silentFrom), limit, false, now))
		}
		return dst
	}
	if !w.down.IsZero() {
		return dst // no stream can be heard; that is the connection's alarm
	}
	from := latest(o.Last, w.listening, e.since)
	if gone := now.Sub(from); gone >= limit {
		e.silent, e.silentFrom = true, from
		dst = append(dst, w.quiet(e, o, gone, limit, true, now))
	}
	return dst
}

// patience is the silence that is an alarm: the stream's own setting, else the general one or as many blocks as make up for it.
func (w *Watcher) patience(e *watched, o *Observation) time.Duration {
	if e.NoData > 0 {
		return e.NoData
	}
	return max(w.cfg.NoData, time.Duration(w.cfg.NoDataBlock)*o.BlockDuration)
}

// quiet is the finding about a stream's silence. A stream that was never heard has neither run nor index: its alarm is named by the
// time from which it was watched.
func (w *Watcher) quiet(e *watched, o *Observation, gone, limit time.Duration, active bool, now time.Time) alert.Condition {
	c := alert.Condition{
		Stream: e.Name, Kind: alert.KindNoData, Active: active, Run: o.Run, Index: o.End, At: now,
		Value: gone.Seconds(), Limit: limit.Seconds(), Unit: "s",
	}
	switch {
	case !active:
		c.What = fmt.Sprintf("heard again after %s without data", round(gone))
	case o.Last.IsZero():
		c.Run, c.Index = uint64(e.since.UnixNano()), 0
		c.What = fmt.Sprintf("never heard since the start at %s", e.since.UTC().Format(time.RFC3339))
	default:
		c.What = fmt.Sprintf("no data for %s; last heard at %s", round(gone), o.Last.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano))
	}
	return c
}

// gaps judges the samples that went missing since the last step.
func (w *Watcher) gaps(dst []alert.Condition, e *watched, o *Observation, now time.Time) []alert.Condition {
	c := alert.Condition{Stream: e.Name, Kind: alert.KindGap, Run: o.GapRun, Index: o.GapAt, At: now, Limit: float64(w.cfg.MinGap), Unit: "samples"}
	dst, found := e.gap.step(dst, c, o.Missing, w.cfg.MinGap, w.cfg.Hold, now)
	if found != nil {
		found.What = fmt.Sprintf("%s samples missing, newest gap from sample %s", count(e.gap.sum), count(o.GapAt))
		if !found.Active {
			found.What = fmt.Sprintf("%s samples missing in all, none for %s", count(e.gap.sum), w.cfg.Hold)
		}
	}
	return dst
}

// decoding judges the payloads that could not be read since the last step.
func (w *Watcher) decoding(dst []alert.Condition, e *watched, o *Observation, now time.Time) []alert.Condition {
	c := alert.Condition{Stream: e.Name, Kind: alert.KindDecode, Run: uint64(w.cfg.Start.UnixNano()), Index: e.unreadable.seen, At: now, Limit: 1, Unit: "payloads"}
	dst, found := e.unreadable.step(dst, c, o.Unreadable, 1, w.cfg.Hold, now)
	if found != nil {
		found.What = fmt.Sprintf("%d payloads could not be read, newest: %s", e.unreadable.sum, o.Why)
		if !found.Active {
			found.What = fmt.Sprintf("%d payloads could not be read in all, none for %s", e.unreadable.sum, w.cfg.Hold)
		}
	}
	return dst
}

func latest(times ...time.Time) time.Time {
	var t time.Time
	for _, u := range times {
		if u.After(t) {
			t = u
		}
	}
	return t
}

// round makes a duration readable.
func round(d time.Duration) time.Duration {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Second)
}

// count writes a whole number with its thousands apart, as people read it; up to four digits stand together.
func count(n uint64) string {
	s := strconv.FormatUint(n, 10)
	if len(s) < 5 {
		return s
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}
