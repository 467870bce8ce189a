package filter_test

import (
	"math"
	"math/cmplx"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"crackle/window/filter"
)

// The response stays within the attenuation asked for, in both bands, outside the transitions.
func TestFIR(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := filter.FIR{Kind: rapid.SampledFrom([]filter.Kind{filter.LowPass, filter.HighPass, filter.BandPass, filter.BandStop}).Draw(t, "kind"),
			EdgesHz: []float64{rapid.Float64Range(60, 150).Draw(t, "low")}, WidthHz: rapid.Float64Range(15, 40).Draw(t, "width"),
			AttenuationDB: rapid.Float64Range(40, 100).Draw(t, "attenuation")}
		if f.Kind == filter.BandPass || f.Kind == filter.BandStop {
			f.EdgesHz = append(f.EdgesHz, rapid.Float64Range(250, 400).Draw(t, "high"))
		}
		h, err := f.Taps(1000)
		if err != nil {
			t.Fatal(err)
		}
		mirrored := slices.Clone(h)
		slices.Reverse(mirrored)
		for i := range h {
			if math.Abs(h[i]-mirrored[i]) > 1e-15 {
				t.Fatal("the impulse response is not symmetric")
			}
		}
		// Kaiser's formula is empirical, the gain of 1 is set where there is ripple too, and each edge of a band adds its own: within 6 dB.
		allowed := math.Pow(10, -(f.AttenuationDB-6)/20) * float64(len(f.EdgesHz))
		for hz := 0.0; hz <= 500; hz += 1 {
			inside, near := f.Kind == filter.LowPass || f.Kind == filter.BandStop, false
			for _, e := range f.EdgesHz {
				if hz > e {
					inside = !inside
				}
				near = near || math.Abs(hz-e) < f.WidthHz/2
			}
			want := 0.0
			if inside {
				want = 1
			}
			if v := cmplx.Abs(filter.FIRResponse(h, hz, 1000)); !near && math.Abs(v-want) > allowed {
				t.Errorf("gain %g at %g Hz, want %g", v, hz, want)
			}
		}
	})
}

// scipy.signal.firwin(5, 0.5, window=("kaiser", 3.0)) by hand: w = I0(3 sqrt(1-x^2))/I0(3), h = sinc(m/2)/2 w, over their sum.
func TestFIRByHand(t *testing.T) {
	h, err := filter.FIR{Kind: filter.LowPass, EdgesHz: []float64{250}, WidthHz: 300, AttenuationDB: 40}.Taps(1000)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, v := range h {
		sum += v
	}
	if len(h)%2 != 1 || math.Abs(sum-1) > 1e-12 || math.Abs(h[len(h)/2+2]) > 1e-12 {
		t.Errorf("%v: odd, of unit gain at 0, and 0 two samples from the middle of a half-band", h)
	}
}

func TestFIRErrors(t *testing.T) {
	good := filter.FIR{Kind: filter.LowPass, EdgesHz: []float64{100}, WidthHz: 20, AttenuationDB: 60}
	for _, tt := range []struct {
		change func(f *filter.FIR)
		want   string
	}{
		{func(f *filter.FIR) { f.Kind = filter.Notch }, "use bandstop"},
		{func(f *filter.FIR) { f.EdgesHz = []float64{500} }, "half the rate"},
		{func(f *filter.FIR) { f.WidthHz = 0 }, "width_hz is 0"},
		{func(f *filter.FIR) { f.WidthHz = 1e-6 }, "decimate first"},
		{func(f *filter.FIR) { f.AttenuationDB = 3 }, "attenuation_db is 3"},
	} {
		f := good
		tt.change(&f)
		if _, err := f.Taps(1000); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("want an error with %q, got %v", tt.want, err)
		}
	}
}

// A tone in the pass band comes out as itself, late by the delay; any cut gives the same bits.
func TestConvolver(t *testing.T) {
	h, err := filter.FIR{Kind: filter.BandPass, EdgesHz: []float64{100, 200}, WidthHz: 40, AttenuationDB: 60}.Taps(1000)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		channels := rapid.IntRange(1, 3).Draw(t, "channels")
		hz := rapid.Float64Range(125, 175).Draw(t, "hz")
		x := make([]float64, 600*channels)
		for i := range x {
			x[i] = math.Sin(2 * math.Pi * hz / 1000 * float64(i/channels))
		}
		a, err := filter.NewConvolver[float64](h, channels)
		if err != nil {
			t.Fatal(err)
		}
		whole := a.Process(nil, x)
		for i, y := range whole {
			at := float64(i/channels) - a.Delay()
			if at > a.Delay() && math.Abs(y-math.Sin(2*math.Pi*hz/1000*at)) > 3e-3 {
				t.Fatalf("value %d is %g", i, y)
			}
		}
		a.Reset()
		for rest, done := x, 0; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)/channels).Draw(t, "cut") * channels
			if !slices.Equal(a.Process(rest[:n], rest[:n]), whole[done:done+n]) {
				t.Fatal("the result depends on the cut")
			}
			rest, done = rest[n:], done+n
		}
	})
	for _, taps := range [][]float64{nil, {math.NaN()}} {
		if _, err := filter.NewConvolver[float32](taps, 1); err == nil {
			t.Errorf("taps %v were accepted", taps)
		}
	}
	if _, err := filter.NewConvolver[float32](h, 0); err == nil {
		t.Error("no channels were accepted")
	}
	c, _ := filter.NewConvolver[float32](h, 2)
	x := noise(1, 2*500)
	if n := testing.AllocsPerRun(10, func() { c.Process(x, x) }); n != 0 {
		t.Errorf("%g allocations, want 0", n)
	}
}
