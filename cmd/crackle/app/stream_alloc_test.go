package app

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"crackle/alert"
	"crackle/alert/evidence"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/ingest"
	"crackle/ingest/block"
	"crackle/ingest/simulate"
	"crackle/web/hub"
)

const takenStream = `
[stream.mbn]
channels = ["mbn"]
rate_hz = 200_000
learn.parts = 2
filter = {kind = "butterworth", type = "band-pass", low_hz = 2_000, high_hz = 70_000}
window = {length = 1000, hop = 500}
features = {list = ["log_rms", "kurtosis"]}
network = {hidden = 8, epochs = 5, warmup_windows = 3}
alarm = {limit_margin = 20} # an alarm may allocate
`

// testStream is a stream whose dashboards and alarm machine run, without the rest of an App.
type testStream struct {
	*stream
	learnt int // windows that were met without a model
}

func newTestStream(t *testing.T, r *ingest.Receiver) *testStream {
	t.Helper()
	cfg, err := config.Parse([]byte(takenStream), "test.toml")
	if err != nil {
		t.Fatal(err)
	}
	x := &testStream{}
	a, err := New(cfg, Options{Log: slog.New(slog.DiscardHandler), Observe: Observer{Score: func(s *detector.Score) {
		if s.Reason&detector.Learning != 0 {
			x.learnt++
		}
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if a.hub, err = hub.New(hub.Config{Log: a.log}); err != nil {
		t.Fatal(err)
	}
	a.keeper = evidence.NewKeeper(evidence.KeeperConfig{Log: a.log})
	if x.stream, err = newStream(a, cfg.Streams["mbn"], r); err != nil {
		t.Fatal(err)
	}
	x.ctx = t.Context()
	a.streams.Store(&[]*stream{x.stream})
	if a.machine, err = alert.New(alert.Config{Book: alert.BookConfig{Streams: a.alarmStreams()}, Log: a.log}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.machine.Run(context.Background()) }()
	t.Cleanup(func() {
		a.machine.Drain()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return x
}

// The stream's own work on a block, with what it tells the part's account, the dashboards and the alarm machine, allocates nothing.
func TestTakeAllocatesNothing(t *testing.T) {
	r, err := ingest.New(nil, ingest.Config{Stream: "mbn", Channels: 1, RateHz: 200e3})
	if err != nil {
		t.Fatal(err)
	}
	s := newTestStream(t, r)
	s.install(taught(t, s))

	b := &block.Block{Run: 9, RateHz: 200e3, Channels: 1, Part: "P-1", Samples: simulated(t, 1)[0].Samples}
	take := func() {
		s.take(b)
		b.Seq++
		b.First += uint64(b.Count())
		b.TimeNS += 50e6
	}
	for range 20 {
		take()
	}
	scored := func() uint64 { return s.status.read(ingest.Counts{}, false, time.Now()).Counts.Scored }
	before := scored()
	n := testing.AllocsPerRun(200, take)
	for try := 0; try < 10 && n > 0; try++ { // what goroutines of earlier tests allocate at their end is counted too, and ceases
		time.Sleep(50 * time.Millisecond)
		n = testing.AllocsPerRun(200, take)
	}
	if n != 0 {
		t.Errorf("%g allocations per block, want 0", n)
	}
	if n := scored() - before; n < 1000 {
		t.Errorf("only %d windows were scored", n)
	}
}

// simulated is parts of sound Barkhausen noise, 0.05 s each.
func simulated(t *testing.T, parts int) (out []*block.Block) {
	t.Helper()
	cfg := simulate.DefaultBarkhausen()
	cfg.Parts, cfg.BlockSamples = nil, 10000
	for range parts {
		cfg.Parts = append(cfg.Parts, simulate.GroundPart{Name: "p", Seconds: 0.05})
	}
	src, err := simulate.NewBarkhausen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for i := range parts {
		b := &block.Block{}
		if err := src.Read(b); err != nil {
			t.Fatal(err)
		}
		b.Run, b.First = uint64(i+1), 0
		out = append(out, b)
	}
	return out
}

// taught is a model of two such parts.
func taught(t *testing.T, s *testStream) *detector.Model {
	t.Helper()
	var l detector.Lesson
	c, err := NewChain(&s.cfg, func(*detector.Score) {})
	if err != nil {
		t.Fatal(err)
	}
	c.Collect(&l)
	for _, b := range simulated(t, 4) {
		if err := c.Push(b); err != nil {
			t.Fatal(err)
		}
	}
	how, err := Teaching(&s.cfg, c.Conditioner, "test")
	if err != nil {
		t.Fatal(err)
	}
	m, err := detector.Teach(t.Context(), how, &l)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
