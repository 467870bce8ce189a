package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A step of a tile goes over its units several times: the sums, which keep the multipliers busy from the first to the last; the gates'
// activations; and what comes of them. Each is a short chain of operations, of which the processor's window holds many units; together
// they are a long one, of which it holds too few to be busy. save [rows][hidden][32] carries the sums
// from one to the other, and what the way back needs from the other to it.

// saveRow is the row of save that gate g's sum goes to: GRU r, z, hidden part of the candidate; LSTM i, f, g, o.
func saveRow(c cell, g int) int {
	if c.name == "GRU" && g == 2 {
		return 3
	}
	return g
}

const inputPart = 2 // the row of the input part of a GRU's candidate, and afterwards of the candidate

// tileSums generates the sums for 32 channels, channels in lanes. w is packed in pairs of units: [bias rows][2], [in][gates][2],
// [hidden][gates][2].
func tileSums(c cell) {
	name := "sums" + c.name + suffix()
	TEXT(name, NOSPLIT, "func(w, x, h, save *float32, in, hidden int)")
	Doc(name + " sums the gates of all units of 32 channels into save.")
	Pragma("noescape")
	t := &tileGen{cell: c, units: 2, kept: c.gates}
	if c.name == "LSTM" && !wide {
		t.units = 1
	}
	for registers := 16 * width() / 8; 2*t.units*(c.gates+t.kept)+3 > registers; {
		t.kept--
	}
	if !wide {
		t.lanes = GP64()
		XORQ(t.lanes, t.lanes)
		Label("lanes")
	}
	t.w, t.save, t.left = param("w"), t.shifted("save"), param("hidden")
	t.row = param("hidden")
	SHLQ(Imm(7), t.row)
	Label("pair")
	for u := 0; u < 2; u += t.units {
		if u > 0 {
			CMPQ(t.left, Imm(1))
			JEQ(LabelRef("skip"))
		}
		t.body(fmt.Sprintf("u%d", u), u)
	}
	if t.units == 1 {
		Label("skip")
	}
	t.nextPair()
	SUBQ(Imm(2), t.left)
	JG(LabelRef("pair"))
	if !wide {
		ADDQ(Imm(64), t.lanes)
		CMPQ(t.lanes, U32(tileRow))
		JLT(LabelRef("lanes"))
	}
	VZEROUPPER()
	RET()
}

type tileGen struct {
	cell         cell
	units        int           // of a pair that are summed together
	kept         int           // gates whose first accumulators stay in registers while the second ones run; the others' go to save
	w, save, row reg.GPVirtual // row is the distance between rows of save in bytes
	left         reg.GPVirtual // units left
	lanes        reg.GPVirtual // AVX2: byte offset of the half of the lanes at work
}

// shifted loads a tile's address at the lanes at work.
func (t *tileGen) shifted(name string) reg.GPVirtual {
	p := param(name)
	if t.lanes != nil {
		ADDQ(t.lanes, p)
	}
	return p
}

// nextPair moves on by two units and by one pair of weights.
func (t *tileGen) nextPair() {
	ADDQ(U32(2*tileRow), t.save)
	rows := t.cell.gates
	if t.cell.name == "GRU" {
		rows = 4
	}
	n := param("in")
	ADDQ(Load(Param("hidden"), GP64()), n)
	IMUL3Q(U32(uint32(8*t.cell.gates)), n, n)
	LEAQ(Mem{Base: t.w, Index: n, Scale: 1, Disp: 8 * rows}, t.w)
}

// body sums units first..first+units of the pair for two vectors of channels.
func (t *tileGen) body(name string, first int) {
	gates, gru := t.cell.gates, t.cell.name == "GRU"
	biases := func(row int) []vec { // [unit*2+vector]
		a := make([]vec, 2*t.units)
		for u := range t.units {
			a[2*u], a[2*u+1] = broadcast(at(t.w, 8*row+4*(first+u))), newVec()
			VMOVAPS(a[2*u], a[2*u+1])
		}
		return a
	}
	a, b := make([][]vec, gates), grid(gates, 2*t.units)
	for g := range gates {
		a[g] = biases(g)
	}
	rows := gates
	if gru {
		rows = 4
	}
	w := GP64()
	LEAQ(at(t.w, 8*rows+4*first), w)
	t.reduce(name+"x", w, t.shifted("x"), param("in"), a)
	if gru {
		t.store(inputPart, first, a[2], nil)
		a[2] = biases(3)
	}
	half, m := param("hidden"), param("hidden")
	SHRQ(Imm(1), half)
	SUBQ(half, m)
	src := t.shifted("h")
	t.reduce(name+"a", w, src, m, a)
	for g := range gates {
		if g >= t.kept {
			t.store(saveRow(t.cell, g), first, a[g], nil)
		}
		for i := range b[g] {
			b[g][i] = zero()
		}
	}
	t.reduce(name+"b", w, src, half, b)
	for g := range gates {
		if g >= t.kept {
			t.store(saveRow(t.cell, g), first, b[g], nil, true)
		} else {
			t.store(saveRow(t.cell, g), first, b[g], a[g])
		}
	}
}

// reduce adds the products of count rows of src with their weights.
func (t *tileGen) reduce(name string, w, src, count reg.Register, acc [][]vec) {
	gates := t.cell.gates
	loop(name, count, func() {
		d := []vec{load(at(src, 0)), load(at(src, size()))}
		for g := range gates {
			for u := range t.units {
				s := broadcast(at(w, 8*g+4*u))
				VFMADD231PS(d[0], s, acc[g][2*u])
				VFMADD231PS(d[1], s, acc[g][2*u+1])
			}
		}
		ADDQ(U32(uint32(8*gates)), w)
		ADDQ(U32(tileRow), src)
	})
}

// store writes v, plus more where given, or plus what is there, to a row of save. A pair's second unit may not exist.
func (t *tileGen) store(row, first int, v, more []vec, plus ...bool) {
	p := copyOf(t.save)
	for range row {
		ADDQ(t.row, p)
	}
	part++
	end := fmt.Sprintf("stored%d", part)
	for u := range t.units {
		if u == 1 {
			CMPQ(t.left, Imm(1))
			JEQ(LabelRef(end))
		}
		for k := range 2 {
			i, m := 2*u+k, at(p, (first+u)*tileRow+k*size())
			if more != nil {
				VADDPS(more[i], v[i], v[i])
			}
			if len(plus) > 0 {
				VADDPS(m, v[i], v[i])
			}
			VMOVUPS(v[i], m)
		}
	}
	if t.units == 2 {
		Label(end)
	}
}

var part int // numbers labels

// tileActivations generates the way from the sums to the new states of 32 channels; save keeps what the way back needs.
func tileActivations(c cell) {
	name := "activate" + c.name + suffix()
	TEXT(name, NOSPLIT, "func(save, h, c, hn, cn *float32, hidden int)")
	Doc(name + " turns the sums in save into the new states of 32 channels: hn and, for an LSTM, cn.")
	Pragma("noescape")
	save, h, hn, row, n := param("save"), param("h"), param("hn"), param("hidden"), param("hidden")
	walk := []reg.GPVirtual{save, h, hn}
	var cp, cn reg.GPVirtual
	if c.name == "LSTM" {
		cp, cn = param("c"), param("cn")
		walk = append(walk, cp, cn)
	}
	SHLQ(Imm(5), row) // floats
	rows := []reg.GPVirtual{save}
	for len(rows) < savedRows(c) {
		p := GP64()
		LEAQ(Mem{Base: rows[len(rows)-1], Index: row, Scale: 4}, p)
		rows, walk = append(rows, p), append(walk, p)
	}
	switch c.name {
	case "GRU":
		inPlace("gates_rz", save, 2, sigmoid)
	case "LSTM":
		inPlace("gates_if", save, 2, sigmoid)
		inPlace("gate_g", rows[2], 1, tanh)
		inPlace("gate_o", rows[3], 1, sigmoid)
	}
	vectors := 1
	if wide {
		vectors = 2
	}
	SHLQ(Imm(uint64(5-shift()-vectors+1)), n) // hidden * 32 / (width * vectors)
	loop("units", n, func() {
		us := make([]unit, vectors)
		for v := range us {
			disp := v * size()
			u := &us[v]
			for g := range c.gates {
				u.gates = append(u.gates, load(at(rows[saveRow(c, g)], disp)))
			}
			if c.name == "GRU" {
				u.nx = load(at(rows[inputPart], disp))
			}
			u.h = func() vec { return load(at(h, disp)) }
			u.setH = func(x vec) { VMOVUPS(x, at(hn, disp)) }
			u.c = func() vec { return load(at(cp, disp)) }
			u.setC = func(x vec) { VMOVUPS(x, at(cn, disp)) }
			u.save = func(r int, x vec) { VMOVUPS(x, at(rows[r], disp)) }
		}
		finishTile(c, us)
		for _, p := range walk {
			ADDQ(Imm(uint64(vectors*size())), p)
		}
	})
	VZEROUPPER()
	RET()
}

// inPlace runs an activation over some rows of save.
func inPlace(name string, first reg.Register, rows int, do func(...vec)) {
	k := 2 * rows
	if !wide {
		k = 1
	}
	p, n := copyOf(first), param("hidden")
	if times := rows * 32 / (k * width()); times > 1 {
		IMUL3Q(U32(uint32(times)), n, n)
	}
	loop(name, n, func() {
		v := make([]vec, k)
		for i := range v {
			v[i] = load(at(p, i*size()))
		}
		do(v...)
		for i := range v {
			VMOVUPS(v[i], at(p, i*size()))
		}
		ADDQ(U32(uint32(k*size())), p)
	})
}

// savedRows is the number of rows of save per hidden unit.
func savedRows(c cell) int {
	switch c.name {
	case "GRU":
		return 4
	case "LSTM":
		return 5
	}
	return 1
}
