package detector

import (
	"fmt"
	"slices"

	"crackle/rnn/train"
	"crackle/window"
)

// Sequence is an unbroken run of windows: the network's state starts anew at its first row.
type Sequence struct {
	Part  string
	Lot   string
	Rows  [][]float32 // one feature vector per window, in time order
	Spans []Span      // the samples under each window
}

// Span is a stretch of samples [From, To) on the lesson's own clock, on which recordings follow each other.
type Span struct{ From, To int64 }

// Lesson collects the windows of normal production that a model is to be taught from. The zero value is empty and ready.
type Lesson struct {
	sequences []Sequence
	rows      int
	skipped   int
	last      []float32 // features of the window before
	same      int       // windows in a row with them
	open      bool

	run    uint64
	offset int64 // from sample indices to the lesson's clock
	end    int64 // one past the last sample so far, on that clock
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
	s.Spans = append(s.Spans, l.span(w))
	l.rows++
}

// span puts a window on the lesson's clock. Indices that go back belong to another recording, which follows on.
func (l *Lesson) span(w *window.Window) Span {
	if w.Run != l.run || l.offset+int64(w.End) < l.end {
		l.run, l.offset = w.Run, l.end-int64(w.First)
	}
	span := Span{l.offset + int64(w.First), l.offset + int64(w.End)}
	l.end = max(l.end, span.To)
	return span
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

// Skip counts a window that is left out, and ends the open sequence.
func (l *Lesson) Skip() {
	l.skipped++
	l.open = false
}

// Rows is the number of windows collected.
func (l *Lesson) Rows() int { return l.rows }

// Skipped is the number of windows left out for their defects, or because the signal was frozen.
func (l *Lesson) Skipped() int { return l.skipped }

// Each calls visit with every window in order: where it comes from, its samples on the lesson's own clock, and its features, which are the lesson's.
func (l *Lesson) Each(visit func(part, lot string, span Span, features []float32)) {
	for i := range l.sequences {
		q := &l.sequences[i]
		for k, r := range q.Rows {
			visit(q.Part, q.Lot, q.Spans[k], r)
		}
	}
}

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
// time, and then with embargo samples left out between the two sides. Windows that share samples never stand on both.
func divide(data []Sequence, share float64, embargo int64) (split, error) {
	for _, by := range []struct {
		name  string
		least int
		key   func(Sequence) string
	}{
		{"lot", 3, func(s Sequence) string { return s.Lot }},
		{"part", 2, func(s Sequence) string { return s.Part }},
	} {
		if len(groups(data, by.key)) < by.least {
			continue
		}
		s, err := train.SplitLastGroups(samples(data, by.key), share, 0)
		if err != nil {
			return split{}, err
		}
		held := pick(data, s.Test)
		return split{fit: pick(data, s.Train), held: held, by: by.name, groups: len(groups(held, by.key))}, nil
	}
	s, err := train.SplitByTime(samples(data, func(Sequence) string { return "" }), share, embargo)
	if err != nil {
		return split{}, fmt.Errorf("lesson of %d windows is too short to hold %.0f %% of it out: record more normal production (%w)", countRows(data), 100*share, err)
	}
	return split{fit: pick(data, s.Train), held: pick(data, s.Test), by: "time", groups: 1}, nil
}

// samples tells the splitter where each row comes from.
func samples(data []Sequence, group func(Sequence) string) []train.Sample {
	var out []train.Sample
	for _, q := range data {
		for _, s := range q.Spans {
			out = append(out, train.Sample{Group: group(q), Recording: "lesson", From: s.From, To: s.To})
		}
	}
	return out
}

// pick gathers the rows with the given ascending indices, counted over all sequences. Where a row is left out a sequence ends.
func pick(data []Sequence, rows []int) []Sequence {
	var out []Sequence
	at := 0
	for _, q := range data {
		open := false
		for i := range q.Rows {
			if len(rows) == 0 || rows[0] != at {
				open = false
			} else {
				if !open {
					out = append(out, Sequence{Part: q.Part, Lot: q.Lot})
					open = true
				}
				p := &out[len(out)-1]
				p.Rows, p.Spans = append(p.Rows, q.Rows[i]), append(p.Spans, q.Spans[i])
				rows = rows[1:]
			}
			at++
		}
	}
	return out
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
