package ingest_test

import (
	"testing"
	"time"

	"crackle/ingest"
)

// BenchmarkReceive is the whole way of messages of 64 KiB from the store of an embedded server to the queue, over TCP and within the process.
func BenchmarkReceive(b *testing.B) {
	srv := startBroker(b)
	for name, o := range map[string]ingest.Options{"tcp": {URL: srv.URL()}, "inprocess": {InProcess: srv.InProcess()}} {
		b.Run(name, func(b *testing.B) {
			o.Token = srv.Token()
			nc := connect(b, o)
			stream := "bench." + name
			p := publisher(b, nc, ingest.PublisherConfig{Stream: stream, JetStream: true})
			blk := ramp(0, 16_384, 1)
			const stored = 1000 // 64 MB
			start := time.Now()
			for range stored {
				publish(b, p, blk)
			}
			flush(b, p)
			published := stored * 65.536e-3 / time.Since(start).Seconds()
			b.SetBytes(64 << 10)
			b.ResetTimer()
			for read := 0; read < b.N; {
				r := receive(b, nc, ingest.Config{Stream: stream, JetStream: true, Start: ingest.Start{From: ingest.FromOldest}})
				for i := 0; i < stored && read < b.N; i++ {
					r.Release(r.next())
					read++
				}
				r.stop()
			}
			b.ReportMetric(published, "MB/s-published")
		})
	}
}
