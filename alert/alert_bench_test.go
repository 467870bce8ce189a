package alert

import (
	"testing"
	"time"

	"crackle/detector"
)

// BenchmarkStep is one quiet window through the machine.
func BenchmarkStep(b *testing.B) {
	book, err := NewBook(BookConfig{})
	if err != nil {
		b.Fatal(err)
	}
	in := Input{Op: OpScore, Score: detector.Score{Stream: "s", End: 100, TimeNS: 1, Value: 1, Limit: 4, Verdict: detector.OK}}
	now := time.Unix(1_800_000_000, 0)
	var events []Event
	b.ReportAllocs()
	for b.Loop() {
		if events, err = book.Step(events[:0], &in, now); err != nil {
			b.Fatal(err)
		}
	}
}
