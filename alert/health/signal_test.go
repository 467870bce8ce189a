package health

import (
	"math"
	"strings"
	"testing"
	"time"

	"crackle/alert"
	"crackle/ingest/block"
)

// feed gives a meter blocks of 100 rows a 10th of a second each, and lets wall time follow.
type feed struct {
	m    Meter
	next uint64
	now  time.Time
	t    time.Time // the publisher's clock
	run  uint64
}

func (f *feed) push(value func(i int) float32, flags block.Flags) {
	b := block.Block{Run: f.run, First: f.next, TimeNS: f.t.UnixNano(), RateHz: 1000, Channels: 2, Flags: flags, Samples: make([]float32, 200)}
	for i := range 100 {
		b.Samples[2*i], b.Samples[2*i+1] = float32(i), value(i)
	}
	f.m.Push(&b, f.now)
	f.next, f.now, f.t = b.End(), f.now.Add(100*time.Millisecond), f.t.Add(100*time.Millisecond)
}

func TestMeterFlat(t *testing.T) {
	f := feed{now: start, t: start, run: 1}
	same := func(int) float32 { return 3 }
	lively := func(i int) float32 { return float32(i % 7) }
	check := func(flat uint64, channel int, from uint64) {
		t.Helper()
		if r := f.m.Reading(); r.Flat != flat || r.Flat > 1 && (r.FlatChannel != channel || r.FlatFrom != from) {
			t.Errorf("at %d: %+v, want %d samples of channel %d from %d", f.next, r, flat, channel, from)
		}
	}
	f.push(lively, 0)
	check(1, 0, 99)
	f.push(func(i int) float32 {
		if i < 40 {
			return 1
		}
		return 3
	}, 0)
	check(60, 1, 140)
	f.push(same, 0)
	f.push(same, 0)
	check(260, 1, 140)
	f.next += 50 // missing samples are no change
	f.push(same, 0)
	check(410, 1, 140)
	f.push(lively, 0)
	check(1, 0, 549)
	f.push(func(int) float32 { return float32(math.NaN()) }, 0)
	check(1, 0, 649)
	f.push(same, 0)
	f.run, f.next = 2, 0 // another run begins anew
	f.push(same, 0)
	check(100, 1, 0)
	f.m.Push(&block.Block{Run: 2, First: 100, Channels: 2, RateHz: 1000, Flags: block.PartEnd}, f.now)
	check(100, 1, 0)
}

// A clock that jumps is told from a publisher that pauses, that catches up, or that sends a recording.
func TestMeterClock(t *testing.T) {
	lively := func(i int) float32 { return float32(i) }
	for name, c := range map[string]struct {
		do   func(f *feed)
		want uint64
	}{
		"a day ahead and back": {func(f *feed) { f.t = f.t.Add(24 * time.Hour); f.push(lively, 0); f.t = f.t.Add(-24 * time.Hour) }, 2},
		"a day back":           {func(f *feed) { f.t = f.t.Add(-24 * time.Hour) }, 1},
		"within tolerance": {func(f *feed) {
			f.t = f.t.Add(1900 * time.Millisecond)
			f.push(lively, 0)
			f.t = f.t.Add(-1900 * time.Millisecond)
		}, 0},
		"a pause":         {func(f *feed) { f.t, f.now = f.t.Add(time.Hour), f.now.Add(time.Hour) }, 0},
		"a pause, late":   {func(f *feed) { f.now = f.now.Add(2 * time.Hour); f.t = f.t.Add(time.Hour) }, 0},
		"missing samples": {func(f *feed) { f.next += 3600_000; f.t = f.t.Add(time.Hour); f.now = f.now.Add(time.Hour) }, 0},
		"another run":     {func(f *feed) { f.run, f.next, f.t = 2, 0, f.t.Add(-24*time.Hour) }, 0},
		"no time":         {func(f *feed) { f.t = time.Unix(0, 0) }, 0},
	} {
		f := feed{now: start, t: start.Add(-time.Second), run: 1}
		f.push(lively, 0)
		f.push(lively, 0)
		c.do(&f)
		f.push(lively, 0)
		f.push(lively, 0)
		if got := f.m.Reading().Jumps; got != c.want {
			t.Errorf("%s: %d jumps, want %d", name, got, c.want)
		}
	}
	f := feed{now: start, t: start, run: 1}
	f.push(lively, block.Recorded)
	f.t = f.t.Add(-24 * time.Hour)
	f.push(lively, block.Recorded)
	if f.m.Reading().Jumps != 0 {
		t.Error("a recording's clock jumped")
	}
}

func TestMeterAllocatesNothing(t *testing.T) {
	f := feed{now: start, t: start, run: 1}
	b := block.Block{Run: 1, RateHz: 1000, Channels: 2, Samples: make([]float32, 200)}
	f.m.Push(&b, start)
	if n := testing.AllocsPerRun(100, func() { b.First += 100; f.m.Push(&b, start) }); n != 0 {
		t.Errorf("a block allocates %g times", n)
	}
}

func TestSignalAlarms(t *testing.T) {
	s := newStand(t, Config{Hold: 5 * time.Second}, Stream{
		Name: "a", RateHz: 1000, Channels: []string{"mbn", "drive"}, Flat: 10 * time.Second, SaturatedShare: 0.01, RateTolerance: 0.01, Behind: 10 * time.Second, Warranty: 48 * time.Hour,
	})
	s.tick("a")
	o := s.of("a")
	o.Taught = start.Add(-47 * time.Hour)
	tick := func(f func()) {
		f()
		o.Received += 1000
		s.tick("a")
	}
	rest := func(n int) {
		for range n {
			tick(func() {})
		}
	}
	tick(func() { o.Saturated += 9 }) // below the share
	tick(func() { o.Saturated += 11 })
	tick(func() { o.Dropped += 500 })
	tick(func() { o.Signal = Reading{Run: 7, Flat: 9999, FlatChannel: 1, FlatFrom: 4000} })
	tick(func() { o.Signal.Flat = 10001 })
	tick(func() { o.Signal.Flat = 1 })
	rest(2)
	tick(func() { o.Signal.Jumps, o.Signal.JumpBy, o.Signal.JumpAt = 1, 24*time.Hour, 9000 })
	tick(func() { o.Deviation, o.RateKnown = -0.02, true })
	rest(2)
	tick(func() { o.Deviation = -0.009 }) // near its limit it holds on
	tick(func() { o.Deviation = -0.001 })
	rest(2)
	tick(func() { o.Lag = 12 * time.Second })
	rest(5)
	tick(func() { o.Lag = 6 * time.Second })
	tick(func() { o.Lag = 0 })
	rest(2)
	tick(func() { o.Taught = start.Add(-49 * time.Hour) })
	tick(func() { o.Taught = start })
	tick(func() {
		o.Drift = Drift{Found: true, Share: 0.62, Most: 0.31, Windows: 5000, From: start.Add(-time.Hour)}
	})
	rest(2)
	tick(func() { o.Taught, o.Drift = start.Add(time.Minute), Drift{Share: 0.25, Most: 0.31} })
	rest(6)
	s.want(
		`+3s holds "a" saturation 11 of 10 samples: 11 samples at the end of their channel's range`,
		`+4s holds "a" dropped 500 of 1 samples: 500 samples thrown away: this machine does not keep up, and the stream is not stored`,
		`+6s holds "a" flat_line 10.001 of 10 s: channel drive has held one value since sample 4000`,
		`+8s over "a" saturation 11 of 10 samples: 11 samples at the end of their channel's range in all, none for 5s`,
		`+9s over "a" dropped 500 of 1 samples: 500 samples thrown away in all, none for 5s`,
		`+9s over "a" flat_line 0.001 of 10 s: the signal moves again`,
		`+10s holds "a" clock_jump 1 of 1 jumps: the publisher's clock jumped by +8.64e+04 s at sample 9000; times on the screen and in messages follow it, scores do not`,
		`+13s holds "a" rate_drift 2 of 1 %: 980 samples per second by the publisher's clock, 1000 configured; correct rate_hz, or the clock`,
		`+15s over "a" clock_jump 1 of 1 jumps: the publisher's clock jumped 1 times, last by +8.64e+04 s; not for 5s`,
		`+17s over "a" rate_drift 0.1 of 1 %: 999 samples per second by the publisher's clock, or no longer known`,
		`+23s holds "a" behind 12 of 10 s: scoring is 12s behind what was stored`,
		`+27s over "a" behind 0 of 10 s: scoring has caught up`,
		`+28s holds "a" model_age 2.04199 of 2 days: the model in service was taught at 2026-02-27T05:00:00Z, 2.0 days ago; teach it anew, or check it and raise model_warranty_s`,
		`+29s over "a" model_age 0.000335648 of 2 days: a model within its warranty is in service`,
		`+30s holds "a" model_drift 62 of 31 %: the model drifts away from the process: since about 2026-03-01T05:00:00Z, 62 % of 5000 good windows score above what 25 % did when it was taught at 2026-03-01T06:00:00Z, and 31 % at most can be expected; look for what has changed (sensor, material, machine); where the process is as it should be, teach the model anew`,
		`+33s over "a" model_drift 25 of 31 %: good windows score as they did when the model was taught, or another model is in service`,
	)
}

// Sinks that fail are one alarm, which says which; so is a store that refuses.
func TestSharedAlarms(t *testing.T) {
	s := newStand(t, Config{SinkFor: 3 * time.Second, StoreFor: 2 * time.Second}, Stream{Name: "a"})
	s.sinks = []string{"mail"}
	s.ticks(2, "a")
	s.sinks = nil // an attempt that failed is no alarm
	s.ticks(2, "a")
	s.sinks = []string{"mail"}
	s.ticks(5, "a")
	s.sinks = []string{"chat", "mail"}
	s.ticks(3, "a")
	s.sinks = nil
	s.store = "full"
	s.ticks(4, "a")
	s.store = ""
	s.ticks(4, "a")
	s.want(
		`+8s holds "" sink_failing 1 of 1 sinks: messages do not arrive by mail; they are tried again, and the log says why`,
		`+10s again "" sink_failing 2 of 1 sinks: messages do not arrive by chat, mail; they are tried again, and the log says why`,
		`+13s over "" sink_failing 0 of 1 sinks: every sink delivers again`,
		`+15s holds "" store_failing 1 of 1 : full`,
		`+19s over "" store_failing 1 of 1 : the store takes what is written again`,
	)
}

// A heartbeat that does not come through is an alarm of its own, but not while the server is away.
func TestHeartbeat(t *testing.T) {
	s := newStand(t, Config{Heartbeat: 5 * time.Second})
	s.ticks(4)
	s.beat = s.now
	s.ticks(7)
	s.beat = s.now
	s.ticks(2)
	s.conn.Up = false
	s.ticks(10)
	s.conn.Up = true
	s.ticks(7)
	s.beat = s.now
	s.ticks(1)
	s.want(
		`+9s holds "" heartbeat 5 of 5 s: the monitor's own test signal has not come through for 5s: what is shown may be old, and an alarm may not be told`,
		`+12s over "" heartbeat 1 of 5 s: the heartbeat comes through again`,
		`+16s holds "" connection 2 of 2 s: messaging server nats://plant:4222 is away; not heard meanwhile: no stream is configured`,
		`+24s over "" connection 10 of 2 s: messaging server nats://plant:4222 was away for 10s; not heard meanwhile: no stream is configured`,
		`+29s holds "" heartbeat 5 of 5 s: the monitor's own test signal has not come through for 5s: what is shown may be old, and an alarm may not be told`,
		`+31s over "" heartbeat 1 of 5 s: the heartbeat comes through again`,
	)
}

// Every kind that a watcher finds is one that the alarm machine takes, is explained in words, and depends on what it should.
func TestOneRootCauseOfDroppedSamples(t *testing.T) {
	book, err := alert.NewBook(alert.BookConfig{})
	if err != nil {
		t.Fatal(err)
	}
	w, err := New(Config{Start: start}, []Stream{{Name: "a", Behind: time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	obs := []Observation{{Stream: "a"}}
	var told []string
	now := start
	for i := range 40 {
		now = now.Add(time.Second)
		obs[0].Last = now
		if i == 5 {
			obs[0].Dropped, obs[0].Missing = 100, 100
		}
		if i >= 5 && i < 15 {
			obs[0].Lag = 20 * time.Second
		} else {
			obs[0].Lag = 0
		}
		for _, c := range w.Step(nil, &Monitor{Connection: Connection{Up: true}}, obs, now) {
			events, err := book.Step(nil, &alert.Input{Op: alert.OpCondition, Condition: &c}, now)
			if err != nil {
				t.Fatal(err)
			}
			for _, ev := range events {
				told = append(told, string(ev.Change)+" "+string(ev.Alarm.Kind))
			}
		}
	}
	want := "raised dropped, listed gap, listed behind, delisted behind, cleared dropped, delisted gap"
	if got := strings.Join(told, ", "); got != want {
		t.Errorf("told %s, want %s", got, want)
	}
}
