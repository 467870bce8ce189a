package window_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"crackle/ingest/block"
	"crackle/window"
	"crackle/window/filter"
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

// script lists windows as a reader would want them.
func script(ws []window.Window) string {
	var s strings.Builder
	for _, w := range ws {
		s.WriteString(describe(w))
		s.WriteByte('\n')
	}
	return s.String()
}

func describe(w window.Window) string {
	var s strings.Builder
	s.WriteString(w.Part + " ")
	s.WriteString(itoa(w.First) + ".." + itoa(w.End))
	for i, n := range []string{"gap", "invalid", "saturated", "bridged", "settling"} {
		if w.Defects&(1<<i) != 0 {
			s.WriteString(" " + n)
		}
	}
	if w.Fresh {
		s.WriteString(" fresh")
	}
	if w.PartEnd {
		s.WriteString(" part-end")
	}
	return s.String()
}

func itoa(v uint64) string {
	var b []byte
	for ; v >= 10; v /= 10 {
		b = append(b, byte('0'+v%10))
	}
	b = append(b, byte('0'+v))
	slices.Reverse(b)
	return string(b)
}

func TestParts(t *testing.T) {
	cfg := window.Config{Channels: []string{"t"}, RateHz: 1e9 / periodNS, Length: 4, Hop: 2, Features: []string{"mean"}, ResetAtPart: true}
	rows := noise(2, 40)
	blk := func(first, n int, part string, flags block.Flags) *block.Block {
		return &block.Block{Run: 1, First: uint64(first), Channels: 1, Part: part, Flags: flags, Samples: rows[first : first+n]}
	}
	in := []*block.Block{
		blk(0, 3, "", 0), // before any part: too short for a window
		blk(3, 0, "P1", block.PartBegin),
		blk(3, 7, "P1", block.PartBegin),
		blk(10, 2, "P1", 0),
		blk(12, 0, "P1", block.PartEnd),
		blk(12, 5, "P2", 0),                             // told by its name only
		blk(17, 4, "P3", block.PartBegin|block.PartEnd), // exactly one window
		blk(30, 4, "P4", 0),                             // after a gap between parts
	}
	const want = `P1 3..7 fresh
P1 5..9
P1 7..11
P1 12..12 part-end
P2 12..16 fresh
P2 17..17 part-end
P3 17..21 fresh
P3 21..21 part-end
P4 30..34 fresh
P4 34..34 part-end
`
	got, counts, err := collect(cfg, in)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, script(got)); d != "" {
		t.Error(d)
	}
	if counts.Missing != 9 {
		t.Errorf("%d missing, want 9", counts.Missing)
	}
	cfg.ResetAtPart = false
	got, _, err = collect(cfg, in[1:6])
	if err != nil {
		t.Fatal(err)
	}
	const flowing = `P1 3..7 fresh
P1 5..9
P1 7..11
P1 12..12 part-end
P2 9..13
P2 11..15
P2 13..17
P2 17..17 part-end
`
	if d := cmp.Diff(flowing, script(got)); d != "" {
		t.Error(d)
	}
}

func TestBreaks(t *testing.T) {
	cfg := window.Config{Channels: []string{"t"}, RateHz: 1e9 / periodNS, Length: 4, Hop: 2, MaxBridge: 1, Features: []string{"mean"}}
	rows := noise(3, 1000)
	b := blocks(rows, 1, 7, 993)
	got, counts, err := collect(cfg, []*block.Block{b[0], b[2]}) // 986 samples lost
	if err != nil {
		t.Fatal(err)
	}
	const want = ` 0..4 fresh
 2..6
 4..8 gap fresh
 6..10 gap fresh
 990..994 gap fresh
 992..996 gap fresh
 994..998 fresh
 996..1000
`
	if d := cmp.Diff(want, script(got)); d != "" {
		t.Error(d)
	}
	if counts.Missing != 986 || counts.Broken != 986 || counts.Skipped != 491 {
		t.Errorf("counts %+v", counts)
	}
	// A new run is a new stream.
	other := *b[2]
	other.Run, other.First = 8, 0
	got, _, err = collect(cfg, []*block.Block{b[0], &other})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(" 0..4 fresh\n 2..6\n 0..4 fresh\n 2..6\n", script(got)); d != "" {
		t.Error(d)
	}
}

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

func TestConfigErrors(t *testing.T) {
	for _, tt := range []struct {
		change func(c *window.Config)
		want   string
	}{
		{func(c *window.Config) { c.RateHz = 0 }, "rate_hz is 0"},
		{func(c *window.Config) { c.Filter = bandPass(20e3, 100e3) }, "100000 Hz is at or above half the rate"},
		{func(c *window.Config) { c.Length = 1 }, "length is 1"},
		{func(c *window.Config) { c.Hop = 0 }, "hop is 0"},
		{func(c *window.Config) { c.Features = []string{"nope"} }, `"nope" is not known`},
		{func(c *window.Config) { c.Features = nil }, "feature list is empty"},
		{func(c *window.Config) { c.Saturation = []float64{1} }, "saturation has 1 levels"},
		{func(c *window.Config) { c.MaxBridge = -1 }, "max_bridge is -1"},
		{func(c *window.Config) { c.Channels = []string{"a", "a"} }, `"a" is named twice`},
	} {
		cfg := testConfig()
		tt.change(&cfg)
		if _, err := window.New(cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("want an error with %q, got %v", tt.want, err)
		}
	}
}

func bandPass(lo, hi float64) *filter.Design {
	return &filter.Design{Family: filter.Butterworth, Kind: filter.BandPass, Order: 2, EdgesHz: []float64{lo, hi}}
}

func TestFingerprint(t *testing.T) {
	a, b := testConfig(), testConfig()
	a.Taper = "hann"
	if a.Fingerprint() != b.Fingerprint() {
		t.Error("the default written out gives another fingerprint")
	}
	b.Filter = bandPass(20e3, 60.001e3)
	if a.Fingerprint() == b.Fingerprint() {
		t.Error("another filter gives the same fingerprint")
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
