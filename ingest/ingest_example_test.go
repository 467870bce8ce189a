package ingest_test

import (
	"context"
	"fmt"
	"os"

	"crackle/ingest"
	"crackle/ingest/block"
	"crackle/ingest/broker"
)

// A publisher in ten lines, and the receiver that hears it.
func Example() {
	url, token, stop := exampleServer()
	defer stop()
	ctx := context.Background()
	conn, err := ingest.Connect(ctx, ingest.Options{URL: url, Token: token})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()

	p, err := ingest.NewPublisher(conn, ingest.PublisherConfig{Stream: "grinder.mbn", JetStream: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 {
		samples := []float32{0.1, -0.2, 0.3, -0.4} // V, from the converter
		if err := p.Publish(ctx, &block.Block{RateHz: 200e3, Channels: 1, Part: "P-7", Samples: samples}); err != nil {
			fmt.Println(err)
		}
	}
	if err := p.Close(ctx); err != nil {
		fmt.Println(err)
	}

	r, err := ingest.New(conn, ingest.Config{Stream: "grinder.mbn", Channels: 1, RateHz: 200e3, JetStream: true, Start: ingest.Start{From: ingest.FromOldest}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	for range 3 {
		b := <-r.Blocks()
		fmt.Println(b.Part, b.First, b.Samples)
		r.Release(b)
	}
	cancel()
	fmt.Println(<-done)
	// Output:
	// P-7 0 [0.1 -0.2 0.3 -0.4]
	// P-7 4 [0.1 -0.2 0.3 -0.4]
	// P-7 8 [0.1 -0.2 0.3 -0.4]
	// <nil>
}

// exampleServer is an embedded server with a signal store, in a folder that goes away.
func exampleServer() (url, token string, stop func()) {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "crackle")
	if err != nil {
		panic(err)
	}
	b, err := broker.Start(ctx, broker.Config{Dir: dir, MaxBytes: 64 << 20})
	if err != nil {
		panic(err)
	}
	if err := ensureExample(ctx, b); err != nil {
		panic(err)
	}
	return b.URL(), b.Token(), func() {
		if err := b.Stop(ctx); err != nil {
			fmt.Println(err)
		}
		os.RemoveAll(dir)
	}
}
