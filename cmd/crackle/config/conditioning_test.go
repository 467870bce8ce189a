package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"crackle/window"
	"crackle/window/filter"
)

func loadGood(t *testing.T, file string) *Config {
	t.Helper()
	setCorpusEnv(t)
	c, err := Load("testdata/good/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Every key of filter, window, features and defects reaches package window.
func TestConditioningSaysEverything(t *testing.T) {
	c := loadGood(t, "conditioning.toml")
	for name, want := range map[string]window.Config{
		"cycles": {
			Channels: []string{"mbn", "drive"}, RateHz: 200_000,
			Filter:   &filter.Design{Family: filter.Chebyshev1, Kind: filter.BandPass, Order: 4, EdgesHz: []float64{2000, 70_000}, RippleDB: 0.5},
			Filtered: []string{"mbn"}, Length: 1024, Hop: 8000, Taper: "kaiser(8)",
			Cycle: &window.Cycle{Channel: "drive", NominalHz: 50, Half: true, Level: 0.1, Hysteresis: 0.05, HoldOff: 400, Tolerance: 0.2, Average: 4,
				Against: "field"},
			Features:  []string{"mbn.rms", "mbn.envelope_width(1e-4, 0.5)", "drive.rms", "mbn.band_power(10, 51000)"},
			MaxBridge: 4, BridgeBy: window.BridgeCubic, Bad: window.BadBreak, Saturation: []float64{10, 10}, ResetAtPart: true,
		},
		"trigger": {
			Channels: []string{"mbn", "trigger"}, RateHz: 1e6,
			Filter:   &filter.Design{Family: filter.Elliptic, Kind: filter.HighPass, Order: 5, EdgesHz: []float64{1000}, RippleDB: 0.1, StopDB: 60},
			Filtered: []string{"mbn"}, Length: 1024, Hop: 10_000, Taper: "hann",
			Cycle:    &window.Cycle{Channel: "trigger", NominalHz: 100, Level: 2.5, HoldOff: 300, Tolerance: 0.1, Average: 1, Against: "phase"},
			Features: []string{"kurtosis", "skewness", "valid_share"}, MaxBridge: 8, BridgeBy: window.BridgeLast, Bad: window.BadMask, ResetAtPart: true,
		},
		"hits": {
			Channels: []string{"ae"}, RateHz: 1e6,
			Filter: &filter.Design{Family: filter.Chebyshev2, Kind: filter.BandPass, Order: 4, EdgesHz: []float64{95e3, 400e3}, StopDB: 40},
			Length: 2000, Hop: 2000, Taper: "hann", Event: &window.Event{Channel: "ae", Threshold: 0.05, PreTrigger: 200, DeadTime: 5000},
			Features: []string{"peak", "kurtosis", "skewness"}, MaxBridge: 8, BridgeBy: window.BridgeLinear, Bad: window.BadBreak, ResetAtPart: true,
		},
		"bursts": {
			Channels: []string{"ae"}, RateHz: 1e6, Filter: &filter.Design{Family: filter.Bessel, Kind: filter.LowPass, Order: 2, EdgesHz: []float64{1e5}},
			Length: 2000, Hop: 2000, Taper: "hann", Event: &window.Event{Channel: "ae", Threshold: 1, PreTrigger: 100, DeadTime: 3000},
			Features: []string{"peak"}, MaxBridge: 8, BridgeBy: window.BridgeLinear, Bad: window.BadBreak, ResetAtPart: true,
		},
		"hum": {
			Channels: []string{"voltage_v", "current_a"}, RateHz: 10_000, Filter: &filter.Design{Kind: filter.Notch, EdgesHz: []float64{50}, Q: 30},
			Filtered: []string{"voltage_v"}, Length: 1024, Hop: 512, Taper: "hann", Features: []string{"rms"},
			MaxBridge: 8, BridgeBy: window.BridgeLinear, Bad: window.BadBreak, Saturation: []float64{600, 0}, ResetAtPart: true,
		},
	} {
		s := c.Streams[name]
		if diff := cmp.Diff(want, s.Conditioning()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What config accepts, window accepts, and both count the same numbers.
func TestGoodStreamsAreConditioned(t *testing.T) {
	for _, file := range glob(t, "testdata/good/*.toml") {
		c := loadGood(t, strings.TrimPrefix(file, "testdata/good/"))
		for name, s := range c.Streams {
			made, err := window.New(s.Conditioning())
			if err != nil {
				t.Errorf("%s, stream %s: %v", file, name, err)
				continue
			}
			names, _, err := s.MinChanges()
			if diff := cmp.Diff(made.Features().Names(), names); err != nil || diff != "" {
				t.Errorf("%s, stream %s: %v, %s", file, name, err, diff)
			}
		}
	}
}

// Features of a cycle see its points at the rate that package window gives them: config and window draw the line at the same frequency.
func TestFeatureRateOfCyclesIsTheOneOfWindow(t *testing.T) {
	for _, half := range []bool{false, true} {
		s := DefaultStream("s")
		s.Channels, s.RateHz, s.Learn.Windows = []string{"a"}, 10_000, 10
		s.Window.Cycle.Channel, s.Window.Cycle.NominalHz, s.Window.Cycle.Points, s.Window.Cycle.Half = "a", 50, 100, half
		edge := "2500)"
		if half {
			edge = "5000)"
		}
		for list, want := range map[string]bool{"band_power(100, " + edge: true, "band_power(100, " + strings.Replace(edge, "0)", "1)", 1): false} {
			s.Features.List = []string{list}
			c := Default()
			c.Streams["s"] = s
			config := c.Validate()
			_, window := window.New(s.Conditioning())
			if config == nil != want || window == nil != want {
				t.Errorf("half %v, %s: config says %v, window says %v", half, list, config, window)
			}
		}
	}
}

func TestValidatePutsSetsInPlace(t *testing.T) {
	c := Default()
	list := []string{"std", "spread"}
	s := DefaultStream("s")
	s.Channels, s.RateHz, s.Learn.Windows, s.Features.List = []string{"a"}, 1000, 10, list
	c.Streams["s"], c.FeatureSets["spread"] = s, FeatureSet{List: []string{"rms", "iqr"}}
	for range 2 { // a second time changes nothing
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"std", "rms", "iqr"}, c.Streams["s"].Features.List); diff != "" {
			t.Error(diff)
		}
	}
	if list[1] != "spread" {
		t.Error("the caller's list was changed")
	}
}

func TestSummary(t *testing.T) {
	c := loadGood(t, "conditioning.toml")
	for name, want := range map[string]string{
		"cycles":  "; windows: means of 4 half drive cycles of drive in 1024 points (40 ms), 25 a second; 4 numbers in each",
		"trigger": "; windows: drive cycles of trigger in 1024 points (10 ms), 100 a second; 5 numbers in each",
		"hits":    "; windows: events of ae, 2000 samples (2 ms), at most 200 a second; 3 numbers in each",
		"bursts":  "; windows: events of ae, 2000 samples (2 ms), at most 333.3 a second; 1 number in each",
		"hum":     "; windows: 1024 samples (102.4 ms), 19.53 a second; 2 numbers in each",
	} {
		s := c.Streams[name]
		got, err := s.Summary()
		if err != nil || !strings.HasSuffix(got.String(), want) {
			t.Errorf("%s: %q, %v; want …%q", name, got, err, want)
		}
		made, err := window.New(s.Conditioning())
		if err != nil {
			t.Fatal(err)
		}
		if settling := float64(made.Settling()) / s.RateHz; got.SettlingS != settling || settling == 0 {
			t.Errorf("%s settles in %g s; window says %g s", name, got.SettlingS, settling)
		}
	}
	s := parse(t, valid).Streams["s"]
	if got, err := s.Summary(); err != nil || got.String() != "no filter; windows: 1024 samples (1.024 s), 1.953 a second; 1 number in each" {
		t.Errorf("%q, %v", got, err)
	}
}
