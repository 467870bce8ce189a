package ledger

import (
	"testing"

	"crackle/detector"
	"crackle/ingest/block"
)

func TestAccountAllocatesNothing(t *testing.T) {
	a, err := New(Config{Stream: "s", RateHz: testHz, Saturation: []float64{10}})
	if err != nil {
		t.Fatal(err)
	}
	b := &block.Block{Run: 1, Channels: 1, RateHz: testHz, Part: "p", Samples: make([]float32, 100)}
	for i := 3; i < 100; i += 2 {
		b.Samples[i] = 11 // every other sample is another kind of row
	}
	s := detector.Score{Stream: "s", Run: 1, Part: "p", Verdict: detector.OK}
	over := func(Part) { t.Error("the part is over") }
	step := func() {
		a.Block(b)
		a.Arrived(Arrivals{Duplicated: b.First})
		a.Skipped(0)
		s.First, s.End = b.First, b.End()
		a.Add(&s)
		a.Current()
		a.Settle(over)
		b.First += 100
	}
	for range 10 {
		step()
	}
	if n := testing.AllocsPerRun(1000, step); n != 0 {
		t.Errorf("%v allocations per block and window, want 0", n)
	}
}
