package notify

import (
	"context"
	"slices"
	"time"

	"crackle/alert"
)

// lookAgain is the longest wait before the clock on the wall is looked at again, for it may be set.
const lookAgain = time.Minute

// held is a message that waits for its sink's hours.
type held struct {
	waiting
	until time.Time
}

// desk is where messages wait for the hours of one sink, the oldest first. It holds one of an alarm, as it was last.
type desk struct {
	timed Timed // nil: all hours are the sink's
	held  []held
}

// wait is the time until the first is due; any is false when none waits.
func (d *desk) wait(now time.Time) (wait time.Duration, any bool) {
	for i, h := range d.held {
		if left := max(0, h.until.Sub(now)); i == 0 || left < wait {
			wait = left
		}
	}
	return min(wait, lookAgain), len(d.held) > 0
}

// due takes those off the desk whose time has come.
func (d *desk) due(now time.Time) (out []waiting) {
	d.held = slices.DeleteFunc(d.held, func(h held) bool {
		if now.Before(h.until) || !d.timed.Hold(&h.Message, now).IsZero() {
			return false
		}
		h.Late, h.since = true, now
		out = append(out, h.waiting)
		return true
	})
	return out
}

// of finds the message of an alarm; -1: there is none.
func (d *desk) of(alarm string) int {
	return slices.IndexFunc(d.held, func(h held) bool { return h.AlarmID == alarm })
}

// take sends a message, or has it wait for the sink's hours.
func (l *lane) take(ctx context.Context, w waiting) {
	d := &l.desk
	at := d.of(w.AlarmID)
	switch {
	case w.Change == alert.Listed || w.Change == alert.Cleared && at >= 0:
		if at >= 0 {
			l.untold(d.held[at].waiting)
			d.held = slices.Delete(d.held, at, at+1)
		}
		if w.Change == alert.Cleared {
			l.done(w.ID, "")
		}
		return
	case d.timed == nil:
		l.finish(ctx, w)
		return
	}
	until := d.timed.Hold(&w.Message, w.since)
	switch {
	case at >= 0: // told again, before it was told
		l.done(d.held[at].ID, "")
		d.held[at].waiting = w
	case until.IsZero():
		l.finish(ctx, w)
	default:
		d.held = append(d.held, held{w, until})
		if len(d.held) > l.cfg.Queue {
			l.count(func(n *Counters) { n.Dropped++ })
			l.cfg.Log.Error("notification dropped: too many wait for the sink's hours", "sink", l.sink.Name(), "event", d.held[0].ID, "queue", l.cfg.Queue)
			d.held = slices.Delete(d.held, 0, 1)
		}
	}
}

// untold is done with a message whose alarm does not stand any more.
func (l *lane) untold(w waiting) {
	l.count(func(n *Counters) { n.Untold++ })
	l.done(w.ID, "the alarm was over or put aside before the sink's hours began")
}

// leave says what still waits at the end of the program.
func (l *lane) leave() {
	select {
	case <-l.stop: // another sink goes on with it, or none
		return
	default:
	}
	for _, h := range l.desk.held {
		l.cfg.Log.Info("notification waits for the sink's hours; it is told after a restart, if its alarm stands then", "sink", l.sink.Name(), "event", h.ID, "until", h.until)
	}
}
