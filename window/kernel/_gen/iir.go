package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Layout of a frame matrix, in float64: T [16][16], B [16][8], O [8][16], A [8][8]; all column by column.
const (
	frame  = 16
	states = 8
	offT   = 0
	offB   = offT + frame*frame
	offO   = offB + frame*states
	offA   = offO + states*frame
)

// iirFrames runs frames of 16 samples in place:
//
//	y = T x + O s; s' = B x + A s
//
// by columns, ascending, the state's part of s' in two chains, so that little stands between one frame's state and the next's.
func (v isa) iirFrames() {
	TEXT("iirFrames"+v.name, NOSPLIT, "func(x *float64, frames int, m *float64, s *float64)")
	Pragma("noescape")
	Doc("iirFrames" + v.name + " computes y = T x + O s, s = B x + A s for frames of 16 samples, y over x.")
	x, n, m, s := load("x"), load("frames"), load("m"), load("s")
	outs, news := frame*8/v.bytes, states*8/v.bytes
	// With 32 registers what multiplies the state stays in them: the rest of a frame is bound by its loads.
	resident := map[int]reg.VecVirtual{}
	if v.bytes == 64 {
		for off := offO * 8; off < (offA+states*states)*8; off += v.bytes {
			r := v.vec()
			VMOVUPD(at(m, off), r)
			resident[off] = r
		}
	}
	Label("frame")
	acc, sn, hi := regs(v, outs), regs(v, news), regs(v, news)
	b := v.vec()
	fma := func(first bool, coef, off int, to reg.VecVirtual) {
		var from Op = at(m, coef*8+off)
		if r, ok := resident[coef*8+off]; ok {
			from = r
		}
		if first {
			VMULPD(from, b, to)
		} else {
			VFMADD231PD(from, b, to)
		}
	}
	for k := range frame {
		VBROADCASTSD(at(x, 8*k), b)
		for p, a := range acc {
			if k < 8 || p >= outs/2 { // later inputs do not reach the first half
				fma(k == 0, offT+k*frame, p*v.bytes, a)
			}
		}
		for p, a := range sn {
			fma(k == 0, offB+k*states, p*v.bytes, a)
		}
	}
	for j := range states {
		VBROADCASTSD(at(s, 8*j), b)
		for p := range news {
			to := sn[p]
			if j >= 4 {
				to = hi[p]
			}
			fma(j == 4, offA+j*states, p*v.bytes, to)
		}
		for p, a := range acc {
			fma(false, offO+j*frame, p*v.bytes, a)
		}
	}
	for p := range news {
		VADDPD(hi[p], sn[p], sn[p])
		VMOVUPD(sn[p], at(s, p*v.bytes))
	}
	for p, a := range acc {
		VMOVUPD(a, at(x, p*v.bytes))
	}
	ADDQ(small(frame*8), x)
	DECQ(n)
	JNZ(LabelRef("frame"))
	VZEROUPPER()
	RET()
}

func regs(v isa, n int) []reg.VecVirtual {
	out := make([]reg.VecVirtual, n)
	for i := range out {
		out[i] = v.vec()
	}
	return out
}

// iirLanes runs four sections with b0 = 1 in transposed direct form II over one vector of channels, row by row. With 32 the samples are
// float32, the arithmetic float64. Coefficients are replicated: gain, then b1, b2, a1, a2 of each section, [17][8]; state is [4][2][8], of
// which the vector's lanes are used. In the unit form b2 is 1, which saves a multiplication.
func (v isa) iirLanes(bits string, unit bool) {
	name := "iirLanes" + bits
	if unit {
		name += "Unit"
	}
	name += v.name
	typ := "*float" + bits
	TEXT(name, NOSPLIT, "func(y "+typ+", x "+typ+", rows int, stride int, c *float64, z *float64)")
	Pragma("noescape")
	Doc(name + " runs four second-order sections over neighbouring channels, row by row; stride is in bytes.")
	y, x, n, stride, c, z := load("y"), load("x"), load("rows"), load("stride"), load("c"), load("z")
	const width = 64 // bytes of one replicated coefficient
	state := regs(v, 8)
	for i, r := range state {
		VMOVUPD(at(z, i*width), r)
	}
	wide := v.bytes == 64
	coef := make([]Op, 17)
	for i := range coef {
		coef[i] = at(c, i*width)
		if wide && !(unit && i%4 == 2) { // all that is used fits into registers
			r := v.vec()
			VMOVUPD(coef[i], r)
			coef[i] = r
		}
	}
	a, o := v.vec(), v.vec()
	Label("row")
	if bits == "32" {
		VCVTPS2PD(at(x, 0), a)
	} else {
		VMOVUPD(at(x, 0), a)
	}
	VMULPD(coef[0], a, a)
	for s := range 4 {
		z0, z1 := state[2*s], state[2*s+1]
		b1, b2, a1, a2 := coef[1+4*s], coef[2+4*s], coef[3+4*s], coef[4+4*s]
		// o = v + z0; z0 = z1 + b1 v - a1 o; z1 = b2 v - a2 o
		VADDPD(z0, a, o)
		VMOVAPD(z1, z0)
		VFMADD231PD(b1, a, z0)
		VFNMADD231PD(a1, o, z0)
		if unit {
			VMOVAPD(a, z1)
		} else {
			VMULPD(b2, a, z1)
		}
		VFNMADD231PD(a2, o, z1)
		a, o = o, a
	}
	if bits == "32" {
		h := v.half()
		if wide {
			VCVTPD2PS(a, h)
		} else {
			VCVTPD2PSY(a, h)
		}
		VMOVUPS(h, at(y, 0))
	} else {
		VMOVUPD(a, at(y, 0))
	}
	ADDQ(stride, x)
	ADDQ(stride, y)
	DECQ(n)
	JNZ(LabelRef("row"))
	for i, r := range state {
		VMOVUPD(r, at(z, i*width))
	}
	VZEROUPPER()
	RET()
}

// iirPair is iirLanes in the unit form for two vectors of channels at once, which fills the time that one spends waiting for its own last row.
func (v isa) iirPair(bits string) {
	name := "iirPair" + bits + v.name
	typ := "*float" + bits
	TEXT(name, NOSPLIT, "func(y "+typ+", x "+typ+", rows int, stride int, c *float64, z *float64, z2 *float64)")
	Pragma("noescape")
	Doc(name + " runs four second-order sections with b2 = 1 over 16 neighbouring channels, row by row; stride is in bytes.")
	y, x, n, stride, c, z, z2 := load("y"), load("x"), load("rows"), load("stride"), load("c"), load("z"), load("z2")
	const width = 64
	state := [2][]reg.VecVirtual{regs(v, 8), regs(v, 8)}
	for g, base := range []reg.Register{z, z2} {
		for i, r := range state[g] {
			VMOVUPD(at(base, i*width), r)
		}
	}
	var coef [17]reg.VecVirtual
	for i := range coef {
		if i > 0 && i%4 != 2 {
			coef[i] = v.vec()
			VMOVUPD(at(c, i*width), coef[i])
		}
	}
	a, o := [2]reg.VecVirtual{v.vec(), v.vec()}, v.vec()
	size := 8
	if bits == "32" {
		size = 4
	}
	Label("row")
	for g := range a {
		if bits == "32" {
			VCVTPS2PD(at(x, g*8*size), a[g])
			VMULPD(at(c, 0), a[g], a[g])
		} else {
			VMOVUPD(at(x, g*8*size), a[g])
			VMULPD(at(c, 0), a[g], a[g])
		}
	}
	for s := range 4 {
		b1, a1, a2 := coef[1+4*s], coef[3+4*s], coef[4+4*s]
		for g := range a {
			z0, z1 := state[g][2*s], state[g][2*s+1]
			VADDPD(z0, a[g], o)
			VMOVAPD(z1, z0)
			VFMADD231PD(b1, a[g], z0)
			VFNMADD231PD(a1, o, z0)
			VMOVAPD(a[g], z1)
			VFNMADD231PD(a2, o, z1)
			a[g], o = o, a[g]
		}
	}
	for g := range a {
		if bits == "32" {
			h := a[g].AsY()
			VCVTPD2PS(a[g], h)
			VMOVUPS(h, at(y, g*8*size))
		} else {
			VMOVUPD(a[g], at(y, g*8*size))
		}
	}
	ADDQ(stride, x)
	ADDQ(stride, y)
	DECQ(n)
	JNZ(LabelRef("row"))
	for g, base := range []reg.Register{z, z2} {
		for i, r := range state[g] {
			VMOVUPD(r, at(base, i*width))
		}
	}
	VZEROUPPER()
	RET()
}

// widen turns groups of 8 float32 into float64.
func (v isa) widen() {
	TEXT("widen"+v.name, NOSPLIT, "func(dst *float64, src *float32, eights int)")
	Pragma("noescape")
	Doc("widen" + v.name + " turns 8 float32 at a time into float64.")
	dst, src, n := load("dst"), load("src"), load("eights")
	Label("eight")
	for p := range 64 / v.bytes {
		r := v.vec()
		VCVTPS2PD(at(src, p*v.bytes/2), r)
		VMOVUPD(r, at(dst, p*v.bytes))
	}
	ADDQ(Imm(64), dst)
	ADDQ(Imm(32), src)
	DECQ(n)
	JNZ(LabelRef("eight"))
	VZEROUPPER()
	RET()
}

// narrow rounds groups of 8 float64 to float32.
func (v isa) narrow() {
	TEXT("narrow"+v.name, NOSPLIT, "func(dst *float32, src *float64, eights int)")
	Pragma("noescape")
	Doc("narrow" + v.name + " rounds 8 float64 at a time to float32.")
	dst, src, n := load("dst"), load("src"), load("eights")
	Label("eight")
	for p := range 64 / v.bytes {
		h := v.half()
		if v.bytes == 64 {
			VCVTPD2PS(at(src, 0), h)
		} else {
			VCVTPD2PSY(at(src, p*v.bytes), h)
		}
		VMOVUPS(h, at(dst, p*v.bytes/2))
	}
	ADDQ(Imm(32), dst)
	ADDQ(Imm(64), src)
	DECQ(n)
	JNZ(LabelRef("eight"))
	VZEROUPPER()
	RET()
}
