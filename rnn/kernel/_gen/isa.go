package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// wide selects AVX-512 (vectors of 16) against AVX2 with FMA (vectors of 8).
var wide bool

const tileRow = 128 // bytes of one row of a tile: 32 channels

func width() int { // floats in a vector
	if wide {
		return 16
	}
	return 8
}

func size() int { return 4 * width() } // bytes in a vector

func suffix() string {
	if wide {
		return "AVX512"
	}
	return "AVX2"
}

type vec = reg.VecVirtual

func newVec() vec {
	if wide {
		return ZMM()
	}
	return YMM()
}

func zero() vec {
	v := newVec()
	VXORPS(v, v, v)
	return v
}

func load(m Op) vec {
	v := newVec()
	VMOVUPS(m, v)
	return v
}

func broadcast(m Op) vec {
	v := newVec()
	VBROADCASTSS(m, v)
	return v
}

func at(base reg.Register, disp int) Mem { return Mem{Base: base, Disp: disp} }

// param loads a parameter into a register.
func param(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }

func copyOf(r reg.Register) reg.GPVirtual {
	c := GP64()
	MOVQ(r, c)
	return c
}

// table holds the constants, each repeated over 64 bytes so that either vector width reads them from memory.
var (
	table   Mem
	offsets = map[string]int{}
)

func constants() {
	const ln2, log2e = 0.693147180559945309, 1.44269504088896341
	sig2, sig3, tan2, tan3, tan4 := float32(0.50006478), float32(0.16668026), float32(0.5), float32(0.16667963), float32(0.041666668)
	list := []struct {
		name  string
		value float32
	}{
		{"one", 1}, {"magic", 12582912},
		{"sigLow", -88}, {"sigHigh", 88}, {"tanLow", -10}, {"tanHigh", 10},
		{"sigLog", -8 * float32(log2e)}, {"sigLn2", float32(ln2) / 8}, {"sigC2", sig2}, {"sigC3", -sig3},
		{"tanLog", 16 * float32(log2e)}, {"tanLn2", -float32(ln2) / 16}, {"tanC2", 4 * tan2}, {"tanC3", 8 * tan3}, {"tanC4", 16 * tan4},
	}
	table = GLOBL("constants"+suffix(), RODATA|NOPTR)
	o := 0
	for _, c := range list {
		offsets[c.name] = o
		for range 16 {
			DATA(o, U32(math.Float32bits(c.value)))
			o += 4
		}
	}
	offsets["eighths"] = o // 2^(j/8) in bits, less j<<20, twice
	for i := range 16 {
		j := i % 8
		DATA(o, U32(math.Float32bits(float32(math.Exp2(float64(j)/8)))-uint32(j)<<20))
		o += 4
	}
	offsets["mask"] = o // eight ones, eight zeros: the masks of AVX2 are read from here
	for i := range 16 {
		v := uint32(0)
		if i < 8 {
			v = math.MaxUint32
		}
		DATA(o, U32(v))
		o += 4
	}
}

func constant(name string) Mem {
	o, ok := offsets[name]
	if !ok {
		panic("no constant " + name)
	}
	return table.Offset(o)
}

// mask covers the first lanes of a vector.
type mask struct {
	k reg.Register // AVX-512
	v vec          // AVX2
}

// maskFor gives the mask of min(max(left-skip, 0), width) lanes.
func maskFor(left reg.Register, skip int) mask {
	n, limit := GP64(), GP64()
	MOVQ(left, n)
	if skip > 0 {
		SUBQ(Imm(uint64(skip)), n)
	}
	XORQ(limit, limit)
	CMPQ(n, limit)
	CMOVQLT(limit, n)
	MOVQ(U32(uint32(width())), limit)
	CMPQ(n, limit)
	CMOVQGT(limit, n)
	if wide {
		all, k := GP32(), K()
		MOVL(U32(0xffff), all)
		BZHIL(n.As32(), all, all)
		KMOVW(all, k)
		return mask{k: k}
	}
	p := GP64()
	LEAQ(constant("mask").Offset(32), p)
	SHLQ(Imm(2), n)
	SUBQ(n, p)
	return mask{v: load(at(p, 0))}
}

// loadMasked reads the lanes of m and puts zero into the others, without touching their memory.
func loadMasked(m mask, src Mem) vec {
	v := newVec()
	loadMaskedTo(m, src, v)
	return v
}

func loadMaskedTo(m mask, src Mem, v vec) {
	if wide {
		VMOVUPS_Z(src, m.k, v)
	} else {
		VMASKMOVPS(src, m.v, v)
	}
}

func storeMasked(m mask, v vec, dst Mem) {
	if wide {
		VMOVUPS(v, m.k, dst)
	} else {
		VMASKMOVPS(v, m.v, dst)
	}
}

// ones gives, for round i of a chunk, value i from p on in every lane.
func ones(p reg.Register) func(i, chunk int) vec {
	return func(i, _ int) vec { return broadcast(at(p, 4*i)) }
}

// fours is ones with one load for four values: loads are what limits a step whose weights are near.
func fours(p reg.Register) func(i, chunk int) vec {
	var four vec
	return func(i, chunk int) vec {
		if chunk < 4 {
			return broadcast(at(p, 4*i))
		}
		if i%4 == 0 {
			four = newVec()
			if wide {
				VBROADCASTF32X4(at(p, 4*i), four)
			} else {
				VBROADCASTF128(at(p, 4*i), four)
			}
		}
		v := newVec()
		VPERMILPS(Imm(uint64(i%4*0x55)), four, v)
		return v
	}
}

// chunked runs body(0), body(1), ... for count rounds, most of them a chunk at a time and the rest by ever smaller chunks, next(n) after a
// chunk of n, of which body learns too: branches go the same way at every call, where the exit of a short loop is mispredicted and stalls the weights' stream for
// longer than the loop takes. chunk is a power of two; count is used up.
func chunked(name string, count reg.Register, chunk int, body func(i, chunk int), next func(n int)) {
	run := func(n int) {
		for i := range n {
			body(i, n)
		}
		next(n)
	}
	SUBQ(Imm(uint64(chunk)), count)
	JL(LabelRef(name + "_rest"))
	Label(name + "_chunk")
	run(chunk)
	SUBQ(Imm(uint64(chunk)), count)
	JGE(LabelRef(name + "_chunk"))
	Label(name + "_rest")
	for n := chunk / 2; n >= 1; n /= 2 {
		skip := fmt.Sprintf("%s_%d", name, n)
		TESTQ(U32(uint32(n)), count) // the low bits of count - chunk are those of count
		JZ(LabelRef(skip))
		run(n)
		Label(skip)
	}
}

// loop runs body count times; count is used up. A count of zero runs nothing.
func loop(name string, count reg.Register, body func()) {
	TESTQ(count, count)
	JZ(LabelRef(name + "_end"))
	Label(name)
	body()
	DECQ(count)
	JNZ(LabelRef(name))
	Label(name + "_end")
}

// highHalf moves the upper four floats of y to x. The EVEX form reaches registers above 15.
func highHalf(y, x vec) {
	if wide {
		VEXTRACTF32X4(Imm(1), y, x)
	} else {
		VEXTRACTF128(Imm(1), y, x)
	}
}
