package health

import (
	"time"

	"crackle/alert"
)

// occurrence is something that happens at moments and counts as over when it has not happened for a while.
type occurrence struct {
	seen uint64 // total at the last step
	open bool
	last time.Time // when it was last found
	sum  uint64    // within the episode
}

// step compares a total with the one of the last step. It appends at most one finding, made from c, and returns it for its words.
// Fewer than least at once, outside an episode, are left to the ledger's count.
func (e *occurrence) step(dst []alert.Condition, c alert.Condition, total, least uint64, hold time.Duration, now time.Time) ([]alert.Condition, *alert.Condition) {
	n := total - min(e.seen, total) // a total that falls was counted anew
	e.seen = total
	switch {
	case n >= least, n > 0 && e.open:
		c.Active, c.Again = true, e.open
		if !e.open {
			e.sum = 0
		}
		e.open, e.last = true, now
		e.sum += n
	case e.open && now.Sub(e.last) >= hold:
		e.open = false
	default:
		return dst, nil
	}
	c.Value = float64(e.sum)
	dst = append(dst, c)
	return dst, &dst[len(dst)-1]
}

// level is a state that holds or does not, and changes only after the other one has lasted.
type level struct {
	open  bool
	other time.Time // since when it is the other way; zero: it is not
}

// step takes how it is now, and reports whether the state changed: to holding after on, to being over after off.
func (l *level) step(bad bool, on, off time.Duration, now time.Time) (changed bool) {
	if bad == l.open {
		l.other = time.Time{}
		return false
	}
	if l.other.IsZero() {
		l.other = now
	}
	wait := on
	if l.open {
		wait = off
	}
	if now.Sub(l.other) < wait {
		return false
	}
	l.open, l.other = bad, time.Time{}
	return true
}
