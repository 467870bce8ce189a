package simulate

import (
	"testing"

	"crackle/ingest/block"
)

func BenchmarkBarkhausen(b *testing.B) {
	cfg := DefaultBarkhausen()
	cfg.Parts[0].Seconds = 1e9
	g, err := NewBarkhausen(cfg)
	if err != nil {
		b.Fatal(err)
	}
	var blk block.Block
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if err := g.Read(&blk); err != nil {
			b.Fatal(err)
		}
		n += blk.Count()
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds()/1e6, "Msamples/s")
}
