package window_test

import (
	"testing"

	"crackle/ingest/block"
	"crackle/window"
)

func TestPushAllocatesNothing(t *testing.T) {
	cfg := testConfig()
	c, err := window.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	env, err := window.NewEnvelope(2, 50, func(uint64, int, []float32) {})
	if err != nil {
		t.Fatal(err)
	}
	c.Tap(env.Push)
	rows := noise(5, 2*700)
	rows[2*50] = nan()
	for i := 300; i < 350; i++ {
		rows[2*i+1] = nan()
	}
	windows := 0
	emit := func(*window.Window) { windows++ }
	b := &block.Block{Run: 1, Channels: 2, RateHz: cfg.RateHz, Part: "p", Samples: rows}
	push := func() {
		if err := c.Push(b, emit); err != nil {
			t.Fatal(err)
		}
		b.First += 710 // a gap as well
	}
	push()
	if n := testing.AllocsPerRun(100, push); n != 0 {
		t.Errorf("%g allocations per block, want 0", n)
	}
	if windows < 100 {
		t.Errorf("only %d windows were measured", windows)
	}
}
