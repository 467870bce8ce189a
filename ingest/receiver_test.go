package ingest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"crackle/ingest"
	"crackle/ingest/block"
)

func publisher(t testing.TB, nc *nats.Conn, cfg ingest.PublisherConfig) *ingest.Publisher {
	t.Helper()
	cfg.Stream = orElse(cfg.Stream, "test.one")
	p, err := ingest.NewPublisher(nc, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		p.Close(ctx)
	})
	return p
}

func publish(t testing.TB, p *ingest.Publisher, b *block.Block) {
	t.Helper()
	if err := p.Publish(within(t, 20*time.Second), b); err != nil {
		t.Fatal(err)
	}
}

func flush(t testing.TB, p *ingest.Publisher) {
	t.Helper()
	if err := p.Flush(within(t, 20*time.Second)); err != nil {
		t.Fatal(err)
	}
}

// raw publishes a payload as it is, as a foreign publisher may.
func raw(t testing.TB, nc *nats.Conn, payload []byte) {
	t.Helper()
	if err := nc.Publish("crackle.signal.test.one", payload); err != nil {
		t.Fatal(err)
	}
	if err := nc.FlushTimeout(5 * time.Second); err != nil {
		t.Fatal(err)
	}
}

func wire(t testing.TB, b *block.Block) []byte {
	t.Helper()
	p, err := block.Append(nil, b, block.F32)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestReceive(t *testing.T) {
	broker := startBroker(t)
	for _, c := range []struct {
		name  string
		store bool
	}{{"jetstream", true}, {"core", false}} {
		t.Run(c.name, func(t *testing.T) {
			nc := connect(t, ingest.Options{URL: broker.URL(), Token: broker.Token()})
			stream := "test." + c.name
			r := receive(t, nc, ingest.Config{Stream: stream, Channels: 3, JetStream: c.store, Start: ingest.Start{From: ingest.FromOldest}, Log: testLog(t)})
			if !c.store {
				subscribed(t, nc) // core NATS knows no past
			}
			p := publisher(t, nc, ingest.PublisherConfig{Stream: stream, JetStream: c.store})
			const each = 100
			for i := range uint64(20) {
				b := ramp(i*each, each, 3)
				b.Part = "part-" + string(rune('a'+i/10))
				b.TimeNS = 1e18 + int64(i)
				b.Flags = block.Recorded
				publish(t, p, b)
			}
			flush(t, p)
			for i := range uint64(20) {
				b := r.next()
				if b.Run != p.Run() || b.Seq != i || b.First != i*each || b.Count() != each || b.Channels != 3 || b.TimeNS != 1e18+int64(i) ||
					b.Part != "part-"+string(rune('a'+i/10)) || b.Flags != block.Recorded || (b.StoreSeq != 0) != c.store {
					t.Fatalf("block %d came as %+v", i, b)
				}
				checkRamp(t, b)
				r.Release(b)
			}
			got := r.Counts()
			if got.Received != (ingest.Tally{Blocks: 20, Samples: 2000}) || got.Delivered != got.Received || got.Missing != 0 || got.LastEnd != 2000 ||
				got.LastSeq != 19 || got.Runs != 1 || got.PendingKnown != c.store || got.Pending != 0 || time.Since(got.LastData) > time.Minute {
				t.Errorf("counts %+v", got)
			}
			r.stop()
			if _, open := <-r.Blocks(); open {
				t.Error("the channel stays open after the stop")
			}
		})
	}
}

// What cannot be used is counted and the stream goes on.
func TestBadMessagesAreCounted(t *testing.T) {
	broker := startBroker(t)
	nc := connect(t, ingest.Options{InProcess: broker.InProcess(), Token: broker.Token()})
	var log strings.Builder
	r := receive(t, nc, ingest.Config{JetStream: true, Log: textLog(&log)})
	eventually(t, "open", func() bool { return r.Counts().Opened == 1 })
	good := func(first uint64) *block.Block {
		b := ramp(first, 10, 1)
		b.Run, b.First, b.Seq = 7, first, first/10
		return b
	}
	rate, channels := good(10), ramp(10, 10, 2)
	rate.RateHz = 1001.1
	channels.Run = 7
	nearly := good(10)
	nearly.RateHz = 1000.9

	raw(t, nc, wire(t, good(0)))
	raw(t, nc, []byte("not a block"))
	raw(t, nc, nil)
	raw(t, nc, wire(t, good(10))[:70])
	raw(t, nc, wire(t, rate))
	raw(t, nc, wire(t, channels))
	raw(t, nc, wire(t, nearly))
	raw(t, nc, wire(t, good(0)))
	raw(t, nc, wire(t, good(20)))
	for _, first := range []uint64{0, 10, 20} {
		b := r.next()
		if b.First != first {
			t.Fatalf("block at %d, want %d", b.First, first)
		}
		r.Release(b)
	}
	c := r.Counts()
	if c.MalformedTotal() != 3 || c.Malformed[block.KindMagic] != 2 || c.Malformed[block.KindSize] != 1 {
		t.Errorf("malformed %v", c.Malformed)
	}
	if c.WrongRate.Blocks != 1 || c.WrongChannels.Blocks != 1 || c.Duplicated != (ingest.Tally{Blocks: 1, Samples: 10}) || c.Delivered.Blocks != 3 {
		t.Errorf("counts %+v", c)
	}
	r.stop()
	if n := strings.Count(log.String(), "malformed message"); n != 2 {
		t.Errorf("%d malformed messages logged, want the first of each of two kinds:\n%s", n, &log)
	}
	if !strings.Contains(log.String(), "subject=crackle.signal.test.one") || !strings.Contains(log.String(), "rate_hz=1001.1") {
		t.Errorf("the log names neither subject nor rate:\n%s", &log)
	}
}

// A full queue stops the reading of a store, and nothing is lost.
func TestStoreBackPressure(t *testing.T) {
	broker := startBroker(t)
	nc := connect(t, ingest.Options{URL: broker.URL(), Token: broker.Token()})
	r := receive(t, nc, ingest.Config{JetStream: true, Start: ingest.Start{From: ingest.FromOldest}, Queue: 2})
	p := publisher(t, nc, ingest.PublisherConfig{JetStream: true})
	const n = 500
	for i := range uint64(n) {
		publish(t, p, ramp(i*50, 50, 1))
	}
	flush(t, p)
	eventually(t, "queue full", func() bool { return r.Counts().Queued == 2 })
	time.Sleep(200 * time.Millisecond) // in which a receiver that does not stop would read on
	if c := r.Counts(); c.Received.Blocks > 4 {
		t.Errorf("%d blocks were read into a queue of 2", c.Received.Blocks)
	}
	for i := range uint64(n) {
		b := r.next()
		if b.First != i*50 {
			t.Fatalf("block at %d, want %d", b.First, i*50)
		}
		checkRamp(t, b)
		r.Release(b)
	}
	if c := r.Counts(); c.Missing != 0 || c.Dropped.Blocks != 0 || c.Opened != 1 {
		t.Errorf("counts %+v", c)
	}
}

// Core NATS cannot wait: the oldest go, every sample of them counted, and the gap shows.
func TestCoreDropsOldest(t *testing.T) {
	broker := startBroker(t)
	nc := connect(t, ingest.Options{URL: broker.URL(), Token: broker.Token()})
	r := receive(t, nc, ingest.Config{Queue: 4})
	subscribed(t, nc)
	p := publisher(t, nc, ingest.PublisherConfig{})
	for i := range uint64(20) {
		publish(t, p, ramp(i*10, 10, 1))
	}
	flush(t, p)
	eventually(t, "all read", func() bool { return r.Counts().Delivered.Blocks == 20 })
	if c := r.Counts(); c.Dropped != (ingest.Tally{Blocks: 16, Samples: 160}) || c.Queued != 4 {
		t.Errorf("counts %+v", c)
	}
	for _, first := range []uint64{160, 170, 180, 190} {
		b := r.next()
		if b.First != first {
			t.Errorf("block at %d, want %d", b.First, first)
		}
		r.Release(b)
	}
}

// A receiver that takes over from a checkpoint goes on with the sample after it.
func TestResume(t *testing.T) {
	broker := startBroker(t)
	nc := connect(t, ingest.Options{InProcess: broker.InProcess(), Token: broker.Token()})
	p := publisher(t, nc, ingest.PublisherConfig{JetStream: true})
	for i := range uint64(10) {
		publish(t, p, ramp(i*10, 10, 1))
	}
	flush(t, p)
	r := receive(t, nc, ingest.Config{JetStream: true, Start: ingest.Start{From: ingest.FromOldest}})
	var at ingest.Start
	for range 4 {
		b := r.next()
		at = ingest.Start{From: ingest.FromAfter, Seq: b.StoreSeq, StoreNS: b.StoreNS, Run: b.Run, Next: b.End()}
		r.Release(b)
	}
	r.stop()

	again := receive(t, nc, ingest.Config{JetStream: true, Start: at})
	if b := again.next(); b.First != 40 {
		t.Errorf("goes on at %d, want 40", b.First)
	}
	if c := again.Counts(); c.Rewound != 0 || c.Duplicated.Blocks != 0 {
		t.Errorf("counts %+v", c)
	}
	again.stop()

	// The same when the store cannot show the message that the checkpoint names: by time and by index.
	at.StoreNS -= int64(time.Minute)
	rewound := receive(t, nc, ingest.Config{JetStream: true, HoldFor: time.Second, Start: at})
	if b := rewound.next(); b.First != 40 {
		t.Errorf("goes on at %d, want 40", b.First)
	}
	if c := rewound.Counts(); c.Rewound != 1 || c.Duplicated.Blocks != 4 {
		t.Errorf("counts %+v", c)
	}
	rewound.stop()

	fresh := receive(t, nc, ingest.Config{JetStream: true})
	eventually(t, "open", func() bool { return fresh.Counts().Opened == 1 })
	publish(t, p, ramp(100, 10, 1))
	if b := fresh.next(); b.First != 100 {
		t.Errorf("a fresh receiver begins at %d, want only what is new", b.First)
	}
}

// A consumer that somebody removes is made again where it stood.
func TestConsumerRemoved(t *testing.T) {
	broker := startBroker(t)
	nc := connect(t, ingest.Options{InProcess: broker.InProcess(), Token: broker.Token()})
	st := ensure(t, nc)
	r := receive(t, nc, ingest.Config{JetStream: true, Start: ingest.Start{From: ingest.FromOldest}})
	p := publisher(t, nc, ingest.PublisherConfig{JetStream: true})
	publish(t, p, ramp(0, 10, 1))
	r.Release(r.next())
	names := st.ConsumerNames(within(t, 5*time.Second))
	for name := range names.Name() {
		if err := st.DeleteConsumer(within(t, 5*time.Second), name); err != nil {
			t.Fatal(err)
		}
	}
	publish(t, p, ramp(10, 10, 1))
	if b := r.next(); b.First != 10 {
		t.Errorf("goes on at %d, want 10", b.First)
	}
	if c := r.Counts(); c.Opened != 2 || c.Missing != 0 {
		t.Errorf("counts %+v", c)
	}
	r.stop()
	eventually(t, "no consumer is left", func() bool {
		info, err := st.Info(within(t, 5*time.Second))
		return err == nil && info.State.Consumers == 0
	})
}

func TestConfigRefused(t *testing.T) {
	ok := ingest.Config{Stream: "a", Channels: 1, RateHz: 1}
	for name, edit := range map[string]func(c *ingest.Config){
		"no name":            func(c *ingest.Config) { c.Stream = "" },
		"name":               func(c *ingest.Config) { c.Stream = "A" },
		"wildcard":           func(c *ingest.Config) { c.Subject = "crackle.signal.*" },
		"subject not stored": func(c *ingest.Config) { c.Subject, c.JetStream = "plant.a", true },
		"no channel":         func(c *ingest.Config) { c.Channels = 0 },
		"rate 0":             func(c *ingest.Config) { c.RateHz = 0 },
		"queue":              func(c *ingest.Config) { c.Queue = -1 },
		"horizon":            func(c *ingest.Config) { c.Horizon = 5000 },
		"hold":               func(c *ingest.Config) { c.HoldFor = -1 },
		"start":              func(c *ingest.Config) { c.Start.From = ingest.FromAfter },
	} {
		c := ok
		edit(&c)
		if _, err := ingest.New(nil, c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := ingest.New(nil, ok); err != nil {
		t.Error(err)
	}
}
