package filter_test

import (
	"math"
	"math/cmplx"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"crackle/window/filter"
)

// What each family promises about its magnitude, at its edges and inside its bands.
func TestMagnitudes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDesign(t)
		s, err := d.Sections(1)
		if err != nil {
			t.Fatal(err)
		}
		db := func(f float64) float64 { return 20 * math.Log10(cmplx.Abs(s.Response(f, 1))) }
		if d.Kind == filter.Notch {
			if v := db(d.EdgesHz[0]); v > -200 {
				t.Errorf("the notch lets %g dB through", v)
			}
			return
		}
		for _, edge := range d.EdgesHz {
			want := math.NaN()
			switch d.Family {
			case filter.Butterworth:
				want = 10 * math.Log10(0.5)
			case filter.Chebyshev1, filter.Elliptic:
				want = -d.RippleDB
			case filter.Chebyshev2:
				want = -d.StopDB
			}
			if v := db(edge); math.Abs(v-want) > 1e-6 {
				t.Errorf("%g dB at the edge %g, want %g", v, edge, want)
			}
		}
		most := 0.0
		for f := 0.001; f < 0.5; f += 0.001 {
			most = max(most, cmplx.Abs(s.Response(f, 1)))
		}
		if most > 1+1e-9 {
			t.Errorf("the largest gain is %.12g, want at most 1", most)
		}
	})
}

func TestDesignsThatCannotWork(t *testing.T) {
	good := filter.Design{Family: filter.Butterworth, Kind: filter.BandPass, Order: 4, EdgesHz: []float64{10e3, 40e3}}
	for _, tt := range []struct {
		change func(d *filter.Design)
		want   string
	}{
		{func(d *filter.Design) { d.EdgesHz = []float64{10e3, 100e3} }, "100000 Hz is at or above half the rate (100000 Hz of 200000 Hz)"},
		{func(d *filter.Design) { d.EdgesHz = []float64{10e3, math.Inf(1)} }, "at or above half the rate"},
		{func(d *filter.Design) { d.EdgesHz = []float64{0, 40e3} }, "must be above 0"},
		{func(d *filter.Design) { d.EdgesHz = []float64{math.NaN(), 40e3} }, "must be above 0"},
		{func(d *filter.Design) { d.EdgesHz = []float64{40e3, 10e3} }, "first must be below"},
		{func(d *filter.Design) { d.EdgesHz = []float64{10e3} }, "1 edges_hz: give 2"},
		{func(d *filter.Design) { d.Order = 0 }, "order 0"},
		{func(d *filter.Design) { d.Order = 99 }, "order 99"},
		{func(d *filter.Design) { d.Kind = "comb" }, `kind "comb"`},
		{func(d *filter.Design) { d.Family = "gauss" }, `family "gauss"`},
		{func(d *filter.Design) { d.Family = filter.Chebyshev1 }, "ripple_db is 0"},
		{func(d *filter.Design) { d.Family = filter.Chebyshev2 }, "stop_db is 0"},
		{func(d *filter.Design) { d.Family, d.RippleDB, d.StopDB = filter.Elliptic, 3, 2 }, "must be above ripple_db"},
		{func(d *filter.Design) { d.Kind, d.EdgesHz = filter.Notch, []float64{50} }, "q is 0"},
		{func(d *filter.Design) { d.Kind, d.Order, d.EdgesHz = filter.BandStop, 24, []float64{4e3, 50e3} }, "rounding reaches"},
		{func(d *filter.Design) { d.EdgesHz = []float64{1e-9, 2e-9} }, "float64"},
	} {
		d := good
		tt.change(&d)
		if _, err := d.Sections(200e3); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("want an error with %q, got %v", tt.want, err)
		}
	}
	for _, rate := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if _, err := good.Sections(rate); err == nil || !strings.Contains(err.Error(), "rate") {
			t.Errorf("a rate of %g: %v", rate, err)
		}
	}
}

// What Settling promises: after it, two pasts make no difference beyond the share.
func TestSettling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, err := drawDesign(t).Sections(1)
		if err != nil {
			t.Fatal(err)
		}
		n := s.Settling(1e-3)
		h := run(s, append([]float64{1}, make([]float64, n+20000)...))
		tail, total := 0.0, 0.0
		for i, v := range h {
			total += math.Abs(v)
			if i >= n {
				tail += math.Abs(v)
			}
		}
		if tail > 1.001e-3*total {
			t.Errorf("%g of the impulse response lies beyond %d samples", tail/total, n)
		}
	})
}

func TestGroupDelay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDesign(t)
		if d.Kind == filter.Notch || d.Family == filter.Chebyshev2 || d.Family == filter.Elliptic {
			d.Family, d.Kind, d.EdgesHz = filter.Bessel, filter.LowPass, d.EdgesHz[:1]
		}
		s, err := d.Sections(1)
		if err != nil {
			t.Fatal(err)
		}
		f := rapid.Float64Range(0.05, 0.45).Draw(t, "f")
		const h = 1e-6
		a, b := s.Response(f-h, 1), s.Response(f+h, 1)
		if cmplx.Abs(a) < 1e-6 {
			return
		}
		want := -cmplx.Phase(b/a) / (2 * math.Pi * 2 * h)
		if v := s.GroupDelay(f, 1); math.Abs(v-want) > 1e-4*(1+math.Abs(want)) {
			t.Errorf("%g samples at %g, want %g", v, f, want)
		}
	})
}

func TestZeroPhase(t *testing.T) {
	s := mustSections(t, filter.Design{Family: filter.Butterworth, Kind: filter.LowPass, Order: 4, EdgesHz: []float64{0.05}}, 1)
	x := make([]float64, 500)
	for i := range x {
		x[i] = math.Sin(2*math.Pi*0.01*float64(i)) + math.Sin(2*math.Pi*0.3*float64(i))
	}
	y, err := filter.ZeroPhase(nil, s, x)
	if err != nil {
		t.Fatal(err)
	}
	for i := 100; i < 400; i++ {
		if want := math.Sin(2 * math.Pi * 0.01 * float64(i)); math.Abs(y[i]-want) > 1e-3 {
			t.Fatalf("sample %d is %g, want %g: the slow wave alone, where it was", i, y[i], want)
		}
	}
	if _, err := filter.ZeroPhase(nil, s, x[:15]); err == nil || !strings.Contains(err.Error(), "too short") {
		t.Errorf("a record of 15 samples: %v", err)
	}
	if _, err := filter.ZeroPhase(make([]float64, 3), s, x); err == nil {
		t.Error("a short dst was accepted")
	}
}

func TestSectionsThatCannotRun(t *testing.T) {
	for _, s := range []filter.Sections{nil, {{1, 0, 0, 2, 0, 0}}, {{1, 0, 0, 1, 0, 1}}, {{1, 0, 0, 1, 2.1, 1.05}}, {{math.NaN(), 0, 0, 1, 0, 0}}, {{1, 0, 0, 1, math.Inf(1), 0}}} {
		if _, err := filter.NewCascade[float32](s, 1); err == nil {
			t.Errorf("%v was accepted", s)
		}
	}
	if _, err := filter.NewCascade[float32](filter.Sections{{1, 0, 0, 1, 0, 0}}, 0); err == nil {
		t.Error("no channels were accepted")
	}
}
