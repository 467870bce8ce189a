package main

import (
	. "github.com/mmcloughlin/avo/build"
)

// unit is what one vector of hidden units (or of one unit's channels) becomes: from the reduced gates to the new state.
type unit struct {
	gates []vec          // reduced; for the GRU the third is the hidden part of the candidate
	nx    vec            // GRU: the input part of the candidate
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
	gate := func(rows ...int) []vec {
		var vs []vec
		for _, r := range rows {
			for _, u := range us {
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
	switch c.name {
	case "GRU":
		in(sigmoid, gate(0, 1))
		for _, u := range us {
			u.keep(3, u.gates[2])
			u.keep(0, u.gates[0])
			VFMADD213PS(u.nx, u.gates[0], u.gates[2])
		}
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
	case "LSTM":
		in(sigmoid, gate(0, 1))
		in(tanh, gate(2))
		in(sigmoid, gate(3))
		var cs []vec
		for _, u := range us {
			g := u.gates
			for i, v := range g {
				u.keep(i, v)
			}
			VMULPS(g[2], g[0], g[2])
			c := u.c()
			VFMADD213PS(g[2], g[1], c)
			u.setC(c)
			cs = append(cs, c)
		}
		in(tanh, cs)
		for i, u := range us {
			u.keep(4, cs[i])
			VMULPS(cs[i], u.gates[3], u.gates[3])
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
