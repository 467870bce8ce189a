package ingest

import (
	"testing"

	"crackle/ingest/block"
)

// BenchmarkAccept is the receiver's own work for one message of 512 samples of two channels.
func BenchmarkAccept(b *testing.B) {
	for _, wire := range []block.SampleType{block.I16, block.F32} {
		b.Run(wire.String(), func(b *testing.B) {
			r, send := feeder(b, true, wire)
			var at uint64
			b.ReportAllocs()
			for b.Loop() {
				send(at)
				at += count
				r.empty()
			}
			b.ReportMetric(float64(2*count)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Msamples/s")
		})
	}
}
