package window_test

import (
	"fmt"

	"crackle/ingest/block"
	"crackle/window"
)

func Example() {
	c, err := window.New(window.Config{
		Channels: []string{"current_a"}, RateHz: 1000, Length: 100, Hop: 50, MaxBridge: 3,
		Features: []string{"rms", "crest"}, ResetAtPart: true,
	})
	if err != nil {
		panic(err)
	}
	emit := func(w *window.Window) {
		if w.PartEnd {
			fmt.Printf("part %s ends at %d\n", w.Part, w.End)
			return
		}
		fmt.Printf("%d..%d fresh=%v %s=%.1f\n", w.First, w.End, w.Fresh, c.Features().Names()[0], w.Features[0])
	}
	b := &block.Block{Run: 1, RateHz: 1000, Channels: 1, Part: "A-17", Flags: block.PartBegin | block.PartEnd, Samples: make([]float32, 160)}
	for i := range b.Samples {
		b.Samples[i] = 2
	}
	if err := c.Push(b, emit); err != nil {
		panic(err)
	}
	// Output:
	// 0..100 fresh=true current_a.rms=2.0
	// 50..150 fresh=false current_a.rms=2.0
	// part A-17 ends at 160
}
