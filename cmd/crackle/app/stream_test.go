package app

import (
	"context"
	"testing"
	"time"

	"crackle/detector"
	"crackle/ingest"
	"crackle/ingest/block"
	"crackle/ingest/broker"
)

// A model that is there when a stream starts is in service before its first block, which may be waiting too.
func TestModelBeforeFirstBlock(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	b, err := broker.Start(ctx, broker.Config{Dir: t.TempDir(), MaxBytes: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Stop(ctx)
	nc, err := ingest.Connect(ctx, ingest.Options{InProcess: b.InProcess(), Token: b.Token()})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	signal := simulated(t, 1)[0]
	var model *detector.Model
	for range 8 { // without a preference each of these would go wrong with a probability of one half
		receiver, err := ingest.New(nc, ingest.Config{Stream: "mbn", Channels: 1, RateHz: 200e3})
		if err != nil {
			t.Fatal(err)
		}
		s := newTestStream(t, receiver)
		if model == nil {
			model = taught(t, s)
		}
		receiving, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- receiver.Run(receiving) }()
		pub, err := ingest.NewPublisher(nc, ingest.PublisherConfig{Stream: "mbn"})
		if err != nil {
			t.Fatal(err)
		}
		for receiver.Counts().Queued == 0 { // a block that comes before the subscription is lost
			if err := pub.Publish(ctx, &block.Block{RateHz: 200e3, Channels: 1, Samples: signal.Samples}); err != nil {
				t.Fatal(err)
			}
			if err := pub.Flush(ctx); err != nil {
				t.Fatal(err)
			}
			select {
			case <-time.After(time.Millisecond):
			case <-ctx.Done():
				t.Fatal(ctx.Err())
			}
		}
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		s.models <- model
		if err := s.run(ctx); err != nil {
			t.Fatal(err)
		}
		if s.learnt != 0 {
			t.Fatalf("%d windows were met without the model", s.learnt)
		}
	}
}
