package detector

import (
	"testing"

	"crackle/window"
)

func TestScoreAllocatesNothing(t *testing.T) {
	d, err := New(Config{Stream: "s", Model: taught(t)})
	if err != nil {
		t.Fatal(err)
	}
	w := &window.Window{Part: "p", Features: []float32{5, 100}}
	var s Score
	if n := testing.AllocsPerRun(1000, func() { w.Features[0] += 0.001; d.Score(&s, w) }); n != 0 {
		t.Errorf("%v allocations per window, want 0", n)
	}
}
