package filter

import (
	"errors"
	"fmt"
	"math"
	"math/cmplx"
	"slices"
)

// Sections is a filter as a chain of second-order sections, each b0, b1, b2, a0, a1, a2 with a0 = 1:
//
//	H(z) = product of (b0 + b1/z + b2/z^2) / (1 + a1/z + a2/z^2)
type Sections [][6]float64

// Check refuses what a cascade cannot run: no section, a coefficient that is not finite, a0 other than 1, a pole on or outside
// the unit circle.
func (s Sections) Check() error {
	if len(s) == 0 {
		return errors.New("filter: no sections")
	}
	for i, c := range s {
		for _, v := range c {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("filter: section %d has a coefficient %g: must be finite", i, v)
			}
		}
		if c[3] != 1 {
			return fmt.Errorf("filter: section %d has a0 = %g: divide its coefficients so that a0 is 1", i, c[3])
		}
		// The stability triangle of 1 + a1/z + a2/z^2.
		if !(math.Abs(c[5]) < 1 && math.Abs(c[4]) < 1+c[5]) {
			return fmt.Errorf("filter: section %d (a1 %g, a2 %g) is unstable in float64: lower the order or move the edges away from 0 and half the rate", i, c[4], c[5])
		}
	}
	return nil
}

// verify compares the sections with the prototype's own response, which keeps its precision at any order: over the whole axis, and closely
// around the edges.
func (s Sections) verify(proto zpk, b band, edgesHz []float64, rateHz float64) error {
	if err := s.Check(); err != nil {
		return err
	}
	const allowed = 1e-6
	worst, at, peak := 0.0, 0.0, 0.0
	for _, f := range checkPoints(edgesHz, rateHz) {
		w := 2 * math.Pi * f / rateHz
		want := proto.at(b.prototypeOf(complex(0, 2*prewarpRate*math.Tan(w/2))))
		peak = max(peak, cmplx.Abs(want))
		if e := cmplx.Abs(s.at(cmplx.Exp(complex(0, w))) - want); !(e <= worst) {
			worst, at = e, f
		}
	}
	if !(worst <= allowed*peak) {
		return fmt.Errorf("float64 cannot hold this filter (the response at %.4g Hz is wrong by %.1e of its maximum): lower the order or move the edges apart", at, worst/peak)
	}
	if e := s.roundoff(); !(e <= 1e-7) {
		return fmt.Errorf("float64 cannot run this filter (rounding reaches %.1e of the largest output): lower the order or move the edges apart", e)
	}
	return nil
}

// roundoff is how far two ways to round, with and without fused multiplication and addition, lead apart on noise, over the largest output.
func (s Sections) roundoff() float64 {
	a, b := make([][2]float64, len(s)), make([][2]float64, len(s))
	worst, peak := 0.0, 0.0
	seed := uint64(1)
	for range 4096 {
		seed = seed*6364136223846793005 + 1442695040888963407 // Knuth's MMIX
		x := float64(int64(seed)>>11) / (1 << 52)
		y, f := s.step(a, x), x
		for k := range s {
			c, z := &s[k], &b[k]
			o := math.FMA(c[0], f, z[0])
			z[0] = math.FMA(-c[4], o, math.FMA(c[1], f, z[1]))
			z[1] = math.FMA(-c[5], o, c[2]*f)
			f = o
		}
		peak = max(peak, math.Abs(y))
		if d := math.Abs(y - f); !(d <= worst) {
			worst = d
		}
	}
	return worst / peak
}

// checkPoints are frequencies in Hz at which a design is checked.
func checkPoints(edgesHz []float64, rateHz float64) []float64 {
	var out []float64
	add := func(f float64) {
		if f > 0 && f < rateHz/2 {
			out = append(out, f)
		}
	}
	for i := 1; i < 256; i++ {
		add(rateHz / 2 * float64(i) / 256)
	}
	for _, edge := range edgesHz {
		for k := -32; k <= 32; k++ {
			add(edge * math.Exp2(float64(k)/8))
		}
	}
	if len(edgesHz) == 2 {
		for k := -32; k <= 64; k++ {
			add(edgesHz[0] + (edgesHz[1]-edgesHz[0])*float64(k)/32)
		}
	}
	return out
}

// sections pairs poles with zeros: the pole nearest to the unit circle takes the nearest zero and comes last.
// It follows the rule of SciPy's zpk2sos with pairing "nearest", so that coefficients compare one to one.
func (f zpk) sections() Sections {
	z, p := slices.Clone(f.z), slices.Clone(f.p)
	for len(p) < len(z) {
		p = append(p, 0)
	}
	for len(z) < len(p) {
		z = append(z, 0)
	}
	if len(p)%2 == 1 {
		p, z = append(p, 0), append(z, 0)
	}
	n := len(p) / 2
	p, z = oneOfEachPair(p), oneOfEachPair(z)
	out := make(Sections, n)
	for i := n - 1; i >= 0; i-- {
		out[i] = nextSection(&p, &z)
	}
	for j := range 3 {
		out[0][j] *= f.k
	}
	return out
}

func nextSection(p, z *[]complex128) [6]float64 {
	p1 := take(p, nearestToCircle(*p, anyRoot))
	real1 := imag(p1) == 0
	switch {
	case real1 && count(*p, realRoot) == 0: // the last real pole stands alone
		z1 := take(z, nearest(*z, p1, realRoot))
		return section([2]complex128{z1, 0}, [2]complex128{p1, 0})
	case !real1 && len(*p)+1 == len(*z) && count(*p, realRoot) == 1 && count(*z, realRoot) == 1:
		z1 := take(z, nearest(*z, p1, complexRoot)) // leave the real zero for the real pole
		return section([2]complex128{z1, cmplx.Conj(z1)}, [2]complex128{p1, cmplx.Conj(p1)})
	}
	p2 := cmplx.Conj(p1)
	if real1 {
		p2 = take(p, nearestToCircle(*p, realRoot))
	}
	z1 := take(z, nearest(*z, p1, anyRoot))
	z2 := cmplx.Conj(z1)
	if imag(z1) == 0 {
		z2 = take(z, nearest(*z, p1, realRoot))
	}
	return section([2]complex128{z1, z2}, [2]complex128{p1, p2})
}

func section(z, p [2]complex128) [6]float64 {
	return [6]float64{1, -real(z[0] + z[1]), real(z[0] * z[1]), 1, -real(p[0] + p[1]), real(p[0] * p[1])}
}

func anyRoot(complex128) bool       { return true }
func realRoot(r complex128) bool    { return imag(r) == 0 }
func complexRoot(r complex128) bool { return imag(r) != 0 }

func count(v []complex128, is func(complex128) bool) int {
	n := 0
	for _, x := range v {
		if is(x) {
			n++
		}
	}
	return n
}

func take(v *[]complex128, i int) complex128 {
	if i < 0 { // nothing of the kind is left: a root at the origin changes only the delay
		return 0
	}
	x := (*v)[i]
	*v = slices.Delete(*v, i, i+1)
	return x
}

func nearestToCircle(v []complex128, is func(complex128) bool) int {
	return leastBy(v, is, func(x complex128) float64 { return math.Abs(1 - cmplx.Abs(x)) })
}

func nearest(v []complex128, to complex128, is func(complex128) bool) int {
	return leastBy(v, is, func(x complex128) float64 { return cmplx.Abs(x - to) })
}

func leastBy(v []complex128, is func(complex128) bool, by func(complex128) float64) int {
	best, at := math.Inf(1), -1
	for i, x := range v {
		if d := by(x); is(x) && d < best {
			best, at = d, i
		}
	}
	return at
}

// oneOfEachPair keeps the upper one of each conjugate pair, sorted by real part, then the real roots, sorted.
func oneOfEachPair(v []complex128) []complex128 {
	const tol = 100 * 0x1p-52
	var upper, re []complex128
	for _, x := range v {
		switch {
		case math.Abs(imag(x)) <= tol*cmplx.Abs(x):
			re = append(re, complex(real(x), 0))
		case imag(x) > 0:
			upper = append(upper, x)
		}
	}
	slices.SortStableFunc(upper, func(a, b complex128) int {
		if math.Abs(real(a)-real(b)) > tol*cmplx.Abs(a) {
			return compare(real(a), real(b))
		}
		return compare(imag(a), imag(b))
	})
	slices.SortFunc(re, func(a, b complex128) int { return compare(real(a), real(b)) })
	return append(upper, re...)
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
