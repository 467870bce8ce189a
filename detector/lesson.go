package detector

import (
	"fmt"
	"slices"

	"crackle/window"
)

// Sequence is an unbroken run of windows: the network's state starts anew at its first row.
type Sequence struct {
	Part string
	Lot  string
	Rows [][]float32 // one feature vector per window, in time order
}

// Lesson collects the windows of normal production that a model is to be taught from. The zero value is empty and ready.
type Lesson struct {
	sequences []Sequence
	rows      int
	skipped   int
	last      []float32 // features of the window before
	same      int       // windows in a row with them
	open      bool
}

// Add copies w's features into the lesson. A window with a defect, or one of a frozen signal, is skipped and counted, and what follows
// it is a new sequence.
func (l *Lesson) Add(w *window.Window) {
	if w.Defects != 0 || len(w.Features) == 0 {
		if len(w.Features) > 0 {
			l.skipped++
		}
		l.open = false
		return
	}
	if l.frozen(w) {
		l.skipped++
		l.open = false
		return
	}
	if n := len(l.sequences); w.Fresh || !l.open || l.sequences[n-1].Part != w.Part || l.sequences[n-1].Lot != w.Lot {
		l.sequences = append(l.sequences, Sequence{Part: w.Part, Lot: w.Lot})
		l.open = true
	}
	s := &l.sequences[len(l.sequences)-1]
	s.Rows = append(s.Rows, slices.Clone(w.Features))
	l.rows++
}

// frozen reports a window that repeats the ones before it to the bit, as the detector will judge it.
func (l *Lesson) frozen(w *window.Window) bool {
	if !w.Fresh && slices.Equal(w.Features, l.last) {
		l.same++
	} else {
		l.same = 1
		l.last = append(l.last[:0], w.Features...)
	}
	return l.same >= frozenAfter
}

// Break ends the open sequence: the next window starts a new one even when it does not say so itself, as between two files.
func (l *Lesson) Break() { l.open = false }

// Rows is the number of windows collected.
func (l *Lesson) Rows() int { return l.rows }

// Skipped is the number of windows left out for their defects, or because the signal was frozen.
func (l *Lesson) Skipped() int { return l.skipped }

// Parts is the number of parts begun, counted as changes of the part mark.
func (l *Lesson) Parts() int {
	return len(groups(l.sequences, func(s Sequence) string { return s.Part }))
}

// split is a lesson divided so that nothing of the held-out rows, nor of their neighbours in time, was fitted.
type split struct {
	fit, held []Sequence
	by        string // "lot", "part" or "time"
	groups    int    // independent groups held out; 1 when by time
}

// divide holds the last share of the lesson out: by lot when there are three lots or more, else by part when there are two or more, else by
// time, with embargo rows left out between the two sides because neighbouring windows share samples.
func divide(data []Sequence, share float64, embargo int) (split, error) {
	for _, by := range []struct {
		name  string
		least int
		key   func(Sequence) string
	}{
		{"lot", 3, func(s Sequence) string { return s.Lot }},
		{"part", 2, func(s Sequence) string { return s.Part }},
	} {
		names := groups(data, by.key)
		if len(names) < by.least {
			continue
		}
		n := min(len(names)-1, max(1, int(share*float64(len(names))+0.5)))
		held := names[len(names)-n:]
		s := split{by: by.name, groups: n}
		for _, q := range data {
			if slices.Contains(held, by.key(q)) {
				s.held = append(s.held, q)
			} else {
				s.fit = append(s.fit, q)
			}
		}
		return s, nil
	}
	return divideByTime(data, share, embargo)
}

func divideByTime(data []Sequence, share float64, embargo int) (split, error) {
	total := countRows(data)
	border := total - int(share*float64(total)+0.5) // first row held out
	s := split{by: "time", groups: 1}
	at := 0
	for _, q := range data {
		n := len(q.Rows)
		if cut := min(n, max(0, border-embargo-at)); cut > 0 {
			s.fit = append(s.fit, Sequence{q.Part, q.Lot, q.Rows[:cut]})
		}
		if from := max(0, border-at); from < n {
			s.held = append(s.held, Sequence{q.Part, q.Lot, q.Rows[from:]})
		}
		at += n
	}
	if len(s.fit) == 0 || len(s.held) == 0 {
		return s, fmt.Errorf("lesson of %d windows is too short to hold %.0f %% of it out with %d windows of embargo: record more normal production", total, 100*share, embargo)
	}
	return s, nil
}

// groups lists the distinct keys in order of first appearance.
func groups(data []Sequence, key func(Sequence) string) []string {
	var names []string
	for _, s := range data {
		if k := key(s); !slices.Contains(names, k) {
			names = append(names, k)
		}
	}
	return names
}

func countRows(data []Sequence) int {
	n := 0
	for _, s := range data {
		n += len(s.Rows)
	}
	return n
}
