package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// stepFixed generates a step with whole numbers: x and h rounded to 16 bits stand in q (see quantise), the weights are bytes. A row of
// weights belongs to four values of q and has the place of a row of float32s, four bytes a unit. The sums are exact, so their order is free.
func stepFixed(c cell) {
	name := "step" + c.name + "Int8" + suffix()
	TEXT(name, NOSPLIT, "func(w *int8, b *float32, start *int32, q *uint8, h, c *float32, px, ph float32, in, hidden int)")
	Doc(name + " replaces the hidden state h and c (LSTM). q holds the rounded values of x, then of h; px and ph are what their ones stand for.")
	Pragma("noescape")
	s := &stepGen{cell: c, store: int8s, w: param("w"), b: param("b"), ho: param("h"), left: param("hidden")}
	s.hn = copyOf(s.ho)
	if wide {
		s.start = param("start")
	}
	if c.name == "LSTM" {
		s.c = param("c")
	}
	vectors := 1
	if wide {
		vectors = 2
	}
	Label("block")
	CMPQ(s.left, Imm(16))
	JLE(LabelRef("narrow"))
	s.parts("w", 32, vectors)
	TESTQ(s.left, s.left)
	JG(LabelRef("block"))
	JMP(LabelRef("done"))
	Label("narrow")
	s.parts("n", 16, 1)
	Label("done")
	VZEROUPPER()
	RET()
}

// fixedBody is body for whole numbers.
func (s *stepGen) fixedBody(name string, units, vectors int) {
	gates := s.cell.gates
	unit := func(p string) vec {
		v := newVec()
		m, err := Param(p).Resolve()
		if err != nil {
			panic(err)
		}
		VBROADCASTSS(m.Addr, v)
		return v
	}
	place := func(row, v int) Mem { return at(s.b, 4*units*row+v*size()) }
	p := param("q")
	x := s.sums(name+"x", p, "in", 0, units, vectors)
	px := unit("px")
	for g := range gates {
		for v := range vectors {
			VMULPS(px, x[g][v], x[g][v])
		}
	}
	a := s.sums(name+"h", p, "hidden", gates, units, vectors)
	ph := unit("ph")
	rows := s.biasRows() - gates
	var nx []vec
	for g := range gates {
		for v := range vectors {
			scale := load(place(rows+g, v))
			if s.cell.name == "GRU" && g == 2 {
				VMULPS(ph, a[g][v], a[g][v])
				VFMADD213PS(place(3, v), scale, a[g][v])
				VFMADD213PS(place(g, v), scale, x[g][v])
				nx = append(nx, x[g][v])
				continue
			}
			VFMADD213PS(x[g][v], ph, a[g][v])
			VFMADD213PS(place(g, v), scale, a[g][v])
		}
	}
	us := s.units(name, vectors)
	for v := range nx {
		us[v].nx = nx[v]
	}
	for g := range gates {
		for v := range vectors {
			us[v].gates[g] = a[g][v]
		}
	}
	s.finish(us)
	ADDQ(U32(uint32(s.biasRows()*4*units)), s.b)
	if wide {
		ADDQ(U32(uint32(2*gates*4*units)), s.start)
	}
}

// sums gives the sums over one part of q, of length count, as float32s. p ends at the next part, s.w at its weights.
func (s *stepGen) sums(name string, p reg.GPVirtual, count string, startRow, units, vectors int) [][]vec {
	if wide {
		return s.byteSums(name, p, count, startRow, units, vectors)
	}
	return s.pairSums(name, p, count, units, vectors)
}

// groupsOf gives the groups of four values in a part, and its room in values.
func groupsOf(count string) (groups, room reg.GPVirtual) {
	groups, room = param(count), param(count)
	ADDQ(Imm(3), groups)
	SHRQ(Imm(2), groups)
	ADDQ(Imm(15), room)
	ANDQ(I32(-16), room)
	return groups, room
}

// byteSums multiplies bytes: a rounded value plus 32768 is 256 hi + lo, both unsigned, and start takes what was added off again. A part of q
// is all its upper bytes, then all its lower ones.
func (s *stepGen) byteSums(name string, p reg.GPVirtual, count string, startRow, units, vectors int) [][]vec {
	gates := s.cell.gates
	hi, lo := grid(gates, vectors), grid(gates, vectors)
	for g := range gates {
		for v := range vectors {
			hi[g][v] = zero()
			lo[g][v] = newVec()
			VMOVDQU32(at(s.start, 4*units*(startRow+g)+v*size()), lo[g][v])
		}
	}
	groups, room := groupsOf(count)
	end, low := GP64(), GP64()
	LEAQ(Mem{Base: p, Index: room, Scale: 1}, low)
	LEAQ(Mem{Base: p, Index: room, Scale: 2}, end)
	stride := 4 * units * gates
	chunked(name, groups, 4, func(i, _ int) {
		qh, ql := newVec(), newVec()
		VPBROADCASTD(at(p, 4*i), qh)
		VPBROADCASTD(at(low, 4*i), ql)
		for v := range vectors {
			for g := range gates {
				w := newVec()
				VMOVDQU32(at(s.w, i*stride+g*4*units+v*size()), w)
				VPDPBUSD(w, qh, hi[g][v])
				VPDPBUSD(w, ql, lo[g][v])
			}
		}
	}, func(n int) {
		ADDQ(U32(uint32(n*stride)), s.w)
		ADDQ(Imm(uint64(4*n)), p)
		ADDQ(Imm(uint64(4*n)), low)
	})
	MOVQ(end, p)
	for g := range gates {
		for v := range vectors {
			VPSLLD(Imm(8), hi[g][v], hi[g][v])
			VPADDD(lo[g][v], hi[g][v], hi[g][v])
			VCVTDQ2PS(hi[g][v], hi[g][v])
		}
	}
	return hi
}

// pairSums multiplies pairs of 16-bit numbers, the weights widened as they are read: a vector of weights is four units of four values, and a
// sum of two products stands beside that of the other two until the end.
func (s *stepGen) pairSums(name string, p reg.GPVirtual, count string, units, vectors int) [][]vec {
	gates := s.cell.gates
	first, second := grid(gates, vectors), grid(gates, vectors)
	for g := range gates {
		for v := range vectors {
			first[g][v], second[g][v] = zero(), zero()
		}
	}
	groups, room := groupsOf(count)
	end := GP64()
	LEAQ(Mem{Base: p, Index: room, Scale: 2}, end)
	stride := 4 * units * gates
	chunked(name, groups, 4, func(i, _ int) {
		q := newVec()
		VPBROADCASTQ(at(p, 8*i), q)
		for v := range vectors {
			for g := range gates {
				for half, acc := range []vec{first[g][v], second[g][v]} {
					w := newVec()
					VPMOVSXBW(at(s.w, i*stride+g*4*units+v*size()+half*16), w)
					VPMADDWD(q, w, w)
					VPADDD(w, acc, acc)
				}
			}
		}
	}, func(n int) {
		ADDQ(U32(uint32(n*stride)), s.w)
		ADDQ(Imm(uint64(8*n)), p)
	})
	MOVQ(end, p)
	for g := range gates {
		for v := range vectors {
			VPHADDD(second[g][v], first[g][v], first[g][v])
			VPERMQ(Imm(0xd8), first[g][v], first[g][v])
			VCVTDQ2PS(first[g][v], first[g][v])
		}
	}
	return first
}

// quantise generates the rounding of n floats to 16 bits: to whole multiples of the power of two with which the largest needs 15 bits and a
// sign. The result is the bits of the largest magnitude; from 2^100 on, q is left alone.
func quantise() {
	name := "quantise" + suffix()
	if wide {
		TEXT(name, NOSPLIT, "func(q *uint8, v *float32, n, gap int) (top uint32)")
		Doc(name + " writes the upper bytes of the rounded values plus 32768 to q, and the lower bytes gap further on, in whole sixteens.")
	} else {
		TEXT(name, NOSPLIT, "func(q *int16, v *float32, n int) (top uint32)")
		Doc(name + " writes the rounded values to q, in whole eights.")
	}
	Pragma("noescape")
	v, n, q := param("v"), param("n"), param("q")
	top := zero()
	magnitude := constantOf(0x7fffffff)
	overVectors("top", v, n, func(x vec) {
		VANDPS(magnitude, x, x)
		VPMAXUD(x, top, top)
	})
	bits := reduceMax(top)
	Store(bits, Return("top"))
	CMPL(bits, U32((127+100)<<23)) // as tooLarge
	JAE(LabelRef("done"))
	e, low := GP32(), GP32()
	MOVL(bits, e)
	SHRL(Imm(23), e)
	MOVL(U32(27), low)
	CMPL(e, low)
	CMOVLLT(low, e)
	f := GP32()
	MOVL(U32(268), f)
	SUBL(e, f)
	SHLL(Imm(23), f)
	factor := spread(f)
	var most, middle vec
	var lower reg.GPVirtual
	if wide {
		most, middle = constantOf(32767), constantOf(32768)
		lower = param("gap")
		ADDQ(q, lower)
	}
	overVectors("round", param("v"), param("n"), func(x vec) {
		VMULPS(factor, x, x)
		VCVTPS2DQ(x, x)
		if !wide {
			VPACKSSDW(x, x, x) // saturates
			VPERMQ(Imm(8), x, x)
			VMOVDQU(x.AsX(), at(q, 0))
			ADDQ(Imm(16), q)
			return
		}
		VPMINSD(most, x, x)
		VPADDD(middle, x, x)
		VPMOVDB(x, at(lower, 0))
		VPSRLD(Imm(8), x, x)
		VPMOVDB(x, at(q, 0))
		ADDQ(Imm(16), q)
		ADDQ(Imm(16), lower)
	})
	Label("done")
	VZEROUPPER()
	RET()
}

// overVectors runs do over the vectors of n floats, the last with zeros behind the end. v and n are used up.
func overVectors(name string, v, n reg.GPVirtual, do func(x vec)) {
	w := uint64(width())
	Label(name)
	CMPQ(n, Imm(w))
	JL(LabelRef(name + "_tail"))
	do(load(at(v, 0)))
	ADDQ(Imm(4*w), v)
	SUBQ(Imm(w), n)
	JMP(LabelRef(name))
	Label(name + "_tail")
	TESTQ(n, n)
	JZ(LabelRef(name + "_end"))
	do(loadMasked(maskFor(n, 0), at(v, 0)))
	Label(name + "_end")
}

// constantOf is a vector of one whole number.
func constantOf(value uint32) vec {
	r := GP32()
	MOVL(U32(value), r)
	return spread(r)
}

// spread copies a 32-bit register into every lane.
func spread(r reg.Register) vec {
	v := newVec()
	if wide {
		VPBROADCASTD(r, v)
		return v
	}
	x := XMM()
	VMOVD(r, x)
	VPBROADCASTD(x, v)
	return v
}

// reduceMax is the largest lane.
func reduceMax(v vec) reg.GPVirtual {
	if wide {
		y := YMM()
		VEXTRACTI64X4(Imm(1), v, y)
		VPMAXUD(y, v.AsY(), v.AsY())
	}
	x := XMM()
	if wide {
		VEXTRACTI32X4(Imm(1), v.AsY(), x)
	} else {
		VEXTRACTI128(Imm(1), v.AsY(), x)
	}
	VPMAXUD(x, v.AsX(), v.AsX())
	for _, order := range []uint64{0x4e, 0xb1} {
		VPSHUFD(Imm(order), v.AsX(), x)
		VPMAXUD(x, v.AsX(), v.AsX())
	}
	r := GP32()
	VMOVD(v.AsX(), r)
	return r
}
