package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// transpose generates the way of 32 rows into a tile, in blocks of eight by eight; the same code for both instruction sets.
func transpose() {
	TEXT("transpose"+suffix(), NOSPLIT, "func(dst, src *float32, stride, cols int)")
	Doc("transpose" + suffix() + " writes cols columns (a multiple of 8) of 32 rows, stride floats apart, to dst [cols][32].")
	Pragma("noescape")
	dst, src, stride, cols := param("dst"), param("src"), param("stride"), param("cols")
	SHLQ(Imm(2), stride)
	SHRQ(Imm(3), cols)
	loop("cols", cols, func() {
		p, q, n := copyOf(src), copyOf(dst), GP64()
		MOVQ(U32(4), n)
		loop("rows", n, func() {
			r := make([]vec, 8)
			for i := range r {
				r[i] = YMM()
				VMOVUPS(at(p, 0), r[i])
				ADDQ(stride, p)
			}
			for i, v := range turned(r) {
				VMOVUPS(v, at(q, i*tileRow))
			}
			ADDQ(Imm(32), q)
		})
		ADDQ(Imm(32), src)
		ADDQ(U32(8*tileRow), dst)
	})
	VZEROUPPER()
	RET()
}

// turned is the transpose of eight vectors of eight.
func turned(r []vec) []vec {
	pair := func(op func(a, b vec) vec, v []vec, a, b int) vec { return op(v[a], v[b]) }
	low := func(a, b vec) vec { d := YMM(); VUNPCKLPS(b, a, d); return d }
	high := func(a, b vec) vec { d := YMM(); VUNPCKHPS(b, a, d); return d }
	shuffle := func(n uint64) func(a, b vec) vec {
		return func(a, b vec) vec { d := YMM(); VSHUFPS(Imm(n), b, a, d); return d }
	}
	halves := func(n uint64) func(a, b vec) vec {
		return func(a, b vec) vec { d := YMM(); VPERM2F128(Imm(n), b, a, d); return d }
	}
	t := make([]vec, 8)
	for i := 0; i < 8; i += 2 {
		t[i], t[i+1] = pair(low, r, i, i+1), pair(high, r, i, i+1)
	}
	u := make([]vec, 8)
	for i := 0; i < 8; i += 4 {
		u[i], u[i+1] = pair(shuffle(0x44), t, i, i+2), pair(shuffle(0xee), t, i, i+2)
		u[i+2], u[i+3] = pair(shuffle(0x44), t, i+1, i+3), pair(shuffle(0xee), t, i+1, i+3)
	}
	out := make([]vec, 8)
	for i := range 4 {
		out[i], out[i+4] = pair(halves(0x20), u, i, i+4), pair(halves(0x31), u, i, i+4)
	}
	return out
}
