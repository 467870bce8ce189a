package alert

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRestoreRefuses(t *testing.T) {
	active := Alarm{ID: "1", Stream: "s", Kind: KindScore, State: Unacknowledged}
	returned := active
	returned.State = Returned
	for says, c := range map[string]Checkpoint{
		"version 3":      {Version: 3},
		"version 0":      {},
		"twice":          {Version: 1, Open: []Alarm{active, active}},
		`state "normal"`: {Version: 1, Open: []Alarm{{ID: "1", State: Normal}}},
		`alarm "2"`:      {Version: 1, Open: []Alarm{active}, Streams: []StreamState{{Name: "s", Episode: "2"}}},
		`stream "other"`: {Version: 1, Open: []Alarm{active}, Streams: []StreamState{{Name: "other", Episode: "1"}}},
		"gap alarm":      {Version: 1, Open: []Alarm{active}, Streams: []StreamState{{Name: "s", Conditions: map[Kind]string{KindGap: "1"}}}},
		"not an active":  {Version: 1, Open: []Alarm{returned}, Streams: []StreamState{{Name: "s", Episode: "1"}}},
	} {
		b, err := NewBook(BookConfig{})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Restore(c); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v does not say %q", err, says)
		}
		if s := b.Snapshot(); len(s.Open) != 0 || len(b.streams) != 0 {
			t.Errorf("%s: the book has changed: %+v", says, s)
		}
	}
	b, _ := NewBook(BookConfig{})
	if _, err := b.Step(nil, &Input{Op: OpCondition, Condition: &Condition{Kind: KindGap, Active: true}}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := b.Restore(Checkpoint{Version: 1}); err == nil {
		t.Error("a used book takes a checkpoint")
	}
}

// TestScenarioRestartInAlarm: the machine ends in alarm and starts again from its checkpoint. While the condition still holds nothing
// is told again; when it no longer holds the alarm clears once, under its old id. Half an on-delay survives as well.
func TestScenarioRestartInAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := Config{Book: BookConfig{Streams: []Stream{{Name: "s", Rules: Rules{Raise: 2, Of: 3, Clear: 2}}}}}
		restart := func(m *Machine, done <-chan error) (*Machine, <-chan error, *Listener) {
			t.Helper()
			if m != nil {
				m.Drain()
				if err := <-done; err != nil {
					t.Fatal(err)
				}
				c := m.Checkpoint()
				cfg.Restore = &c
			}
			m, _, done = running(t, cfg)
			return m, done, m.Listen("test", 8)
		}
		m, done, _ := restart(nil, nil)
		put(t, m, window(0, true))
		m, done, l := restart(m, done) // half-way through the on-delay
		put(t, m, window(1, true))
		ev := <-l.C
		id := ID("s", 7, 0, KindScore)
		if ev.Change != Raised || ev.Alarm.ID != id {
			t.Fatalf("%+v", ev)
		}
		m, done, l = restart(m, done) // in alarm
		put(t, m, window(2, true))
		put(t, m, window(3, false))
		synctest.Wait()
		if l.Queued() != 0 || m.Snapshot().Counts.Raised != 1 {
			t.Errorf("told again: %+v", m.Snapshot())
		}
		m, done, l = restart(m, done) // half-way through the off-delay
		put(t, m, window(4, false))
		if ev = <-l.C; ev.Change != Cleared || ev.Alarm.ID != id || ev.Alarm.Revision != 2 {
			t.Errorf("%+v", ev)
		}
		m, done, l = restart(m, done)
		put(t, m, window(5, false))
		m.Drain()
		<-done
		if n := len(l.C); n != 0 {
			t.Errorf("%d more events", n)
		}
		cfg.Restore.Version = 9
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), "version 9") {
			t.Errorf("a later version: %v", err)
		}
	})
}

// TestRestoreUnderOtherRules holds that changed rules keep what is open and start the delays anew.
func TestRestoreUnderOtherRules(t *testing.T) {
	step := func(b *Book, i int, above bool) []Event {
		t.Helper()
		events, err := b.Step(nil, &Input{Op: OpScore, Score: window(i, above)}, time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		return events
	}
	b, _ := NewBook(BookConfig{Default: Rules{Raise: 1, Of: 1, Clear: 3}, History: 5})
	step(b, 0, true)
	step(b, 1, false)
	step(b, 2, false)
	fresh, _ := NewBook(BookConfig{Default: Rules{Raise: 2, Of: 2, Clear: 2}, History: 1})
	if err := fresh.Restore(b.Checkpoint()); err != nil {
		t.Fatal(err)
	}
	if ev := step(fresh, 3, false); len(ev) != 0 {
		t.Errorf("the off-delay went on under other rules: %+v", ev)
	}
	if ev := step(fresh, 4, false); len(ev) != 1 || ev[0].Change != Cleared {
		t.Errorf("%+v", ev)
	}
}
