package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tile generates one step of 32 channels, channels in lanes. w is packed in pairs of units: [bias rows][2], [in][gates][2], [hidden][gates][2].
func tile(c cell, saving bool) {
	name, saveParam := "tile"+c.name, ""
	if saving {
		name, saveParam = "tileSave"+c.name, ", save"
	}
	// Not NOSPLIT: the stack may be a kilobyte.
	TEXT(name+suffix(), 0, fmt.Sprintf("func(w, x, h, c, hn, cn%s *float32, in, hidden int)", saveParam))
	Doc(name + suffix() + " writes the new states of 32 channels to hn and, for an LSTM, cn.")
	Pragma("noescape")
	t := &tileGen{cell: c, hn: param("hn")}
	if c.name == "LSTM" {
		t.c, t.cn = param("c"), param("cn")
	}
	if saving {
		t.save = param("save")
	}
	// spill: the first accumulators go to the stack while the second ones run.
	units, spill := 2, false
	if c.name == "LSTM" {
		spill = true
		if !wide {
			units = 1
		}
	}
	if c.name == "GRU" && !wide {
		spill = true
	}
	if spill {
		t.stack = AllocLocal(16 * size())
	}
	run := func() {
		t.w = param("w")
		t.ho = t.shifted("h")
		t.left = param("hidden")
		t.restart = func() { // unit pointers are advanced by whole pairs; go back for the next half of the lanes
			n := param("hidden")
			ADDQ(Imm(1), n)
			SHRQ(Imm(1), n)
			SHLQ(Imm(8), n)
			for _, p := range t.moving() {
				SUBQ(n, p)
			}
		}
		Label("pair")
		for u := 0; u < 2; u += units {
			if u > 0 {
				CMPQ(t.left, Imm(1))
				JEQ(LabelRef("skip"))
			}
			t.body(fmt.Sprintf("u%d", u), u, units, spill)
		}
		if units == 1 {
			Label("skip")
		}
		t.nextPair()
		SUBQ(Imm(2), t.left)
		JG(LabelRef("pair"))
	}
	if wide {
		run()
	} else {
		t.lanes = GP64()
		XORQ(t.lanes, t.lanes)
		Label("lanes")
		run()
		t.restart()
		for _, p := range t.moving() {
			if p != t.ho {
				ADDQ(Imm(64), p)
			}
		}
		ADDQ(Imm(64), t.lanes)
		CMPQ(t.lanes, U32(tileRow))
		JLT(LabelRef("lanes"))
	}
	VZEROUPPER()
	RET()
}

type tileGen struct {
	cell           cell
	w, hn, c, cn   reg.GPVirtual
	save, ho, left reg.GPVirtual
	lanes          reg.GPVirtual // AVX2: byte offset of the half of the lanes at work
	stack          Mem
	restart        func()
}

// shifted loads a tile's address at the lanes at work. Registers are short, so parameters are read again where they are needed.
func (t *tileGen) shifted(name string) reg.GPVirtual {
	p := param(name)
	if t.lanes != nil {
		ADDQ(t.lanes, p)
	}
	return p
}

// moving are the pointers that follow the units.
func (t *tileGen) moving() []reg.GPVirtual {
	ps := []reg.GPVirtual{t.ho, t.hn}
	if t.c != nil {
		ps = append(ps, t.c, t.cn)
	}
	if t.save != nil {
		ps = append(ps, t.save)
	}
	return ps
}

// nextPair moves on by two units and by one pair of weights.
func (t *tileGen) nextPair() {
	for _, p := range t.moving() {
		ADDQ(U32(2*tileRow), p)
	}
	rows := t.cell.gates
	if t.cell.name == "GRU" {
		rows = 4
	}
	n := param("in")
	ADDQ(Load(Param("hidden"), GP64()), n)
	IMUL3Q(U32(uint32(8*t.cell.gates)), n, n)
	LEAQ(Mem{Base: t.w, Index: n, Scale: 1, Disp: 8 * rows}, t.w)
}

// body computes units first..first+units of the pair for two vectors of channels.
func (t *tileGen) body(name string, first, units int, spill bool) {
	gates, gru := t.cell.gates, t.cell.name == "GRU"
	acc := func(row func(g int) int) [][]vec { // [gate][unit*2+vector] from bias rows
		a := grid(gates, 2*units)
		for g := range gates {
			for u := range units {
				a[g][2*u] = broadcast(at(t.w, 8*row(g)+4*(first+u)))
				a[g][2*u+1] = newVec()
				VMOVAPS(a[g][2*u], a[g][2*u+1])
			}
		}
		return a
	}
	a := acc(func(g int) int { return g })
	rows := gates
	if gru {
		rows = 4
	}
	w := GP64()
	LEAQ(at(t.w, 8*rows+4*first), w)
	reduce := func(label string, src, count reg.Register, acc [][]vec) {
		loop(name+label, count, func() {
			d := []vec{load(at(src, 0)), load(at(src, size()))}
			for g := range gates {
				for u := range units {
					s := broadcast(at(w, 8*g+4*u))
					VFMADD231PS(d[0], s, acc[g][2*u])
					VFMADD231PS(d[1], s, acc[g][2*u+1])
				}
			}
			ADDQ(U32(uint32(8*gates)), w)
			ADDQ(U32(tileRow), src)
		})
	}
	reduce("x", t.shifted("x"), param("in"), a)
	slot := 0
	put := func(v vec) Mem {
		m := t.stack.Offset(slot * size())
		slot++
		VMOVUPS(v, m)
		return m
	}
	nx := make([]Op, 2*units)
	if gru {
		for i, v := range a[2] {
			nx[i] = v
			if spill {
				nx[i] = put(v)
			}
		}
		a[2] = make([]vec, 2*units)
		for u := range units {
			a[2][2*u] = broadcast(at(t.w, 8*3+4*(first+u)))
			a[2][2*u+1] = newVec()
			VMOVAPS(a[2][2*u], a[2][2*u+1])
		}
	}
	half, m := param("hidden"), param("hidden")
	SHRQ(Imm(1), half)
	SUBQ(half, m)
	src := t.shifted("h")
	reduce("a", src, m, a)
	kept := make([][]Op, gates)
	for g := range gates {
		kept[g] = make([]Op, 2*units)
		for i, v := range a[g] {
			kept[g][i] = v
			if spill {
				kept[g][i] = put(v)
			}
		}
	}
	b := grid(gates, 2*units)
	for g := range gates {
		for i := range b[g] {
			b[g][i] = zero()
		}
	}
	reduce("b", src, half, b)
	gatesOf := func(i int) []vec {
		var out []vec
		for g := range gates {
			VADDPS(kept[g][i], b[g][i], b[g][i])
			out = append(out, b[g][i])
		}
		return out
	}
	if gru && spill { // too many registers to hold while activations run
		for i := range 2 * units {
			for g, v := range gatesOf(i) {
				VMOVUPS(v, kept[g][i])
			}
		}
		gatesOf = func(i int) []vec {
			return []vec{load(kept[0][i]), load(kept[1][i]), load(kept[2][i])}
		}
	}
	for u := range units {
		if u > 0 {
			CMPQ(t.left, Imm(1))
			JEQ(LabelRef(name + "odd"))
		}
		if wide {
			finish(t.cell, []unit{t.unit(u, 0, first, gatesOf(2*u), nx), t.unit(u, 1, first, gatesOf(2*u+1), nx)}, 2)
			continue
		}
		for v := range 2 {
			finish(t.cell, []unit{t.unit(u, v, first, gatesOf(2*u+v), nx)}, 1)
		}
	}
	if units == 2 {
		Label(name + "odd")
	}
}

func (t *tileGen) unit(u, v, first int, gates []vec, nx []Op) unit {
	i, disp := 2*u+v, (first+u)*tileRow+v*size()
	x := unit{gates: gates}
	if nx[i] != nil {
		if m, ok := nx[i].(Mem); ok {
			x.nx = load(m)
		} else {
			x.nx = nx[i].(vec)
		}
	}
	x.h = func() vec { return load(at(t.ho, disp)) }
	x.setH = func(y vec) { VMOVUPS(y, at(t.hn, disp)) }
	x.c = func() vec { return load(at(t.c, disp)) }
	x.setC = func(y vec) { VMOVUPS(y, at(t.cn, disp)) }
	if t.save != nil {
		p, step, row := copyOf(t.save), param("hidden"), 0
		SHLQ(Imm(7), step)
		x.save = func(r int, y vec) {
			for ; row < r; row++ {
				ADDQ(step, p)
			}
			for ; row > r; row-- {
				SUBQ(step, p)
			}
			VMOVUPS(y, at(p, disp))
		}
	}
	return x
}
