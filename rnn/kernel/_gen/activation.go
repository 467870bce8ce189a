package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// The activations take several vectors at once and emit each operation for all of them before the next: a chain of dependent operations is
// about 50 cycles long, and the processor's window is too short to find the other vectors' work behind it.

// each calls do for 0 to n-1.
func each(n int, do func(i int)) {
	for i := range n {
		do(i)
	}
}

// operand gives a constant for use with k vectors: from memory where it is used once, else from a register, since loads are what limits
// the activations.
func operand(name string, k int) Op {
	if k == 1 {
		return constant(name)
	}
	return load(constant(name))
}

// copies gives k vectors holding a constant.
func copies(name string, k int) []vec {
	v := []vec{load(constant(name))}
	for len(v) < k {
		c := newVec()
		VMOVAPS(v[0], c)
		v = append(v, c)
	}
	return v
}

// expm1 leaves in p the values exp(f)-1 and gives the powers of two, in eighths, that belong to them: exp(x) = s (1 + p). x is clamped and is
// used up. prefix "sig" computes for -x with polynomial signs turned, "tan" for 2x with coefficients scaled by powers of two.
func expm1(x []vec, prefix string) (p, s []vec) {
	k := len(x)
	f2, n := make([]vec, k), make([]vec, k)
	t := copies("magic", k)
	all := func(op func(...Op), name string, rest func(i int) []Op) {
		c := operand(name, k)
		each(k, func(i int) { op(append([]Op{c}, rest(i)...)...) })
	}
	all(VFMADD231PS, prefix+"Log", func(i int) []Op { return []Op{x[i], t[i]} })
	each(k, func(i int) { n[i] = newVec() })
	all(VSUBPS, "magic", func(i int) []Op { return []Op{t[i], n[i]} })
	all(VFMADD231PS, prefix+"Ln2", func(i int) []Op { return []Op{n[i], x[i]} })
	p = copies(prefix+"C3", k)
	each(k, func(i int) { f2[i] = newVec(); VMULPS(x[i], x[i], f2[i]) })
	all(VFMADD213PS, prefix+"C2", func(i int) []Op { return []Op{x[i], p[i]} })
	all(VPERMPS, "eighths", func(i int) []Op { return []Op{t[i], n[i]} })
	each(k, func(i int) { VPSLLD(Imm(20), t[i], t[i]) })
	each(k, func(i int) { VPADDD(n[i], t[i], t[i]) })
	if prefix == "sig" {
		each(k, func(i int) { VFMSUB213PS(x[i], f2[i], p[i]) })
		return p, t
	}
	all(VFMADD231PS, "tanC4", func(i int) []Op { return []Op{f2[i], p[i]} })
	each(k, func(i int) { VADDPS(x[i], x[i], x[i]) })
	each(k, func(i int) { VFMADD213PS(x[i], f2[i], p[i]) })
	return p, t
}

// atMost and atLeast give x held to the constant named. Minimum and maximum give their second source when a lane is NaN, which is avo's first
// operand: a NaN of x passes through.
func atMost(x []vec, name string) []vec {
	v, c := make([]vec, len(x)), load(constant(name))
	each(len(x), func(i int) { v[i] = newVec(); VMINPS(x[i], c, v[i]) })
	return v
}

func atLeast(x []vec, name string) []vec {
	v, c := make([]vec, len(x)), load(constant(name))
	each(len(x), func(i int) { v[i] = newVec(); VMAXPS(x[i], c, v[i]) })
	return v
}

// sigmoid replaces every x. Below sigLow it is 0, whatever the arithmetic makes of such an x.
func sigmoid(x ...vec) {
	const notLess = 0x15 // true for NaN
	keep := make([]Op, len(x))
	if wide {
		low := operand("sigLow", len(x))
		each(len(x), func(i int) { keep[i] = K(); VCMPPS(Imm(notLess), low, x[i], keep[i]) })
	}
	p, s := expm1(atMost(x, "sigHigh"), "sig")
	d := make([]vec, len(x))
	one := load(constant("one"))
	each(len(x), func(i int) { d[i] = newVec(); VADDPS(one, s[i], d[i]) })
	each(len(x), func(i int) { VFMADD231PS(p[i], s[i], d[i]) })
	each(len(x), func(i int) {
		if wide {
			VDIVPS_Z(d[i], one, keep[i], x[i])
			return
		}
		m := newVec()
		VCMPPS(Imm(notLess), constant("sigLow"), x[i], m)
		VDIVPS(d[i], one, x[i])
		VANDPS(m, x[i], x[i])
	})
}

// tanh replaces every x.
func tanh(x ...vec) {
	p, s := expm1(atLeast(atMost(x, "tanHigh"), "tanLow"), "tan")
	d, n := make([]vec, len(x)), make([]vec, len(x))
	one := load(constant("one"))
	each(len(x), func(i int) { d[i] = newVec(); VADDPS(one, s[i], d[i]) })
	each(len(x), func(i int) { n[i] = newVec(); VSUBPS(one, s[i], n[i]) })
	each(len(x), func(i int) { VFMADD231PS(p[i], s[i], d[i]) })
	each(len(x), func(i int) { VFMADD231PS(p[i], s[i], n[i]) })
	each(len(x), func(i int) { VDIVPS(d[i], n[i], x[i]) })
}
