package app_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/detector"
	"crackle/ingest/block"
)

// A gap is an alarm that says where it begins and how long it is.
func TestGapAlarm(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", "")))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	p := w.publisher("motor")
	for _, b := range cut(asBlock(healthy(t), 0), func() int { return 100 }) {
		b.Flags, b.First = 0, p.Next()
		if b.First == 500 {
			b.First += 250
		}
		publish(t, p, b)
	}
	flush(t, p)
	eventually(t, "the alarm", func() bool { return len(w.events("motor", alert.KindGap)) > 0 })
	a := w.events("motor", alert.KindGap)[0].Alarm
	if a.Onset != 500 || a.Run != p.Run() || a.Score != 250 || !strings.Contains(a.What, "250 samples missing, newest gap from sample 500; look at the program that publishes") {
		t.Errorf("alarm %+v", a)
	}
}

// Without a store a stream that is not quick enough drops blocks: that is counted, is an alarm, and its part is not assessed.
func TestDroppedBlocks(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, strings.Replace(motorStream("motor", `transport = "core"`), "queue_blocks = 4096", "queue_blocks = 4", 1)))
	saveMotorModel(t, cfg, "motor")
	w, open := slow(t, cfg)
	p := w.publisher("motor")
	for range 2 {
		publishPart(t, p, healthy(t), "too quick", 50)
	}
	eventually(t, "blocks to be dropped", func() bool {
		c := w.counts("motor")
		return c.Received.Samples == 2000 && c.Dropped.Blocks > 20
	})
	open()
	publishPart(t, p, healthy(t), "next", 50)
	w.wantVerdict("motor", "too quick", detector.NotAssessed)
	eventually(t, "the alarm", func() bool { return len(w.events("motor", alert.KindDropped)) > 0 })
	c := w.counts("motor")
	if a := w.events("motor", alert.KindDropped)[0].Alarm; a.Score != float64(c.Dropped.Samples) || c.Missing != 0 {
		t.Errorf("alarm %+v; counts %+v", a, c)
	}
	if s := w.Status("motor").Counts; s.Dropped != c.Dropped.Samples {
		t.Errorf("status %+v; counts %+v", s, c)
	}
	if n := w.log.count("WARN the queue is full and the oldest block is dropped"); n != 1 {
		t.Errorf("logged %d times", n)
	}
}

// A part is not called ok on the strength of the samples that came when others did not, however many did come.
func TestGapCountsAgainstItsPart(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", "")))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	p := w.publisher("motor")
	recording := asBlock(healthy(t), 0)
	rows := uint64(recording.Count())
	piece := func(part string, skip uint64, flags block.Flags) {
		b := *recording
		b.First, b.Part, b.Flags = p.Next()+skip, part, flags
		publish(t, p, &b)
	}
	// A long part of which only a third came: all but a few of the windows that lie in the signal are scored.
	piece("holey", 0, block.PartBegin)
	for range 20 {
		piece("holey", 0, 0)
	}
	piece("holey", 40*rows, 0)
	for range 20 {
		piece("holey", 0, 0)
	}
	piece("holey", 0, block.PartEnd)
	// One that is whole, one without its end, one without its beginning, and one whose gap is bridged.
	piece("whole", 0, block.PartBegin)
	piece("whole", 0, block.PartEnd)
	piece("endless", 0, block.PartBegin)
	piece("endless", 0, 0)
	piece("headless", 10*rows, 0)
	piece("headless", 0, block.PartEnd)
	piece("bridged", 0, block.PartBegin)
	piece("bridged", 3, 0)
	piece("bridged", 0, block.PartEnd)
	piece("headless after an end", 10*rows, 0)
	piece("headless after an end", 0, block.PartEnd)
	piece("after a pause", 10*rows, block.PartBegin)
	piece("after a pause", 0, block.PartEnd)
	flush(t, p)
	for _, part := range []string{"whole", "bridged", "after a pause"} {
		w.wantVerdict("motor", part, detector.OK)
	}
	for _, part := range []string{"holey", "endless", "headless", "headless after an end"} {
		w.wantVerdict("motor", part, detector.NotAssessed)
	}
}

// A part whose beginning was published before the monitor was there is not assessed.
func TestJoinedMidway(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", "")))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	for range 2 { // the second publisher's run follows on a part that has ended
		p := w.publisher("motor")
		name := func(part string) string { return fmt.Sprintf("%s of %x", part, p.Run()) }
		for i, flags := range []block.Flags{0, block.PartEnd, block.PartBegin, block.PartEnd} {
			b := *asBlock(healthy(t), 0)
			b.Flags, b.Part = flags, name([]string{"half", "whole"}[i/2])
			if i == 0 {
				b.First = 70_000
			}
			publish(t, p, &b)
		}
		flush(t, p)
		w.wantVerdict("motor", name("half"), detector.NotAssessed)
		w.wantVerdict("motor", name("whole"), detector.OK)
	}
}

// A damaged sample index does not silence the rest of a run.
func TestFalseJump(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", "reorder_blocks = 4\n")))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	js, err := jetstream.New(w.Connection())
	if err != nil {
		t.Fatal(err)
	}
	recording := asBlock(healthy(t), 7)
	at := uint64(0)
	send := func(jump uint64) {
		t.Helper()
		b := *recording
		b.First, b.Flags = at+jump, 0
		p, err := block.Append(nil, &b, block.F32)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.Publish(within(t), block.SubjectPrefix+"motor", p); err != nil {
			t.Fatal(err)
		}
		at = b.End() - jump
	}
	for range 3 {
		send(0)
	}
	eventually(t, "scores", func() bool { return w.scored("motor") > 40 })
	send(1 << 40)
	eventually(t, "the gap to be given up", func() bool { return w.counts("motor").Missing > 0 })
	for range 20 {
		send(0)
	}
	eventually(t, "the index to be taken up anew", func() bool { return w.counts("motor").Resyncs == 1 })
	before := w.scored("motor")
	for range 5 {
		send(0)
	}
	eventually(t, "scores behind the false jump", func() bool { return w.scored("motor") > before+40 })
	w.wantVerdict("motor", recording.Part, detector.NotAssessed)
}
