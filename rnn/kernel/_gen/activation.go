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

// expm1 leaves in p the values exp(f)-1 and gives the powers of two that belong to them: exp(x) = s (1 + p). x is clamped and is used up.
// prefix "sig" computes for -x with polynomial signs turned, "tan" for 2x with coefficients scaled by powers of two.
func expm1(x []vec, prefix string) (p, s []vec) {
	k := len(x)
	t, n, f2, b := make([]vec, k), make([]vec, k), make([]vec, k), make([]vec, k)
	p = make([]vec, k)
	each(k, func(i int) { t[i] = load(constant("magic")) })
	each(k, func(i int) { VFMADD231PS(constant(prefix+"Log"), x[i], t[i]) })
	each(k, func(i int) { n[i] = newVec(); VSUBPS(constant("magic"), t[i], n[i]) })
	each(k, func(i int) { VFMADD231PS(constant(prefix+"Ln2"), n[i], x[i]) })
	each(k, func(i int) { p[i] = load(constant(prefix + "C3")) })
	each(k, func(i int) { b[i] = load(constant(prefix + "C5")) })
	each(k, func(i int) { f2[i] = newVec(); VMULPS(x[i], x[i], f2[i]) })
	each(k, func(i int) { VFMADD213PS(constant(prefix+"C2"), x[i], p[i]) })
	each(k, func(i int) { VFMADD213PS(constant(prefix+"C4"), x[i], b[i]) })
	each(k, func(i int) { VFMADD231PS(constant(prefix+"C6"), f2[i], b[i]) })
	each(k, func(i int) { VPSLLD(Imm(23), t[i], t[i]) })
	each(k, func(i int) { VPADDD(constant("one"), t[i], t[i]) })
	each(k, func(i int) { VFMADD231PS(b[i], f2[i], p[i]) })
	if prefix == "sig" {
		each(k, func(i int) { VFMSUB213PS(x[i], f2[i], p[i]) })
	} else {
		each(k, func(i int) { VADDPS(x[i], x[i], x[i]) })
		each(k, func(i int) { VFMADD213PS(x[i], f2[i], p[i]) })
	}
	return p, t
}

// clamp gives x held within the constants named. Minimum and maximum give their second source when a lane is NaN, which is avo's first
// operand: a NaN of x passes through.
func clamp(x []vec, low, high string) []vec {
	v := make([]vec, len(x))
	h := load(constant(high))
	each(len(x), func(i int) { v[i] = newVec(); VMINPS(x[i], h, v[i]) })
	l := load(constant(low))
	each(len(x), func(i int) { VMAXPS(v[i], l, v[i]) })
	return v
}

// sigmoid replaces every x.
func sigmoid(x ...vec) {
	const notLess = 0x15 // true for NaN
	keep := make([]Op, len(x))
	each(len(x), func(i int) {
		if wide {
			keep[i] = K()
			VCMPPS(Imm(notLess), constant("sigLow"), x[i], keep[i])
		}
	})
	p, s := expm1(clamp(x, "sigLow", "sigHigh"), "sig")
	d := make([]vec, len(x))
	each(len(x), func(i int) { d[i] = newVec(); VADDPS(constant("one"), s[i], d[i]) })
	each(len(x), func(i int) { VFMADD231PS(p[i], s[i], d[i]) })
	one := load(constant("one"))
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
	p, s := expm1(clamp(x, "tanLow", "tanHigh"), "tan")
	d, n := make([]vec, len(x)), make([]vec, len(x))
	each(len(x), func(i int) { d[i] = newVec(); VADDPS(constant("one"), s[i], d[i]) })
	each(len(x), func(i int) { n[i] = newVec(); VSUBPS(constant("one"), s[i], n[i]) })
	each(len(x), func(i int) { VFMADD231PS(p[i], s[i], d[i]) })
	each(len(x), func(i int) { VFMADD231PS(p[i], s[i], n[i]) })
	each(len(x), func(i int) { VDIVPS(d[i], n[i], x[i]) })
}
