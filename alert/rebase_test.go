package alert

import (
	"testing"
	"testing/synctest"
	"time"
)

// A machine that was started before its journal was there takes up the past later: what it told until then counts as having come after it.
func TestRebase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := BookConfig{Streams: []Stream{{Name: "s", Rules: quick}}, Reconcile: time.Minute}
		before, stop, done := running(t, Config{Book: cfg})
		put(t, before, window(0, true))
		silence := func(m *Machine, run uint64) {
			t.Helper()
			if err := m.Condition(t.Context(), Condition{Stream: "s", Kind: KindNoData, Active: true, Run: run, Value: 2, Limit: 1, At: time.Now()}); err != nil {
				t.Fatal(err)
			}
		}
		silence(before, 1)
		past, err := before.Settled(t.Context())
		if err != nil || past.Events != 2 || len(past.Open) != 2 {
			t.Fatalf("%+v, %v", past, err)
		}
		stop()
		<-done

		m, stop, done := running(t, Config{Book: cfg, Early: true})
		silence(m, 2)
		if err := m.Shelve(t.Context(), Shelving{Stream: "s", Kind: KindGap, By: "ines", For: time.Hour}); err != nil {
			t.Fatal(err)
		}
		l, err := m.Rebase(&past, nil, "journal", 16)
		if err != nil {
			t.Fatal(err)
		}
		put(t, m, window(1, false)) // and the episode of before clears
		synctest.Wait()
		var got []string
		for len(l.C) > 0 {
			ev := <-l.C
			if want := past.Events + uint64(len(got)) + 1; ev.Number != want && ev.Change != Cleared {
				t.Errorf("event %s has number %d, want %d", ev.ID, ev.Number, want)
			}
			got = append(got, string(ev.Change)+" "+string(ev.Alarm.Kind))
		}
		want := []string{"raised no_data", "shelved gap", "cleared no_data", "cleared score"}
		if len(got) != len(want) {
			t.Fatalf("%q, want %q", got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%q, want %q", got, want)
			}
		}
		if s := m.Snapshot(); len(s.Shelves) != 1 {
			t.Errorf("shelves %+v", s.Shelves)
		}
		stop()
		<-done
	})
}

// A stream that is read from its beginning at each start leads to the same alarms again, under the same ids.
func TestAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := BookConfig{Streams: []Stream{{Name: "s", Rules: quick}}}
		life := func(cfg Config) (Checkpoint, []Event) {
			m, stop, done := running(t, cfg)
			l := m.Listen("test", 16)
			put(t, m, window(0, true))
			put(t, m, window(1, false))
			put(t, m, window(2, true))
			c, err := m.Settled(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			stop()
			<-done
			var events []Event
			for ev := range l.C {
				events = append(events, ev)
			}
			return c, events
		}
		c, first := life(Config{Book: cfg})
		_, again := life(Config{Book: cfg, Restore: &c, Anew: []string{"s"}})
		if len(first) != 3 || len(again) != 3 {
			t.Fatalf("%d and %d events, want 3 of each", len(first), len(again))
		}
		for i := range first {
			if first[i].ID != again[i].ID || again[i].Number != first[i].Number+3 {
				t.Errorf("event %d: %s number %d, then %s number %d", i, first[i].ID, first[i].Number, again[i].ID, again[i].Number)
			}
		}
	})
}

// A signal that is read again from an earlier place brings windows that the book has seen: they are passed over.
func TestReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := BookConfig{Streams: []Stream{{Name: "s", Rules: Rules{Raise: 2, Of: 3, Clear: 1}}}}
		m, stop, done := running(t, Config{Book: cfg})
		for i, above := range []bool{false, true, true, false, true} {
			put(t, m, window(i, above))
		}
		c, err := m.Settled(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		stop()
		<-done
		c.ReadAgain("s", 7)
		m, stop, done = running(t, Config{Book: cfg, Restore: &c})
		l := m.Listen("test", 16)
		for i, above := range []bool{true, true, false, true, true} { // 1 to 4 were seen, 5 fulfils the on-delay
			put(t, m, window(i+1, above))
		}
		if c, err = m.Settled(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(l.C) != 1 || (<-l.C).Change != Raised || c.Counts.Repeated != 4 {
			t.Errorf("%d events left, %+v", len(l.C), c.Counts)
		}
		stop()
		<-done
	})
}
