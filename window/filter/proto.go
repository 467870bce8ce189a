package filter

import (
	"math"
	"math/cmplx"
)

// butterworth has its poles evenly on the left half of the unit circle (Butterworth, Wireless Engineer 7, 1930).
func butterworth(n int) zpk {
	var p []complex128
	for _, angle := range poleAngles(n) {
		p = append(p, -cmplx.Exp(complex(0, angle)))
	}
	return zpk{p: p, k: 1}
}

// poleAngles are pi m / 2n for m = -n+1, -n+3, ..., n-1.
func poleAngles(n int) []float64 {
	var out []float64
	for m := -n + 1; m < n; m += 2 {
		out = append(out, math.Pi*float64(m)/float64(2*n))
	}
	return out
}

// chebyshev1 has ripple of the given depth up to its cut-off (Rabiner and Gold, Theory and Application of Digital Signal
// Processing, 1975, ch. 4).
func chebyshev1(n int, rippleDB float64) zpk {
	eps := math.Sqrt(math.Expm1(rippleDB / 10 * math.Ln10))
	mu := math.Asinh(1/eps) / float64(n)
	f := zpk{k: 1}
	prod := complex(1, 0)
	for _, angle := range poleAngles(n) {
		p := -cmplx.Sinh(complex(mu, angle))
		f.p = append(f.p, p)
		prod *= -p
	}
	f.k = real(prod)
	if n%2 == 0 { // an even order begins at the bottom of the ripple
		f.k /= math.Sqrt(1 + eps*eps)
	}
	return f
}

// chebyshev2 reaches its attenuation at its cut-off and ripples below it; the reciprocal of chebyshev1's poles.
func chebyshev2(n int, stopDB float64) zpk {
	mu := math.Asinh(math.Sqrt(math.Expm1(stopDB/10*math.Ln10))) / float64(n)
	var f zpk
	for _, angle := range poleAngles(n) {
		p := -cmplx.Exp(complex(0, angle))
		f.p = append(f.p, 1/complex(math.Sinh(mu)*real(p), math.Cosh(mu)*imag(p)))
		if angle != 0 {
			f.z = append(f.z, complex(0, 1/math.Sin(angle)))
		}
	}
	f.k = 1 / negatedProductRatio(f.z, f.p)
	return f
}

// bessel has a maximally flat group delay. Its poles are the roots of the reverse Bessel polynomial (Thomson, Proc. IEE 96, 1949),
// scaled so that the phase's asymptote is that of a Butterworth filter of the same cut-off, SciPy's norm "phase".
func bessel(n int) zpk {
	roots, lead := reverseBesselRoots(n)
	scale := complex(math.Pow(lead, -1/float64(n)), 0)
	f := zpk{k: 1}
	for _, r := range roots {
		f.p = append(f.p, r*scale)
	}
	return f
}
