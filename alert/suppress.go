package alert

import (
	"fmt"
	"slices"
	"time"
)

// Dependence says that one kind of alarm explains others, so that one root cause is one alarm: while the cause holds, and for Grace
// after it, the others are listed and not raised. A cause of the monitor as a whole explains the alarms of every stream; a cause of a
// stream explains those of that stream. What still holds after the grace is raised.
type Dependence struct {
	Cause Kind
	Of    []Kind
	Grace time.Duration // wall time
}

// DefaultDependences are those among the kinds that this package names. An absent server explains silence, what is missing once it is back
// and the time that catching up takes; a full store likewise; silence explains the gap that ends it; samples that were dropped are missing,
// and were dropped because scoring is behind; a channel at the end of its range stays there.
func DefaultDependences() []Dependence {
	return []Dependence{
		{Cause: KindConnection, Of: []Kind{KindNoData, KindHeartbeat, KindStore}, Grace: 15 * time.Second},
		{Cause: KindConnection, Of: []Kind{KindGap, KindBehind, KindDropped}, Grace: time.Minute},
		{Cause: KindStore, Of: []Kind{KindNoData, KindHeartbeat}, Grace: 15 * time.Second},
		{Cause: KindStore, Of: []Kind{KindGap, KindBehind}, Grace: time.Minute},
		{Cause: KindNoData, Of: []Kind{KindGap}, Grace: time.Minute},
		{Cause: KindDropped, Of: []Kind{KindGap, KindBehind}, Grace: time.Minute},
		{Cause: KindSaturation, Of: []Kind{KindFlat}, Grace: 15 * time.Second},
	}
}

func (d Dependence) check() error {
	if d.Cause == "" || d.Cause == KindScore || len(d.Of) == 0 || slices.Contains(d.Of, d.Cause) || slices.Contains(d.Of, "") || d.Grace < 0 {
		return fmt.Errorf("alert: %q alarms explain %q with a grace of %s; allowed are a cause other than %q and than what it explains, and positive times",
			d.Cause, d.Of, d.Grace, KindScore)
	}
	return nil
}

// ended is a cause that is over.
type ended struct {
	id string
	at time.Time
}

// hold returns the state in which an alarm is to be held back, and the id of the alarm that explains it where one does; empty: it is to
// be raised.
func (b *Book) hold(a *Alarm) (State, string) {
	p := a.point()
	if b.service[p] != nil || b.service[point{stream: a.Stream}] != nil {
		return HeldOutOfService, ""
	}
	if s := b.shelves[p]; s != nil && s.Until.After(b.now) {
		return HeldShelved, ""
	}
	for i := range b.cfg.Dependences {
		d := &b.cfg.Dependences[i]
		if !slices.Contains(d.Of, a.Kind) {
			continue
		}
		if id := b.cause(point{"", d.Cause}, d.Grace); id != "" {
			return HeldByDesign, id
		}
		if id := b.cause(point{a.Stream, d.Cause}, d.Grace); id != "" {
			return HeldByDesign, id
		}
	}
	return "", ""
}

// cause returns the id of the alarm at a point that holds, or held within the grace.
func (b *Book) cause(p point, grace time.Duration) string {
	if w := b.streams[p.stream]; w != nil && w.conds[p.kind] != nil {
		return w.conds[p.kind].ID
	}
	if e, ok := b.gone[p]; ok && b.now.Sub(e.at) < grace {
		return e.id
	}
	return ""
}

// explain ties a held alarm to its cause, which counts it.
func (b *Book) explain(a *Alarm, cause string) {
	if cause == a.Cause {
		return
	}
	a.Cause = cause
	if i := slices.IndexFunc(b.open, func(o *Alarm) bool { return o.ID == cause }); i >= 0 && cause != "" {
		b.open[i].Dependents++
	}
}

// causeEnded remembers when an alarm that explains others is over.
func (b *Book) causeEnded(a *Alarm) {
	if slices.ContainsFunc(b.cfg.Dependences, func(d Dependence) bool { return d.Cause == a.Kind }) {
		b.gone[a.point()] = ended{a.ID, b.now}
	}
}

// settle raises every held alarm that nothing holds any more.
func (b *Book) settle(dst []Event) []Event {
	for i := 0; i < len(b.open); i++ {
		a := b.open[i]
		if !a.State.Held() {
			continue
		}
		held, cause := b.hold(a)
		if held == "" {
			dst = b.tell(dst, a, b.now)
			continue
		}
		if held != a.State {
			b.explain(a, cause)
			dst = b.move(dst, a, held, Listed, b.now)
		}
	}
	return dst
}
