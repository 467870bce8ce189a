package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func binary(op func(...Op), second Op, first vec) vec {
	d := newVec()
	op(second, first, d)
	return d
}

func mul(a vec, b Op) vec { return binary(VMULPS, b, a) }
func sub(a vec, b Op) vec { return binary(VSUBPS, b, a) } // a - b
func add(a vec, b Op) vec { return binary(VADDPS, b, a) }

// slope is y(1-y).
func slope(y, one vec) vec { return mul(sub(one, y), y) }

// gruBack generates the way back through a GRU's activations for all 32 channels.
func gruBack() {
	TEXT("gruBack"+suffix(), NOSPLIT, "func(dg, dh, dout, save, h *float32, row int)")
	Doc("gruBack" + suffix() + " works on row floats (hidden times 32) of each row of save and dg.")
	Pragma("noescape")
	dg, dh, dout, save, h, row := param("dg"), param("dh"), param("dout"), param("save"), param("h"), param("row")
	one := load(constant("one"))
	rows := rowPointers(save, row, 4)
	outs := rowPointers(dg, row, 4)
	SHRQ(Imm(uint64(shift())), row)
	loop("vector", row, func() {
		r, z, m, a := load(at(rows[0], 0)), load(at(rows[1], 0)), load(at(rows[2], 0)), load(at(rows[3], 0))
		d := add(load(at(dh, 0)), at(dout, 0))
		dz := mul(mul(sub(load(at(h, 0)), m), d), slope(z, one))
		dm := mul(mul(sub(one, z), d), sub(one, mul(m, m)))
		VMOVUPS(mul(mul(dm, a), slope(r, one)), at(outs[0], 0))
		VMOVUPS(dz, at(outs[1], 0))
		VMOVUPS(mul(dm, r), at(outs[2], 0))
		VMOVUPS(dm, at(outs[3], 0))
		VMOVUPS(mul(d, z), at(dh, 0))
		next(append(append(rows, outs...), dh, dout, h))
	})
	VZEROUPPER()
	RET()
}

// lstmBack generates the way back through an LSTM's activations for all 32 channels.
func lstmBack() {
	TEXT("lstmBack"+suffix(), NOSPLIT, "func(dg, dh, dc, dout, save, c *float32, row int)")
	Doc("lstmBack" + suffix() + " works on row floats (hidden times 32) of each row of save and dg; dh becomes zero.")
	Pragma("noescape")
	dg, dh, dc, dout, save, c, row := param("dg"), param("dh"), param("dc"), param("dout"), param("save"), param("c"), param("row")
	one := load(constant("one"))
	bytes := copyOf(row)
	SHLQ(Imm(2), bytes)
	SHRQ(Imm(uint64(shift())), row)
	loop("vector", row, func() {
		p := copyOf(save)
		read := func() vec {
			v := load(at(p, 0))
			ADDQ(bytes, p)
			return v
		}
		i, f, g, o, tc := read(), read(), read(), read(), read()
		d := add(load(at(dh, 0)), at(dout, 0))
		e := mul(sub(one, mul(tc, tc)), mul(d, o))
		VADDPS(at(dc, 0), e, e)
		q := copyOf(dg)
		write := func(v vec) {
			VMOVUPS(v, at(q, 0))
			ADDQ(bytes, q)
		}
		write(mul(mul(e, g), slope(i, one)))
		write(mul(mul(e, at(c, 0)), slope(f, one)))
		write(mul(mul(e, i), sub(one, mul(g, g))))
		write(mul(mul(d, tc), slope(o, one)))
		VMOVUPS(mul(e, f), at(dc, 0))
		VMOVUPS(zero(), at(dh, 0))
		next([]reg.GPVirtual{dg, dh, dc, dout, save, c})
	})
	VZEROUPPER()
	RET()
}

func shift() int { // log2 of the floats in a vector
	if wide {
		return 4
	}
	return 3
}

func rowPointers(base, row reg.GPVirtual, n int) []reg.GPVirtual {
	ps := []reg.GPVirtual{base}
	for i := 1; i < n; i++ {
		p := GP64()
		LEAQ(Mem{Base: ps[i-1], Index: row, Scale: 4}, p)
		ps = append(ps, p)
	}
	return ps
}

func next(ps []reg.GPVirtual) {
	for _, p := range ps {
		ADDQ(Imm(uint64(size())), p)
	}
}

// addTranspose generates dst[k] += sum over r of w[r][k] src[r] for all 32 channels, r ascending.
func addTranspose() {
	TEXT("addTranspose"+suffix(), NOSPLIT, "func(dst, src, w *float32, rows, cols, stride int)")
	Doc("addTranspose" + suffix() + " adds the product of a transposed matrix, rows of stride floats, with a tile.")
	Pragma("noescape")
	src, rows, stride := param("src"), param("rows"), param("stride")
	SHLQ(Imm(2), stride)
	big := 4
	if wide {
		big = 8
	}
	lanes, shifted := GP64(), GP64()
	MOVQ(U32(uint32(32/(2*width()))), lanes)
	XORQ(shifted, shifted)
	loop("lanes", lanes, func() {
		dst, w, cols := param("dst"), param("w"), param("cols")
		ADDQ(shifted, dst)
		block := func(name string, n int) {
			acc := grid(n, 2)
			for i := range n {
				for v := range 2 {
					acc[i][v] = load(at(dst, i*tileRow+v*size()))
				}
			}
			p, q, left := copyOf(src), copyOf(w), copyOf(rows)
			loop(name, left, func() {
				d := []vec{load(at(p, 0)), load(at(p, size()))}
				for i := range n {
					s := broadcast(at(q, 4*i))
					VFMADD231PS(d[0], s, acc[i][0])
					VFMADD231PS(d[1], s, acc[i][1])
				}
				ADDQ(U32(tileRow), p)
				ADDQ(stride, q)
			})
			for i := range n {
				for v := range 2 {
					VMOVUPS(acc[i][v], at(dst, i*tileRow+v*size()))
				}
			}
			ADDQ(U32(uint32(n*tileRow)), dst)
			ADDQ(Imm(uint64(4*n)), w)
			SUBQ(Imm(uint64(n)), cols)
		}
		Label("big")
		CMPQ(cols, Imm(uint64(big)))
		JLT(LabelRef("small"))
		block("bigrows", big)
		JMP(LabelRef("big"))
		Label("small")
		TESTQ(cols, cols)
		JLE(LabelRef("next"))
		block("smallrows", 1)
		JMP(LabelRef("small"))
		Label("next")
		ADDQ(Imm(uint64(2*size())), src)
		ADDQ(Imm(uint64(2*size())), shifted)
	})
	VZEROUPPER()
	RET()
}

// addOuter generates dw[r][k] += sum over steps and channels of a[r] b[k], in register tiles; lanes are channels, summed at the end of a tile.
func addOuter() {
	TEXT("addOuter"+suffix(), NOSPLIT, "func(dw, a, b *float32, rows, cols, aStride, bStride, steps int)")
	Doc("addOuter" + suffix() + " adds the outer products of two runs of tiles, strides in floats.")
	Pragma("noescape")
	rows := param("rows")
	a, dw := param("a"), param("dw")
	big := 2
	if wide {
		big = 4
	}
	row := func(name string, r int) {
		b, d, cols := param("b"), copyOf(dw), param("cols")
		Label(name + "wide")
		CMPQ(cols, Imm(4))
		JLT(LabelRef(name + "thin"))
		outerTile(name+"w", a, b, d, r, 4)
		SUBQ(Imm(4), cols)
		JMP(LabelRef(name + "wide"))
		Label(name + "thin")
		TESTQ(cols, cols)
		JLE(LabelRef(name + "next"))
		outerTile(name+"t", a, b, d, r, 1)
		DECQ(cols)
		JMP(LabelRef(name + "thin"))
		Label(name + "next")
		ADDQ(U32(uint32(r*tileRow)), a)
		n := param("cols")
		IMUL3Q(U32(uint32(4*r)), n, n)
		ADDQ(n, dw)
	}
	Label("big")
	CMPQ(rows, Imm(uint64(big)))
	JLT(LabelRef("small"))
	row("b", big)
	SUBQ(Imm(uint64(big)), rows)
	JMP(LabelRef("big"))
	Label("small")
	TESTQ(rows, rows)
	JLE(LabelRef("done"))
	row("s", 1)
	DECQ(rows)
	JMP(LabelRef("small"))
	Label("done")
	VZEROUPPER()
	RET()
}

// outerTile is r by c results; b and d move on by c columns.
func outerTile(name string, a, b, d reg.GPVirtual, r, c int) {
	acc := grid(r, c)
	for i := range r {
		for j := range c {
			acc[i][j] = zero()
		}
	}
	p, q, n := copyOf(a), copyOf(b), param("steps")
	as, bs := param("aStride"), param("bStride")
	loop(name+"steps", n, func() {
		for v := range 32 / width() {
			x := make([]vec, r)
			for i := range r {
				x[i] = load(at(p, i*tileRow+v*size()))
			}
			for j := range c {
				y := load(at(q, j*tileRow+v*size()))
				for i := range r {
					VFMADD231PS(x[i], y, acc[i][j])
				}
			}
		}
		LEAQ(Mem{Base: p, Index: as, Scale: 4}, p)
		LEAQ(Mem{Base: q, Index: bs, Scale: 4}, q)
	})
	o, cols := copyOf(d), param("cols")
	for i := range r {
		for j := range c {
			s := laneSum(acc[i][j])
			VADDSS(at(o, 4*j), s, s)
			VMOVSS(s, at(o, 4*j))
		}
		if i+1 < r {
			LEAQ(Mem{Base: o, Index: cols, Scale: 4}, o)
		}
	}
	ADDQ(Imm(uint64(4*c)), d)
	ADDQ(U32(uint32(c*tileRow)), b)
}

// laneSum adds the lanes of v, halves onto halves.
func laneSum(v vec) reg.VecVirtual {
	y := v
	if wide {
		y = YMM()
		VEXTRACTF64X4(Imm(1), v, y)
		VADDPS(y, v.AsY(), y)
	}
	x, s := XMM(), XMM()
	highHalf(y, x)
	VADDPS(x, y.AsX(), x)
	VMOVHLPS(x, x, s)
	VADDPS(s, x, x)
	VMOVSHDUP(x, s)
	VADDSS(s, x, x)
	return x
}

// addRows generates db[r] += sum over steps and channels of a[r].
func addRows() {
	TEXT("addRows"+suffix(), NOSPLIT, "func(db, a *float32, rows, aStride, steps int)")
	Doc("addRows" + suffix() + " adds each row of a run of tiles, the stride in floats.")
	Pragma("noescape")
	db, a, rows, stride := param("db"), param("a"), param("rows"), param("aStride")
	block := func(name string, r int) {
		acc := make([]vec, r)
		for i := range acc {
			acc[i] = zero()
		}
		p, n := copyOf(a), param("steps")
		loop(name, n, func() {
			for i := range r {
				for v := range 32 / width() {
					VADDPS(at(p, i*tileRow+v*size()), acc[i], acc[i])
				}
			}
			LEAQ(Mem{Base: p, Index: stride, Scale: 4}, p)
		})
		for i := range r {
			s := laneSum(acc[i])
			VADDSS(at(db, 4*i), s, s)
			VMOVSS(s, at(db, 4*i))
		}
		ADDQ(Imm(uint64(4*r)), db)
		ADDQ(U32(uint32(r*tileRow)), a)
		SUBQ(Imm(uint64(r)), rows)
	}
	for _, r := range []int{8, 1} {
		name := fmt.Sprintf("by%d", r)
		Label(name)
		CMPQ(rows, Imm(uint64(r)))
		JLT(LabelRef(name + "end"))
		block(name+"steps", r)
		JMP(LabelRef(name))
		Label(name + "end")
	}
	VZEROUPPER()
	RET()
}
