package alert

import (
	"fmt"
	"testing"
	"time"

	"crackle/detector"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// moment is one input with its wall time.
type moment struct {
	in  Input
	now time.Time
}

// drawLife draws a plant's life: three streams of windows, the monitor's findings, and people who answer, shelve and take out of service.
// The ids that people answer come from a book that lives along.
func drawLife(t *rapid.T, cfg BookConfig) []moment {
	along, err := NewBook(cfg)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	next := map[string]uint64{}
	part := map[string]int{}
	var life []moment
	for range rapid.IntRange(1, 120).Draw(t, "steps") {
		now = now.Add(time.Duration(rapid.IntRange(1, 2000).Draw(t, "ms")) * time.Millisecond)
		var in Input
		stream := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "stream")
		switch rapid.IntRange(0, 12).Draw(t, "op") {
		default:
			s := detector.Score{Stream: stream, Run: 7, First: next[stream], End: next[stream] + 100, TimeNS: now.UnixNano(), Limit: 4,
				Part: fmt.Sprint("p", part[stream]), Value: rapid.SampledFrom([]float64{1, 3.8, 5, 6}).Draw(t, "value"), Verdict: detector.OK}
			if s.Value > s.Limit {
				s.Verdict = detector.Alarm
			}
			if s.PartEnd = rapid.IntRange(0, 9).Draw(t, "end") == 0; s.PartEnd {
				part[stream]++
			}
			next[stream] += 100
			in = Input{Op: OpScore, Score: s}
		case 0:
			c := Condition{Stream: stream, Kind: rapid.SampledFrom([]Kind{KindNoData, KindGap}).Draw(t, "kind"), Active: rapid.Bool().Draw(t, "active"), At: now,
				Run: uint64(len(life)), Value: 2, Limit: 1}
			in = Input{Op: OpCondition, Condition: &c}
		case 1:
			in = Input{Op: OpCondition, Condition: &Condition{Kind: KindConnection, Active: rapid.Bool().Draw(t, "active"), At: now, Index: uint64(len(life))}}
		case 2, 3:
			open := along.Snapshot().Open
			if len(open) == 0 {
				continue
			}
			in = Input{Op: OpAcknowledge, Acknowledge: &Acknowledgement{ID: rapid.SampledFrom(open).Draw(t, "alarm").ID, By: "ines"}}
		case 4:
			in = Input{Op: OpShelve, Shelving: &Shelving{Stream: stream, Kind: KindScore, By: "ines", For: 3 * time.Second, OneShot: rapid.Bool().Draw(t, "oneshot")}}
		case 5:
			in = Input{Op: OpUnshelve, Shelving: &Shelving{Stream: stream, Kind: KindScore, By: "tom"}}
		case 6:
			in = Input{Op: OpService, Service: &Service{Stream: stream, Out: rapid.Bool().Draw(t, "out"), By: "tom"}}
		case 7:
			in = Input{Op: OpTick}
		}
		along.Step(nil, &in, now) // refusals are part of life
		life = append(life, moment{in, now})
	}
	return life
}

// lifeOf compares what an alarm went through. Its running numbers (peak, end, chatter) are those of the newest event before the crash for an
// alarm that was latched and cut off from its stream between that event and the crash.
var lifeOf = cmp.Transformer("life", func(a Alarm) []any {
	return []any{a.ID, a.Stream, a.Kind, a.State, a.Revision, a.Run, a.Onset, a.OnsetTime, a.ClearTime, a.ClearReason, a.Part, a.AckBy, a.AckTime,
		a.Priority, a.Told, a.Realarms, a.ShelvedUntil, a.OneShot, a.Cause, a.Dependents}
})

// TestRecoverGoesOnExactly lives a life twice: once through, and once with a crash somewhere in it. After the crash the book is made of
// an older checkpoint and the events told since, and the signal is read again from the checkpoint on; what people did is not repeated.
// Nothing is told twice, nothing is forgotten, and both end the same.
func TestRecoverGoesOnExactly(t *testing.T) {
	rules := map[string]Rules{"a": {Raise: 1, Of: 1, Clear: 2, Latch: true, PerPart: true}, "b": {Raise: 2, Of: 3, Clear: 1}, "c": {Raise: 1, Of: 2, Clear: 2, PerPart: true}}
	cfg := BookConfig{Reconcile: time.Hour, Realarm: 20 * time.Second, History: 40}
	for _, name := range []string{"a", "b", "c"} {
		cfg.Streams = append(cfg.Streams, Stream{Name: name, Rules: rules[name]})
	}
	rapid.Check(t, func(t *rapid.T) {
		life := drawLife(t, cfg)
		once, _ := NewBook(cfg)
		saved := rapid.IntRange(0, len(life)).Draw(t, "saved")
		crash := rapid.IntRange(saved, len(life)).Draw(t, "crash")
		var told []Event
		var kept Checkpoint
		var atCrash int
		for i, m := range life {
			if i == saved {
				kept = once.Checkpoint()
			}
			if i == crash {
				atCrash = len(told)
			}
			told, _ = once.Step(told, &m.in, m.now)
		}
		if saved == len(life) {
			kept = once.Checkpoint()
		}
		if crash == len(life) {
			atCrash = len(told)
		}

		if n := told[:atCrash]; crash > saved && life[crash-1].in.Op == OpScore && len(n) > 0 { // it may come between two events of one window
			at := len(n) - 1
			if n[at].Alarm.Stream == life[crash-1].in.Score.Stream && n[at].Shelf == nil && n[at].Place.End == life[crash-1].in.Score.End && rapid.Bool().Draw(t, "cut") {
				atCrash = at
			}
		}

		again, _ := NewBook(cfg)
		if err := again.Restore(kept); err != nil {
			t.Fatal(err)
		}
		for i := range told[:atCrash] {
			again.Apply(&told[i])
		}
		retold := told[:atCrash:atCrash]
		twice := -1 // a second restart, from a checkpoint taken while the signal has not caught up
		if saved < len(life) {
			twice = rapid.IntRange(saved-1, len(life)-1).Draw(t, "twice")
		}
		for i, m := range life[saved:] {
			if saved+i == twice {
				again = reborn(t, BookConfig{Reconcile: cfg.Reconcile, Realarm: cfg.Realarm, History: cfg.History}, again)
			}
			if saved+i < crash && m.in.Op != OpScore {
				continue
			}
			retold, _ = again.Step(retold, &m.in, m.now)
		}
		if diff := cmp.Diff(told, retold, lifeOf); diff != "" {
			t.Fatalf("saved before %d, crash before %d of %d: events differ (-once +again):\n%s", saved, crash, len(life), diff)
		}
		ids := map[string]bool{}
		for i, ev := range retold {
			if ids[ev.ID] || ev.Number != uint64(i+1) {
				t.Fatalf("event %d is %s, number %d", i, ev.ID, ev.Number)
			}
			ids[ev.ID] = true
		}
		a, b := once.Snapshot(), again.Snapshot()
		if diff := cmp.Diff([]any{a.Open, a.Recent, a.Shelves, a.OutOfService}, []any{b.Open, b.Recent, b.Shelves, b.OutOfService}, lifeOf); diff != "" {
			t.Fatalf("the books differ (-once +again):\n%s", diff)
		}
	})
}
