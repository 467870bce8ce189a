package app_test

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"crackle/cmd/crackle/demo"
	"crackle/ingest"
	"crackle/ingest/block"
)

// publisher makes a publisher that is closed when the test ends.
func publisher(t testing.TB, nc *nats.Conn, stream string, store bool) *ingest.Publisher {
	t.Helper()
	p, err := ingest.NewPublisher(nc, ingest.PublisherConfig{Stream: stream, JetStream: store})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		p.Close(ctx) // what a test wants flushed it flushes itself
	})
	return p
}

func publish(t testing.TB, p *ingest.Publisher, b *block.Block) {
	t.Helper()
	if err := p.Publish(within(t), b); err != nil {
		t.Fatal(err)
	}
}

func flush(t testing.TB, p *ingest.Publisher) {
	t.Helper()
	if err := p.Flush(within(t)); err != nil {
		t.Fatal(err)
	}
}

// publishPart publishes a recording as one part, in blocks of the given number of rows.
func publishPart(t testing.TB, p *ingest.Publisher, r *demo.Recording, part string, rows int) {
	t.Helper()
	for _, b := range cut(asBlock(r, 0), func() int { return rows }) {
		b.First, b.Part = 0, part
		publish(t, p, b)
	}
	flush(t, p)
}

// cut divides a block into pieces of as many rows as size says, one after the other.
func cut(b *block.Block, size func() int) (out []*block.Block) {
	for from := 0; from < b.Count(); {
		to := min(from+size(), b.Count())
		piece := *b
		piece.First, piece.Samples = b.First+uint64(from), b.Samples[from*b.Channels:to*b.Channels]
		if b.TimeNS != 0 {
			piece.TimeNS += int64(float64(from) / b.RateHz * 1e9)
		}
		if from > 0 {
			piece.Flags &^= block.PartBegin
		}
		if to < b.Count() {
			piece.Flags &^= block.PartEnd
		}
		out = append(out, &piece)
		from = to
	}
	return out
}

// settle waits until a stream has dealt with everything that p published.
func (w *watch) settle(p *ingest.Publisher, stream string) {
	w.t.Helper()
	flush(w.t, p)
	if err := w.Settle(within(w.t), stream, p.Next()); err != nil {
		w.t.Fatalf("%v; counts %+v", err, w.counts(stream))
	}
}
