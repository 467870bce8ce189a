package window_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"crackle/ingest/block"
	"crackle/window"
)

func TestUntouchedWindowsEqualTheCleanRun(t *testing.T) {
	cfg := testConfig()
	rows := noise(1, 2*2000)
	clean, _, err := collect(cfg, blocks(rows, 2))
	if err != nil {
		t.Fatal(err)
	}
	const at = 1000
	for _, tt := range []struct {
		name  string
		spoil func(x []float32) []*block.Block
		n     int
		mark  window.Defect
		count func(c window.Counts) uint64
	}{
		{"two NaN, bridged", func(x []float32) []*block.Block { x[2*at], x[2*at+3] = nan(), nan(); return blocks(x, 2) }, 2, window.Bridged,
			func(c window.Counts) uint64 { return min(c.Invalid, c.Bridged) }},
		{"two saturated, bridged", func(x []float32) []*block.Block { x[2*at], x[2*at+2] = 10, -11; return blocks(x, 2) }, 2, window.Bridged,
			func(c window.Counts) uint64 { return min(c.Saturated, c.Bridged) }},
		{"two missing, bridged", func(x []float32) []*block.Block { return without(blocks(x, 2, at, at+2), 1) }, 2, window.Bridged,
			func(c window.Counts) uint64 { return min(c.Missing, c.Bridged) }},
		{"six NaN, a break", func(x []float32) []*block.Block {
			for i := range 6 {
				x[2*(at+i)] = nan()
			}
			return blocks(x, 2)
		}, 6, window.Invalid, func(c window.Counts) uint64 { return min(c.Invalid, c.Broken) }},
		{"six saturated, a break", func(x []float32) []*block.Block {
			for i := range 6 {
				x[2*(at+i)] = 99
			}
			return blocks(x, 2)
		}, 6, window.Saturated, func(c window.Counts) uint64 { return min(c.Saturated, c.Broken) }},
		{"six missing, a break", func(x []float32) []*block.Block { return without(blocks(x, 2, at, at+6), 1) }, 6, window.Gap,
			func(c window.Counts) uint64 { return min(c.Missing, c.Broken) }},
		{"two duplicates", func(x []float32) []*block.Block {
			b := blocks(x, 2, at)
			again := *b[1]
			again.First, again.Samples = at-2, append(slices.Clone(x[2*(at-2):2*at]), b[1].Samples...)
			return []*block.Block{b[0], &again}
		}, 2, 0, func(c window.Counts) uint64 { return c.Duplicate }},
		{"one late block", func(x []float32) []*block.Block {
			b := blocks(x, 2, at, at+2)
			return []*block.Block{b[0], b[1], b[2], b[1]}
		}, 2, 0, func(c window.Counts) uint64 { return c.Duplicate }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, counts, err := collect(cfg, tt.spoil(slices.Clone(rows)))
			if err != nil {
				t.Fatal(err)
			}
			if n := tt.count(counts); n != uint64(tt.n) {
				t.Errorf("counted %d of %d: %+v", n, tt.n, counts)
			}
			if len(got) != len(clean) {
				t.Fatalf("%d windows, the clean run has %d", len(got), len(clean))
			}
			for i, w := range got {
				touched := tt.mark != 0 && w.First < uint64(at+tt.n) && w.End > at
				if touched != (w.Defects&tt.mark&^window.Settling != 0) {
					t.Errorf("window %d..%d: defects %05b, touched %v", w.First, w.End, w.Defects, touched)
				}
				want := clean[i].Features
				switch {
				case w.Defects == 0 && w.First < at || tt.mark == 0:
					if !slices.Equal(w.Features, want) {
						t.Errorf("window %d..%d before the trouble differs from the clean run", w.First, w.End)
					}
				case w.Defects == 0: // the filter forgets the trouble, to its settling tolerance
					for k := range want {
						if math.Abs(float64(w.Features[k]-want[k])) > 0.02*(1+math.Abs(float64(want[k]))) {
							t.Errorf("window %d..%d: feature %d is %g, the clean run has %g", w.First, w.End, k, w.Features[k], want[k])
						}
					}
				}
			}
		})
	}
}

func without(b []*block.Block, i int) []*block.Block { return slices.Delete(b, i, i+1) }

func TestSlowStream(t *testing.T) {
	cfg := window.Config{Channels: []string{"temperature"}, RateHz: 1.0 / 300, Length: 12, Hop: 1, Features: []string{"mean", "slope"}}
	b := &block.Block{Run: 1, TimeNS: 1e18, RateHz: 1.0 / 300, Channels: 1}
	for i := range 20 {
		b.Samples = append(b.Samples, 20+float32(i))
	}
	got, _, err := collect(cfg, []*block.Block{b})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 9 {
		t.Fatalf("%d windows, want 9", len(got))
	}
	w := got[8]
	if w.Features[0] != 20+13.5 || math.Abs(float64(w.Features[1])*300-1) > 1e-6 {
		t.Errorf("mean and slope are %g", w.Features)
	}
	if want := int64(1e18 + 19*300e9); w.TimeNS != want {
		t.Errorf("time is %d, want %d", w.TimeNS, want)
	}
}

func TestRefused(t *testing.T) {
	c, err := window.New(testConfig())
	if err != nil {
		t.Fatal(err)
	}
	emit := func(*window.Window) {}
	if err := c.Push(&block.Block{Channels: 3, Samples: make([]float32, 6)}, emit); err == nil || !strings.Contains(err.Error(), "3 channels") {
		t.Errorf("another channel count: %v", err)
	}
	if err := c.Push(&block.Block{Channels: 2, RateHz: 100e3, Samples: make([]float32, 6)}, emit); err == nil || !strings.Contains(err.Error(), "100000 Hz") {
		t.Errorf("another rate: %v", err)
	}
	if err := c.Push(&block.Block{Channels: 2, First: math.MaxUint64 - 1, Samples: make([]float32, 6)}, emit); err == nil || !strings.Contains(err.Error(), "begins at sample") {
		t.Errorf("an index near the end of its range: %v", err)
	}
	if n := c.Counts(); n.Refused != 8 || n.Received != 0 {
		t.Errorf("counts %+v", n)
	}
}

func TestTapSeesWhatIsScored(t *testing.T) {
	cfg := testConfig()
	rows := noise(4, 2*500)
	rows[2*100] = nan()
	for i := 200; i < 250; i++ {
		rows[2*i] = nan()
	}
	c, err := window.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	seen := make([]int, 500)
	c.Tap(func(first uint64, rows []float32) {
		for i := range len(rows) / 2 {
			seen[first+uint64(i)]++
		}
	})
	for _, b := range blocks(rows, 2, 3, 100, 101, 230) {
		if err := c.Push(b, func(*window.Window) {}); err != nil {
			t.Fatal(err)
		}
	}
	for i, n := range seen {
		want := 1
		if i >= 200 && i < 250 {
			want = 0
		}
		if n != want {
			t.Fatalf("row %d was seen %d times, want %d", i, n, want)
		}
	}
}

func TestRateDeviation(t *testing.T) {
	c, err := window.New(window.Config{Channels: []string{"x"}, RateHz: 100, Length: 10, Hop: 10, Features: []string{"rms"}})
	if err != nil {
		t.Fatal(err)
	}
	for k := range 13 {
		b := &block.Block{Run: 1, First: uint64(k) * 100, TimeNS: int64(k) * 1e9 * 98 / 100, RateHz: 100, Channels: 1, Samples: make([]float32, 100)}
		if err := c.Push(b, func(*window.Window) {}); err != nil {
			t.Fatal(err)
		}
	}
	if d, ok := c.RateDeviation(); !ok || math.Abs(d-(1/0.98-1)) > 1e-9 {
		t.Errorf("a deviation of %g, %v; the clock says that the publisher is 2 %% fast", d, ok)
	}
}
