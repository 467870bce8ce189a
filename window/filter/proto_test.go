package filter

import (
	"math"
	"math/cmplx"
	"testing"
)

// Prototypes of every order have a gain of 1 at 0 (or the bottom of their ripple there), stable poles in conjugate pairs, and their edge at 1.
func TestPrototypes(t *testing.T) {
	const ripple, stop = 0.5, 60.0
	for n := 1; n <= MaxOrder; n++ {
		e, err := elliptic(n, ripple, stop)
		if err != nil {
			t.Fatal(err)
		}
		dip := 1.0
		if n%2 == 0 {
			dip = math.Pow(10, -ripple/20)
		}
		for name, tt := range map[string]struct {
			f        zpk
			dc, edge float64 // gain at 0 and at 1; NaN: not said
		}{
			"butterworth": {butterworth(n), 1, math.Sqrt(0.5)},
			"chebyshev1":  {chebyshev1(n, ripple), dip, math.Pow(10, -ripple/20)},
			"chebyshev2":  {chebyshev2(n, stop), 1, math.Pow(10, -stop/20)},
			"elliptic":    {e, dip, math.Pow(10, -ripple/20)},
			"bessel":      {bessel(n), 1, math.NaN()},
		} {
			if len(tt.f.p) != n {
				t.Fatalf("%s of order %d has %d poles", name, n, len(tt.f.p))
			}
			sum := complex(0, 0)
			for _, p := range tt.f.p {
				sum += p
				if real(p) >= 0 {
					t.Errorf("%s of order %d has a pole at %g", name, n, p)
				}
			}
			if math.Abs(imag(sum)) > 1e-9*cmplx.Abs(sum) {
				t.Errorf("%s of order %d: its poles are not in conjugate pairs", name, n)
			}
			if g := cmplx.Abs(tt.f.at(0)); math.Abs(g-tt.dc) > 1e-9 {
				t.Errorf("%s of order %d: gain %.12g at 0, want %.12g", name, n, g, tt.dc)
			}
			if g := cmplx.Abs(tt.f.at(1i)); math.Abs(g-tt.edge) > 1e-9 {
				t.Errorf("%s of order %d: gain %.12g at the edge, want %.12g", name, n, g, tt.edge)
			}
		}
	}
}

// Bessel: the group delay is flat to order 2n at 0, and phase and gain far out are Butterworth's of the same cut-off.
func TestBesselIsFlat(t *testing.T) {
	for n := 2; n <= MaxOrder; n++ {
		f := bessel(n)
		delay := func(w float64) float64 {
			d := 0.0
			for _, p := range f.p {
				d += real(1 / (complex(0, w) - p))
			}
			return d
		}
		w := 0.2
		if e := math.Abs(delay(w)/delay(0) - 1); e > math.Pow(w, float64(2*n))*10+1e-12 {
			t.Errorf("order %d: the delay changes by %.1e up to %g", n, e, w)
		}
		const far = 1e3
		if g := cmplx.Abs(f.at(complex(0, far))) * math.Pow(far, float64(n)); math.Abs(g-1) > 1e-3 {
			t.Errorf("order %d: the gain at %g is %g of Butterworth's", n, far, g)
		}
	}
}
