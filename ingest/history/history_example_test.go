package history_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/ingest"
	"crackle/ingest/block"
	"crackle/ingest/broker"
	"crackle/ingest/history"
)

// A second of a stream's past, read back from the store.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "history")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	b, err := broker.Start(ctx, broker.Config{Dir: dir, MaxBytes: 64 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer b.Stop(ctx)
	nc, err := ingest.Connect(ctx, ingest.Options{InProcess: b.InProcess(), Token: b.Token()})
	if err != nil {
		log.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := broker.EnsureSignals(ctx, js, broker.SignalConfig{}); err != nil {
		log.Fatal(err)
	}
	pub, err := ingest.NewPublisher(nc, ingest.PublisherConfig{Stream: "grinder.current", JetStream: true})
	if err != nil {
		log.Fatal(err)
	}
	start := time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)
	for i := range 60 { // a minute at 1 kHz
		err := pub.Publish(ctx, &block.Block{RateHz: 1000, Channels: 1, TimeNS: start.Add(time.Duration(i) * time.Second).UnixNano(), Samples: make([]float32, 1000)})
		if err != nil {
			log.Fatal(err)
		}
	}
	if err := pub.Close(ctx); err != nil {
		log.Fatal(err)
	}

	past, err := history.Open(js, history.Config{Stream: "grinder.current", Channels: 1, RateHz: 1000})
	if err != nil {
		log.Fatal(err)
	}
	n, err := past.Read(ctx, start.Add(30*time.Second), start.Add(31*time.Second), func(b *block.Block) error {
		fmt.Println("samples", b.First, "to", b.End())
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n.Samples, "samples,", n.Missing, "missing")
	// Output:
	// samples 30000 to 31000
	// 1000 samples, 0 missing
}
