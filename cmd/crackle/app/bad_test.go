package app_test

import (
	"math"
	"strings"
	"testing"

	"crackle/alert"
	"crackle/detector"
	"crackle/ingest/block"
)

// Messages that cannot be read, blocks of another rate or channel count, and samples that are no numbers come among good ones: all are
// counted, the first of each kind is logged, and the stream goes on.
func TestBadBlocks(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"jetstream", "core"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			badBlocks(t, transport)
		})
	}
}

func badBlocks(t *testing.T, transport string) {
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", `transport = "`+transport+`"`)))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	raw := func(payload []byte) {
		t.Helper()
		if err := w.Connection().Publish(block.SubjectPrefix+"motor", payload); err != nil {
			t.Fatal(err)
		}
	}
	bad := func(b block.Block) {
		t.Helper()
		p, err := block.Append(nil, &b, block.F32)
		if err != nil {
			t.Fatal(err)
		}
		raw(p)
	}
	pieces := cut(asBlock(healthy(t), 99), func() int { return 100 })
	good := 0
	next := func(n int) { // the next n good blocks, of a part without end
		t.Helper()
		for range n {
			b := *pieces[good%len(pieces)]
			b.Seq, b.First, b.Flags = uint64(good), uint64(100*good), 0
			if good == 0 {
				b.Flags = block.PartBegin
			}
			bad(b)
			good++
		}
	}
	next(10)
	for range 3 {
		raw([]byte("no block at all"))
	}
	whole, err := block.Append(nil, pieces[0], block.F32)
	if err != nil {
		t.Fatal(err)
	}
	raw(whole[:len(whole)-5]) // of another kind: cut short
	raw(nil)
	for range 2 {
		b := *pieces[0]
		b.First, b.RateHz = uint64(100*good), 2000
		bad(b)
		b.RateHz, b.Channels, b.Samples = 1000, 2, b.Samples[:200]
		bad(b)
	}
	next(10)
	spoiled := func(from, n int, value float64) {
		t.Helper()
		b := *pieces[good%len(pieces)]
		b.Samples = append([]float32(nil), b.Samples...)
		for i := range n {
			b.Samples[3*(from+i)+1] = float32(value)
		}
		b.Seq, b.First, b.Flags = uint64(good), uint64(100*good), 0
		bad(b)
		good++
	}
	bridged := uint64(100*good + 40)
	spoiled(40, 8, math.NaN()) // as long as is bridged
	next(10)
	broken := uint64(100*good + 10)
	spoiled(10, 30, math.NaN())
	spoiled(0, 20, math.Inf(-1))
	next(20)
	rows := uint64(100 * good)

	eventually(t, "the last good block", func() bool { return w.Status("motor").Counts.Scored > 60 && w.counts("motor").LastEnd == rows })
	if err := w.Settle(within(t), "motor", rows); err != nil {
		t.Fatal(err)
	}
	c := w.counts("motor")
	if c.MalformedTotal() != 5 || c.WrongRate.Blocks != 2 || c.WrongRate.Samples != 200 || c.WrongChannels.Blocks != 2 || c.WrongChannels.Samples != 200 ||
		c.Delivered.Samples != rows || c.Missing != 0 {
		t.Errorf("counts %+v", c)
	}
	s := w.Status("motor")
	if s.Counts.Malformed != 9 || s.Counts.Invalid != 58 || s.Counts.Missing != 0 {
		t.Errorf("status %+v", s.Counts)
	}
	_, metrics := w.get("/metrics")
	wantAll(t, metrics,
		`crackle_samples_total{fate="invalid",stream="motor"} 58`,
		`crackle_blocks_total{fate="malformed",stream="motor"} 5`,
		`crackle_blocks_total{fate="wrong_rate",stream="motor"} 2`,
		`crackle_blocks_total{fate="wrong_channels",stream="motor"} 2`)
	kinds := 0
	for _, n := range c.Malformed {
		if n > 0 {
			kinds++
		}
	}
	for _, tt := range []struct {
		want  int
		texts []string
	}{
		{kinds, []string{"WARN malformed message", "subject=crackle.signal.motor"}},
		{1, []string{"WARN a block of another rate", "rate_hz=2000", "configured_hz=1000"}},
		{1, []string{"WARN a block of another channel count", "channels=2", "configured=3"}},
		{1, []string{"WARN samples that are not finite numbers", "stream=motor"}},
		{0, []string{"ERROR"}},
	} {
		if n := w.log.count(tt.texts...); n != tt.want {
			t.Errorf("%d log lines with %q, want %d:\n%s", n, tt.texts, tt.want, w.log)
		}
	}
	if kinds < 2 {
		t.Errorf("malformed messages of %d kinds", kinds)
	}

	windows := 0
	for _, v := range w.windows("motor") {
		windows++
		touches := func(from, to uint64) bool { return v.First < to && v.End > from }
		switch {
		case touches(broken, broken+30) || touches(broken+90, broken+110):
			if v.Verdict != detector.NotAssessed || v.Reason != detector.SignalDefect {
				t.Errorf("window %d to %d over broken samples: %v, %v", v.First, v.End, v.Verdict, v.Reason)
			}
		case touches(bridged, bridged+8) && v.Verdict == detector.NotAssessed:
			t.Errorf("window %d to %d over bridged samples: %v because of %v", v.First, v.End, v.Verdict, v.Reason)
		case v.First > broken+90+20+1000 && v.Verdict != detector.OK:
			t.Errorf("window %d to %d after the damage: %v because of %v", v.First, v.End, v.Verdict, v.Reason)
		}
	}
	if windows < int(rows)/50-10 {
		t.Errorf("only %d windows of %d rows", windows, rows)
	}
	eventually(t, "the alarm", func() bool { return len(w.events("motor", alert.KindDecode)) > 0 })
	if what := w.events("motor", alert.KindDecode)[0].Alarm.What; !strings.Contains(what, "could not be read") || strings.Contains(what, "newest: ;") || !strings.Contains(what, "compare what the program publishes") {
		t.Errorf("the alarm says only %q", what)
	}
}
