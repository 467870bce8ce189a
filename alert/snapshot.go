package alert

import "slices"

// Snapshot is the book as a reader sees it; it shares nothing with the book.
type Snapshot struct {
	Open   []Alarm `json:"open"`   // in order of raising
	Recent []Alarm `json:"recent"` // closed, newest first
	Counts Counts  `json:"counts"`
}

// Snapshot copies what is open and what was closed lately.
func (b *Book) Snapshot() Snapshot {
	s := Snapshot{Open: make([]Alarm, len(b.open)), Recent: make([]Alarm, 0, len(b.history)), Counts: b.counts}
	for i, a := range b.open {
		s.Open[i] = *a
	}
	s.Recent = append(append(s.Recent, b.history[b.oldest:]...), b.history[:b.oldest]...)
	slices.Reverse(s.Recent)
	return s
}

// Alarm finds an alarm by its id, open or recent.
func (b *Book) Alarm(id string) (Alarm, bool) {
	for _, a := range b.open {
		if a.ID == id {
			return *a, true
		}
	}
	for _, a := range b.history {
		if a.ID == id {
			return a, true
		}
	}
	return Alarm{}, false
}
