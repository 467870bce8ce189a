package config

import (
	"slices"
	"testing"
)

// A feature of one channel is in that channel's unit.
func TestFeatureUnits(t *testing.T) {
	s := Stream{Channels: []string{"mbn", "heat", "bare", "two words"}, Units: []string{"V", "°F", "", "A x"}}
	names := []string{"mbn.log_rms", "heat.mean", "bare.rms", "mbn.log_band_power(1,2)", "mbn.kurtosis", "power(mbn,heat).mean", "heat.slope", "mbn.hits(1).energy", "mbn.max", "two words.rms"}
	units := []string{"ln x", "x", "x", "ln x^2", "1", "W", "x/s", "x^2 s", "xyz", "x"}
	kept := slices.Clone(units)
	want := []string{"ln V", "°F", "x", "ln V^2", "1", "W", "°F/s", "V^2 s", "xyz", "A x"}
	if got := s.FeatureUnits(names, units); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if !slices.Equal(units, kept) {
		t.Errorf("the list given was changed to %q", units)
	}
	if got := (&Stream{}).FeatureUnits(names, units[:3]); !slices.Equal(got, units[:3]) {
		t.Errorf("without channels: %q", got)
	}
}
