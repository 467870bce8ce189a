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
	Label("frame")
	acc, sn, hi := regs(v, outs), regs(v, news), regs(v, news)
	b := v.vec()
	fma := func(first bool, coef, off int, to reg.VecVirtual) {
		mem := at(m, coef*8+off)
		if first {
			VMULPD(mem, b, to)
		} else {
			VFMADD231PD(mem, b, to)
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

// iirLanes runs four sections in transposed direct form II over one vector of channels, row by row, in place. With 32 the samples are
// float32, the arithmetic float64. Coefficients are replicated: [4][5][8]; state is [4][2][8], of which the vector's lanes are used.
func (v isa) iirLanes(bits string) {
	name := "iirLanes" + bits + v.name
	typ := "float" + bits
	TEXT(name, NOSPLIT, "func(x *"+typ+", rows int, stride int, c *float64, z *float64)")
	Pragma("noescape")
	Doc(name + " runs four second-order sections over neighbouring channels, row by row; stride is in bytes.")
	x, n, stride, c, z := load("x"), load("rows"), load("stride"), load("c"), load("z")
	const width = 64 // bytes of one replicated coefficient
	state := regs(v, 8)
	for i, r := range state {
		VMOVUPD(at(z, i*width), r)
	}
	wide := v.bytes == 64
	var coef []reg.VecVirtual
	if wide { // all twenty fit into registers
		coef = regs(v, 20)
		for i, r := range coef {
			VMOVUPD(at(c, i*width), r)
		}
	}
	operand := func(section, j int) Op {
		if wide {
			return coef[section*5+j]
		}
		return at(c, (section*5+j)*width)
	}
	a, o := v.vec(), v.vec()
	Label("row")
	if bits == "32" {
		VCVTPS2PD(at(x, 0), a)
	} else {
		VMOVUPD(at(x, 0), a)
	}
	for s := range 4 {
		z0, z1 := state[2*s], state[2*s+1]
		// o = b0 v + z0; z0 = z1 + b1 v - a1 o; z1 = b2 v - a2 o
		VMOVAPD(z0, o)
		VFMADD231PD(operand(s, 0), a, o)
		VMOVAPD(z1, z0)
		VFMADD231PD(operand(s, 1), a, z0)
		VFNMADD231PD(operand(s, 3), o, z0)
		VMULPD(operand(s, 2), a, z1)
		VFNMADD231PD(operand(s, 4), o, z1)
		a, o = o, a
	}
	if bits == "32" {
		h := v.half()
		if wide {
			VCVTPD2PS(a, h)
		} else {
			VCVTPD2PSY(a, h)
		}
		VMOVUPS(h, at(x, 0))
	} else {
		VMOVUPD(a, at(x, 0))
	}
	ADDQ(stride, x)
	DECQ(n)
	JNZ(LabelRef("row"))
	for i, r := range state {
		VMOVUPD(r, at(z, i*width))
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
