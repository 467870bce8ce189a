package alert

import (
	"fmt"
	"time"
)

// Shelving is a person's wish to put an alarm point aside for a time: its alarms are listed and not raised until the shelf is lifted.
// Shelving silences; it does not change a part's verdict.
type Shelving struct {
	Stream  string
	Kind    Kind
	By      string // who; not empty
	Comment string
	OneShot bool          // until the point's alarm next clears, at the longest for For
	For     time.Duration // above 0 up to BookConfig.MaxShelve; with OneShot 0 means the longest
}

// Shelf is an alarm point put aside.
type Shelf struct {
	Stream  string    `json:"stream"`
	Kind    Kind      `json:"kind"`
	By      string    `json:"by"`
	Comment string    `json:"comment,omitempty"`
	OneShot bool      `json:"one_shot,omitempty"`
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
}

// Service takes an alarm point, or with an empty Kind all of a stream's, out of service or puts it back. There is no expiry: the one
// who took it out brings it back.
type Service struct {
	Stream  string    `json:"stream"`
	Kind    Kind      `json:"kind,omitempty"`
	Out     bool      `json:"out"`
	By      string    `json:"by"` // who; not empty
	Comment string    `json:"comment,omitempty"`
	Since   time.Time `json:"since"` // set by the book
}

// shelve puts a point aside, or changes how long it is.
func (b *Book) shelve(dst []Event, k Shelving) ([]Event, error) {
	if k.By == "" || k.Kind == "" {
		return dst, fmt.Errorf("alert: %w: shelving of %q alarms of stream %q by %q; say which kind and by whom", ErrInput, k.Kind, k.Stream, k.By)
	}
	if k.OneShot && k.For == 0 {
		k.For = b.cfg.MaxShelve
	}
	if k.For <= 0 || k.For > b.cfg.MaxShelve {
		return dst, fmt.Errorf("alert: %w: shelving for %s; allowed are times above 0 up to %s", ErrInput, k.For, b.cfg.MaxShelve)
	}
	s := &Shelf{Stream: k.Stream, Kind: k.Kind, By: k.By, Comment: k.Comment, OneShot: k.OneShot, From: b.now, Until: b.now.Add(k.For)}
	b.shelves[point{k.Stream, k.Kind}] = s
	dst = b.each(dst, point{k.Stream, k.Kind}, Event{ID: s.id(), Change: ShelfSet, By: k.By, Comment: k.Comment, Shelf: s}, func(a *Alarm) {
		a.ShelvedUntil, a.OneShot = s.Until, s.OneShot
	})
	return b.settle(dst), nil
}

func (s *Shelf) id() string { return "shelf-" + ID(s.Stream, 0, uint64(s.From.UnixNano()), s.Kind) }

// unshelve is a person's lifting of a shelf.
func (b *Book) unshelve(dst []Event, k Shelving) ([]Event, error) {
	s := b.shelves[point{k.Stream, k.Kind}]
	if k.By == "" {
		return dst, fmt.Errorf("alert: %w: unshelving of %q alarms of stream %q does not say by whom", ErrInput, k.Kind, k.Stream)
	}
	if s == nil {
		return dst, fmt.Errorf("alert: unshelve %q alarms of stream %q: %w; take one from the list of shelves", k.Kind, k.Stream, ErrNotShelved)
	}
	return b.settle(b.lift(dst, s, k.By, k.Comment)), nil
}

// lift ends a shelf, by whom is empty when its time is over. An alarm that was raised before it was shelved and is still active is told again.
func (b *Book) lift(dst []Event, s *Shelf, by, comment string) []Event {
	p := point{s.Stream, s.Kind}
	delete(b.shelves, p)
	dst = b.each(dst, p, Event{ID: s.id(), Change: ShelfLifted, By: by, Comment: comment, Shelf: s}, func(a *Alarm) {
		a.ShelvedUntil, a.OneShot = time.Time{}, false
	})
	for _, a := range b.openAt(p) {
		if a.State.Active() {
			dst = b.realarm(dst, a)
		}
	}
	return dst
}

// usedUp lifts a one-shot shelf when the alarm it was for is over.
func (b *Book) usedUp(dst []Event, a *Alarm) []Event {
	if s := b.shelves[a.point()]; s != nil && s.OneShot {
		return b.lift(dst, s, "", "")
	}
	return dst
}

// serve takes a point out of service or puts it back.
func (b *Book) serve(dst []Event, v Service) ([]Event, error) {
	p := point{v.Stream, v.Kind}
	if v.By == "" {
		return dst, fmt.Errorf("alert: %w: change of service of stream %q does not say by whom", ErrInput, v.Stream)
	}
	if (b.service[p] != nil) == v.Out {
		return dst, fmt.Errorf("alert: %w: %q alarms of stream %q are %s already", ErrInput, v.Kind, v.Stream, map[bool]string{true: "out of service", false: "in service"}[v.Out])
	}
	v.Since = b.now
	ev := Event{ID: "service-" + ID(v.Stream, 0, uint64(v.Since.UnixNano()), v.Kind), Change: ServiceResumed, By: v.By, Comment: v.Comment, Service: &v}
	delete(b.service, p)
	if v.Out {
		ev.Change = ServiceLeft
		b.service[p] = &v
	}
	dst = b.each(dst, p, ev, func(*Alarm) {})
	return b.settle(dst), nil
}

// each tells what was done to a point: one event for each of its open alarms, or one without an alarm.
func (b *Book) each(dst []Event, p point, ev Event, change func(*Alarm)) []Event {
	base := ev.ID + "-" + string(ev.Change)
	ev.At = b.now
	list := b.openAt(p)
	for _, a := range list {
		change(a)
		a.Revision++
		ev.ID, ev.Alarm, ev.From = base+"-"+a.ID, a.shown(), a.State
		dst = append(dst, b.event(ev))
	}
	if len(list) == 0 {
		ev.ID, ev.From = base, Normal
		ev.Alarm = Alarm{Stream: p.stream, Kind: p.kind, State: Normal}
		dst = append(dst, b.event(ev))
	}
	return dst
}

// openAt lists the alarms of a point whose condition holds, in the order they were raised.
func (b *Book) openAt(p point) []*Alarm {
	var list []*Alarm
	for _, a := range b.open {
		if a.State != Returned && a.Stream == p.stream && (p.kind == "" || a.Kind == p.kind) {
			list = append(list, a)
		}
	}
	return list
}
