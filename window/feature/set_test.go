package feature_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"crackle/window/feature"
)

func Example() {
	s, err := feature.New(feature.Config{Channels: []string{"mbn"}, RateHz: 200e3, Length: 8, List: []string{"rms", "mbn.crest"}})
	if err != nil {
		panic(err)
	}
	v, err := s.Compute(nil, []float32{1, -1, 1, -1, 1, -1, 1, -1})
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Names(), s.Units(), v)
	// Output: [mbn.rms mbn.crest] [x 1] [1 1]
}

func TestEverythingIsTested(t *testing.T) {
	for _, k := range feature.Catalogue() {
		if !slices.ContainsFunc(everything, func(e string) bool {
			head, _, _ := strings.Cut(e, "(")
			return head == k.Name || strings.HasSuffix(head, "."+k.Name)
		}) {
			t.Errorf("%s is missing from the list", k.Name)
		}
		if k.Unit == "" || k.About == "" {
			t.Errorf("%s lacks its unit or description", k.Name)
		}
	}
}

func TestNames(t *testing.T) {
	s := newSet(t, config("rms", "i.band_power( 1e4, 40000 )", "imbalance(1000)"))
	want := []string{"v.rms", "i.rms", "drive.rms", "i.band_power(10000,40000)", "imbalance(1000).negative", "imbalance(1000).zero"}
	if !slices.Equal(s.Names(), want) {
		t.Errorf("names %q, want %q", s.Names(), want)
	}
	if units := []string{"x", "x", "x", "x^2", "1", "1"}; !slices.Equal(s.Units(), units) {
		t.Errorf("units %q, want %q", s.Units(), units)
	}
}

func TestListErrors(t *testing.T) {
	for entry, want := range map[string]string{
		"":                           `"" is not known`,
		"nope":                       `"nope" is not known`,
		"q.rms":                      `no channel "q"`,
		".rms":                       "channel before the dot is empty",
		"rms(":                       "closing bracket is missing",
		"rms(3)":                     "takes no arguments",
		"band_power(1,2":             "closing bracket",
		"band_power(20000,10000)":    "must rise",
		"band_power(1,60000)":        "half the rate",
		"band_power(-1,10)":          "from 0 or more",
		"band_power(-1,50000)":       "must rise",
		"band_power(50000,50000)":    "half the rate",
		"band_power(101,102)":        "holds no bin",
		"band_power(1000,)":          "argument is empty",
		"v.power(v,i)":               "spans channels",
		"power(v,q)":                 `no channel "q"`,
		"power(v)":                   "1 channels were given",
		"sequence(60)":               "4 or more cycles",
		"sequence(1000,v,i)":         "three channels",
		"sequence(60000)":            "below half the rate",
		"harmonics(20000,5)":         "harmonic 5",
		"envelope_peaks(1)":          "the window has 1000",
		"envelope_width(0.001,2)":    "share must be below 1",
		"rms_denoised(-1)":           "must be above 0",
		"depth_rms(2,1,1,1)":         "from_m must be below",
		"cycle_variation(2.5)":       "whole number",
		"pulse_heights(1,100,2)":     "from 1 to 64",
		"pulse_heights(1,4,1)":       "ratio is 1",
		"hits(1,0.002,0.001,0.0001)": "must not exceed hdt_s",
		"quantile(2)":                "from 0 to 1",
		"welch_band_power(1,2,1e9)":  "whole number",
		"v.at_remanence(0.001)":      "0 channels were given",
	} {
		if _, err := feature.New(config(entry)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want an error with %q, got %v", entry, want, err)
		}
	}
	_, err := feature.New(config("rms", "nope", "v.rms", "also"))
	for _, want := range []string{"nope", "also", "listed twice"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("all mistakes at once: %q is missing in %v", want, err)
		}
	}
}

// Names and New agree, on what is accepted, what it is called and what is said of it when it is not.
func TestNamesWithoutASet(t *testing.T) {
	all := config(everything...)
	names, err := feature.Names(all)
	if want := newSet(t, all).Names(); err != nil || !slices.Equal(names, want) {
		t.Errorf("%v; names %q, want %q", err, names, want)
	}
	for name, cfg := range map[string]feature.Config{
		"entries":  config("rms", "nope", "v.rms", "band_power(1,60000)", "z.rms"),
		"band":     config("band_power(300,200)"),
		"rate":     {Channels: []string{"a"}, Length: 8, List: []string{"rms"}},
		"taper":    {Channels: []string{"a"}, RateHz: 1, Length: 8, Taper: "han", List: []string{"rms"}},
		"length":   {Channels: []string{"a"}, RateHz: 1, Length: 1000003, List: []string{"rms"}},
		"channels": {RateHz: 1, Length: 8, List: []string{"rms"}},
	} {
		_, want := feature.New(cfg)
		if _, err := feature.Names(cfg); err == nil || want == nil || err.Error() != want.Error() {
			t.Errorf("%s: Names says %v, New says %v", name, err, want)
		}
	}
}

func TestLengthsWithLargePrimes(t *testing.T) {
	for n, ok := range map[int]bool{1000: true, 1009: true, 8191: true, 8209: false, 1000003: false, 1 << 20: true, 1 << 22: true} {
		cfg := config("v.rms")
		cfg.Length = n
		if _, err := feature.New(cfg); (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "prime factor") {
			t.Errorf("%d samples: %v", n, err)
		}
	}
}

func TestWrongLengths(t *testing.T) {
	s := newSet(t, config("rms"))
	if _, err := s.Compute(nil, make([]float32, 5)); err == nil {
		t.Error("a short window was accepted")
	}
	if _, err := s.Compute(make([]float32, 2), make([]float32, 3*length)); err == nil {
		t.Error("a short dst was accepted")
	}
}

// power of the samples' unit in a feature's unit.
func unitPower(t *testing.T, unit string) (power float64, log bool) {
	base, log := strings.CutPrefix(unit, "ln ")
	switch base {
	case "x", "x/s", "x s":
		return 1, log
	case "x^2", "x^2 s", "W", "var", "VA", "J":
		return 2, log
	case "1", "s", "Hz", "1/s", "ohm":
		return 0, log
	case "unit of the drive":
		return 1, log
	}
	t.Fatalf("unit %q is not known to this test", unit)
	return
}

// A feature scales with its unit: thresholds and floors, which are absolute, are scaled along.
func TestScalesWithItsUnit(t *testing.T) {
	lists := map[float64][]string{1: everything, 4: slices.Clone(everything)}
	for i, e := range lists[4] {
		for _, name := range []string{"rms_denoised(", "pulse_count(", "pulse_heights(", "avalanches(", "hits(", "short_circuits(", "arc_gaps("} {
			if rest, ok := strings.CutPrefix(e, name); ok {
				arg, after := rest, ""
				if j := strings.IndexAny(rest, ",)"); j >= 0 {
					arg, after = rest[:j], rest[j:]
				}
				lists[4][i] = name + map[string]string{"0.1": "0.4", "1": "4", "0.5": "2"}[arg] + after
			}
		}
	}
	for i, e := range lists[4] {
		lists[4][i] = strings.Replace(e, "lift_off(1000,10000,20000,40000,0.5)", "lift_off(1000,10000,20000,40000,2)", 1)
	}
	one, four := newSet(t, config(lists[1]...)), newSet(t, config(lists[4]...))
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		tone := rapid.Float64Range(0, 2).Draw(rt, "tone")
		x := wave(length, sum(gauss(seed), sine(tone, 1000, 0)), sum(gauss(seed+1), sine(tone, 1000, 2)), sum(gauss(seed+2), sine(3, 500, 1)))
		y := make([]float32, len(x))
		for i, v := range x {
			y[i] = 4 * v
		}
		a, _ := one.Compute(nil, x)
		b, _ := four.Compute(nil, y)
		for i, unit := range one.Units() {
			p, log := unitPower(t, unit)
			want := float64(a[i]) * math.Pow(4, p)
			if log {
				want = float64(a[i]) + p*math.Log(4)
			}
			if math.Abs(float64(b[i])-want) > 1e-4*(1+math.Abs(want)) {
				rt.Errorf("%s (%s): %g, and %g for samples 4 times as large; want %g", one.Names()[i], unit, a[i], b[i], want)
			}
		}
	})
}

func sum(f ...func(float64) float64) func(float64) float64 {
	return func(i float64) float64 {
		v := 0.0
		for _, g := range f {
			v += g(i)
		}
		return v
	}
}

func TestHostileWindows(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, n := range []int{40, 41, 999, 1000, 1024} {
		cfg := config(everything...)
		cfg.Length = n
		if n < 100 {
			cfg.List = []string{"mean", "kurtosis", "slope", "zero_crossings", "envelope_mean", "quantile(1)", "spectral_flatness", "avalanches(1)", "weld(v,i)"}
		}
		s := newSet(t, cfg)
		for name, v := range map[string]float32{
			"zeros": 0, "constant": 3, "denormal": 1e-45, "huge": math.MaxFloat32, "NaN": float32(math.NaN()), "Inf": inf, "-Inf": -inf,
		} {
			x := make([]float32, 3*n)
			for i := range x {
				x[i] = v
				if name == "huge" && i%2 == 1 {
					x[i] = -v
				}
			}
			out, err := s.Compute(nil, x)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range out {
				if v-v != 0 {
					t.Errorf("%d samples of %s: %s is %g", n, name, s.Names()[i], v)
				}
			}
		}
	}
}
