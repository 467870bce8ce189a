package alert

import (
	"cmp"
	"slices"
	"strings"
)

// Snapshot is the book as a reader sees it; it shares nothing with the book.
type Snapshot struct {
	Open   []Alarm `json:"open"`   // in order of raising
	Recent []Alarm `json:"recent"` // closed, newest first
	Counts Counts  `json:"counts"`

	Shelves      []Shelf   `json:"shelves"`        // the next to expire first
	OutOfService []Service `json:"out_of_service"` // by stream and kind
	Flood        bool      `json:"flood"`          // more than ten alarms were raised within ten minutes, and it is not over
}

// Snapshot copies what is open and what was closed lately.
func (b *Book) Snapshot() Snapshot {
	s := Snapshot{Open: make([]Alarm, len(b.open)), Recent: make([]Alarm, 0, len(b.history)), Counts: b.counts, Flood: b.load.flood}
	for i, a := range b.open {
		s.Open[i] = a.shown()
	}
	s.Shelves, s.OutOfService = b.aside()
	s.Recent = append(append(s.Recent, b.history[b.oldest:]...), b.history[:b.oldest]...)
	slices.Reverse(s.Recent)
	for i := range s.Recent {
		s.Recent[i] = s.Recent[i].shown()
	}
	return s
}

// aside lists what is shelved and what is out of service.
func (b *Book) aside() (shelves []Shelf, out []Service) {
	shelves, out = make([]Shelf, 0, len(b.shelves)), make([]Service, 0, len(b.service))
	for _, s := range b.shelves {
		shelves = append(shelves, *s)
	}
	slices.SortFunc(shelves, func(a, b Shelf) int { return compareShelves(&a, &b) })
	for _, v := range b.service {
		out = append(out, *v)
	}
	slices.SortFunc(out, func(a, b Service) int {
		return cmp.Or(strings.Compare(a.Stream, b.Stream), strings.Compare(string(a.Kind), string(b.Kind)))
	})
	return shelves, out
}

// Alarm finds an alarm by its id, open or recent.
func (b *Book) Alarm(id string) (Alarm, bool) {
	for _, a := range b.open {
		if a.ID == id {
			return a.shown(), true
		}
	}
	for _, a := range b.history {
		if a.ID == id {
			return a.shown(), true
		}
	}
	return Alarm{}, false
}
