package kernel

import "math"

// The activations write exp(x) as 2^(n/8) (1 + exp(f) - 1) with |f| ≤ ln2/16: eighths of powers of two come from a table, and a short polynomial
// does for the rest. Exp, which is not in a hot loop, has whole powers and a longer polynomial. All are least-maximum fits.
const (
	log2e  = float32(1.44269504088896341)
	ln2    = float32(0.693147180559945309)
	ln2Hi  = float32(0.693145751953125) // nine trailing zero bits, so that n*ln2Hi is exact
	ln2Lo  = float32(1.42860682030941723e-6)
	expC2  = float32(0.49999994) // exp(f)-1 = f + f²(c2 + c3 f + c4 f² + c5 f³ + c6 f⁴) on |f| ≤ ln2/2, relative error below 4e-9
	expC3  = float32(0.16666518)
	expC4  = float32(0.041668423)
	expC5  = float32(0.008369063)
	expC6  = float32(0.001381388)
	sigC2  = float32(0.50006478) // f + f²(c2 + c3 f) on |f| ≤ ln2/16, absolute error below 3e-8
	sigC3  = float32(0.16668026)
	tanC2  = float32(0.5) // f + f²(c2 + c3 f + c4 f²), relative error below 6e-9, so that tanh is exact to float32 near 0
	tanC3  = float32(0.16667963)
	tanC4  = float32(0.041666668)
	magic  = float32(12582912) // 1.5 * 2^23: adding it rounds to the nearest integer, ties to even
	sigCut = float32(88)       // below -sigCut the sigmoid is 0
	tanCut = float32(10)       // tanh is ±1 in float32 from 9.02 on
)

// eighths holds 2^(j/8) in bits, less j<<20: with t = n + magic, the bits of t shifted up by 20 add n/8 to the exponent and n%8 to what is
// missing here.
var eighths = [8]uint32{0x3f800000, 0x3f8b95c2 - 1<<20, 0x3f9837f0 - 2<<20, 0x3fa5fed7 - 3<<20, 0x3fb504f3 - 4<<20, 0x3fc5672a - 5<<20, 0x3fd744fd - 6<<20, 0x3feac0c7 - 7<<20}

// pow2Eighths is 2^(n/8) for t = n + magic, n/8 in -126 to 127.
func pow2Eighths(t float32) float32 {
	b := math.Float32bits(t)
	return math.Float32frombits(b<<20 + eighths[b&7])
}

// pow2 is 2^n for t = n + magic, n in -126..127.
func pow2(t float32) float32 {
	return math.Float32frombits(math.Float32bits(t)<<23 + 0x3f800000)
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
	t := float32(y*(8*log2e)) + magic
	f := y - float32((t-magic)*(ln2/8))
	p := float32(float32(float32(sigC3*f)+sigC2)*float32(f*f)) + f
	s := pow2Eighths(t)
	return 1 / (float32(p*s) + (s + 1))
}

// Tanh is within 3e-7 absolute and, below 1, 1e-6 relative; ±1 at ±Inf, NaN at NaN, 0 at 0.
func Tanh(x float32) float32 {
	if x > tanCut {
		x = tanCut
	} else if x < -tanCut {
		x = -tanCut
	}
	y := x + x
	t := float32(y*(8*log2e)) + magic
	f := y - float32((t-magic)*(ln2/8))
	f2 := float32(f * f)
	q := float32(tanC4*f2) + (float32(tanC3*f) + tanC2)
	p := float32(q*f2) + f
	s := pow2Eighths(t)
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

// expm1Poly is exp(f)-1 for |f| ≤ ln2/2.
func expm1Poly(f float32) float32 {
	f2 := float32(f * f)
	a := float32(expC3*f) + expC2
	b := float32(expC5*f) + expC4
	b = float32(expC6*f2) + b
	q := float32(b*f2) + a
	return float32(q*f2) + f
}
