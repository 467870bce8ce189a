package window_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"crackle/ingest/block"
	"crackle/window"
)

// spoiled is a stream with every kind of trouble, as one row per sample and a list of what happens between them.
type spoiled struct {
	rows  []float32
	lost  []bool // the row never arrives
	parts []int  // rows at which another part begins
}

func drawSpoiled(t *rapid.T) spoiled {
	n := rapid.IntRange(1, 700).Draw(t, "rows")
	s := spoiled{rows: noise(rapid.Uint64().Draw(t, "seed"), 2*n), lost: make([]bool, n)}
	for range rapid.IntRange(0, 5).Draw(t, "troubles") {
		at := rapid.IntRange(0, n-1).Draw(t, "at")
		length := rapid.OneOf(rapid.IntRange(1, 6), rapid.IntRange(1, 200)).Draw(t, "length")
		kind := rapid.IntRange(0, 3).Draw(t, "kind")
		for i := at; i < min(n, at+length); i++ {
			switch kind {
			case 0:
				s.lost[i] = true
			case 1:
				s.rows[2*i+i%2] = nan()
			case 2:
				s.rows[2*i] = 12
			case 3:
				s.rows[2*i+1] = float32(math.Inf(1))
			}
		}
	}
	for range rapid.IntRange(0, 2).Draw(t, "parts") {
		s.parts = append(s.parts, rapid.IntRange(0, n-1).Draw(t, "part"))
	}
	slices.Sort(s.parts)
	return s
}

// blocks cuts the stream at random, and wherever a part begins or a row is lost.
func (s spoiled) blocks(t *rapid.T, label string) []*block.Block {
	n := len(s.lost)
	cut := make([]bool, n+1)
	for _, c := range rapid.SliceOfN(rapid.IntRange(0, n), 0, 30).Draw(t, label) {
		cut[c] = true
	}
	var out []*block.Block
	part := 0
	var b *block.Block
	for i := range n {
		begins := slices.Contains(s.parts, i)
		if begins {
			part++
		}
		if s.lost[i] {
			b = nil
			continue
		}
		if b == nil || begins || cut[i] {
			b = &block.Block{Run: 3, First: uint64(i), TimeNS: int64(i) * periodNS, Channels: 2, Part: string(rune('A' + part)), Flags: block.Simulated}
			out = append(out, b)
		}
		b.Samples = append(b.Samples, s.rows[2*i:2*i+2]...)
	}
	return out
}

// drawConfig draws a conditioning of any pace, rule and filter for the channels of testConfig.
func drawConfig(t *rapid.T) window.Config {
	cfg := testConfig()
	cfg.ResetAtPart = rapid.Bool().Draw(t, "reset")
	cfg.Length = rapid.IntRange(2, 80).Draw(t, "length")
	cfg.Hop = rapid.IntRange(1, 120).Draw(t, "hop")
	cfg.Features = []string{"rms", "mbn.kurtosis", "mbn.slope", "spectral_centroid"}
	if rapid.Bool().Draw(t, "unfiltered") {
		cfg.Filter = nil
	} else {
		cfg.Filtered = []string{"mbn"}
	}
	cfg.BridgeBy = rapid.SampledFrom([]string{window.BridgeLinear, window.BridgeCubic, window.BridgeLast}).Draw(t, "bridge by")
	if rapid.Bool().Draw(t, "mask") {
		cfg.Bad = window.BadMask
		cfg.Features = append(cfg.Features, "valid_share")
	}
	switch rapid.IntRange(0, 2).Draw(t, "pace") {
	case 1:
		cfg.Event = &window.Event{Channel: "mbn", Threshold: rapid.Float64Range(0.1, 3).Draw(t, "threshold"),
			PreTrigger: rapid.IntRange(0, cfg.Length-1).Draw(t, "pre"), DeadTime: rapid.IntRange(0, 100).Draw(t, "dead")}
	case 2:
		cfg.Cycle = &window.Cycle{Channel: "drive", NominalHz: cfg.RateHz / rapid.Float64Range(8, 30).Draw(t, "period"), Half: rapid.Bool().Draw(t, "half"),
			Hysteresis: rapid.Float64Range(0, 1).Draw(t, "hysteresis"), Tolerance: 0.9, Average: rapid.IntRange(0, 3).Draw(t, "average")}
		if cfg.Cycle.Half && rapid.Bool().Draw(t, "field") {
			cfg.Cycle.Against = "field"
		}
	}
	return cfg
}

func TestAnyCutGivesTheSameWindows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := drawConfig(t)
		s := drawSpoiled(t)
		a, na, err := collect(cfg, s.blocks(t, "cuts a"))
		if err != nil {
			t.Fatal(err)
		}
		b, nb, err := collect(cfg, s.blocks(t, "cuts b"))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(a, b); d != "" {
			t.Fatalf("windows differ with the cut:\n%s", d)
		}
		if d := cmp.Diff(na, nb); d != "" {
			t.Fatalf("counts differ with the cut:\n%s", d)
		}
		for _, w := range a {
			for i, v := range w.Features {
				if v-v != 0 {
					t.Fatalf("window %d: feature %d is %g", w.First, i, v)
				}
			}
		}
	})
}
