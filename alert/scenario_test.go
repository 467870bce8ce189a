package alert

import (
	"fmt"
	"testing"
	"time"

	"crackle/detector"
)

// TestScenarioStraddle: a score that lies a hair above and a hair below its limit in turn, every window for an hour, ten a second, under several
// rules. One episode, told once, with a count of how often it came back.
func TestScenarioStraddle(t *testing.T) {
	for _, rules := range []Rules{{}, {Raise: 1, Of: 1, Clear: 1}, {Raise: 3, Of: 5, Clear: 10, Hysteresis: 0.8}, {Raise: 1, Clear: 1, Hysteresis: 0.999999, Latch: true}} {
		b, err := NewBook(BookConfig{Default: rules})
		if err != nil {
			t.Fatal(err)
		}
		now := time.Unix(1_800_000_000, 0)
		var told []Event
		const windows = 36_000
		for i := range uint64(windows) {
			now = now.Add(100 * time.Millisecond)
			s := detector.Score{Stream: "s", Run: 1, First: 100 * i, End: 100*i + 100, TimeNS: now.UnixNano(), Limit: 4, Value: 4 - 1e-9, Verdict: detector.OK}
			if i%2 == 0 {
				s.Value, s.Verdict = 4+1e-9, detector.Alarm
			}
			if told, err = b.Step(told, &Input{Op: OpScore, Score: s}, now); err != nil {
				t.Fatal(err)
			}
		}
		a := b.Snapshot().Open
		if len(told) != 1 || len(a) != 1 || a[0].Onset != 0 || a[0].Chatter < windows/2-5 {
			t.Errorf("%+v: %d events, open %+v", rules, len(told), a)
		}
	}
}

// TestScenarioOneRootCause: the server is away for a minute under 200 streams, which all fall silent and miss samples. People hear of one alarm and
// one clear; the others are listed under it.
func TestScenarioOneRootCause(t *testing.T) {
	const streams = 200
	b, _ := NewBook(BookConfig{})
	now := time.Unix(1_800_000_000, 0)
	told := map[Change]int{}
	step := func(in Input) {
		t.Helper()
		events, err := b.Step(nil, &in, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, ev := range events {
			told[ev.Change]++
		}
	}
	find := func(stream string, kind Kind, active bool) {
		t.Helper()
		step(Input{Op: OpCondition, Condition: &Condition{Stream: stream, Kind: kind, Active: active, At: now, Value: 5, Limit: 5}})
	}
	pass := func(seconds int) {
		for range seconds {
			now = now.Add(time.Second)
			step(Input{Op: OpTick})
		}
	}
	find("", KindConnection, true)
	pass(5)
	for i := range streams {
		find(fmt.Sprint("s", i), KindNoData, true)
	}
	pass(55)
	find("", KindConnection, false)
	for i := range streams {
		find(fmt.Sprint("s", i), KindGap, true)
	}
	pass(2)
	for i := range streams {
		find(fmt.Sprint("s", i), KindNoData, false)
	}
	pass(30)
	for i := range streams {
		find(fmt.Sprint("s", i), KindGap, false)
	}
	pass(60)
	open := b.Snapshot().Open
	if told[Raised] != 1 || told[Cleared] != 1 || told[Listed] != 2*streams || told[Delisted] != 2*streams || told[Realarmed] != 0 {
		t.Errorf("told %v", told)
	}
	if len(open) != 1 || open[0].Kind != KindConnection || open[0].Dependents != 2*streams {
		t.Errorf("open %+v", open)
	}
}
