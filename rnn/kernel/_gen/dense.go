package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dense generates y = W x + b with sixteen accumulators per output, number k mod 16, summed as a tree.
func dense() {
	TEXT("dense"+suffix(), NOSPLIT, "func(w, b, x, dst *float32, in, out int)")
	Pragma("noescape")
	w, b, x, dst, in, out := param("w"), param("b"), param("x"), param("dst"), param("in"), param("out")
	vectors := 16 / width()
	tail := copyOf(in)
	ANDQ(Imm(15), tail)
	var masks []mask
	for v := range vectors {
		masks = append(masks, maskFor(tail, v*width()))
	}
	loop("out", out, func() {
		first := newVec() // lane 0 starts from the bias
		VMOVSS(at(b, 0), first.AsX())
		acc := []vec{first}
		for len(acc) < vectors {
			acc = append(acc, zero())
		}
		p, n := copyOf(x), copyOf(in)
		SHRQ(Imm(4), n)
		loop("block", n, func() {
			for v := range vectors {
				VFMADD231PS(at(p, v*size()), load(at(w, v*size())), acc[v])
			}
			ADDQ(Imm(64), p)
			ADDQ(Imm(64), w)
		})
		TESTQ(tail, tail)
		JZ(LabelRef("whole"))
		for v := range vectors {
			a, d := loadMasked(masks[v], at(w, v*size())), loadMasked(masks[v], at(p, v*size()))
			if wide {
				VFMADD231PS(a, d, masks[v].k, acc[v])
			} else {
				VFMADD213PS(acc[v], d, a)
				VBLENDVPS(masks[v].v, a, acc[v], acc[v])
			}
		}
		LEAQ(Mem{Base: w, Index: tail, Scale: 4}, w)
		Label("whole")
		VMOVSS(sum(acc), at(dst, 0))
		ADDQ(Imm(4), dst)
		ADDQ(Imm(4), b)
	})
	VZEROUPPER()
	RET()
}

// sum adds sixteen lanes as a tree, halves onto halves.
func sum(acc []vec) reg.VecVirtual {
	y := YMM()
	if wide {
		VEXTRACTF64X4(Imm(1), acc[0], y)
		VADDPS(y, acc[0].AsY(), y)
	} else {
		VADDPS(acc[1], acc[0], y)
	}
	x := XMM()
	highHalf(y, x)
	VADDPS(x, y.AsX(), x)
	s := XMM()
	VMOVHLPS(x, x, s)
	VADDPS(s, x, x)
	VMOVSHDUP(x, s)
	VADDSS(s, x, x)
	return x
}

// denseTile generates the same for 32 channels: sixteen accumulators in registers for each vector of channels; AVX2 runs the upper eight first.
func denseTile() {
	TEXT("denseTile"+suffix(), NOSPLIT, "func(w, b, x, dst *float32, in, out int)")
	Pragma("noescape")
	w, b, x, dst, in, out := param("w"), param("b"), param("x"), param("dst"), param("in"), param("out")
	var stack Mem
	if !wide {
		stack = AllocLocal(8 * size())
	}
	loop("out", out, func() {
		lanes, off := GP64(), GP64()
		MOVQ(U32(uint32(32/width())), lanes)
		XORQ(off, off)
		loop("lanes", lanes, func() {
			src := GP64()
			LEAQ(Mem{Base: x, Index: off, Scale: 1}, src)
			var y vec
			if wide {
				acc := accumulate("t", w, b, src, in, 0, 16)
				y = tree(acc, 16)
			} else {
				high := accumulate("hi", w, b, src, in, 8, 16)
				for i, v := range high {
					VMOVUPS(v, stack.Offset(i*size()))
				}
				low := accumulate("lo", w, b, src, in, 0, 8)
				for i, v := range low {
					VADDPS(stack.Offset(i*size()), v, v)
				}
				y = tree(low, 8)
			}
			VMOVUPS(y, Mem{Base: dst, Index: off, Scale: 1})
			ADDQ(Imm(uint64(size())), off)
		})
		LEAQ(Mem{Base: w, Index: in, Scale: 4}, w)
		ADDQ(U32(tileRow), dst)
		ADDQ(Imm(4), b)
	})
	VZEROUPPER()
	RET()
}

// accumulate runs accumulators from..to of the sixteen over all inputs.
func accumulate(name string, w, b, src, in reg.Register, from, to int) []vec {
	var acc []vec
	for i := from; i < to; i++ {
		if i == 0 {
			acc = append(acc, broadcast(at(b, 0)))
		} else {
			acc = append(acc, zero())
		}
	}
	term := func(wp, p reg.Register, i int) {
		s := broadcast(at(wp, 4*i))
		VFMADD231PS(at(p, i*tileRow), s, acc[i-from])
	}
	p, wp, n := copyOf(src), copyOf(w), copyOf(in)
	SHRQ(Imm(4), n)
	loop(name+"block", n, func() {
		for i := from; i < to; i++ {
			term(wp, p, i)
		}
		ADDQ(U32(16*tileRow), p)
		ADDQ(Imm(64), wp)
	})
	rest := copyOf(in)
	ANDQ(Imm(15), rest)
	for i := from; i < min(to, 15); i++ {
		CMPQ(rest, Imm(uint64(i)))
		JLE(LabelRef(name + "rest"))
		term(wp, p, i)
	}
	Label(name + "rest")
	return acc
}

// tree sums n accumulators, halves onto halves.
func tree(acc []vec, n int) vec {
	for n > 1 {
		n /= 2
		for i := range n {
			VADDPS(acc[i+n], acc[i], acc[i])
		}
	}
	return acc[0]
}
