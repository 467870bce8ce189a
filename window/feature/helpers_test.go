package feature_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"crackle/window/feature"
)

const (
	rate   = 100e3
	length = 1000
)

// everything uses every feature of the catalogue; channels are v, i and drive.
var everything = []string{
	"mean", "min", "max", "rms", "log_rms", "std", "log_std", "crest", "skewness", "kurtosis", "slope", "zero_crossings",
	"peak", "peak_to_peak", "median", "iqr", "quantile(0.9)", "ripple", "max_slope", "charge", "energy",
	"spectral_centroid", "spectral_peak", "spectral_flatness", "band_power(1000,20000)", "log_band_power(1000,20000)",
	"partial_power(1000,20000)", "welch_band_power(1000,20000,7)",
	"envelope_mean", "envelope_std", "envelope_max", "envelope_peaks(0.0002)", "v.envelope_peaks(0.0001,drive)", "envelope_width(0.0002,0.5)",
	"rms_denoised(0.1)", "depth_rms(0.0001,0.0005,4e6,100)", "half_asymmetry", "cycle_variation(5)", "v.at_remanence(0.0002,drive)",
	"lift_off(1000,10000,20000,40000,0.5)", "pulse_count(1)", "pulse_heights(1,4,2)", "avalanches(1)", "hits(1,0.0001,0.0002,0.0003)",
	"harmonics(1000,5)", "power(v,i)", "weld(v,i)", "short_circuits(0.5,0.00002)", "arc_gaps(0.5,0.00002)",
	"sequence(1000)", "imbalance(1000,i,v,drive)", "phase_magnitudes(1000)", "valid_share",
}

func config(list ...string) feature.Config {
	return feature.Config{Channels: []string{"v", "i", "drive"}, RateHz: rate, Length: length, List: list}
}

func newSet(t testing.TB, cfg feature.Config) *feature.Set {
	t.Helper()
	s, err := feature.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wave interleaves three functions of the sample number.
func wave(n int, f ...func(i float64) float64) []float32 {
	out := make([]float32, n*len(f))
	for i := range n {
		for c, g := range f {
			out[i*len(f)+c] = float32(g(float64(i)))
		}
	}
	return out
}

func sine(amplitude, hz, phase float64) func(float64) float64 {
	return func(i float64) float64 { return amplitude * math.Sin(2*math.Pi*hz*i/rate+phase) }
}

func constant(v float64) func(float64) float64 { return func(float64) float64 { return v } }

func gauss(seed uint64) func(float64) float64 {
	r := rand.New(rand.NewPCG(seed, 9))
	return func(float64) float64 { return r.NormFloat64() }
}

// measured computes one entry that applies to one channel or to several, and returns its outputs by suffix.
func measured(t testing.TB, entry string, window []float32) map[string]float64 {
	t.Helper()
	s := newSet(t, config(entry))
	v, err := s.Compute(nil, window)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for i, n := range s.Names() {
		out[n] = float64(v[i])
	}
	return out
}
