package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// unit is what one vector of hidden units (or of one unit's channels) becomes: from the reduced gates to the new state.
type unit struct {
	gates []vec          // reduced; for the GRU the third is the hidden part of the candidate
	at    []Mem          // where gates that are not in registers yet are
	nx    Op             // GRU: the input part of the candidate
	tc    vec            // LSTM: tanh(c), from the first stage
	h, c  func() vec     // the previous state
	setH  func(vec)      // the new state
	setC  func(vec)      // LSTM
	save  func(int, vec) // when training: row and value
}

func (u unit) keep(row int, v vec) {
	if u.save != nil {
		u.save(row, v)
	}
}

// finish completes several units, their operations interleaved; atOnce is the number of vectors that go through an activation together.
func finish(c cell, us []unit, atOnce int) {
	finishStage(c, us, atOnce, 0)
	if c.gates > 1 {
		finishStage(c, us, atOnce, 1)
	}
}

// finishStage is the part of finish that needs the first gates only (stage 0: a GRU's r, an LSTM's i, f and g), or the rest.
func finishStage(c cell, us []unit, atOnce, stage int) {
	gate := func(rows ...int) []vec {
		var vs []vec
		for _, r := range rows {
			for _, u := range us {
				if u.gates[r] == nil {
					u.gates[r] = load(u.at[r])
				}
				vs = append(vs, u.gates[r])
			}
		}
		return vs
	}
	in := func(do func(...vec), vs []vec) {
		for len(vs) > 0 {
			n := min(atOnce, len(vs))
			do(vs[:n]...)
			vs = vs[n:]
		}
	}
	switch {
	case c.name == "GRU" && stage == 0:
		in(sigmoid, gate(0))
	case c.name == "GRU":
		for _, u := range us {
			u.keep(3, u.gates[2])
			u.keep(0, u.gates[0])
			VFMADD213PS(u.nx, u.gates[0], u.gates[2])
		}
		in(sigmoid, gate(1))
		in(tanh, gate(2))
		for _, u := range us {
			g := u.gates
			u.keep(1, g[1])
			u.keep(2, g[2])
			o := u.h()
			VSUBPS(g[2], o, o)
			VFMADD213PS(g[2], g[1], o)
			u.setH(o)
		}
	case c.name == "LSTM" && stage == 0:
		in(sigmoid, gate(0, 1))
		in(tanh, gate(2))
		var cs []vec
		for i, u := range us {
			g := u.gates
			for row, v := range g[:3] {
				u.keep(row, v)
			}
			VMULPS(g[2], g[0], g[2])
			c := u.c()
			VFMADD213PS(g[2], g[1], c)
			u.setC(c)
			us[i].tc = c
			cs = append(cs, c)
		}
		in(tanh, cs)
	case c.name == "LSTM":
		in(sigmoid, gate(3))
		for _, u := range us {
			u.keep(3, u.gates[3])
			u.keep(4, u.tc)
			VMULPS(u.tc, u.gates[3], u.gates[3])
			u.setH(u.gates[3])
		}
	default:
		if c.name == "ElmanTanh" {
			in(tanh, gate(0))
		} else {
			z := zero()
			for _, v := range gate(0) {
				VMAXPS(v, z, v)
			}
		}
		for _, u := range us {
			u.keep(0, u.gates[0])
			u.setH(u.gates[0])
		}
	}
}

// finishTile is finish for gates that have been through their activations.
func finishTile(c cell, us []unit) {
	var vs []vec
	switch c.name {
	case "GRU":
		for _, u := range us {
			VFMADD213PS(u.nx, u.gates[0], u.gates[2])
			vs = append(vs, u.gates[2])
		}
		tanh(vs...)
		for _, u := range us {
			g, o := u.gates, u.h()
			u.save(inputPart, g[2])
			VSUBPS(g[2], o, o)
			VFMADD213PS(g[2], g[1], o)
			u.setH(o)
		}
	case "LSTM":
		for _, u := range us {
			g, c := u.gates, u.c()
			VMULPS(g[2], g[0], g[2])
			VFMADD213PS(g[2], g[1], c)
			u.setC(c)
			vs = append(vs, c)
		}
		tanh(vs...)
		for i, u := range us {
			u.save(4, vs[i])
			VMULPS(vs[i], u.gates[3], u.gates[3])
			u.setH(u.gates[3])
		}
	default:
		finish(c, us, len(us))
	}
}
