package alert

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"crackle/detector"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quick = Rules{Raise: 1, Of: 1, Clear: 1}

// running starts a machine inside a synctest bubble and returns what stops it and gives Run's error.
func running(t *testing.T, cfg Config) (*Machine, context.CancelFunc, <-chan error) {
	t.Helper()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	return m, cancel, done
}

// window is the i-th window of stream s, above its limit or not.
func window(i int, above bool) detector.Score {
	s := detector.Score{Stream: "s", Run: 7, First: uint64(i) * 100, End: uint64(i)*100 + 100, TimeNS: int64(i+1) * 1e9, Limit: 4, Value: 1, Verdict: detector.OK}
	if above {
		s.Value, s.Verdict = 5, detector.Alarm
	}
	return s
}

func put(t *testing.T, m *Machine, s detector.Score) {
	t.Helper()
	if err := m.Score(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func TestMachineLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _, done := running(t, Config{Book: BookConfig{Default: quick}})
		l := m.Listen("test", 8)
		put(t, m, window(0, true))
		ev := <-l.C
		if ev.Change != Raised || ev.Alarm.ID != ID("s", 7, 0, KindScore) {
			t.Fatalf("%+v", ev)
		}
		time.Sleep(3 * time.Second)
		k := Acknowledgement{ID: ev.Alarm.ID, By: "ines", Comment: "seen"}
		if err := m.Acknowledge(t.Context(), k); err != nil {
			t.Fatal(err)
		}
		if err := m.Acknowledge(t.Context(), k); !errors.Is(err, ErrAnswered) || !strings.Contains(err.Error(), "ines") {
			t.Errorf("second answer: %v", err)
		}
		ev = <-l.C
		if ev.Change != Acked || ev.Alarm.AckBy != "ines" || !ev.Alarm.AckTime.Equal(time.Now()) {
			t.Errorf("%+v", ev)
		}
		put(t, m, window(1, false))
		if ev = <-l.C; ev.Change != Cleared || ev.Alarm.State != Normal {
			t.Errorf("%+v", ev)
		}
		if a, ok := m.Alarm(k.ID); !ok || a.State != Normal || len(m.Snapshot().Open) != 0 || len(m.Snapshot().Recent) != 1 {
			t.Errorf("%+v", m.Snapshot())
		}
		if err := m.Acknowledge(t.Context(), Acknowledgement{ID: "nope", By: "ines"}); !errors.Is(err, ErrUnknownAlarm) || !strings.Contains(err.Error(), `"nope"`) {
			t.Errorf("unknown id: %v", err)
		}
		m.Drain()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if _, open := <-l.C; open {
			t.Error("listener still open after Run")
		}
	})
}

// TestMachineDrain holds that what was put before Drain is taken, in order, and what comes after is refused.
func TestMachineDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := New(Config{Book: BookConfig{Default: quick}, Queue: 100, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		l := m.Listen("test", 100)
		for i := range 60 {
			put(t, m, window(i, i%2 == 0))
		}
		if m.Queued() != 60 {
			t.Errorf("%d queued", m.Queued())
		}
		m.Drain()
		m.Drain()
		if err := m.Score(t.Context(), window(60, true)); !errors.Is(err, ErrStopped) {
			t.Errorf("put after drain: %v", err)
		}
		if err := m.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		n := 0
		for ev := range l.C {
			if want := uint64(n/2) * 200; ev.Alarm.Onset != want {
				t.Fatalf("event %d has onset %d, want %d", n, ev.Alarm.Onset, want)
			}
			n++
		}
		if n != 60 {
			t.Errorf("%d events", n)
		}
		if err := m.Run(t.Context()); !errors.Is(err, ErrStopped) {
			t.Errorf("second run: %v", err)
		}
		if _, open := <-m.Listen("late", 1).C; open {
			t.Error("a listener of a stopped machine is open")
		}
	})
}

func TestMachineCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, cancel, done := running(t, Config{Book: BookConfig{Default: quick}, Queue: 1})
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("run: %v", err)
		}
		for range 3 {
			if err := m.Score(t.Context(), window(0, true)); !errors.Is(err, ErrStopped) {
				t.Errorf("put: %v", err)
			}
		}
		if err := m.Acknowledge(t.Context(), Acknowledgement{ID: "x", By: "y"}); !errors.Is(err, ErrStopped) {
			t.Errorf("acknowledge: %v", err)
		}
	})
}

// TestMachineBackPressure holds that a full queue makes the producer wait, not lose.
func TestMachineBackPressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := New(Config{Queue: 1})
		if err != nil {
			t.Fatal(err)
		}
		put(t, m, window(0, false))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		if err := m.Score(ctx, window(1, false)); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

// TestListenerDropsOldest holds that a listener that does not read loses its oldest events, counted, and delays nobody.
func TestListenerDropsOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _, done := running(t, Config{Book: BookConfig{Default: quick}})
		slow, good := m.Listen("slow", 4), m.Listen("good", 100)
		for i := range 20 {
			put(t, m, window(i, i%2 == 0))
		}
		synctest.Wait()
		if slow.Dropped() != 16 || slow.Queued() != 4 || good.Dropped() != 0 || good.Queued() != 20 {
			t.Errorf("slow dropped %d and holds %d; good dropped %d and holds %d", slow.Dropped(), slow.Queued(), good.Dropped(), good.Queued())
		}
		if ev := <-slow.C; ev.Alarm.Onset != 1600 || slow.Name() != "slow" || len(m.Listeners()) != 2 {
			t.Errorf("oldest kept is %+v", ev)
		}
		m.Drain()
		<-done
	})
}

// TestMachineReload holds that configuring the same rules half-way through an on-delay keeps the delay, and other rules start it anew.
func TestMachineReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := Stream{Name: "s", Rules: Rules{Raise: 2, Of: 3}}
		m, _, done := running(t, Config{Book: BookConfig{Streams: []Stream{s}}})
		put(t, m, window(0, true))
		if err := m.Configure(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		put(t, m, window(1, true))
		synctest.Wait()
		if open := m.Snapshot().Open; len(open) != 1 || open[0].Onset != 0 {
			t.Errorf("same rules: %+v", open)
		}
		s.Rules.Raise = 9
		if err := m.Configure(t.Context(), s); err == nil {
			t.Error("9 of 3 accepted")
		}
		if err := m.Remove(t.Context(), "s"); err != nil {
			t.Fatal(err)
		}
		if open := m.Snapshot().Open; len(open) != 1 || open[0].State != Returned || open[0].ClearReason != ClearedRemoved {
			t.Errorf("after remove: %+v", open)
		}
		m.Drain()
		<-done
	})
}

// TestMachineConcurrent lets everybody at it at once; the race detector does the rest.
func TestMachineConcurrent(t *testing.T) {
	m, _, done := running(t, Config{Book: BookConfig{Default: quick}, Queue: 8})
	l := m.Listen("test", 10_000)
	var wg sync.WaitGroup
	for p := range 4 {
		wg.Go(func() {
			for i := range 200 {
				s := window(i, i%2 == 0)
				s.Stream = fmt.Sprint("s", p)
				put(t, m, s)
				m.Snapshot()
				if open := m.Snapshot().Open; len(open) > 0 {
					err := m.Acknowledge(t.Context(), Acknowledgement{ID: open[0].ID, By: "p"})
					if err != nil && !errors.Is(err, ErrAnswered) && !errors.Is(err, ErrUnknownAlarm) {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	m.Drain()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	n := map[Change]uint64{}
	for ev := range l.C {
		n[ev.Change]++
	}
	c := m.Snapshot().Counts
	if n[Raised] != 400 || n[Cleared] != 400 || n[Raised] != c.Raised || n[Acked] != c.Answered || c.Scores != 800 {
		t.Errorf("told %v, counted %+v", n, c)
	}
}

// A beat is told to those who asked for it, in its turn, and leaves no trace.
func TestBeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _, done := running(t, Config{Book: BookConfig{Default: quick}})
		plain, beats := m.Listen("plain", 8), m.ListenToBeats("beats", 8)
		put(t, m, window(0, true))
		if err := m.Beat(t.Context(), "heart"); err != nil {
			t.Fatal(err)
		}
		put(t, m, window(1, false))
		m.Drain()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		told := func(l *Listener) (s string) {
			for ev := range l.C {
				s += fmt.Sprintf("%s %s %d, ", ev.Change, ev.Alarm.Stream, ev.Number)
			}
			return s
		}
		if got := told(beats); got != "raised s 1, beat heart 0, cleared s 2, " {
			t.Errorf("told %s", got)
		}
		if got := told(plain); got != "raised s 1, cleared s 2, " {
			t.Errorf("one who did not ask was told %s", got)
		}
		if s := m.Snapshot(); len(s.Open) != 1 || s.Counts.Rejected != 0 {
			t.Errorf("%+v", s)
		}
	})
}
