package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func int8Layer(t interface{ Fatal(...any) }, r *rand.Rand, cell Cell, in, hidden int) *Layer {
	g, s := cell.Gates()*hidden, 1/math.Sqrt(float64(hidden))
	l, err := NewStored(Int8, cell, in, hidden, random(r, g*in, s), random(r, g*hidden, s), random(r, g, s), random(r, g, s))
	if err != nil {
		t.Fatal(err)
	}
	if l.fixed == nil {
		t.Fatal("no fixed form")
	}
	return l
}

// TestFixedStaysInside holds Int8 steps to their buffers at every tail length, and tile and step to the same bits.
func TestFixedStaysInside(t *testing.T) {
	forEach(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, cell := range []Cell{GRU, LSTM} {
			for hidden := 1; hidden <= 67; hidden++ {
				checkStep(t, r, int8Layer(t, r, cell, 1+hidden%19, hidden))
			}
		}
	})
}

// TestFixedKernelsAgree holds the vector kernels to the same bits and to 2e-5 of the generic one (a last place may tip a value to the next whole number), and all to 3e-4 of the rounded weights in
// float32: values are rounded to 2^-16 of the largest.
func TestFixedKernelsAgree(t *testing.T) {
	old := Name()
	defer Select(old)
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.SampledFrom([]Cell{GRU, LSTM}).Draw(t, "cell")
		in, hidden := rapid.IntRange(1, 40).Draw(t, "in"), rapid.IntRange(8, 80).Draw(t, "hidden")
		l := int8Layer(t, rand.New(rand.NewPCG(5, rapid.Uint64().Draw(t, "seed"))), cell, in, hidden)
		plain := *l
		plain.fixed = nil
		Select("generic")
		generic, float := runLayer(l, 100), runLayer(&plain, 100)
		var first []float32
		for _, name := range Available()[1:] {
			Select(name)
			got := runLayer(l, 100)
			for i, v := range got {
				if math.Abs(float64(v)-float64(generic[i])) > 2e-5 {
					t.Fatalf("%s: value %d is %v, generic gives %v", name, i, v, generic[i])
				}
				if first != nil && math.Float32bits(v) != math.Float32bits(first[i]) {
					t.Fatalf("%s: value %d is %v, another vector kernel gives %v", name, i, v, first[i])
				}
			}
			first = got
		}
		for i, v := range generic {
			if math.Abs(float64(v)-float64(float[i])) > 3e-4 {
				t.Fatalf("value %d is %v, float32 gives %v", i, v, float[i])
			}
		}
	})
}

// TestFixedSumsAreExact gives an LSTM the largest sums that the form can meet.
func TestFixedSumsAreExact(t *testing.T) {
	forEach(t, func(t *testing.T) {
		for _, sign := range []float32{1, -1} {
			const n = fixedLimit
			w := make([]float32, 4*n*n)
			for i := range w {
				w[i] = 127
			}
			x, h, c := make([]float32, n), make([]float32, n), make([]float32, n)
			for i := range x {
				x[i], h[i] = sign*32767.0/32768, -sign*32767.0/32768
			}
			// gate = 127·512·(|x| - |h|) = 0 exactly in whole numbers, whatever the order.
			l, err := NewStored(Int8, LSTM, n, n, w, w, make([]float32, 4*n), make([]float32, 4*n))
			if err != nil {
				t.Fatal(err)
			}
			l.NewChannel(h, c).Step(x)
			for i, v := range c {
				if v != 0 || h[i] != 0 {
					t.Fatalf("unit %d: c %v, h %v, want 0", i, v, h[i])
				}
			}
		}
	})
}

// TestQuantise holds rounded values to big-number arithmetic.
func TestQuantise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "n")
		q, v := make([]int16, places(n)), make([]float32, n)
		size := rapid.SampledFrom([]float64{1e-30, 1e-3, 1, 77, 1e30}).Draw(t, "size")
		for i := range v {
			v[i] = float32(rapid.Float64Range(-size, size).Draw(t, "v"))
		}
		top := quantise(q, v)
		unit := float64(unitOf(top))
		for i, x := range v {
			exact := new(big.Float).Quo(big.NewFloat(float64(x)), big.NewFloat(unit))
			want, _ := exact.Float64()
			if math.Abs(want-float64(q[i])) > 0.5 && !(q[i] == 32767 && want > 32767) {
				t.Fatalf("%v in units of %v is %d, want %v rounded", x, unit, q[i], want)
			}
		}
		for _, x := range q[n:] {
			if x != 0 {
				t.Fatal("room behind the values is not 0")
			}
		}
		if m := float64(math.Float32frombits(top)); m > 0 && m > 1e-29 && (m/unit < 16384 || m/unit >= 32768) {
			t.Fatalf("largest %v is %v units, must be 16384 to 32768", m, m/unit)
		}
	})
}

// TestFixedNotFinite: a NaN stays visible, an infinity saturates, in x as in h, and the rest goes on as float32 does.
func TestFixedNotFinite(t *testing.T) {
	forEach(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(8, 9))
		for _, cell := range []Cell{GRU, LSTM} {
			l := int8Layer(t, r, cell, 5, 19)
			plain := *l
			plain.fixed = nil
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat32, 1e29} {
				for _, inH := range []bool{false, true} {
					h, c, x := random(r, 19, 1), random(r, 19, 1), random(r, 5, 1)
					if inH {
						h[7] = float32(bad)
					} else {
						x[3] = float32(bad)
					}
					h2 := append([]float32(nil), h...)
					c2 := append([]float32(nil), c...)
					l.NewChannel(h, c).Step(x)
					plain.stepGeneric(h2, append([]float32(nil), h2...), c2, x)
					for i := range h {
						nan := h[i] != h[i]
						if math.IsNaN(bad) && !nan && cell == GRU {
							t.Fatalf("cell %d: unit %d of a NaN is %v", cell, i, h[i])
						}
						if d := math.Abs(float64(h[i] - h2[i])); !nan && d > 1e-2 || nan != (h2[i] != h2[i]) {
							t.Fatalf("cell %d, %v in h %v: unit %d is %v, float32 gives %v", cell, bad, inH, i, h[i], h2[i])
						}
					}
				}
			}
		}
	})
}

// TestFixedLimit: a layer too large for exact sums computes with the rounded weights in float32.
func TestFixedLimit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct {
		in, hidden int
		fixed      bool
	}{{fixedLimit, 2, true}, {fixedLimit + 1, 2, false}} {
		g := 3 * c.hidden
		l, err := NewStored(Int8, GRU, c.in, c.hidden, random(r, g*c.in, 1), random(r, g*c.hidden, 1), random(r, g, 1), random(r, g, 1))
		if err != nil {
			t.Fatal(err)
		}
		if (l.fixed != nil) != c.fixed || l.Tiles() == c.fixed {
			t.Errorf("%d inputs: whole numbers %v, tiles %v", c.in, l.fixed != nil, l.Tiles())
		}
		checkStep(t, r, l)
	}
}
