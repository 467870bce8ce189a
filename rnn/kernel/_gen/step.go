package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// store is the form in which a step reads its weights.
type store struct {
	name   string
	bytes  int // per weight
	goType string
}

var (
	float32s = store{"", 4, "float32"}
	// For a block of 32 units, unit i is the lower half of word i; unit 16+i is the whole word, its last bits whatever the neighbour's are.
	bfloat16s = store{"BF16", 2, "uint16"}
	int8s     = store{"Int8", 1, "int8"} // times a power of two per row, which follows the biases: stepFixed
)

// step generates one step of one channel, hidden units in lanes. b and w are packed in blocks of 32 units, or 16 for a last block of at most
// 16: b [bias rows], and w [in][gates] and [hidden][gates], each row a block wide.
func step(c cell, st store) {
	name := "step" + c.name + st.name + suffix()
	TEXT(name, NOSPLIT, "func(w *"+st.goType+", b, x, h, c, hn *float32, in, hidden, first, units int)")
	Doc(fmt.Sprintf("%s writes the new state of some units to hn and replaces c (LSTM): units of them, from first on, which is a block's first. w, b,", name),
		fmt.Sprintf("hn and c begin there; x and h are whole. hn may be h where one call does all, up to %d units.", 2*width()))
	Pragma("noescape")
	s := &stepGen{cell: c, store: st, w: param("w"), b: param("b"), hn: param("hn")}
	if c.name == "LSTM" {
		s.c = param("c")
	}
	s.ho = param("h")
	from := param("first")
	LEAQ(Mem{Base: s.ho, Index: from, Scale: 4}, s.ho)
	s.left = param("units")
	if !wide && c.gates > 1 {
		s.stack = AllocLocal(map[string]int{"GRU": 2, "LSTM": 8}[c.name] * size())
	}
	Label("block")
	if s.canPair() {
		CMPQ(s.left, Imm(48)) // the block after next is 32 wide too
		JLE(LabelRef("single"))
		s.pair()
		TESTQ(s.left, s.left)
		JG(LabelRef("block"))
		JMP(LabelRef("done"))
		Label("single")
	}
	CMPQ(s.left, Imm(16))
	JLE(LabelRef("narrow"))
	s.parts("w", 32, 2)
	TESTQ(s.left, s.left)
	JG(LabelRef("block"))
	JMP(LabelRef("done"))
	Label("narrow")
	if wide {
		s.body("n", 16, 1)
	} else {
		CMPQ(s.left, Imm(8))
		JLE(LabelRef("half"))
		s.body("n", 16, 2)
		JMP(LabelRef("done"))
		Label("half")
		s.body("e", 16, 1)
	}
	Label("done")
	VZEROUPPER()
	RET()
}

// canPair says that two blocks of 32 units are summed side by side where there are two: half the broadcasts, and half the waits for
// activations. A GRU's sums just fit the registers; with float32 weights it sums r first instead.
func (s *stepGen) canPair() bool {
	return wide && s.cell.name == "GRU" && s.store != float32s
}

// pair runs the body over two blocks of 32 units at once.
func (s *stepGen) pair() {
	s.next = param("in")
	ADDQ(Load(Param("hidden"), GP64()), s.next)
	IMUL3Q(U32(uint32(32*s.store.bytes*s.cell.gates)), s.next, s.next)
	s.body("p", 32, 4)
	ADDQ(s.next, s.w)
	s.advance(64)
}

// parts runs the body over a block of units, part by part where the block is wider than one body; s.w and s.b end at the next block.
func (s *stepGen) parts(name string, units, vectors int) {
	each := vectors * width()
	if each == units {
		s.body(name, units, vectors)
		s.advance(each)
		return
	}
	n, start, bias := GP64(), GP64(), GP64()
	MOVQ(U32(uint32(units/each)), n)
	Label(name + "part")
	MOVQ(s.w, start)
	MOVQ(s.b, bias)
	s.body(name, units, vectors)
	s.advance(each)
	TESTQ(s.left, s.left)
	JLE(LabelRef("done"))
	DECQ(n)
	JZ(LabelRef(name + "whole"))
	LEAQ(at(start, 4*each), s.w)
	LEAQ(at(bias, 4*each), s.b)
	JMP(LabelRef(name + "part"))
	Label(name + "whole")
	SUBQ(Imm(uint64(4*units-4*each)), s.w)
	SUBQ(Imm(uint64(4*units-4*each)), s.b)
}

type stepGen struct {
	cell               cell
	store              store
	b                  reg.GPVirtual // biases of the current block
	w, hn, c, ho, left reg.GPVirtual // ho is h at the current units, left the units left
	start              reg.GPVirtual // whole numbers: where their sums begin, for the current block
	stack              Mem           // AVX2: a GRU's input parts of the candidate, an LSTM's sums
	next               reg.GPVirtual // pairs of blocks: distance in bytes from a block's weights to the next block's
}

// advance moves the unit pointers on.
func (s *stepGen) advance(units int) {
	n := U32(uint32(4 * units))
	ADDQ(n, s.ho)
	ADDQ(n, s.hn)
	if s.c != nil {
		ADDQ(n, s.c)
	}
	SUBQ(U32(uint32(units)), s.left)
}

// body reduces and finishes vectors of a block of units. s.w and s.b end at the next block.
func (s *stepGen) body(name string, units, vectors int) {
	if s.store == int8s {
		s.fixedBody(name, units, vectors)
		return
	}
	gates := s.cell.gates
	biasRow, gateBytes := 4*units, s.store.bytes*units
	stride := gates * gateBytes
	a := grid(gates, vectors)
	var nx []vec
	for g := range gates {
		for v := range vectors {
			a[g][v] = load(s.bias(g, v, units))
		}
	}
	xs := a
	if s.cell.name == "GRU" { // bias rows r, z, input part of n, hidden part of n
		nx = a[2]
		a[2] = make([]vec, vectors)
		xs = [][]vec{a[0], a[1], nx}
	}
	p, n := param("x"), param("in")
	value := fours(p)
	chunked(name+"x", n, 16, func(i, n int) { s.row(i*stride, value(i, n), xs, units, vectors) }, func(n int) {
		ADDQ(U32(uint32(n*stride)), s.w)
		ADDQ(Imm(uint64(4*n)), p)
	})
	us := s.units(name, vectors)
	for v := range nx {
		us[v].nx = nx[v]
		if !wide { // the hidden sums need the registers
			VMOVUPS(nx[v], s.stack.Offset(v*size()))
			us[v].nx = s.stack.Offset(v * size())
		}
	}
	for g := range gates {
		for v := range vectors {
			if g == 2 && nx != nil {
				a[2][v] = load(s.bias(3, v, units))
			}
		}
	}
	if !wide && gates*vectors*2 > 15 {
		s.hiddenInTurn(name+"h", units, vectors, a, us)
	} else {
		s.hidden(name+"h", units, vectors, a, us)
	}
	s.finish(us)
	ADDQ(U32(uint32(max(1, vectors*width()/32)*s.biasRows()*biasRow)), s.b)
}

// biasRows are the rows of a block in b: biases, and scales.
func (s *stepGen) biasRows() int {
	rows := s.cell.gates
	if s.cell.name == "GRU" {
		rows++
	}
	if s.store == int8s {
		rows += s.cell.gates
	}
	return rows
}

// bias is where vector v of a row of b stands.
func (s *stepGen) bias(row, v, units int) Mem {
	block, v := s.blockOf(v, units)
	return at(s.b, 4*units*(block*s.biasRows()+row)+v*size())
}

// weights is where a block's row of w begins.
func (s *stepGen) weights(block, disp int) Mem {
	m := at(s.w, disp)
	if block > 0 {
		m.Index, m.Scale = s.next, 1
	}
	return m
}

// blockOf gives the block of a pair that vector v lies in, and its place there.
func (s *stepGen) blockOf(v, units int) (block, place int) {
	n := units / width()
	return v / n, v % n
}

// finish turns the sums into states.
func (s *stepGen) finish(us []unit) {
	atOnce := 4
	if !wide || len(us) == 4 {
		atOnce = 2 // more leave too few registers
	}
	finish(s.cell, us, atOnce)
}

// units are the vectors of a body, their gates still to be filled in.
func (s *stepGen) units(name string, vectors int) []unit {
	us := make([]unit, vectors)
	for v := range vectors {
		u := &us[v]
		u.gates = make([]vec, s.cell.gates)
		part := fmt.Sprintf("%s%d", name, v)
		u.h = func() vec { return s.loadUnits(part+"lh", v, at(s.ho, v*size())) }
		u.setH = func(x vec) { s.storeUnits(part+"sh", v, x, at(s.hn, v*size())) }
		u.c = func() vec { return s.loadUnits(part+"lc", v, at(s.c, v*size())) }
		u.setC = func(x vec) { s.storeUnits(part+"sc", v, x, at(s.c, v*size())) }
	}
	return us
}

// loadUnits reads vector v of the units left; lanes beyond the last unit are zero.
func (s *stepGen) loadUnits(name string, v int, src Mem) vec {
	x := newVec()
	CMPQ(s.left, Imm(uint64((v+1)*width())))
	JL(LabelRef(name + "tail"))
	VMOVUPS(src, x)
	JMP(LabelRef(name + "done"))
	Label(name + "tail")
	loadMaskedTo(maskFor(s.left, v*width()), src, x)
	Label(name + "done")
	return x
}

// storeUnits writes vector v of the units left. Whole vectors, and halves of eight, are stored without a mask: the next step reads them back
// at once, and the processor forwards from plain stores only.
func (s *stepGen) storeUnits(name string, v int, x vec, dst Mem) {
	CMPQ(s.left, Imm(uint64((v+1)*width())))
	JL(LabelRef(name + "tail"))
	VMOVUPS(x, dst)
	JMP(LabelRef(name + "done"))
	Label(name + "tail")
	if wide {
		CMPQ(s.left, Imm(uint64(v*width()+8)))
		JNE(LabelRef(name + "odd"))
		VMOVUPS(x.AsY(), dst)
		JMP(LabelRef(name + "done"))
		Label(name + "odd")
	}
	storeMasked(maskFor(s.left, v*width()), x, dst)
	Label(name + "done")
}

func grid(rows, cols int) [][]vec {
	g := make([][]vec, rows)
	for i := range g {
		g[i] = make([]vec, cols)
	}
	return g
}
