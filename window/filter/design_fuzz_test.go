package filter_test

import (
	"testing"

	"crackle/window/filter"
)

// Any design is refused with a reason, or gives sections that run and stay finite.
func FuzzDesign(f *testing.F) {
	f.Add(uint8(0), uint8(2), 4, 10e3, 40e3, 200e3, 0.5, 60.0, 30.0)
	f.Add(uint8(3), uint8(3), 24, 1e-300, 1e300, 1e308, 1e-300, 1e308, 5e-324)
	f.Fuzz(func(t *testing.T, family, kind uint8, order int, lo, hi, rate, ripple, stop, q float64) {
		d := filter.Design{
			Family: []filter.Family{filter.Butterworth, filter.Chebyshev1, filter.Chebyshev2, filter.Elliptic, filter.Bessel}[family%5],
			Kind:   []filter.Kind{filter.LowPass, filter.HighPass, filter.BandPass, filter.BandStop, filter.Notch}[kind%5],
			Order:  order, EdgesHz: []float64{lo}, RippleDB: ripple, StopDB: stop, Q: q,
		}
		if d.Kind == filter.BandPass || d.Kind == filter.BandStop {
			d.EdgesHz = append(d.EdgesHz, hi)
		}
		s, err := d.Sections(rate)
		if err != nil {
			return
		}
		c, err := filter.NewCascade[float64](s, 1)
		if err != nil {
			t.Fatalf("%+v: %v", d, err)
		}
		for _, v := range c.Process(nil, []float64{1, -1, 0, 1e-300, 1e30, 0, 0, 0, 5e-324, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3}) {
			if v-v != 0 {
				t.Fatalf("%+v gives %g", d, v)
			}
		}
	})
}
