package evidence

import (
	"testing"

	"crackle/ingest/block"
)

// BenchmarkPush is what evidence costs a stream of one channel at 1 MHz in blocks of 16384 samples, when nothing is wrong.
func BenchmarkPush(b *testing.B) {
	r, err := NewRecorder(Config{Stream: "s", Channels: []string{"a"}, RateHz: 1e6, Out: func(*Pack) {}})
	if err != nil {
		b.Fatal(err)
	}
	x := block.Block{Run: 1, RateHz: 1e6, Channels: 1, Part: "p", Samples: noise(1, 16384)}
	b.SetBytes(4 * 16384)
	b.ReportAllocs()
	for b.Loop() {
		r.Push(&x)
		r.PushConditioned(x.First, x.Samples)
		r.Done()
		x.First = x.End()
	}
	b.ReportMetric(float64(b.N)*16384/1e6/b.Elapsed().Seconds(), "x_real_time")
}
