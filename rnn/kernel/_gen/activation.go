package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// Minimum and maximum give their second source when a lane is NaN, which is avo's first operand: a NaN of x passes through the clamps.

// expm1 leaves in p the value exp(f)-1 and gives the power of two that belongs to it: exp(x) = s (1 + p). x is clamped and is used up.
// prefix "sig" computes for -x with polynomial signs turned, "tan" for 2x with coefficients scaled by powers of two.
func expm1(x vec, prefix string) (p, s vec) {
	t := load(constant("magic"))
	VFMADD231PS(constant(prefix+"Log"), x, t)
	n := newVec()
	VSUBPS(constant("magic"), t, n)
	VFMADD231PS(constant(prefix+"Ln2"), n, x)
	f2 := newVec()
	VMULPS(x, x, f2)
	p = load(constant(prefix + "C3"))
	VFMADD213PS(constant(prefix+"C2"), x, p)
	b := load(constant(prefix + "C5"))
	VFMADD213PS(constant(prefix+"C4"), x, b)
	VFMADD231PS(constant(prefix+"C6"), f2, b)
	VFMADD231PS(b, f2, p)
	if prefix == "sig" {
		VFMSUB213PS(x, f2, p)
	} else {
		VADDPS(x, x, x)
		VFMADD213PS(x, f2, p)
	}
	VPSLLD(Imm(23), t, t)
	VPADDD(constant("one"), t, t)
	return p, t
}

// clamp gives x held within the constants named.
func clamp(x vec, low, high string) vec {
	v, c := newVec(), load(constant(high))
	VMINPS(x, c, v)
	c = load(constant(low))
	VMAXPS(v, c, v)
	return v
}

// sigmoid replaces x.
func sigmoid(x vec) {
	p, s := expm1(clamp(x, "sigLow", "sigHigh"), "sig")
	d := newVec()
	VADDPS(constant("one"), s, d)
	VFMADD231PS(p, s, d)
	const notLess = 0x15 // true for NaN
	one := load(constant("one"))
	if wide {
		k := K()
		VCMPPS(Imm(notLess), constant("sigLow"), x, k)
		VDIVPS_Z(d, one, k, x)
		return
	}
	keep := newVec()
	VCMPPS(Imm(notLess), constant("sigLow"), x, keep)
	VDIVPS(d, one, x)
	VANDPS(keep, x, x)
}

// tanh replaces x.
func tanh(x vec) {
	p, s := expm1(clamp(x, "tanLow", "tanHigh"), "tan")
	d, n := newVec(), newVec()
	VADDPS(constant("one"), s, d)
	VSUBPS(constant("one"), s, n)
	VFMADD231PS(p, s, d)
	VFMADD231PS(p, s, n)
	VDIVPS(d, n, x)
}

// unit is what one vector of hidden units (or of one unit's channels) becomes: from the reduced gates to the new state.
type unit struct {
	cell  cell
	gates []vec          // reduced; for the GRU the third is the hidden part of the candidate
	nx    vec            // GRU: the input part of the candidate
	h, c  func() vec     // the previous state
	setH  func(vec)      // the new state
	setC  func(vec)      // LSTM
	save  func(int, vec) // when training: row and value
}

func (u unit) keep(row int, v vec) {
	if u.save != nil {
		u.save(row, v)
	}
}

func (u unit) finish() {
	g := u.gates
	switch u.cell.name {
	case "GRU":
		sigmoid(g[0])
		sigmoid(g[1])
		u.keep(3, g[2])
		u.keep(0, g[0])
		VFMADD213PS(u.nx, g[0], g[2])
		tanh(g[2])
		u.keep(1, g[1])
		u.keep(2, g[2])
		o := u.h()
		VSUBPS(g[2], o, o)
		VFMADD213PS(g[2], g[1], o)
		u.setH(o)
	case "LSTM":
		sigmoid(g[0])
		sigmoid(g[1])
		tanh(g[2])
		sigmoid(g[3])
		for i, v := range g {
			u.keep(i, v)
		}
		VMULPS(g[2], g[0], g[2])
		c := u.c()
		VFMADD213PS(g[2], g[1], c)
		u.setC(c)
		tanh(c)
		u.keep(4, c)
		VMULPS(c, g[3], g[3])
		u.setH(g[3])
	case "ElmanTanh":
		tanh(g[0])
		u.keep(0, g[0])
		u.setH(g[0])
	default:
		z := zero()
		VMAXPS(g[0], z, g[0])
		u.keep(0, g[0])
		u.setH(g[0])
	}
}
