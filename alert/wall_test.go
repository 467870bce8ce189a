package alert

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestMachineShelves holds that a machine's own clock lets a shelf expire and tells what waited on it.
func TestMachineShelves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _, done := running(t, Config{Book: BookConfig{Default: quick}})
		l := m.Listen("test", 16)
		next := func(want Change) Event {
			t.Helper()
			ev := <-l.C
			if ev.Change != want {
				t.Fatalf("told %s, want %s: %+v", ev.Change, want, ev)
			}
			return ev
		}
		start := time.Now()
		k := Shelving{Stream: "s", Kind: KindScore, By: "ines", For: time.Hour}
		if err := m.Shelve(t.Context(), k); err != nil {
			t.Fatal(err)
		}
		put(t, m, window(0, true))
		next(ShelfSet)
		if ev := next(Listed); ev.Alarm.State != HeldShelved || ev.Number != 2 {
			t.Errorf("%+v", ev)
		}
		next(ShelfLifted)
		if ev := next(Raised); ev.Alarm.ID != ID("s", 7, 0, KindScore) || time.Since(start) < time.Hour || time.Since(start) > time.Hour+2*time.Second {
			t.Errorf("raised after %s: %+v", time.Since(start), ev)
		}
		if err := m.Unshelve(t.Context(), k); !errors.Is(err, ErrNotShelved) {
			t.Errorf("unshelve: %v", err)
		}
		if err := m.Serve(t.Context(), Service{Stream: "s", Out: true, By: "tom"}); err != nil {
			t.Fatal(err)
		}
		next(ServiceLeft)
		if s := m.Snapshot(); len(s.OutOfService) != 1 || s.OutOfService[0].By != "tom" || len(s.Shelves) != 0 {
			t.Errorf("%+v", s)
		}
		m.Drain()
		<-done
	})
}

// TestScenarioEndedWhileDown: the monitor was down when conditions ended. What is not found again within Reconcile clears once, what is
// found again stays under its old id, and the episode of a stream that is not configured any more closes.
func TestScenarioEndedWhileDown(t *testing.T) {
	now := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	step := func(b *Book, in Input) []Event {
		t.Helper()
		events, err := b.Step(nil, &in, now)
		if err != nil {
			t.Fatal(err)
		}
		return events
	}
	holds := func(stream string, kind Kind) Input {
		return Input{Op: OpCondition, Condition: &Condition{Stream: stream, Kind: kind, Active: true, At: now, Value: 1}}
	}
	before, _ := NewBook(BookConfig{Default: quick})
	var journal []Event
	gone := step(before, holds("s", KindNoData))[0].Alarm.ID
	stays := step(before, holds("t", KindNoData))[0].Alarm.ID
	journal = append(journal, step(before, Input{Op: OpScore, Score: window(0, true)})...)

	for name, c := range map[string]Config{
		"checkpoint": {Restore: func() *Checkpoint { c := before.Checkpoint(); return &c }()},
		"journal": {Since: func() []Event {
			b, _ := NewBook(BookConfig{Default: quick})
			return append(append(step(b, holds("s", KindNoData)), step(b, holds("t", KindNoData))...), step(b, Input{Op: OpScore, Score: window(0, true)})...)
		}()},
	} {
		now = time.Date(2026, 3, 1, 7, 0, 0, 0, time.UTC)
		c.Book = BookConfig{Streams: []Stream{{Name: "t", Rules: quick}}}
		m, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		if ev := step(m.book, holds("t", KindNoData)); len(ev) != 0 {
			t.Errorf("%s: told again: %+v", name, ev)
		}
		now = now.Add(59 * time.Second)
		if ev := step(m.book, Input{Op: OpTick}); len(ev) != 0 {
			t.Errorf("%s: too soon: %+v", name, ev)
		}
		now = now.Add(time.Second)
		ev := step(m.book, Input{Op: OpTick})
		if len(ev) != 2 || ev[0].Alarm.ID != gone || ev[0].Alarm.ClearReason != ClearedRestart || ev[1].Alarm.Kind != KindScore || ev[1].Alarm.ClearReason != ClearedRemoved {
			t.Errorf("%s: %+v", name, ev)
		}
		if a, _ := m.book.Alarm(stays); a.State != Unacknowledged || a.Revision != 1 {
			t.Errorf("%s: %+v", name, a)
		}
		now = now.Add(time.Hour)
		if ev := step(m.book, Input{Op: OpTick}); len(ev) != 0 {
			t.Errorf("%s: again: %+v", name, ev)
		}
	}
	if len(journal) != 1 {
		t.Error(journal)
	}
}

func TestBookConfigRefused(t *testing.T) {
	for name, cfg := range map[string]BookConfig{
		"shelf":      {MaxShelve: -1},
		"stale":      {Stale: -1},
		"realarm":    {Realarm: -1},
		"cause":      {Dependences: []Dependence{{Cause: KindScore, Of: []Kind{KindGap}}}},
		"itself":     {Dependences: []Dependence{{Cause: KindGap, Of: []Kind{KindGap}}}},
		"nothing":    {Dependences: []Dependence{{Cause: KindGap}}},
		"no grace":   {Dependences: []Dependence{{Cause: KindGap, Of: []Kind{KindDecode}, Grace: -1}}},
		"priority":   {Streams: []Stream{{Name: "s", Priority: "urgent"}}},
		"no history": {History: -1},
	} {
		if _, err := NewBook(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := New(Config{Tick: -1}); err == nil {
		t.Error("tick below 0 accepted")
	}
}
