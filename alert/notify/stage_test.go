package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"crackle/alert"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// attempt is one call of a sink's Send.
type attempt struct {
	id string
	at time.Duration // since the test began
}

// scripted is a sink whose answers are written down: the i-th attempt gets the i-th answer, later ones nil. hang makes it wait for
// ctx. The dispatcher calls it from one goroutine; the test reads it when that has stopped or waits.
type scripted struct {
	name    string
	start   time.Time
	answers []error
	hang    bool
	tried   []attempt
}

func (s *scripted) Name() string { return s.name }

func (s *scripted) Send(ctx context.Context, m Message) error {
	s.tried = append(s.tried, attempt{m.ID, time.Since(s.start)})
	if s.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if i := len(s.tried) - 1; i < len(s.answers) {
		return s.answers[i]
	}
	return nil
}

// ids are the attempts without their times.
func (s *scripted) ids() string {
	var list []string
	for _, a := range s.tried {
		list = append(list, a.id)
	}
	return strings.Join(list, " ")
}

func event(id string, c alert.Change) alert.Event {
	return alert.Event{ID: id + "-" + string(c), Change: c, Alarm: alert.Alarm{ID: id, Stream: "s", Kind: alert.KindScore}}
}

// running starts a dispatcher over sinks; feed sends events, stop closes them and waits for Run.
func running(t *testing.T, cfg Config, sinks ...*scripted) (d *Dispatcher, feed func(...alert.Event), stop func() error) {
	t.Helper()
	events := make(chan alert.Event)
	cfg.Events, cfg.Log = events, slog.New(slog.DiscardHandler)
	for _, s := range sinks {
		s.start = time.Now()
		cfg.Sinks = append(cfg.Sinks, s)
	}
	d, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- d.Run(t.Context()) }()
	feed = func(evs ...alert.Event) {
		for _, ev := range evs {
			events <- ev
		}
	}
	return d, feed, func() error { close(events); return <-done }
}

func TestConfigErrors(t *testing.T) {
	_, err := New(Config{Queue: -1, Timeout: -1, Each: map[string]Limits{"b": {}, "a": {Queue: -7}}, Sinks: []Sink{&scripted{name: "a"}, &scripted{name: "a"}}})
	for _, says := range []string{"no channel of events", "queue of -1", "timeout -1ns", `two sinks are named "a"`, `sink "b" has`, "queue -7"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v does not say %q", err, says)
		}
	}
}

// TestDelivery holds that onset and clear reach every sink once and in order, repeated events and acknowledgements do not.
func TestDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := &scripted{name: "a"}, &scripted{name: "b"}
		d, feed, stop := running(t, Config{}, a, b)
		feed(event("1", alert.Raised), event("1", alert.Raised), event("1", alert.Acked), event("2", alert.Raised), event("1", alert.Cleared), event("1", alert.Retired))
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		for i, s := range []*scripted{a, b} {
			if got := s.ids(); got != "1-raised 2-raised 1-cleared" {
				t.Errorf("%s was told %s", s.name, got)
			}
			if n := d.Counters()[i]; n.Sent != 3 || n.Sink != s.name || n.LastSent.IsZero() || n.Failing {
				t.Errorf("%+v", n)
			}
		}
		if d.Duplicates() != 1 {
			t.Errorf("%d duplicates", d.Duplicates())
		}
	})
}

// TestBackoff holds the waits between attempts to their bounds: doubling, at most halved by chance, capped.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{name: "s", answers: make([]error, 6)}
		for i := range s.answers {
			s.answers[i] = errors.New("away")
		}
		d, feed, stop := running(t, Config{MinBackoff: time.Second, MaxBackoff: 4 * time.Second}, s)
		feed(event("1", alert.Raised))
		time.Sleep(2 * time.Second)
		if n := d.Counters()[0]; !n.Failing || n.LastError != "away" || n.Retried == 0 {
			t.Errorf("while it fails: %+v", n)
		}
		time.Sleep(time.Minute)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		for i, most := range []time.Duration{1, 2, 4, 4, 4, 4} {
			most *= time.Second
			if gap := s.tried[i+1].at - s.tried[i].at; gap < most/2 || gap > most {
				t.Errorf("wait %d is %s, want %s to %s", i+1, gap, most/2, most)
			}
		}
		if n := d.Counters()[0]; n.Sent != 1 || n.Retried != 6 || n.Failed != 0 || n.Failing {
			t.Errorf("%+v", n)
		}
	})
}

// TestScenarioRetryAfterWhileClearing: a sink asks for 30 s at the onset, the alarm clears meanwhile. Both arrive, in order, not
// before the time; the other sink is told at once.
func TestScenarioRetryAfterWhileClearing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &scripted{name: "slow", answers: []error{Later(30*time.Second, errors.New("429"))}}
		fast := &scripted{name: "fast"}
		d, feed, stop := running(t, Config{}, slow, fast)
		feed(event("1", alert.Raised))
		time.Sleep(5 * time.Second)
		feed(event("1", alert.Cleared))
		synctest.Wait()
		if fast.ids() != "1-raised 1-cleared" || fast.tried[0].at != 0 {
			t.Errorf("the other sink: %+v", fast.tried)
		}
		if n := d.Counters()[0]; n.Queue != 1 || n.Sent != 0 {
			t.Errorf("while it waits: %+v", n)
		}
		time.Sleep(time.Minute)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if slow.ids() != "1-raised 1-raised 1-cleared" || slow.tried[1].at != 30*time.Second {
			t.Errorf("%+v", slow.tried)
		}
	})
}

// TestSilentSink: a sink that takes the call and says nothing is cut off at the deadline, and delays no other.
func TestSilentSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mute, good := &scripted{name: "mute", hang: true}, &scripted{name: "good"}
		d, feed, stop := running(t, Config{Timeout: 10 * time.Second, GiveUp: time.Minute, Drain: time.Second}, mute, good)
		feed(event("1", alert.Raised))
		time.Sleep(40 * time.Second)
		feed(event("2", alert.Raised))
		synctest.Wait()
		if good.ids() != "1-raised 2-raised" {
			t.Errorf("the other sink was told %q", good.ids())
		}
		time.Sleep(30 * time.Second)
		n := d.Counters()[0]
		if n.Failed != 1 || n.Sent != 0 || !strings.Contains(n.LastError, "deadline") {
			t.Errorf("%+v", n)
		}
		begin := time.Now()
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took != time.Second {
			t.Errorf("stop took %s, drain is 1s", took)
		}
		if n := d.Counters()[0]; n.Dropped != 1 {
			t.Errorf("after the stop: %+v", n)
		}
	})
}

func TestPermanentErrorIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{name: "s", answers: []error{fmt.Errorf("slack: %w", Permanent(errors.New("no such channel")))}}
		d, feed, stop := running(t, Config{}, s)
		feed(event("1", alert.Raised), event("2", alert.Raised))
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if n := d.Counters()[0]; s.ids() != "1-raised 2-raised" || n.Failed != 1 || n.Sent != 1 || n.LastError != "slack: no such channel" {
			t.Errorf("%s, %+v", s.ids(), n)
		}
	})
}

// TestFullQueue holds that the oldest go, counted, and that the numbers add up.
func TestFullQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{name: "s", answers: []error{Later(time.Minute, errors.New("busy"))}}
		d, feed, stop := running(t, Config{Queue: 3}, s)
		for i := range 10 {
			feed(event(fmt.Sprint(i), alert.Raised))
			synctest.Wait()
		}
		time.Sleep(2 * time.Minute)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if n := d.Counters()[0]; s.ids() != "0-raised 0-raised 7-raised 8-raised 9-raised" || n.Dropped != 6 || n.Sent != 4 {
			t.Errorf("%s, %+v", s.ids(), n)
		}
	})
}

// TestOwnLimits holds that a sink's own queue and deadline come before the general ones.
func TestOwnLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{name: "s", hang: true}
		d, feed, stop := running(t, Config{Each: map[string]Limits{"s": {Queue: 1, Timeout: time.Second}}, GiveUp: time.Millisecond}, s)
		feed(event("1", alert.Raised))
		synctest.Wait()
		feed(event("2", alert.Raised), event("3", alert.Raised))
		time.Sleep(1500 * time.Millisecond)
		if n := d.Counters()[0]; n.Failed != 1 || n.Dropped != 1 {
			t.Errorf("%+v", n)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// TestAbsurdRetryAfter holds that a server cannot silence a sink for good.
func TestAbsurdRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{name: "s", answers: []error{Later(1000*time.Hour, errors.New("go away"))}}
		_, feed, stop := running(t, Config{}, s)
		feed(event("1", alert.Raised))
		time.Sleep(61 * time.Minute)
		if err := stop(); err != nil || len(s.tried) != 2 {
			t.Errorf("%v, %+v", err, s.tried)
		}
	})
}

func TestCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{name: "s", hang: true}
		events := make(chan alert.Event, 5)
		d, err := New(Config{Events: events, Sinks: []Sink{s}, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- d.Run(ctx) }()
		for i := range 3 {
			events <- event(fmt.Sprint(i), alert.Raised)
		}
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if n := d.Counters()[0]; n.Dropped != 3 || n.Queue != 0 {
			t.Errorf("%+v", n)
		}
	})
}

func TestTestButton(t *testing.T) {
	s := &scripted{name: "s", answers: []error{errors.New("away")}}
	d, err := New(Config{Events: make(chan alert.Event), Sinks: []Sink{s}})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Test(t.Context(), "s"); err == nil || err.Error() != "away" {
		t.Errorf("first: %v", err)
	}
	if err := d.Test(t.Context(), "s"); err != nil || s.tried[0].id == s.tried[1].id {
		t.Errorf("second: %v, %+v", err, s.tried)
	}
	if err := d.Test(t.Context(), "other"); err == nil || !strings.Contains(err.Error(), `"other"`) {
		t.Errorf("unknown sink: %v", err)
	}
}

func TestRecent(t *testing.T) {
	r := newRecent(2)
	got := fmt.Sprint(r.add("a"), r.add("b"), r.add("a"), r.add("c"), r.add("a"), r.add("c"))
	if got != "true true false true true false" || len(r.has) != 2 {
		t.Errorf("%s, %d remembered", got, len(r.has))
	}
}

// Signs of life end in the sink for them, and nothing else does.
func TestBeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, null := &scripted{name: "people"}, &scripted{name: "null"}
		d, feed, stop := running(t, Config{Null: null}, people)
		beat := alert.Event{Change: alert.Beat, Alarm: alert.Alarm{Stream: "heart"}}
		feed(beat, event("1", alert.Raised), beat, beat)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if people.ids() != "1-raised" || len(null.tried) != 3 {
			t.Errorf("people were told %q, the null sink %d times", people.ids(), len(null.tried))
		}
		if c := d.Counters(); len(c) != 1 || c[0].Sent != 1 {
			t.Errorf("counted %+v", c)
		}
	})
}
