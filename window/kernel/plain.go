package kernel

// plain runs the recursion section by section in groups: within a group sample by sample, with all state in registers, since a section's own
// recurrence is a chain of four operations and the sections' chains overlap only so.
func (p *IIR) plain(x, state []float64) {
	k := 0
	for ; k+4 <= len(p.sections); k += 4 {
		plain4((*[4][5]float64)(p.sections[k:]), x, (*[8]float64)(state[2*k:]))
	}
	for ; k+2 <= len(p.sections); k += 2 {
		plain2((*[2][5]float64)(p.sections[k:]), x, (*[4]float64)(state[2*k:]))
	}
	if k < len(p.sections) {
		plain1(&p.sections[k], x, (*[2]float64)(state[2*k:]))
	}
}

func plain1(c *[5]float64, x []float64, z *[2]float64) {
	b0, b1, b2, a1, a2 := c[0], c[1], c[2], c[3], c[4]
	z0, z1 := z[0], z[1]
	for i, v := range x {
		o := b0*v + z0
		z0 = b1*v - a1*o + z1
		z1 = b2*v - a2*o
		x[i] = o
	}
	z[0], z[1] = z0, z1
}

func plain2(c *[2][5]float64, x []float64, z *[4]float64) {
	z0, z1, z2, z3 := z[0], z[1], z[2], z[3]
	for i, v := range x {
		o := c[0][0]*v + z0
		z0 = c[0][1]*v - c[0][3]*o + z1
		z1 = c[0][2]*v - c[0][4]*o
		v = c[1][0]*o + z2
		z2 = c[1][1]*o - c[1][3]*v + z3
		z3 = c[1][2]*o - c[1][4]*v
		x[i] = v
	}
	z[0], z[1], z[2], z[3] = z0, z1, z2, z3
}

func plain4(c *[4][5]float64, x []float64, z *[8]float64) {
	z0, z1, z2, z3, z4, z5, z6, z7 := z[0], z[1], z[2], z[3], z[4], z[5], z[6], z[7]
	for i, v := range x {
		o := c[0][0]*v + z0
		z0 = c[0][1]*v - c[0][3]*o + z1
		z1 = c[0][2]*v - c[0][4]*o
		v = c[1][0]*o + z2
		z2 = c[1][1]*o - c[1][3]*v + z3
		z3 = c[1][2]*o - c[1][4]*v
		o = c[2][0]*v + z4
		z4 = c[2][1]*v - c[2][3]*o + z5
		z5 = c[2][2]*v - c[2][4]*o
		v = c[3][0]*o + z6
		z6 = c[3][1]*o - c[3][3]*v + z7
		z7 = c[3][2]*o - c[3][4]*v
		x[i] = v
	}
	z[0], z[1], z[2], z[3], z[4], z[5], z[6], z[7] = z0, z1, z2, z3, z4, z5, z6, z7
}
