package alert

import (
	"slices"
	"time"

	"crackle/detector"
)

// past is what a restart may bring again: the book stands at sample index end of run, and the signal is read from an earlier place.
type past struct {
	Run    uint64 `json:"run,string"`
	End    uint64 `json:"end"`
	TimeNS int64  `json:"time_ns"`       // of the newest window seen, or 0
	Before uint64 `json:"before,string"` // the run that the signal is read from, when that is another one
	Two    bool   `json:"two,omitempty"` // Before means something
}

// covers reports whether a window was seen before the restart. A publisher that uses its indices again is told by its later time.
func (p past) covers(s *detector.Score) bool {
	if p.End == 0 || p.TimeNS > 0 && s.TimeNS > p.TimeNS {
		return false
	}
	return s.Run == p.Run && s.End <= p.End || p.Two && s.Run == p.Before
}

// Apply takes a transition as it was once told, in place of what led to it: a book that was restored from a checkpoint, or is empty,
// and takes the events after it in order stands where the book stood that told them. Windows that the signal brings again, up to the
// newest such event of their stream, are then passed over and counted. Nothing is told. Events that the book holds already, by their
// number, are passed over.
func (b *Book) Apply(ev *Event) {
	if ev.Number <= b.number {
		return
	}
	b.number = ev.Number
	b.reconcileLater()
	b.applyAside(ev)
	b.count(ev)
	if ev.Alarm.ID == "" {
		return
	}
	i := slices.IndexFunc(b.open, func(a *Alarm) bool { return a.ID == ev.Alarm.ID })
	var a *Alarm
	explained := ""
	if i >= 0 {
		a = b.open[i]
		explained = a.Cause
		*a = ev.Alarm
	} else {
		a = new(Alarm)
		*a = ev.Alarm
		if a.State != Normal {
			b.open = append(b.open, a)
		}
	}
	b.applyTie(ev, a)
	if s := b.shelves[a.point()]; s != nil && s.OneShot && (ev.Change == Cleared || ev.Change == Delisted) {
		s.Until = ev.At // it is used up; the next tick lifts it where that was not told any more
	}
	if ev.Change == Listed && a.Cause != "" && a.Cause != explained {
		if i := slices.IndexFunc(b.open, func(o *Alarm) bool { return o.ID == a.Cause }); i >= 0 {
			b.open[i].Dependents++
		}
	}
	known := func(o Alarm) bool { return o.ID == a.ID }
	switch {
	case a.State != Normal:
	case slices.ContainsFunc(b.history, known): // the history is newer than the checkpoint
		b.open = slices.DeleteFunc(b.open, func(o *Alarm) bool { return o == a })
	default:
		b.close(a)
	}
}

// applyTie makes or ends the tie between an alarm and its stream.
func (b *Book) applyTie(ev *Event, a *Alarm) {
	w := b.stream(a.Stream)
	begins := ev.Change == Raised || ev.Change == Listed
	ends := ev.Change == Cleared || ev.Change == Delisted
	switch {
	case a.Kind == KindScore && ends && ev.Place.Tied:
		w.track.standAt(&ev.Place)
		w.track.episode, w.track.above, w.track.calm = nil, false, 0
	case a.Kind == KindScore && ends && w.track.episode == a:
		w.track.ghost = past{Run: ev.Place.Run, End: ev.Place.End, TimeNS: ev.Place.SignalNS}
	case a.Kind == KindScore && !ends && (ev.Place.Tied || begins && !ev.From.Held()):
		if old := w.track.episode; old != nil && old != a && old.State.Active() {
			old.Latched = true // a part's end cut it off, which is not told
		}
		w.track.standAt(&ev.Place)
		w.track.episode = a
	case a.Kind == KindScore:
	case begins:
		if w.conds == nil {
			w.conds = make(map[Kind]*Alarm)
		}
		w.conds[a.Kind] = a
		b.unconfirmed[a] = struct{}{}
	case ends:
		if w.conds[a.Kind] == a {
			delete(w.conds, a.Kind)
		}
		delete(b.unconfirmed, a)
		b.now = ev.At
		b.causeEnded(a)
	}
}

// standAt sets a stream's place. The on-delay is empty there: it is when an episode begins or ends, and unused between.
func (t *track) standAt(p *Place) {
	behind := past{Run: p.Run, End: p.End, TimeNS: p.SignalNS, Before: t.run, Two: t.started && t.run != p.Run}
	if t.past.Two {
		behind.Before, behind.Two = t.past.Before, true
	}
	t.forget()
	t.seen = unknown
	t.past, t.ghost, t.started = behind, past{}, true
	t.run, t.end, t.timeNS, t.part, t.lot, t.above, t.calm = p.Run, p.End, p.SignalNS, p.Part, p.Lot, p.Above, p.Calm
}

// applyAside takes what was done to a point.
func (b *Book) applyAside(ev *Event) {
	switch {
	case ev.Change == ShelfSet && ev.Shelf != nil:
		s := *ev.Shelf
		b.shelves[point{s.Stream, s.Kind}] = &s
	case ev.Change == ShelfLifted && ev.Shelf != nil:
		delete(b.shelves, point{ev.Shelf.Stream, ev.Shelf.Kind})
	case ev.Change == ServiceLeft && ev.Service != nil:
		v := *ev.Service
		b.service[point{v.Stream, v.Kind}] = &v
	case ev.Change == ServiceResumed && ev.Service != nil:
		delete(b.service, point{ev.Service.Stream, ev.Service.Kind})
	}
}

func (b *Book) count(ev *Event) {
	n := map[Change]*uint64{
		Raised: &b.counts.Raised, Cleared: &b.counts.Cleared, Acked: &b.counts.Answered, Retired: &b.counts.Retired,
		Listed: &b.counts.Listed, Delisted: &b.counts.Delisted, Realarmed: &b.counts.Realarmed,
	}[ev.Change]
	if n != nil && !(ev.Change == Listed && ev.From.Held()) {
		*n++
	}
}

// reconcileLater marks every open condition as not found again yet.
func (b *Book) reconcileLater() {
	b.reconciling, b.restored = true, time.Time{}
	clear(b.unconfirmed)
	for _, w := range b.streams {
		for _, a := range w.conds {
			b.unconfirmed[a] = struct{}{}
		}
	}
}

// beginAnew forgets the score alarms of a stream, open and closed, and its delays, so that its signal may be read from the beginning and lead to the
// same alarms again, under the same ids.
func (b *Book) beginAnew(name string) {
	w := b.streams[name]
	if w == nil {
		return
	}
	w.track = newTrack(w.Rules)
	b.open = slices.DeleteFunc(b.open, func(a *Alarm) bool { return a.Stream == name && a.Kind == KindScore })
	b.history, b.oldest = slices.Concat(b.history[b.oldest:], b.history[:b.oldest]), 0
	b.history = slices.DeleteFunc(b.history, func(a Alarm) bool { return a.Stream == name && a.Kind == KindScore })
}
