package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// hidden adds the hidden products and fills in the gates. Both halves of h run side by side: the second begins at m = hidden - hidden/2, its
// rows are packed between those of the first.
func (s *stepGen) hidden(name string, units, vectors int, a [][]vec, us []unit) {
	b := grid(len(a), vectors)
	for g := range a {
		for v := range vectors {
			b[g][v] = zero()
		}
	}
	stride := len(a) * s.store.bytes * units
	half, odd, p, p1 := halves()
	chunk := 16
	if s.store == bfloat16s {
		chunk = 32
	}
	value, value1 := ones(p), ones(p1)
	if vectors <= 2 { // else the registers are taken
		value, value1 = fours(p), fours(p1)
	}
	chunked(name, half, chunk, func(i, n int) {
		s.row(2*i*stride, value(i, n), a, units, vectors)
		s.row((2*i+1)*stride, value1(i, n), b, units, vectors)
	}, func(n int) {
		ADDQ(U32(uint32(2*n*stride)), s.w)
		ADDQ(Imm(uint64(4*n)), p)
		ADDQ(Imm(uint64(4*n)), p1)
	})
	s.lastOfOdd(name, odd, p, a, units, vectors)
	for g := range a {
		for v := range vectors {
			VADDPS(b[g][v], a[g][v], a[g][v])
			us[v].gates[g] = a[g][v]
		}
	}
}

// hiddenInTurn is hidden where the registers hold the sums of one half only.
func (s *stepGen) hiddenInTurn(name string, units, vectors int, a [][]vec, us []unit) {
	stride := len(a) * s.store.bytes * units
	half, odd, p, p1 := halves()
	count, second := copyOf(half), copyOf(s.w)
	sum := func(name string, count, p reg.GPVirtual, acc [][]vec) {
		value := fours(p)
		chunked(name, count, 16, func(i, n int) { s.row(2*i*stride, value(i, n), acc, units, vectors) }, func(n int) {
			ADDQ(U32(uint32(2*n*stride)), s.w)
			ADDQ(Imm(uint64(4*n)), p)
		})
	}
	sum(name+"a", count, p, a)
	s.lastOfOdd(name, odd, p, a, units, vectors)
	end := copyOf(s.w)
	LEAQ(at(second, stride), s.w)
	for g := range a {
		for v := range vectors {
			us[v].at = append(us[v].at, s.stack.Offset((g*vectors+v)*size()))
			VMOVUPS(a[g][v], us[v].at[g])
			a[g][v] = zero()
		}
	}
	sum(name+"b", half, p1, a)
	MOVQ(end, s.w)
	for g := range a {
		for v := range vectors {
			VADDPS(us[v].at[g], a[g][v], a[g][v])
			VMOVUPS(a[g][v], us[v].at[g])
		}
	}
}

// halves gives the length of the second half of h, 1 when the first is longer by one, and the halves.
func halves() (half, odd, p, p1 reg.GPVirtual) {
	half, odd, p, p1 = param("hidden"), param("hidden"), param("h"), GP64()
	SHRQ(Imm(1), half)
	SUBQ(half, odd)
	LEAQ(Mem{Base: p, Index: odd, Scale: 4}, p1)
	SUBQ(half, odd)
	return half, odd, p, p1
}

// lastOfOdd adds the products of the first half's last value, at p, where that half is longer by one.
func (s *stepGen) lastOfOdd(name string, odd, p reg.GPVirtual, a [][]vec, units, vectors int) {
	TESTQ(odd, odd)
	JZ(LabelRef(name + "even"))
	s.row(0, broadcast(at(p, 0)), a, units, vectors)
	ADDQ(U32(uint32(len(a)*s.store.bytes*units)), s.w)
	Label(name + "even")
}

// row adds the products of one value with its row of weights.
func (s *stepGen) row(disp int, x vec, acc [][]vec, units, vectors int) {
	gateBytes := s.store.bytes * units
	switch {
	case s.store == float32s:
		for v := range vectors {
			for g := range acc {
				VFMADD231PS(at(s.w, disp+g*gateBytes+v*size()), x, acc[g][v])
			}
		}
	case s.store == bfloat16s && vectors >= 2:
		for g := range acc {
			for v := 0; v < vectors; v += 2 {
				w, low := load(s.weights(v/2, disp+g*gateBytes)), newVec()
				VPSLLD(Imm(16), w, low)
				VFMADD231PS(low, x, acc[g][v])
				VFMADD231PS(w, x, acc[g][v+1])
			}
		}
	case s.store == bfloat16s:
		for g := range acc {
			w := newVec()
			VPMOVZXWD(at(s.w, disp+g*gateBytes), w)
			VPSLLD(Imm(16), w, w)
			VFMADD231PS(w, x, acc[g][0])
		}
	}
}
