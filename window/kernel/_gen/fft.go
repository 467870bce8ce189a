package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// cx is a vector of complex numbers, planar.
type cx struct{ re, im reg.VecVirtual }

func (v isa) cx() cx { return cx{v.vec(), v.vec()} }

// fftPack multiplies 16 samples at a time by their weights and parts even from odd ones.
func (v isa) fftPack() {
	TEXT("fftPack"+v.name, NOSPLIT, "func(re *float64, im *float64, x *float64, w *float64, sixteens int)")
	Pragma("noescape")
	Doc("fftPack" + v.name + " puts x[2i] w[2i] into re and x[2i+1] w[2i+1] into im.")
	re, im, x, w, n := load("re"), load("im"), load("x"), load("w"), load("sixteens")
	Label("sixteen")
	for p := range 64 / v.bytes {
		a, b := v.vec(), v.vec()
		VMOVUPD(at(x, 2*p*v.bytes), a)
		VMOVUPD(at(x, (2*p+1)*v.bytes), b)
		VMULPD(at(w, 2*p*v.bytes), a, a)
		VMULPD(at(w, (2*p+1)*v.bytes), b, b)
		lo, hi := v.vec(), v.vec()
		VUNPCKLPD(b, a, lo) // a0 b0 a2 b2 ...
		VUNPCKHPD(b, a, hi)
		for _, r := range []struct {
			v  reg.VecVirtual
			to reg.Register
		}{{lo, re}, {hi, im}} {
			if v.bytes == 32 {
				VPERMPD(Imm(0xd8), r.v, r.v)
			} else {
				order := v.vec()
				VMOVUPD(evensFirst(), order)
				VPERMPD(r.v, order, r.v)
			}
			VMOVUPD(r.v, at(r.to, p*v.bytes))
		}
	}
	ADDQ(Imm(64), re)
	ADDQ(Imm(64), im)
	ADDQ(small(128), x)
	ADDQ(small(128), w)
	DECQ(n)
	JNZ(LabelRef("sixteen"))
	VZEROUPPER()
	RET()
}

var tables = map[string]Mem{}

func table(name string, values ...uint64) Mem {
	m, ok := tables[name]
	if !ok {
		m = GLOBL(name, RODATA|NOPTR)
		for i, x := range values {
			DATA(8*i, U64(x))
		}
		tables[name] = m
	}
	return m
}

func evensFirst() Mem { return table("fftEvensFirst", 0, 2, 4, 6, 1, 3, 5, 7) }

func reversed() Mem { return table("fftReversed", 7, 6, 5, 4, 3, 2, 1, 0) }

// times multiplies by a twiddle factor: (a.re w.re - a.im w.im, a.re w.im + a.im w.re). The factor's operands may lie in memory.
func (v isa) times(a cx, wre, wim Op) cx {
	out := v.cx()
	VMULPD(wim, a.im, out.re)
	VFMSUB231PD(wre, a.re, out.re) // re = a.re w.re - re
	VMULPD(wre, a.im, out.im)
	VFMADD231PD(wim, a.re, out.im)
	return out
}

func (v isa) loadCx(re, im Mem) cx {
	c := v.cx()
	VMOVUPD(re, c.re)
	VMOVUPD(im, c.im)
	return c
}

func (v isa) add(a, b cx) cx {
	c := v.cx()
	VADDPD(b.re, a.re, c.re)
	VADDPD(b.im, a.im, c.im)
	return c
}

func (v isa) sub(a, b cx) cx {
	c := v.cx()
	VSUBPD(b.re, a.re, c.re)
	VSUBPD(b.im, a.im, c.im)
	return c
}

// subI is a - i b, addI is a + i b.
func (v isa) subI(a, b cx) cx {
	c := v.cx()
	VADDPD(b.im, a.re, c.re)
	VSUBPD(b.re, a.im, c.im)
	return c
}

func (v isa) addI(a, b cx) cx {
	c := v.cx()
	VSUBPD(b.im, a.re, c.re)
	VADDPD(b.re, a.im, c.im)
	return c
}

func store(c cx, re, im Mem) {
	VMOVUPD(c.re, re)
	VMOVUPD(c.im, im)
}

// fftRadix4 is one Stockham pass by decimation in frequency: with s contiguous values and m twiddles,
//
//	y[s(4p+j) + q] = w^(jp) sum over i of (-i)^(ij) x[s(p + im) + q]
//
// Twiddles are [m][6]: w, w^2, w^3, each real and imaginary.
func (v isa) fftRadix4() {
	TEXT("fftRadix4"+v.name, NOSPLIT, "func(yre *float64, yim *float64, xre *float64, xim *float64, tw *float64, m int, s int)")
	Pragma("noescape")
	Doc("fftRadix4" + v.name + " is a radix-4 Stockham pass; s, a multiple of 8, counts contiguous values.")
	yre, yim, xre, xim, tw, m, s := load("yre"), load("yim"), load("xre"), load("xim"), load("tw"), load("m"), load("s")
	sBytes := GP64()
	MOVQ(s, sBytes)
	SHLQ(Imm(3), sBytes)
	quarter := GP64() // bytes between the four inputs
	MOVQ(sBytes, quarter)
	IMULQ(m, quarter)
	quarter3 := GP64()
	LEAQ(Mem{Base: quarter, Index: quarter, Scale: 2}, quarter3)
	s3 := GP64()
	LEAQ(Mem{Base: sBytes, Index: sBytes, Scale: 2}, s3)
	q := GP64()
	in := func(b reg.Register) [4]Mem {
		return [4]Mem{{Base: b}, {Base: b, Index: quarter, Scale: 1}, {Base: b, Index: quarter, Scale: 2}, {Base: b, Index: quarter3, Scale: 1}}
	}
	out := func(b reg.Register) [4]Mem {
		return [4]Mem{{Base: b}, {Base: b, Index: sBytes, Scale: 1}, {Base: b, Index: sBytes, Scale: 2}, {Base: b, Index: s3, Scale: 1}}
	}
	Label("twiddle")
	w := regs(v, 6)
	for i, r := range w {
		VBROADCASTSD(at(tw, 8*i), r)
	}
	ADDQ(Imm(48), tw)
	MOVQ(sBytes, q)
	Label("value")
	ir, ii, or, oi := in(xre), in(xim), out(yre), out(yim)
	a, c := v.loadCx(ir[0], ii[0]), v.loadCx(ir[2], ii[2])
	ac, dac := v.add(a, c), v.sub(a, c)
	b, d := v.loadCx(ir[1], ii[1]), v.loadCx(ir[3], ii[3])
	bd, dbd := v.add(b, d), v.sub(b, d)
	store(v.add(ac, bd), or[0], oi[0])
	store(v.times(v.sub(ac, bd), w[2], w[3]), or[2], oi[2])
	store(v.times(v.subI(dac, dbd), w[0], w[1]), or[1], oi[1])
	store(v.times(v.addI(dac, dbd), w[4], w[5]), or[3], oi[3])
	for _, r := range []reg.Register{xre, xim, yre, yim} {
		ADDQ(small(v.bytes), r)
	}
	SUBQ(small(v.bytes), q)
	JNZ(LabelRef("value"))
	// The outputs of this twiddle lie s apart, and three of them are still ahead.
	ADDQ(s3, yre)
	ADDQ(s3, yim)
	DECQ(m)
	JNZ(LabelRef("twiddle"))
	VZEROUPPER()
	RET()
}

// fftRadix2 is the last Stockham pass: y = a + b and a - b over halves that are s apart.
func (v isa) fftRadix2() {
	TEXT("fftRadix2"+v.name, NOSPLIT, "func(yre *float64, yim *float64, xre *float64, xim *float64, s int)")
	Pragma("noescape")
	Doc("fftRadix2" + v.name + " is a radix-2 Stockham pass without twiddles; s, a multiple of 8, counts contiguous values.")
	yre, yim, xre, xim, s := load("yre"), load("yim"), load("xre"), load("xim"), load("s")
	sBytes := GP64()
	MOVQ(s, sBytes)
	SHLQ(Imm(3), sBytes)
	q := GP64()
	MOVQ(sBytes, q)
	Label("value")
	second := func(b reg.Register) Mem { return Mem{Base: b, Index: sBytes, Scale: 1} }
	a, b := v.loadCx(at(xre, 0), at(xim, 0)), v.loadCx(second(xre), second(xim))
	store(v.add(a, b), at(yre, 0), at(yim, 0))
	store(v.sub(a, b), second(yre), second(yim))
	for _, r := range []reg.Register{xre, xim, yre, yim} {
		ADDQ(small(v.bytes), r)
	}
	SUBQ(small(v.bytes), q)
	JNZ(LabelRef("value"))
	VZEROUPPER()
	RET()
}

// fftTranspose turns x [rows][8] into y [8][rows], each value times its twiddle factor from tw [rows][8] real then [rows][8] imaginary.
// It takes as many rows at a time as a vector has lanes.
func (v isa) fftTranspose() {
	TEXT("fftTranspose"+v.name, NOSPLIT, "func(yre *float64, yim *float64, xre *float64, xim *float64, wre *float64, wim *float64, rows int)")
	Pragma("noescape")
	Doc("fftTranspose" + v.name + " transposes rows of 8, a multiple of 8 of them, times their twiddle factors.")
	yre, yim, xre, xim, wre, wim, rows := load("yre"), load("yim"), load("xre"), load("xim"), load("wre"), load("wim"), load("rows")
	column := GP64() // bytes from one output row to the next
	MOVQ(rows, column)
	SHLQ(Imm(3), column)
	n := v.lanes()
	ptr := GP64()
	Label("block")
	for half := range 8 / n { // columns of this vector
		var m []cx
		for r := range n {
			off := r*64 + half*v.bytes
			m = append(m, v.times(v.loadCx(at(xre, off), at(xim, off)), at(wre, off), at(wim, off)))
		}
		for _, part := range []struct {
			base reg.Register
			of   func(c cx) reg.VecVirtual
		}{{yre, func(c cx) reg.VecVirtual { return c.re }}, {yim, func(c cx) reg.VecVirtual { return c.im }}} {
			var in []reg.VecVirtual
			for _, c := range m {
				in = append(in, part.of(c))
			}
			MOVQ(part.base, ptr)
			for range half * n {
				ADDQ(column, ptr)
			}
			for _, r := range v.transpose(in) {
				VMOVUPD(r, at(ptr, 0))
				ADDQ(column, ptr)
			}
		}
	}
	for _, r := range []reg.Register{yre, yim} {
		ADDQ(small(v.bytes), r)
	}
	for _, r := range []reg.Register{xre, xim, wre, wim} {
		ADDQ(small(64*n), r)
	}
	SUBQ(small(n), rows)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// transpose turns n vectors of n lanes.
func (v isa) transpose(in []reg.VecVirtual) []reg.VecVirtual {
	pairs := make([]reg.VecVirtual, len(in))
	for i := 0; i < len(in); i += 2 {
		lo, hi := v.vec(), v.vec()
		VUNPCKLPD(in[i+1], in[i], lo)
		VUNPCKHPD(in[i+1], in[i], hi)
		pairs[i], pairs[i+1] = lo, hi
	}
	if len(in) == 4 {
		out := regs(v, 4)
		VPERM2F128(Imm(0x20), pairs[2], pairs[0], out[0])
		VPERM2F128(Imm(0x20), pairs[3], pairs[1], out[1])
		VPERM2F128(Imm(0x31), pairs[2], pairs[0], out[2])
		VPERM2F128(Imm(0x31), pairs[3], pairs[1], out[3])
		return out
	}
	// pairs[2a+b], lane pair p: rows 2a, 2a+1 of column 2p+b.
	quads := regs(v, 8)
	for b := range 2 {
		for g := range 2 { // rows 4g to 4g+3
			x, y := pairs[4*g+b], pairs[4*g+2+b]
			VSHUFF64X2(Imm(0x88), y, x, quads[4*g+b])   // columns b, 4+b
			VSHUFF64X2(Imm(0xdd), y, x, quads[4*g+2+b]) // columns 2+b, 6+b
		}
	}
	// quads[4g+2h+b]: 128-bit lanes (x: col 2h+b, x: col 4+2h+b, y: col 2h+b, y: col 4+2h+b).
	out := regs(v, 8)
	for b := range 2 {
		for h := range 2 {
			x, y := quads[2*h+b], quads[4+2*h+b]
			VSHUFF64X2(Imm(0x88), y, x, out[2*h+b])
			VSHUFF64X2(Imm(0xdd), y, x, out[4+2*h+b])
		}
	}
	return out
}

// fftUnpack turns the spectrum Z of packed pairs into that of the real samples, for k = 1 on, as many at a time as a vector has lanes:
//
//	X[k] = (Z[k] + conj Z[M-k])/2 - i w^k (Z[k] - conj Z[M-k])/2
//
// zr points to Z[M-k] of the vector's last lane. Twiddles -i w^k / 2 are planar, from k = 1.
func (v isa) fftUnpack() {
	TEXT("fftUnpack"+v.name, NOSPLIT, "func(ore *float64, oim *float64, zre *float64, zim *float64, rre *float64, rim *float64, wre *float64, wim *float64, eights int)")
	Pragma("noescape")
	Doc("fftUnpack" + v.name + " parts the spectrum of packed pairs, 8 values at a time; r walks downward from the last 8.")
	ore, oim, zre, zim := load("ore"), load("oim"), load("zre"), load("zim")
	rre, rim, wre, wim, n := load("rre"), load("rim"), load("wre"), load("wim"), load("eights")
	half := v.vec()
	VBROADCASTSD(table("fftHalf", 0x3fe0000000000000), half)
	var order reg.VecVirtual
	if v.bytes == 64 {
		order = v.vec()
		VMOVUPD(reversed(), order)
	}
	back := func(m Mem) reg.VecVirtual {
		r := v.vec()
		if v.bytes == 64 {
			VPERMPD(m, order, r)
		} else {
			VPERMPD(Imm(0x1b), m, r)
		}
		return r
	}
	Label("eight")
	for p := range 64 / v.bytes {
		off, roff := p*v.bytes, 64-(p+1)*v.bytes
		z := v.loadCx(at(zre, off), at(zim, off))
		r := cx{back(at(rre, roff)), back(at(rim, roff))}
		even, odd := v.cx(), v.cx() // Z + conj R, Z - conj R
		VADDPD(r.re, z.re, even.re)
		VSUBPD(r.im, z.im, even.im)
		VSUBPD(r.re, z.re, odd.re)
		VADDPD(r.im, z.im, odd.im)
		t := v.times(odd, at(wre, off), at(wim, off))
		VFMADD231PD(half, even.re, t.re)
		VFMADD231PD(half, even.im, t.im)
		store(t, at(ore, off), at(oim, off))
	}
	for _, r := range []reg.Register{ore, oim, zre, zim, wre, wim} {
		ADDQ(Imm(64), r)
	}
	SUBQ(Imm(64), rre)
	SUBQ(Imm(64), rim)
	DECQ(n)
	JNZ(LabelRef("eight"))
	VZEROUPPER()
	RET()
}
