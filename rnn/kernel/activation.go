package kernel

import "math"

// Constants of the activations. The polynomial is exp(f)-1 = f + f²(c2 + c3 f + c4 f² + c5 f³ + c6 f⁴) on |f| ≤ ln2/2, a least-maximum fit of
// the relative error (below 4e-9).
const (
	log2e  = float32(1.44269504088896341)
	ln2    = float32(0.693147180559945309)
	ln2Hi  = float32(0.693145751953125) // nine trailing zero bits, so that n*ln2Hi is exact
	ln2Lo  = float32(1.42860682030941723e-6)
	expC2  = float32(0.49999994)
	expC3  = float32(0.16666518)
	expC4  = float32(0.041668423)
	expC5  = float32(0.008369063)
	expC6  = float32(0.001381388)
	magic  = float32(12582912) // 1.5 * 2^23: adding it rounds to the nearest integer, ties to even
	sigCut = float32(88)       // below -sigCut the sigmoid is 0
	tanCut = float32(10)       // tanh is ±1 in float32 from 9.02 on
)

// pow2 is 2^n for t = n + magic, n in -126..127.
func pow2(t float32) float32 {
	return math.Float32frombits(math.Float32bits(t)<<23 + 0x3f800000)
}

// expm1Poly is exp(f)-1 for |f| ≤ ln2/2 in the evaluation order that every kernel keeps.
func expm1Poly(f float32) float32 {
	f2 := float32(f * f)
	a := float32(expC3*f) + expC2
	b := float32(expC5*f) + expC4
	b = float32(expC6*f2) + b
	q := float32(b*f2) + a
	return float32(q*f2) + f
}

// Sigmoid is 1/(1+exp(-x)), within 3e-7 absolute; 0 at -Inf (and below -88), 1 at +Inf, NaN at NaN.
func Sigmoid(x float32) float32 {
	y := -x
	if y > sigCut {
		return 0
	}
	if y < -sigCut {
		y = -sigCut
	}
	t := float32(y*log2e) + magic
	n := t - magic
	f := y - float32(n*ln2)
	s := pow2(t)
	return 1 / (float32(expm1Poly(f)*s) + (s + 1))
}

// Tanh is within 3e-7 absolute and, below 1, 1e-6 relative; ±1 at ±Inf, NaN at NaN, 0 at 0.
func Tanh(x float32) float32 {
	if x > tanCut {
		x = tanCut
	} else if x < -tanCut {
		x = -tanCut
	}
	y := x + x
	t := float32(y*log2e) + magic
	n := t - magic
	f := y - float32(n*ln2)
	s := pow2(t)
	p := expm1Poly(f)
	return (float32(p*s) + (s - 1)) / (float32(p*s) + (s + 1))
}

// Exp is within 2 units in the last place where the result is a normal number; 0 at -Inf, +Inf at +Inf and above 88.73, NaN at NaN.
// Results below 2^-126 lose precision as subnormals do.
func Exp(x float32) float32 {
	switch {
	case x > 89:
		return float32(math.Inf(1))
	case x < -104:
		return 0
	}
	t := float32(x*log2e) + magic
	n := t - magic
	f := x - float32(n*ln2Hi)
	f = f - float32(n*ln2Lo)
	half := float32(math.Floor(float64(n) / 2)) // two factors, so that neither leaves the range of normal numbers
	return float32(float32((expm1Poly(f)+1)*pow2(half+magic)) * pow2(n-half+magic))
}
