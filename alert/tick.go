package alert

import (
	"slices"
	"strings"
	"time"
)

// tick lets wall time go on: shelves and graces run out, alarms are told again or become stale, and what a restart left open and
// nobody found again ends.
func (b *Book) tick(dst []Event) []Event {
	for _, s := range b.expired() {
		dst = b.lift(dst, s, "", "")
	}
	for p, e := range b.gone {
		if b.now.Sub(e.at) >= b.longestGrace() {
			delete(b.gone, p)
		}
	}
	dst = b.reconcile(dst)
	dst = b.settle(dst)
	for _, a := range slices.Clone(b.open) {
		if !a.State.Active() {
			continue
		}
		if a.State == Acknowledged && a.Latched { // a crash came between the answer and the clear
			dst = b.reset(dst, a)
			continue
		}
		if !a.Stale && b.now.Sub(a.OnsetTime) >= b.cfg.Stale {
			a.Stale = true
			b.counts.Stale++
		}
		if period := b.realarmAfter(a); period > 0 && a.ShelvedUntil.IsZero() && b.now.Sub(a.Told) >= period {
			dst = b.realarm(dst, a)
		}
	}
	b.load.pass(b.now)
	return dst
}

// expired lists the shelves whose time is over, the oldest first.
func (b *Book) expired() []*Shelf {
	var list []*Shelf
	for _, s := range b.shelves {
		if !s.Until.After(b.now) {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, compareShelves)
	return list
}

func compareShelves(a, b *Shelf) int {
	if c := a.Until.Compare(b.Until); c != 0 {
		return c
	}
	return strings.Compare(a.Stream+"\x00"+string(a.Kind), b.Stream+"\x00"+string(b.Kind))
}

func (b *Book) longestGrace() time.Duration {
	var d time.Duration
	for _, x := range b.cfg.Dependences {
		d = max(d, x.Grace)
	}
	return d
}

// realarmAfter is the time after which an alarm is told again; 0 means never.
func (b *Book) realarmAfter(a *Alarm) time.Duration {
	if w := b.streams[a.Stream]; w != nil && w.Realarm != 0 {
		return max(0, w.Realarm)
	}
	return b.cfg.Realarm
}

// realarm tells an active alarm again. Whoever answered is asked again; the journal keeps the answer.
func (b *Book) realarm(dst []Event, a *Alarm) []Event {
	a.Realarms++
	a.Told = b.now
	a.AckBy, a.AckComment, a.AckTime = "", "", time.Time{}
	b.counts.Realarmed++
	return b.move(dst, a, Unacknowledged, Realarmed, b.now)
}

// reconcile ends, some time after a restart, the conditions that were not found again and the episodes of streams that are gone.
func (b *Book) reconcile(dst []Event) []Event {
	if !b.reconciling || b.now.Sub(b.restored) < b.cfg.Reconcile {
		return dst
	}
	b.reconciling = false
	for _, a := range slices.Clone(b.open) {
		w := b.streams[a.Stream]
		if _, ok := b.unconfirmed[a]; ok && w != nil && w.conds[a.Kind] == a {
			delete(w.conds, a.Kind)
			dst = b.clear(dst, a, b.now, ClearedRestart)
		}
		if w != nil && !w.known && w.track.episode == a {
			dst = b.endEpisode(dst, w, signalTime(w.track.timeNS, b.now), ClearedRemoved)
		}
	}
	clear(b.unconfirmed)
	return dst
}
