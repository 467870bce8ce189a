package kernel

import "math/big"

// matrixBits is the precision in which matrices are worked out: with poles near 1, the rounding of sixteen steps in float64 would be
// amplified by the square of their distance from it.
const matrixBits = 160

// frameMatrix lays out T, B, O, A of a group of sections column by column, as the assembly reads them.
func frameMatrix(sections [][5]float64) []float64 {
	m := make([]float64, matrix)
	t, b := m[:Frame*Frame], m[Frame*Frame:Frame*Frame+Frame*states]
	o, a := m[Frame*Frame+Frame*states:matrix-states*states], m[matrix-states*states:]
	// The response to an input at k is that to one at 0, k samples later.
	c := newExactChain(sections)
	for i := range Frame {
		y := c.step(i == 0)
		for k := range Frame - i {
			t[k*Frame+k+i] = y
		}
		c.read(b[(Frame-1-i)*states : (Frame-i)*states])
	}
	for j := range states {
		c := newExactChain(sections)
		c.z[j].SetInt64(1)
		for i := range Frame {
			o[j*Frame+i] = c.step(false)
		}
		c.read(a[j*states : (j+1)*states])
	}
	return m
}

// exactChain is a chain of sections in big floats.
type exactChain struct {
	coef [][5]*big.Float
	z    [states]*big.Float
}

func newFloat(v float64) *big.Float { return new(big.Float).SetPrec(matrixBits).SetFloat64(v) }

func newExactChain(sections [][5]float64) *exactChain {
	c := &exactChain{}
	for _, s := range sections {
		var f [5]*big.Float
		for i, v := range s {
			f[i] = newFloat(v)
		}
		c.coef = append(c.coef, f)
	}
	for i := range c.z {
		c.z[i] = newFloat(0)
	}
	return c
}

// step runs a 1, or a 0, through the chain.
func (c *exactChain) step(one bool) float64 {
	v := newFloat(0)
	if one {
		v.SetInt64(1)
	}
	mul := func(a, b *big.Float) *big.Float { return newFloat(0).Mul(a, b) }
	for k, f := range c.coef {
		z0, z1 := c.z[2*k], c.z[2*k+1]
		o := mul(f[0], v)
		o.Add(o, z0)
		z0.Sub(mul(f[1], v), mul(f[3], o)).Add(z0, z1)
		z1.Sub(mul(f[2], v), mul(f[4], o))
		v = o
	}
	y, _ := v.Float64()
	return y
}

func (c *exactChain) read(dst []float64) {
	for i, z := range c.z {
		dst[i], _ = z.Float64()
	}
}
