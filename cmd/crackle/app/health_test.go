package app_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"crackle/alert"
	"crackle/ingest"
	"crackle/ingest/block"
)

// meterStream is a stream of one channel at 1 kHz without a model, for what has nothing to do with scores.
func meterStream(name, more, health string) string {
	return fmt.Sprintf(`
[stream.%[1]q]
channels = ["level"]
rate_hz = 1000
no_data_s = 300
%[2]s
[stream.%[1]q.window]
length = 200
[stream.%[1]q.features]
list = ["rms"]
[stream.%[1]q.learn]
windows = 100000
[stream.%[1]q.defects]
saturation = [5]
[stream.%[1]q.health]
%[3]s
`, name, more, health)
}

// tone is a block of n samples that go up and down, at the publisher's time t (zero: now).
func tone(n int, t time.Time, part string) *block.Block {
	b := &block.Block{RateHz: 1000, Channels: 1, Part: part, Samples: make([]float32, n)}
	if !t.IsZero() {
		b.TimeNS = t.UnixNano()
	}
	for i := range b.Samples {
		b.Samples[i] = float32(math.Sin(float64(i)))
	}
	return b
}

// alarm waits for the first event of a kind on a stream.
func (w *watch) alarmed(stream string, kind alert.Kind, change alert.Change) alert.Event {
	w.t.Helper()
	var found alert.Event
	eventually(w.t, fmt.Sprintf("%s %s on %q", kind, change, stream), func() bool {
		for _, ev := range w.events(stream, kind) {
			if ev.Change == change {
				found = ev
				return true
			}
		}
		return false
	})
	return found
}

// Every alarm of the signal's health goes the way of any alarm: from the blocks to those who are told, and to its end.
func TestHealthAlarms(t *testing.T) {
	t.Parallel()
	d, sinks := openDesk(t)
	cfg := parse(t, t.TempDir(), join(base,
		meterStream("flat", "", "flat_s = 2"), meterStream("saturated", "", ""), meterStream("rate", "", ""), meterStream("clock", "", ""),
		meterStream("sound", "", "flat_s = 2"), strings.Replace(meterStream("dead", "", ""), "no_data_s = 300", "no_data_s = 1", 1),
		motorStream("old", ""), "[stream.old.health]\nmodel_warranty_s = 1", sinks,
		"[sink.broken]\nkind = \"webhook\"\nurl = \"http://127.0.0.1:1/\"\nallow_private = true\ntimeout_s = 1"))
	saveMotorModel(t, cfg, "old")
	w := start(t, cfg)
	pubs := map[string]*ingest.Publisher{}
	send := func(stream string, b *block.Block) {
		t.Helper()
		if pubs[stream] == nil {
			pubs[stream] = w.publisher(stream)
		}
		publish(t, pubs[stream], b)
	}
	begin := time.Now().Add(-40 * time.Second)
	for i := range 13 { // seconds of signal
		now := begin.Add(time.Duration(i) * time.Second)
		flat, full := tone(1000, now, "p"), tone(1000, now, "p")
		if i >= 5 && i < 9 {
			for k := range flat.Samples {
				flat.Samples[k] = 0.25
			}
		}
		send("flat", flat)
		for k := range 20 * max(0, i-10) { // too few at first
			full.Samples[k] = 5.5
		}
		send("saturated", full)
		send("rate", tone(1000, begin.Add(time.Duration(i)*970*time.Millisecond), "p"))
		if clock := tone(1000, now, "p"); i == 6 {
			clock.TimeNS += int64(24 * time.Hour)
			send("clock", clock)
		} else {
			send("clock", clock)
		}
		send("sound", tone(1000, now, "p"))
		if i == 8 { // the pulse looks once a second
			flush(t, pubs["flat"])
			w.alarmed("flat", alert.KindFlat, alert.Raised)
		}
	}
	for _, p := range pubs {
		flush(t, p)
	}
	for _, want := range []struct {
		stream     string
		kind       alert.Kind
		says, next string // what was found, and what to do next
	}{
		{"flat", alert.KindFlat, "channel level has held one value since sample 5000", "look at the sensor and its cable"},
		{"saturated", alert.KindSaturation, "samples at the end of their channel's range", "lower the gain"},
		{"rate", alert.KindRate, "1000 configured", "correct rate_hz, or the clock"},
		{"clock", alert.KindClock, "the publisher's clock jumped by", "look at what sets the clock"},
		{"dead", alert.KindNoData, "never heard since the start", "look at the sensor, its cable and the program that publishes"},
		{"old", alert.KindModel, "the model in service was taught at", "teach it anew"},
		{"", alert.KindSink, "messages do not arrive by broken", "look at its address"},
	} {
		a := w.alarmed(want.stream, want.kind, alert.Raised).Alarm
		if !strings.Contains(a.What, want.says) || !strings.Contains(a.What, want.next) || a.ID == "" || a.State != alert.Unacknowledged {
			t.Errorf("%s %s says %q, state %s; want %q and %q", want.stream, want.kind, a.What, a.State, want.says, want.next)
		}
	}
	w.alarmed("flat", alert.KindFlat, alert.Cleared)
	publish(t, w.publisher("dead"), tone(100, time.Time{}, ""))
	w.alarmed("dead", alert.KindNoData, alert.Cleared)
	for _, ev := range w.events("rate", alert.KindRate) {
		if a := ev.Alarm; a.Score < 2.5 || a.Score > 3.5 {
			t.Errorf("rate alarm of %g %%, want 3", a.Score)
		}
	}
	w.mu.Lock()
	for _, ev := range w.alarms {
		if ev.Alarm.Stream == "sound" {
			t.Errorf("an alarm on a sound stream: %+v", ev.Alarm)
		}
	}
	w.mu.Unlock()
	eventually(t, "the messages", func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		all := strings.Join(d.texts, "\n")
		return strings.Contains(all, "flat line") && strings.Contains(all, "clock jumped") && strings.Contains(all, "model past its warranty")
	})
}

// A stream whose scoring stands still while the store fills is behind, and says so until it has caught up.
func TestBehindRealTime(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", ""), "[stream.motor.health]\nbehind_s = 1"))
	saveMotorModel(t, cfg, "motor")
	w, open := slow(t, cfg)
	p := w.publisher("motor")
	publishPart(t, p, healthy(t), "one", 100)
	a := w.alarmed("motor", alert.KindBehind, alert.Raised).Alarm
	if a.Score < 1 || a.Limit != 1 || !strings.Contains(a.What, "behind what was stored") {
		t.Errorf("alarm %+v", a)
	}
	open()
	w.alarmed("motor", alert.KindBehind, alert.Cleared)
}
