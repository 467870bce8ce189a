package alert

import (
	"testing"
	"time"

	"crackle/detector"
)

// regimes is a book of one stream that scores of one part go into.
type regimes struct {
	t    *testing.T
	book *Book
	at   uint64
	last []Event
}

func (r *regimes) score(n int, value float64, state detector.Regime) {
	r.t.Helper()
	for range n {
		r.at += 10
		s := detector.Score{Stream: "s", Run: 1, First: r.at - 10, End: r.at, Value: value, Limit: 3, Member: "level", Regime: state, Verdict: detector.OK}
		if value > 3 {
			s.Verdict = detector.Alarm
		}
		var err error
		if r.last, err = r.book.Step(r.last[:0], &Input{Op: OpScore, Score: s}, time.Unix(int64(r.at), 0)); err != nil {
			r.t.Fatal(err)
		}
	}
}

func newRegimes(t *testing.T) *regimes {
	b, err := NewBook(BookConfig{Streams: []Stream{{Name: "s", Rules: Rules{Raise: 2, Of: 3, Clear: 3}}}})
	if err != nil {
		t.Fatal(err)
	}
	return &regimes{t: t, book: b}
}

func (r *regimes) open() []Alarm {
	return r.book.Snapshot().Open
}

// An alarm stays open while the process is coming back and has not settled, however low its score; a new fault then belongs to the same episode.
func TestRecoveringAlarmStaysOpen(t *testing.T) {
	r := newRegimes(t)
	r.score(3, 9, detector.Steady)
	r.score(20, 0.5, detector.Recovering)
	if a := r.open(); len(a) != 1 || a[0].Member != "level" || a[0].Regime != "recovering" || !a[0].ClearTime.IsZero() {
		t.Fatalf("while it recovers: %+v", a)
	}
	r.score(3, 9, detector.Steady)
	if a := r.open(); len(a) != 1 || a[0].Regime != "" || a[0].Chatter != 1 {
		t.Fatalf("the fault is back: %+v", a)
	}
	r.score(3, 0.5, detector.Steady)
	if a := r.open(); len(a) != 1 || a[0].ClearTime.IsZero() {
		t.Fatalf("settled: %+v", a)
	}
}

// A level that has come to stay is no alarm any more, and waits for a person; the next fault is an alarm of its own.
func TestNewRegimeWaitsForAPerson(t *testing.T) {
	r := newRegimes(t)
	r.score(30, 9, detector.Steady)
	r.score(10, 0.5, detector.NewRegime)
	a := r.open()
	if len(a) != 1 || a[0].Regime != "new regime" || a[0].State != Unacknowledged || !a[0].Latched {
		t.Fatalf("settled elsewhere: %+v", a)
	}
	r.score(3, 9, detector.Steady)
	if a := r.open(); len(a) != 2 {
		t.Fatalf("a fault in the new regime: %+v", a)
	}
	events, err := r.book.Step(nil, &Input{Op: OpAcknowledge, Acknowledge: &Acknowledgement{ID: a[0].ID, By: "maria"}}, time.Unix(9e5, 0))
	if err != nil || len(events) == 0 {
		t.Fatal(events, err)
	}
	if left := r.open(); len(left) != 1 || left[0].ID == a[0].ID {
		t.Errorf("accepted, but %+v is open", left)
	}
}

// One that was answered before ends by itself.
func TestAnsweredAlarmEndsInANewRegime(t *testing.T) {
	r := newRegimes(t)
	r.score(3, 9, detector.Steady)
	id := r.open()[0].ID
	if _, err := r.book.Step(nil, &Input{Op: OpAcknowledge, Acknowledge: &Acknowledgement{ID: id, By: "maria"}}, time.Unix(1e5, 0)); err != nil {
		t.Fatal(err)
	}
	r.score(5, 0.5, detector.NewRegime)
	if a := r.open(); len(a) != 0 {
		t.Errorf("still open: %+v", a)
	}
}
