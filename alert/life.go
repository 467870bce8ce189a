package alert

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// raise puts a new alarm on the open list and tells it. The caller fills in what the alarm is about.
func (b *Book) raise(dst []Event, w *watched, a Alarm, at time.Time) ([]Event, *Alarm) {
	a.Title, a.Simulated = w.Title, w.Simulated
	if a.Priority == "" {
		a.Priority = w.priority()
	}
	a.latchSeverity()
	a.ID = b.freeID(&a)
	p := new(Alarm)
	*p = a
	b.open = append(b.open, p)
	if s := b.shelves[p.point()]; s != nil && s.Until.After(b.now) {
		p.ShelvedUntil, p.OneShot = s.Until, s.OneShot
	}
	if held, cause := b.hold(p); held != "" {
		b.counts.Listed++
		b.explain(p, cause)
		dst = b.move(dst, p, held, Listed, at)
	} else {
		dst = b.tell(dst, p, at)
	}
	if len(b.open) > b.cfg.Open {
		dst = b.retireOldest(dst, at)
	}
	return dst, p
}

// freeID gives the alarm's name, or its first variant that no alarm in the book has: a publisher may repeat its run and index.
// A name comes back when its bearer has left the history.
func (b *Book) freeID(a *Alarm) string {
	for again := uint64(0); ; again++ {
		id := hash(a.Stream, a.Run, a.Onset, a.Kind, again)
		same := func(o *Alarm) bool { return o.ID == id }
		if slices.ContainsFunc(b.open, same) || slices.ContainsFunc(b.history, func(o Alarm) bool { return o.ID == id }) {
			continue
		}
		return id
	}
}

// move is every transition: the state changes, the revision rises, the event is told.
func (b *Book) move(dst []Event, a *Alarm, to State, c Change, at time.Time) []Event {
	from := a.State
	if from == "" {
		from = Normal
	}
	a.State = to
	a.Revision++
	id := a.ID + "-" + string(c)
	if c == Realarmed || c == Listed && a.Revision > 1 || c == Acked && a.Realarms > 0 {
		id += "-" + strconv.Itoa(a.Revision) // these can come again
	}
	return append(dst, b.event(Event{ID: id, Change: c, Alarm: a.shown(), From: from, At: at}))
}

// event gives an event its number and its stream's place.
func (b *Book) event(ev Event) Event {
	b.number++
	ev.Number = b.number
	if w := b.streams[ev.Alarm.Stream]; w != nil {
		t := &w.track
		ev.Place = Place{t.run, t.end, t.timeNS, t.part, t.lot, t.above, t.calm, t.episode != nil && t.episode.ID == ev.Alarm.ID}
	}
	return ev
}

// tell raises an alarm for people to know.
func (b *Book) tell(dst []Event, a *Alarm, at time.Time) []Event {
	b.counts.Raised++
	a.Told, a.Cause = b.now, ""
	if b.load.raised(a.point(), b.now, &b.counts) {
		b.counts.Floods++
	}
	return b.move(dst, a, Unacknowledged, Raised, at)
}

// clear ends an active alarm: over and answered is normal and leaves the list, over and not answered stays on it.
func (b *Book) clear(dst []Event, a *Alarm, at time.Time, why ClearReason) []Event {
	a.ClearTime, a.ClearReason, a.Latched = at, why, false
	a.ShelvedUntil, a.OneShot = time.Time{}, false
	delete(b.unconfirmed, a)
	b.causeEnded(a)
	if a.State.Held() {
		b.counts.Delisted++
		dst = b.move(dst, a, Normal, Delisted, at)
		b.close(a)
		return b.usedUp(dst, a)
	}
	return b.usedUp(b.clearRaised(dst, a, at), a)
}

func (b *Book) clearRaised(dst []Event, a *Alarm, at time.Time) []Event {
	b.counts.Cleared++
	if a.State == Acknowledged {
		dst = b.move(dst, a, Normal, Cleared, at)
		b.close(a)
		return dst
	}
	return b.move(dst, a, Returned, Cleared, at)
}

// acknowledge takes a person's answer. A latched alarm whose condition has gone is reset by it.
func (b *Book) acknowledge(dst []Event, k Acknowledgement, now time.Time) ([]Event, error) {
	if k.By == "" {
		return dst, fmt.Errorf("alert: %w: acknowledgement of %q does not say by whom", ErrInput, k.ID)
	}
	i := slices.IndexFunc(b.open, func(a *Alarm) bool { return a.ID == k.ID })
	if i < 0 {
		return dst, fmt.Errorf("alert: acknowledge %q: %w; take an id from the list of open alarms", k.ID, ErrUnknownAlarm)
	}
	a := b.open[i]
	if a.State.Held() {
		return dst, fmt.Errorf("alert: acknowledge %q: %w (%s); it can be answered once it is raised", k.ID, ErrHeld, a.State)
	}
	if a.State == Acknowledged {
		return dst, fmt.Errorf("alert: acknowledge %q: %w by %s at %s", k.ID, ErrAnswered, a.AckBy, a.AckTime.Format(time.RFC3339))
	}
	a.AckBy, a.AckComment, a.AckTime, a.Told = k.By, k.Comment, now, now
	b.counts.Answered++
	if a.State == Returned {
		dst = b.move(dst, a, Normal, Acked, now)
		b.close(a)
		return dst, nil
	}
	dst = b.move(dst, a, Acknowledged, Acked, now)
	return b.reset(dst, a), nil
}

// reset clears a latched alarm that has been answered.
func (b *Book) reset(dst []Event, a *Alarm) []Event {
	if a.State != Acknowledged || !a.Latched {
		return dst
	}
	dst = b.clear(dst, a, b.now, ClearedReset)
	b.detach(a)
	return dst
}

// close moves an alarm from the open list to the history.
func (b *Book) close(a *Alarm) {
	b.open = slices.DeleteFunc(b.open, func(o *Alarm) bool { return o == a })
	if len(b.history) < b.cfg.History {
		b.history = append(b.history, *a)
		return
	}
	b.history[b.oldest] = *a
	b.oldest = (b.oldest + 1) % len(b.history)
}

// retireOldest makes room on a full list. An alarm that has returned goes first, then one that only its latch holds; the others are
// bounded by the number of streams and stay.
func (b *Book) retireOldest(dst []Event, at time.Time) []Event {
	i := slices.IndexFunc(b.open, func(a *Alarm) bool { return a.State == Returned })
	if i < 0 {
		if i = slices.IndexFunc(b.open, func(a *Alarm) bool { return a.Latched }); i < 0 {
			return dst
		}
		dst = b.clear(dst, b.open[i], at, ClearedRetired)
		b.detach(b.open[i])
	}
	a := b.open[i]
	b.counts.Retired++
	dst = b.move(dst, a, Normal, Retired, at)
	b.close(a)
	return dst
}

// detach ends the tie between an alarm and the stream whose episode it is.
func (b *Book) detach(a *Alarm) {
	if w := b.streams[a.Stream]; w != nil && w.track.episode == a {
		w.track.episode = nil
		w.track.forget()
	}
}

// condition takes the monitor's own finding.
func (b *Book) condition(dst []Event, c Condition, now time.Time) ([]Event, error) {
	if c.Kind == "" || c.Kind == KindScore || !finite(c.Value) || !finite(c.Limit) {
		return dst, fmt.Errorf("alert: %w: condition %q of stream %q with value %g and limit %g; the kind must be named, other than %q, and the numbers finite",
			ErrInput, c.Kind, c.Stream, c.Value, c.Limit, KindScore)
	}
	at := c.At.UTC()
	if c.At.IsZero() {
		at = now
	}
	if err := c.Priority.check(); err != nil {
		return dst, fmt.Errorf("condition %q of stream %q: %w", c.Kind, c.Stream, err)
	}
	w := b.stream(c.Stream)
	a := w.conds[c.Kind]
	if a == nil {
		if !c.Active {
			return dst, nil
		}
		if w.conds == nil {
			w.conds = make(map[Kind]*Alarm)
		}
		dst, w.conds[c.Kind] = b.raise(dst, w, Alarm{
			Stream: c.Stream, Kind: c.Kind, Run: c.Run, Onset: c.Index, OnsetTime: at, End: c.Index,
			Part: w.track.part, Lot: w.track.lot, Score: c.Value, Limit: c.Limit, Unit: c.Unit, What: c.What, Priority: c.Priority,
		}, at)
		return dst, nil
	}
	if c.Active {
		delete(b.unconfirmed, a)
	}
	if c.Active && c.Again {
		a.Chatter++
	}
	if c.Value >= a.Score {
		a.Score, a.Limit = c.Value, c.Limit
		if c.What != "" {
			a.What = c.What
		}
		a.latchSeverity()
	}
	if !c.Active {
		delete(w.conds, c.Kind)
		dst = b.clear(dst, a, at, ClearedReturned)
	}
	return dst, nil
}
