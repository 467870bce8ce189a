package window_test

import (
	"math"
	"testing"

	"crackle/ingest/block"
	"crackle/window"
)

// Once warm, nothing is allocated per block: not for gaps, bad samples and breaks, and in none of the ways to lay windows.
func TestPushAllocatesNothing(t *testing.T) {
	for name, change := range map[string]func(c *window.Config){
		"grid":   func(*window.Config) {},
		"mask":   func(c *window.Config) { c.Bad, c.Features = window.BadMask, append(c.Features, "valid_share") },
		"events": func(c *window.Config) { c.Event = &window.Event{Channel: "mbn", Threshold: 1, PreTrigger: 8} },
		"cycles": func(c *window.Config) {
			c.Filtered = []string{"mbn"}
			c.Cycle = &window.Cycle{Channel: "drive", NominalHz: c.RateHz / 40, Tolerance: 0.2, Hysteresis: 0.5}
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig()
			change(&cfg)
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
			for i := range 700 {
				rows[2*i+1] = float32(2 * math.Sin(2*math.Pi*float64(i)/40))
			}
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
		})
	}
}
