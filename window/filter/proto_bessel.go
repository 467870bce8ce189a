package filter

import (
	"math/big"
	"math/cmplx"
)

// besselBits is ample: the coefficients of order 24 span 31 decimal digits, and they are exact.
const besselBits = 300

// reverseBesselRoots gives the roots of theta_n(s) = sum over k of (2n-k)! / (2^(n-k) k! (n-k)!) s^k, and its coefficient at s^0.
// Aberth's method in float64 finds them roughly; Newton's in big floats, with the exact coefficients, does the rest.
func reverseBesselRoots(n int) (roots []complex128, constant float64) {
	coef := make([]*big.Int, n+1)
	for k := range coef {
		// (2n-k)! / (k! (n-k)!) = binomial(2n-k, n) n! / k!, and n!/k! is a product of whole numbers.
		c := new(big.Int).Binomial(int64(2*n-k), int64(n))
		c.Mul(c, new(big.Int).MulRange(int64(k+1), int64(n)))
		coef[k] = c.Rsh(c, uint(n-k))
	}
	constant, _ = new(big.Float).SetInt(coef[0]).Float64()
	for _, r := range aberth(n) {
		if imag(r) < -1e-9 {
			continue
		}
		if n%2 == 1 && imag(r) < 0.1 { // the real root of an odd order
			roots = append(roots, complex(real(polish(coef, complex(real(r), 0))), 0))
			continue
		}
		r = polish(coef, r)
		roots = append(roots, r, cmplx.Conj(r))
	}
	return roots, constant
}

// aberth finds all roots at once (Aberth, Math. Comp. 27, 1973), the polynomial by its recurrence
// theta_n = (2n-1) theta_(n-1) + s^2 theta_(n-2).
func aberth(n int) []complex128 {
	eval := func(s complex128) (value, slope complex128) {
		a, da := complex(1, 0), complex(0, 0) // theta_0
		b, db := s+1, complex(1, 0)           // theta_1
		for k := 2; k <= n; k++ {
			m := complex(float64(2*k-1), 0)
			a, da, b, db = b, db, m*b+s*s*a, m*db+2*s*a+s*s*da
		}
		return b, db
	}
	roots := make([]complex128, n)
	for i, angle := range poleAngles(n) {
		roots[i] = -cmplx.Rect(0.9*float64(n), angle*0.9)
	}
	for range 200 {
		moved := 0.0
		for i, r := range roots {
			v, d := eval(r)
			if v == 0 {
				continue
			}
			w := v / d
			sum := complex(0, 0)
			for j, o := range roots {
				if j != i {
					sum += 1 / (r - o)
				}
			}
			step := w / (1 - w*sum)
			roots[i] -= step
			moved = max(moved, cmplx.Abs(step))
		}
		if moved < 1e-11 {
			break
		}
	}
	return roots
}

// polish refines a root by Newton's method in big floats.
func polish(coef []*big.Int, root complex128) complex128 {
	z := bigComplex{bigFloat(real(root)), bigFloat(imag(root))}
	for range 8 {
		v, d := bigComplex{bigFloat(0), bigFloat(0)}, bigComplex{bigFloat(0), bigFloat(0)}
		for k := len(coef) - 1; k >= 0; k-- {
			d = d.mul(z).add(v)
			v = v.mul(z).add(bigComplex{bigFloat(0).SetInt(coef[k]), bigFloat(0)})
		}
		z = z.sub(v.div(d))
	}
	re, _ := z.re.Float64()
	im, _ := z.im.Float64()
	return complex(re, im)
}

type bigComplex struct{ re, im *big.Float }

func bigFloat(v float64) *big.Float { return new(big.Float).SetPrec(besselBits).SetFloat64(v) }

func (a bigComplex) add(b bigComplex) bigComplex {
	return bigComplex{bigFloat(0).Add(a.re, b.re), bigFloat(0).Add(a.im, b.im)}
}

func (a bigComplex) sub(b bigComplex) bigComplex {
	return bigComplex{bigFloat(0).Sub(a.re, b.re), bigFloat(0).Sub(a.im, b.im)}
}

func (a bigComplex) mul(b bigComplex) bigComplex {
	m := func(x, y *big.Float) *big.Float { return bigFloat(0).Mul(x, y) }
	return bigComplex{bigFloat(0).Sub(m(a.re, b.re), m(a.im, b.im)), bigFloat(0).Add(m(a.re, b.im), m(a.im, b.re))}
}

func (a bigComplex) div(b bigComplex) bigComplex {
	size := bigFloat(0).Add(bigFloat(0).Mul(b.re, b.re), bigFloat(0).Mul(b.im, b.im))
	q := a.mul(bigComplex{b.re, bigFloat(0).Neg(b.im)})
	return bigComplex{q.re.Quo(q.re, size), q.im.Quo(q.im, size)}
}
