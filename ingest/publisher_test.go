package ingest_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"crackle/ingest"
	"crackle/ingest/block"
)

// A block of any size goes out in messages of at most 512 KiB, with its marks at its ends only.
func TestPublisherCuts(t *testing.T) {
	broker := startBroker(t)
	nc := connect(t, ingest.Options{URL: broker.URL(), Token: broker.Token()})
	r := receive(t, nc, ingest.Config{Channels: 2, JetStream: true, HoldFor: time.Second, Start: ingest.Start{From: ingest.FromOldest}})
	p := publisher(t, nc, ingest.PublisherConfig{JetStream: true})
	big := ramp(0, 150_000, 2) // 1.2 MB
	big.Flags, big.Part, big.TimeNS = block.PartBegin|block.PartEnd, "big", 1e18
	publish(t, p, big)
	publish(t, p, &block.Block{RateHz: 1000, Channels: 2, Flags: block.PartEnd}) // a mark
	gap := ramp(200_000, 10, 2)
	gap.First = 200_000
	publish(t, p, gap)
	flush(t, p)

	var end uint64
	for i := range 5 {
		b := r.next()
		if b.Seq != uint64(i) {
			t.Errorf("message %d has counter %d", i, b.Seq)
		}
		switch i {
		case 0, 1, 2:
			want := block.Flags(0)
			if i == 0 {
				want = block.PartBegin
			} else if i == 2 {
				want = block.PartEnd
			}
			if b.First != end || b.Flags != want || b.TimeNS != 1e18+int64(b.First)*1_000_000 || b.Part != "big" {
				t.Errorf("piece %d: first %d flags %v time %d", i, b.First, b.Flags, b.TimeNS)
			}
		case 3:
			if b.Count() != 0 || b.First != 150_000 || b.Flags != block.PartEnd {
				t.Errorf("mark came as %+v", b)
			}
		case 4:
			if b.First != 200_000 {
				t.Errorf("the gap at the source is gone: %d", b.First)
			}
		}
		checkRamp(t, b)
		end = b.End()
		r.Release(b)
	}
	if c := r.Counts(); c.Missing != 50_000 || c.Gaps != 1 {
		t.Errorf("counts %+v", c)
	}
}

func TestPublisherRefuses(t *testing.T) {
	broker := startBroker(t)
	nc := connect(t, ingest.Options{URL: broker.URL(), Token: broker.Token()})
	for name, cfg := range map[string]ingest.PublisherConfig{
		"name": {Stream: "A"}, "type": {Stream: "a", Type: 9}, "in flight": {Stream: "a", InFlight: -1}, "bytes": {Stream: "a", MaxBytes: 1 << 20},
		"wait": {Stream: "a", MaxWait: -1},
	} {
		if _, err := ingest.NewPublisher(nc, cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, store := range []bool{true, false} {
		p := publisher(t, nc, ingest.PublisherConfig{JetStream: store, Type: block.I16, Scale: 1})
		publish(t, p, ramp(0, 10, 1))
		bad := ramp(10, 300_000, 1)
		bad.Samples[299_999] = float32(math.NaN())
		for name, b := range map[string]*block.Block{
			"a NaN at the end": bad,
			"no channel":       {RateHz: 1},
			"uneven":           {RateHz: 1, Channels: 2, Samples: make([]float32, 3)},
			"rate":             {Channels: 1, Samples: make([]float32, 3)},
			"index back":       {RateHz: 1, Channels: 1, First: 5, Samples: make([]float32, 3)},
		} {
			if err := p.Publish(within(t, time.Second), b); err == nil {
				t.Errorf("%s: published", name)
			}
		}
		if p.Next() != 10 {
			t.Errorf("a refused block moved the index to %d", p.Next())
		}
		publish(t, p, ramp(10, 10, 1))
		flush(t, p)
		if err := p.Close(within(t, time.Second)); err != nil {
			t.Error(err)
		}
		if err := p.Publish(within(t, time.Second), ramp(20, 10, 1)); err == nil {
			t.Error("published after the close")
		}
	}
}

// A store that does not take messages makes Publish wait, and the error says why.
func TestPublisherWithoutStore(t *testing.T) {
	p := newServerProcess(t) // a server without the signal stream
	p.start()
	nc := connect(t, ingest.Options{URL: p.url, Token: p.token})
	pub := publisher(t, nc, ingest.PublisherConfig{JetStream: true, InFlight: 2})
	publish(t, pub, ramp(0, 10, 1))
	publish(t, pub, ramp(10, 10, 1))
	err := pub.Publish(within(t, 500*time.Millisecond), ramp(20, 10, 1))
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, ingest.ErrStalled) {
		t.Errorf("published without a store: %v", err)
	}
	t.Log(err)
	ensure(t, nc) // now there is one
	flush(t, pub)
	r := receive(t, nc, ingest.Config{JetStream: true, HoldFor: time.Second, Start: ingest.Start{From: ingest.FromOldest}})
	publish(t, pub, ramp(30, 10, 1))
	for _, first := range []uint64{0, 10, 30} {
		if b := r.next(); b.First != first {
			t.Errorf("block at %d, want %d", b.First, first)
		}
	}
}

// A stream may be published under another subject than the one of its name.
func TestPublisherSubject(t *testing.T) {
	broker := startBroker(t)
	nc := connect(t, ingest.Options{URL: broker.URL(), Token: broker.Token()})
	sub, err := nc.SubscribeSync("plant.line1")
	if err != nil {
		t.Fatal(err)
	}
	p := publisher(t, nc, ingest.PublisherConfig{Subject: "plant.line1"})
	publish(t, p, ramp(0, 10, 1))
	if m, err := sub.NextMsg(10 * time.Second); err != nil || m.Subject != "plant.line1" {
		t.Errorf("%v, %v", m, err)
	}
	for _, bad := range []string{"plant.*", "plant..x", "$JS.x", "a b", "."} {
		if _, err := ingest.NewPublisher(nc, ingest.PublisherConfig{Stream: "s", Subject: bad}); err == nil {
			t.Errorf("subject %q was taken", bad)
		}
	}
}

// A full store makes Publish wait for no longer than it was told; what is lost by that is named and counted, and the publisher goes on once there
// is room.
func TestPublisherMeetsAFullStore(t *testing.T) {
	srv := natsServer(t, &server.Options{JetStream: true, StoreDir: t.TempDir(), JetStreamMaxStore: 1 << 20, JetStreamMaxMemory: 1 << 20})
	nc := connect(t, ingest.Options{URL: srv.ClientURL()})
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	st, err := js.CreateStream(within(t, 10*time.Second), jetstream.StreamConfig{Name: block.StoreName, Subjects: []string{block.SubjectAll}})
	if err != nil {
		t.Fatal(err)
	}
	pub := publisher(t, nc, ingest.PublisherConfig{JetStream: true, InFlight: 4, MaxWait: 2 * time.Second})
	sent := 0
	for ; err == nil && sent < 100; sent++ {
		err = pub.Publish(t.Context(), ramp(uint64(10_000*sent), 10_000, 1)) // 40 kB
	}
	if !errors.Is(err, ingest.ErrStalled) || !strings.Contains(err.Error(), "resource") {
		t.Fatalf("after %d blocks: %v", sent, err)
	}
	t.Log(err)
	c := pub.Counts()
	if c.Lost != (ingest.Tally{Blocks: 1, Samples: 10_000}) || c.Published.Blocks != uint64(sent-1) || c.InFlight != 4 || c.Stored != uint64(sent-1-4) || c.Resent == 0 || c.Trouble == "" {
		t.Errorf("%+v after %d blocks", c, sent)
	}
	if err := pub.Flush(t.Context()); !errors.Is(err, ingest.ErrStalled) {
		t.Errorf("flush: %v", err)
	}
	r := receive(t, nc, ingest.Config{JetStream: true, HoldFor: time.Second, Start: ingest.Start{From: ingest.FromOldest}})
	for range sent - 1 - 4 {
		r.Release(r.next())
	}
	if err := st.Purge(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	flush(t, pub)
	publish(t, pub, ramp(uint64(10_000*sent), 10_000, 1))
	flush(t, pub)
	for end := uint64(0); end < uint64(10_000*(sent+1)); {
		b := r.next()
		checkRamp(t, b)
		end = b.End()
		r.Release(b)
	}
	if c := pub.Counts(); c.InFlight != 0 || c.Stored != uint64(sent) || c.Lost.Blocks != 1 || c.Trouble != "" {
		t.Errorf("in the end %+v after %d blocks", c, sent)
	}
	if c := r.Counts(); c.Missing != 10_000 || c.Gaps != 1 || c.Late.Blocks != 0 {
		t.Errorf("received %+v", c)
	}
}

// Messages that get lost without a word on their way to the store, as where a cluster's leader changes, are sent again as soon as those behind
// them are known to be there: they come in time to be put in their place, the first of a run as any other.
func TestPublisherLosesMessagesOnTheWay(t *testing.T) {
	srv := natsServer(t, &server.Options{JetStream: true, StoreDir: t.TempDir()})
	nc := connect(t, ingest.Options{URL: srv.ClientURL()})
	ensure(t, nc)
	subject := block.SubjectPrefix + "test.one"
	if err := srv.GlobalAccount().AddWeightedMappings(subject, server.NewMapDest(subject, 80)); err != nil { // of 100: the rest is lost
		t.Fatal(err)
	}
	r := receive(t, nc, ingest.Config{JetStream: true, Start: ingest.Start{From: ingest.FromOldest}, HoldFor: 20 * time.Second})
	pub := publisher(t, nc, ingest.PublisherConfig{JetStream: true})
	const blocks = 200
	sent := make(chan error, 1)
	go func() {
		for i := range blocks {
			if err := pub.Publish(within(t, time.Minute), ramp(uint64(10*i), 10, 1)); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for i := range blocks - 1 { // behind the last one comes nothing that would tell
		b := r.next()
		if b.First != uint64(10*i) {
			t.Fatalf("block at %d, want %d", b.First, 10*i)
		}
		r.Release(b)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if c := r.Counts(); c.Missing+c.Late.Blocks != 0 || c.Reordered.Blocks == 0 {
		t.Errorf("%+v", c)
	}
	if c := pub.Counts(); c.Resent == 0 || c.Lost.Blocks != 0 {
		t.Errorf("%+v", c)
	}
}
