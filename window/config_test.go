package window_test

import (
	"strings"
	"testing"

	"crackle/window"
	"crackle/window/filter"
)

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
