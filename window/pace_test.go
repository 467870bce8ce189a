package window_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"crackle/window"
)

// driven is a drive of the given period in samples beside a signal that is a function of the drive's phase, 0 to 1.
func driven(n int, period, start float64, signal func(phase float64) float64) []float32 {
	rows := make([]float32, 2*n)
	for i := range n {
		phase := start + float64(i)/period
		rows[2*i] = float32(signal(phase - math.Floor(phase)))
		rows[2*i+1] = float32(3 * math.Sin(2*math.Pi*phase))
	}
	return rows
}

func cycleConfig(points int) window.Config {
	return window.Config{Channels: []string{"mbn", "drive"}, RateHz: 1e9 / periodNS, Length: points, Hop: 1,
		Features: []string{"mbn.max", "mbn.mean", "mbn.min", "drive.max"},
		Cycle:    &window.Cycle{Channel: "drive", NominalHz: 1e9 / periodNS / 100, Hysteresis: 0.3, Tolerance: 0.1}}
}

// Cycles of any period near the nominal one give the same windows: the phase, not the time, is what counts.
func TestCyclesFollowThePhase(t *testing.T) {
	signal := func(phase float64) float64 { return 1 + 0.5*math.Cos(2*math.Pi*phase) + 0.2*math.Sin(4*math.Pi*phase) }
	rapid.Check(t, func(t *rapid.T) {
		period := rapid.Float64Range(92, 108).Draw(t, "period")
		rows := driven(1200, period, rapid.Float64Range(0, 1).Draw(t, "start"), signal)
		got, counts, err := collect(cycleConfig(64), blocks(rows, 2, rapid.IntRange(0, 1199).Draw(t, "cut")))
		if err != nil {
			t.Fatal(err)
		}
		if n := int(1200/period) - 1; len(got) < n-1 || len(got) > n+1 || counts.Skipped != 0 {
			t.Fatalf("%d windows, %d skipped, of about %d cycles", len(got), counts.Skipped, n)
		}
		var want []float64
		hi, lo, sum := math.Inf(-1), math.Inf(1), 0.0
		for k := range 64 {
			v := signal(float64(k) / 64)
			hi, lo, sum = max(hi, v), min(lo, v), sum+v
		}
		want = []float64{hi, sum / 64, lo, 3}
		for i, w := range got {
			if i > 0 && w.First != got[i-1].End {
				t.Errorf("window %d begins at %d, the one before ended at %d", i, w.First, got[i-1].End)
			}
			if l := float64(w.End - w.First); math.Abs(l-period) > 1 {
				t.Errorf("window of %g samples, the period is %g", l, period)
			}
			for k, v := range w.Features {
				if math.Abs(float64(v)-want[k]) > 2e-3 {
					t.Errorf("feature %d is %g, want %g", k, v, want[k])
				}
			}
		}
	})
}

func TestHalfCyclesAndAverages(t *testing.T) {
	cfg := cycleConfig(32)
	cfg.Cycle.Half, cfg.Cycle.Hysteresis = true, 0
	rows := driven(1000, 100, 0.9, func(phase float64) float64 { return math.Floor(2 * phase) })
	got, _, err := collect(cfg, blocks(rows, 2))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 19-1 && len(got) != 19 {
		t.Fatalf("%d half cycles", len(got))
	}
	for i, w := range got {
		if want := float64(i % 2); math.Abs(float64(w.Features[1])-want) > 0.04 {
			t.Errorf("half cycle %d: mean %g, want %g", i, w.Features[1], want)
		}
	}
	cfg.Cycle.Half, cfg.Cycle.Average = false, 4
	noisy := noise(9, len(rows))
	for i := range rows {
		if i%2 == 0 {
			rows[i] = noisy[i]
		}
	}
	cfg.Features = []string{"mbn.std"}
	got, _, err = collect(cfg, blocks(rows, 2))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 {
		t.Fatalf("%d averages of 4 out of 9 cycles", len(got))
	}
	for _, w := range got {
		if v := w.Features[0]; v < 0.2 || v > 0.65 || w.End-w.First < 398 {
			t.Errorf("the average of 4 cycles of unit noise spreads by %g over %d samples", v, w.End-w.First)
		}
	}
}

// Against the field, a peak sits where the drive has a value, however the drive gets there.
func TestCyclesAgainstField(t *testing.T) {
	cfg := cycleConfig(200)
	cfg.Cycle.Half, cfg.Cycle.Against = true, "field"
	cfg.Features = []string{"mbn.envelope_peaks(0.000005)", "drive.max"}
	at := math.Asin(0.5) / (2 * math.Pi) // the field is half its peak on the way out
	rows := driven(2000, 100, 0.95, func(phase float64) float64 { return math.Exp(-math.Pow((phase-at)/0.02, 2)) })
	got, _, err := collect(cfg, blocks(rows, 2))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) < 30 {
		t.Fatalf("%d half cycles", len(got))
	}
	for i, w := range got {
		if i%2 == 1 {
			continue // the other half is silent
		}
		if height, position := w.Features[0], w.Features[1]; math.Abs(float64(height)-1) > 0.02 || math.Abs(float64(position)-0.25) > 0.01 {
			t.Errorf("half cycle %d: peak %g at %g, want 1 at 0.25 (half the peak field, on the way out)", i, height, position)
		}
	}
}

func TestUnlikelyCyclesAreLeftOut(t *testing.T) {
	rows := driven(500, 100, 0.8, func(p float64) float64 { return p })
	rows = append(rows, driven(300, 150, 0, func(p float64) float64 { return p })...)
	got, counts, err := collect(cycleConfig(16), blocks(rows, 2))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 4 || counts.Skipped < 2 {
		t.Errorf("%d windows, %d skipped", len(got), counts.Skipped)
	}
}

func TestEvents(t *testing.T) {
	rows := make([]float32, 200)
	for _, i := range []int{0, 1, 50, 51, 53, 120, 190} {
		rows[i] = 2
	}
	rows[140] = -3
	cfg := window.Config{Channels: []string{"ae"}, RateHz: 1e9 / periodNS, Length: 10, Features: []string{"peak"},
		Event: &window.Event{Channel: "ae", Threshold: 1.5, PreTrigger: 4, DeadTime: 25}}
	// On at the start; then with pre-trigger; 140 lies within the dead time of 120; 190 is too near to the end.
	const want = ` 0..10 fresh
 46..56
 116..126
 186..196
`
	got, _, err := collect(cfg, blocks(rows, 1, 48, 52, 119))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, script(got)); d != "" {
		t.Error(d)
	}
	cfg.Event.DeadTime = 0
	got, _, err = collect(cfg, blocks(rows, 1))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(" 0..10 fresh\n 46..56\n 116..126\n 136..146\n 186..196\n", script(got)); d != "" {
		t.Error(d)
	}
	// A break in the middle of an event: its window is whole and marked, and the held value triggers nothing more.
	b := blocks(rows, 1, 121, 180)
	got, _, err = collect(cfg, without(b, 1))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(" 0..10 fresh\n 46..56\n 116..126 gap fresh\n 186..196 fresh\n", script(got)); d != "" {
		t.Error(d)
	}
}

func TestMask(t *testing.T) {
	cfg := testConfig()
	cfg.Bad, cfg.Features = window.BadMask, []string{"mbn.rms"}
	if _, err := window.New(cfg); err == nil {
		t.Error("mask without valid_share was accepted")
	}
	cfg.Features = []string{"mbn.rms", "valid_share"}
	rows := noise(6, 2*640)
	for i := 200; i < 216; i++ {
		rows[2*i] = nan()
	}
	got, counts, err := collect(cfg, blocks(rows, 2))
	if err != nil {
		t.Fatal(err)
	}
	if counts.Bridged != 16 || counts.Broken != 0 {
		t.Errorf("counts %+v", counts)
	}
	for _, w := range got {
		lo, hi := max(w.First, 200), min(w.End, 216)
		want := 1.0
		if lo < hi {
			want = 1 - float64(hi-lo)/64
		}
		if v := float64(w.Features[1]); math.Abs(v-want) > 1e-6 || (want < 1) != (w.Defects&window.Bridged != 0) {
			t.Errorf("window %d..%d: valid share %g, want %g; defects %05b", w.First, w.End, v, want, w.Defects)
		}
	}
}

// The rules fill in what they say: the straight line a line, the cubic the curve of a slow wave closer than the line does.
func TestBridges(t *testing.T) {
	wave := func(i float64) float64 { return math.Sin(i / 6) }
	errorOf := func(by string, f func(float64) float64) float64 {
		cfg := window.Config{Channels: []string{"x"}, RateHz: 1e9 / periodNS, Length: 2, Hop: 1, MaxBridge: 3, BridgeBy: by, Features: []string{"max"}}
		c, err := window.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		worst := 0.0
		c.Tap(func(first uint64, rows []float32) {
			for i, v := range rows {
				worst = max(worst, math.Abs(float64(v)-f(float64(first)+float64(i))))
			}
		})
		rows := make([]float32, 60)
		for i := range rows {
			rows[i] = float32(f(float64(i)))
			if i%20 > 10 && i%20 < 14 {
				rows[i] = nan()
			}
		}
		for _, b := range blocks(rows, 1, 12, 31) {
			if err := c.Push(b, func(*window.Window) {}); err != nil {
				t.Fatal(err)
			}
		}
		return worst
	}
	line := func(i float64) float64 { return 2*i - 7 }
	if e := errorOf(window.BridgeLinear, line); e > 1e-5 {
		t.Errorf("a straight line bridged by a line is off by %g", e)
	}
	if e := errorOf(window.BridgeCubic, line); e > 1e-5 {
		t.Errorf("a straight line bridged by a cubic is off by %g", e)
	}
	if e := errorOf(window.BridgeLast, line); math.Abs(e-6) > 1e-5 {
		t.Errorf("a line of slope 2 bridged by the last value is off by %g, want 6", e)
	}
	if l, c := errorOf(window.BridgeLinear, wave), errorOf(window.BridgeCubic, wave); c > 0.6*l {
		t.Errorf("the cubic is off by %g, the line by %g", c, l)
	}
}

// A trigger pulse of 5 V at the start of each cycle.
func TestCyclesFromATriggerChannel(t *testing.T) {
	cfg := cycleConfig(50)
	cfg.Cycle.Level, cfg.Cycle.Hysteresis = 2.5, 1
	cfg.Features = []string{"mbn.mean"}
	rows := make([]float32, 2*950)
	for i := range 950 {
		rows[2*i] = float32(i / 100) // the number of the cycle
		if i%100 < 3 {
			rows[2*i+1] = 5
		}
	}
	got, _, err := collect(cfg, blocks(rows, 2))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 8 {
		t.Fatalf("%d cycles, want 8", len(got))
	}
	for i, w := range got {
		if math.Abs(float64(w.Features[0])-float64(i+1)) > 0.02 || w.First != uint64(100*(i+1)) {
			t.Errorf("cycle %d begins at %d and holds %g", i, w.First, w.Features[0])
		}
	}
}

func TestPaceErrors(t *testing.T) {
	for want, change := range map[string]func(c *window.Config){
		`cycle.channel is "x"`:       func(c *window.Config) { c.Cycle.Channel = "x" },
		"cycle.nominal_hz is 0":      func(c *window.Config) { c.Cycle.NominalHz = 0 },
		"cycle.nominal_hz is 100000": func(c *window.Config) { c.Cycle.NominalHz = 100e3 },
		"cycle.level is NaN":         func(c *window.Config) { c.Cycle.Level = math.NaN() },
		"cycle.hysteresis is -1":     func(c *window.Config) { c.Cycle.Hysteresis = -1 },
		"cycle.hold_off is -1":       func(c *window.Config) { c.Cycle.HoldOff = -1 },
		"cycle.tolerance is 1":       func(c *window.Config) { c.Cycle.Tolerance = 1 },
		"cycle.average is -1":        func(c *window.Config) { c.Cycle.Average = -1 },
		`cycle.against is "time"`:    func(c *window.Config) { c.Cycle.Against = "time" },
		"set cycle.half":             func(c *window.Config) { c.Cycle.Against = "field" },
		"both cycle and event":       func(c *window.Config) { c.Event = &window.Event{Channel: "mbn", Threshold: 1} },
		`event.channel is ""`:        func(c *window.Config) { c.Cycle, c.Event = nil, &window.Event{} },
		"event.threshold is 0":       func(c *window.Config) { c.Cycle, c.Event = nil, &window.Event{Channel: "mbn"} },
		"event.pre_trigger is 64": func(c *window.Config) {
			c.Cycle, c.Event = nil, &window.Event{Channel: "mbn", Threshold: 1, PreTrigger: 64}
		},
		"event.dead_time is -1": func(c *window.Config) {
			c.Cycle, c.Event = nil, &window.Event{Channel: "mbn", Threshold: 1, DeadTime: -1}
		},
		`bridge_by is "spline"`: func(c *window.Config) { c.BridgeBy = "spline" },
		`bad is "ignore"`:       func(c *window.Config) { c.Bad = "ignore" },
		`filtered names "x"`:    func(c *window.Config) { c.Filtered = []string{"x"} },
	} {
		cfg := cycleConfig(64)
		change(&cfg)
		if _, err := window.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}
