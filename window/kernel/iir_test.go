package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// use puts a kernel into use for a test.
func use(t testing.TB, name string) {
	t.Helper()
	before := Name()
	if err := Select(name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := Select(before); err != nil {
			t.Fatal(err)
		}
	})
}

func noise(seed uint64, n int) []float64 {
	r := rand.New(rand.NewPCG(seed, 3))
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

// drawSections draws stable sections, with poles up to 0.999 from the origin.
func drawSections(t *rapid.T) [][5]float64 {
	out := make([][5]float64, rapid.IntRange(1, 9).Draw(t, "sections"))
	for i := range out {
		r, a := rapid.Float64Range(0, 0.999).Draw(t, "radius"), rapid.Float64Range(0, math.Pi).Draw(t, "angle")
		g := 1 - r
		out[i] = [5]float64{g, g * rapid.Float64Range(-2, 2).Draw(t, "b1"), g * rapid.Float64Range(-1, 1).Draw(t, "b2"), -2 * r * math.Cos(a), r * r}
		if rapid.Bool().Draw(t, "unit") {
			out[i][2] = g
		}
	}
	return out
}

func plainly(sections [][5]float64, x []float64) []float64 {
	s := make([]float64, 2*len(sections))
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = step(sections, s, v)
	}
	return y
}

func worst(got, want []float64) float64 {
	d, peak := 0.0, 1e-300
	for i := range want {
		if e := math.Abs(got[i] - want[i]); !(e <= d) {
			d = e
		}
		peak = max(peak, math.Abs(want[i]))
	}
	return d / peak
}

func TestBlockAndRowsEqualTheRecursion(t *testing.T) {
	for _, name := range Available() {
		t.Run(name, func(t *testing.T) {
			use(t, name)
			rapid.Check(t, func(t *rapid.T) {
				sections := drawSections(t)
				p := NewIIR(sections)
				n := p.Granule() * rapid.IntRange(0, 20).Draw(t, "frames")
				x := noise(rapid.Uint64().Draw(t, "seed"), n)
				want := plainly(sections, x)
				y := slices.Clone(x)
				state := make([]float64, p.States())
				cut := n / p.Granule() / 2 * p.Granule()
				p.Block(y[:cut], state)
				p.Block(y[cut:], state)
				if e := worst(y, want); e > 1e-9 {
					t.Errorf("block form off by %.1e", e)
				}
				if !p.HasLanes() {
					return
				}
				channels := Lanes * rapid.IntRange(1, 5).Draw(t, "vectors")
				rows := make([]float64, n*channels+1)
				rows[n*channels] = 7
				for i := range n {
					for c := range channels {
						rows[i*channels+c] = x[i] * float64(c+1)
					}
				}
				z := make([]float64, channels/Lanes*p.LaneStates())
				half := n / 2 * channels
				p.Rows(rows[:half], rows[:half], channels, z)
				p.Rows(rows[half:n*channels], rows[half:n*channels], channels, z)
				for c := range channels {
					got, scaled := make([]float64, n), make([]float64, n)
					for i := range n {
						got[i], scaled[i] = rows[i*channels+c], want[i]*float64(c+1)
					}
					if e := worst(got, scaled); e > 1e-9 {
						t.Errorf("channel %d of the rows is off by %.1e", c, e)
					}
				}
				if rows[n*channels] != 7 {
					t.Error("the rows wrote beyond their end")
				}
			})
		})
	}
}

// AVX2 and AVX-512 agree to the bit, in every form and size, on hostile values too.
func TestVectorKernelsAgree(t *testing.T) {
	if len(Available()) < 3 {
		t.Log("this machine has one vector kernel or none: nothing to compare")
		return
	}
	hostile := []float64{0, math.Copysign(0, -1), 5e-324, 1e-300, 1e300, -1e30}
	rapid.Check(t, func(t *rapid.T) {
		sections := drawSections(t)
		n := Frame * rapid.IntRange(1, 10).Draw(t, "frames")
		x := noise(rapid.Uint64().Draw(t, "seed"), n*3*Lanes)
		for range rapid.IntRange(0, 5).Draw(t, "hostile") {
			x[rapid.IntRange(0, len(x)-1).Draw(t, "at")] = rapid.SampledFrom(hostile).Draw(t, "value")
		}
		var results [2][]float64
		for i, l := range []loops{avx2ForTest(), avx512ForTest()} {
			m := frameMatrix(padded(sections))
			block, s := slices.Clone(x), make([]float64, states)
			l.frames(block, m, s)
			p := &IIR{sections: padded(sections), groups: 1, loops: l}
			p.normalise()
			if p.coef == nil {
				return // a section without b0
			}
			rows, z := make([]float64, len(x)), make([]float64, 3*states*Lanes)
			p.Rows(rows, x, 3*Lanes, z)
			single := make([]float32, len(x))
			l.narrow(single, x)
			p.Rows32(single, single, 3*Lanes, make([]float64, 3*states*Lanes))
			wide := make([]float64, len(x))
			l.widen(wide, single)
			results[i] = slices.Concat(block, s, rows, z, wide)
		}
		for i := range results[0] {
			if a, b := math.Float64bits(results[0][i]), math.Float64bits(results[1][i]); a != b {
				t.Fatalf("value %d: %x with AVX2, %x with AVX-512 (%g, %g)", i, a, b, results[0][i], results[1][i])
			}
		}
	})
}

// padded is the first four sections, or fewer with identities.
func padded(sections [][5]float64) [][5]float64 {
	out := slices.Clone(sections[:min(group, len(sections))])
	for len(out) < group {
		out = append(out, [5]float64{1})
	}
	return out
}

// The assembly equals the loop in its comment.
func TestFramesEqualTheirMatrices(t *testing.T) {
	for _, l := range available()[1:] {
		rapid.Check(t, func(t *rapid.T) {
			m := frameMatrix(padded(drawSections(t)))
			x := noise(rapid.Uint64().Draw(t, "seed"), Frame*rapid.IntRange(1, 9).Draw(t, "frames"))
			s := noise(1, states)
			y, z := slices.Clone(x), slices.Clone(s)
			l.frames(x, m, s)
			framesGeneric(y, m, z)
			if e := max(worst(x, y), worst(s, z)); e > 1e-10 {
				t.Errorf("%s is off by %.1e", l.name, e)
			}
		})
	}
}

func TestWidenAndNarrow(t *testing.T) {
	for _, l := range available() {
		p := &IIR{loops: l}
		for n := range 40 {
			src := make([]float32, n)
			for i := range src {
				src[i] = float32(i) * 1.1
			}
			wide := make([]float64, n+1)
			wide[n] = 7
			widen(l, wide, src)
			for i, v := range src {
				if wide[i] != float64(v) {
					t.Errorf("%s: %d of %d widened to %g", l.name, i, n, wide[i])
				}
				wide[i] += 1e-9
			}
			back := make([]float32, n+1)
			back[n] = 7
			p.Narrow(back, wide[:n])
			for i := range src {
				if back[i] != float32(wide[i]) {
					t.Errorf("%s: %d of %d narrowed to %g", l.name, i, n, back[i])
				}
			}
			if wide[n] != 7 || back[n] != 7 {
				t.Errorf("%s: %d values wrote beyond their end", l.name, n)
			}
		}
	}
}

func TestSelect(t *testing.T) {
	if err := Select("sse9"); err == nil {
		t.Error("an unknown kernel was selected")
	}
	if StartError() != nil {
		t.Error(StartError())
	}
}
