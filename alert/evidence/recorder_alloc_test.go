package evidence

import (
	"testing"
	"time"

	"crackle/detector"
	"crackle/ingest/block"
)

// TestRecorderAllocatesNothing holds that a warm recorder takes blocks, conditioned rows, states and windows without allocating.
func TestRecorderAllocatesNothing(t *testing.T) {
	r, err := NewRecorder(Config{Stream: "s", Channels: []string{"a"}, RateHz: 1000, Features: make([]Feature, 2), Windows: 8, Pre: time.Second, Post: time.Second, Delay: time.Second, Out: func(*Pack) {}})
	if err != nil {
		t.Fatal(err)
	}
	b := block.Block{Run: 1, RateHz: 1000, Channels: 1, Part: "p", Samples: noise(1, 100)}
	s := detector.Score{Stream: "s", Run: 1}
	state, features := make([]byte, 5000), []float32{1, 2}
	appendState := func(dst []byte) []byte { return append(dst, state...) }
	step := func() {
		r.Mark(b.Run, b.First, appendState)
		r.Push(&b)
		r.PushConditioned(b.First, b.Samples)
		s.First, s.End = b.First, b.End()
		r.Window(&s, features)
		r.Done()
		b.First = b.End()
		if b.First%5000 == 0 {
			b.First += 7 // a gap now and then
		}
		r.Poll()
	}
	for range 200 {
		step()
	}
	if n := testing.AllocsPerRun(500, step); n != 0 {
		t.Errorf("%g allocations per block", n)
	}
}
