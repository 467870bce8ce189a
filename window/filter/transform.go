package filter

import (
	"math"
	"math/cmplx"
)

// zpk is a rational transfer function by its zeros, poles and gain.
type zpk struct {
	z, p []complex128
	k    float64
}

// prewarpRate is the rate at which the bilinear transform is done, in units of half the sampling rate; as in SciPy.
const prewarpRate = 2.0

// band is where the prototype goes, on the pre-warped analogue frequency axis.
type band struct {
	kind   Kind
	wo, bw float64 // cut-off, or centre and width
}

func (d Design) warp(rateHz float64) band {
	w := func(f float64) float64 { return 2 * prewarpRate * math.Tan(math.Pi*f/rateHz) }
	if len(d.EdgesHz) == 1 {
		return band{kind: d.Kind, wo: w(d.EdgesHz[0])}
	}
	lo, hi := w(d.EdgesHz[0]), w(d.EdgesHz[1])
	return band{kind: d.Kind, wo: math.Sqrt(lo * hi), bw: hi - lo}
}

// prototypeOf gives the prototype's s for the s of the transformed filter.
func (b band) prototypeOf(s complex128) complex128 {
	switch b.kind {
	case LowPass:
		return s / complex(b.wo, 0)
	case HighPass:
		return complex(b.wo, 0) / s
	case BandPass:
		return (s*s + complex(b.wo*b.wo, 0)) / (s * complex(b.bw, 0))
	default: // BandStop
		return s * complex(b.bw, 0) / (s*s + complex(b.wo*b.wo, 0))
	}
}

func (b band) transform(f zpk) zpk {
	degree := len(f.p) - len(f.z)
	switch b.kind {
	case LowPass:
		return zpk{scaled(f.z, b.wo), scaled(f.p, b.wo), f.k * math.Pow(b.wo, float64(degree))}
	case HighPass:
		k := f.k * negatedProductRatio(f.z, f.p)
		return zpk{append(inverted(f.z, b.wo), repeated(0, degree)...), inverted(f.p, b.wo), k}
	case BandPass:
		z := append(split(scaled(f.z, b.bw/2), b.wo), repeated(0, degree)...)
		return zpk{z, split(scaled(f.p, b.bw/2), b.wo), f.k * math.Pow(b.bw, float64(degree))}
	default: // BandStop
		k := f.k * negatedProductRatio(f.z, f.p)
		z := split(inverted(f.z, b.bw/2), b.wo)
		z = append(z, repeated(complex(0, b.wo), degree)...)
		z = append(z, repeated(complex(0, -b.wo), degree)...)
		return zpk{z, split(inverted(f.p, b.bw/2), b.wo), k}
	}
}

// bilinear maps s to z = (2 fs + s) / (2 fs - s).
func (f zpk) bilinear(fs float64) zpk {
	degree := len(f.p) - len(f.z)
	fs2 := complex(2*fs, 0)
	num, den := complex(1, 0), complex(1, 0)
	var out zpk
	for _, z := range f.z {
		out.z = append(out.z, (fs2+z)/(fs2-z))
		num *= fs2 - z
	}
	for _, p := range f.p {
		out.p = append(out.p, (fs2+p)/(fs2-p))
		den *= fs2 - p
	}
	out.z = append(out.z, repeated(-1, degree)...)
	out.k = f.k * real(num/den)
	return out
}

// at evaluates the transfer function, factor by factor so that nothing overflows.
func (f zpk) at(s complex128) complex128 {
	h := complex(f.k, 0)
	for i, p := range f.p {
		if i < len(f.z) {
			h *= s - f.z[i]
		}
		h /= s - p
	}
	return h
}

func scaled(v []complex128, by float64) []complex128 {
	out := make([]complex128, len(v))
	for i, x := range v {
		out[i] = x * complex(by, 0)
	}
	return out
}

func inverted(v []complex128, num float64) []complex128 {
	out := make([]complex128, len(v))
	for i, x := range v {
		out[i] = complex(num, 0) / x
	}
	return out
}

// split gives both solutions of s + wo^2/s = 2 x.
func split(v []complex128, wo float64) []complex128 {
	out := make([]complex128, 2*len(v))
	for i, x := range v {
		d := cmplx.Sqrt(x*x - complex(wo*wo, 0))
		out[i], out[len(v)+i] = x+d, x-d
	}
	return out
}

func repeated(x complex128, n int) []complex128 {
	out := make([]complex128, max(n, 0))
	for i := range out {
		out[i] = x
	}
	return out
}

// negatedProductRatio is the real part of prod(-z) / prod(-p).
func negatedProductRatio(z, p []complex128) float64 {
	r := complex(1, 0)
	for i := range max(len(z), len(p)) {
		if i < len(z) {
			r *= -z[i]
		}
		if i < len(p) {
			r /= -p[i]
		}
	}
	return real(r)
}
