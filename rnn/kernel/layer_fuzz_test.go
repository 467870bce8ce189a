package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// FuzzStepAgainstGeneric feeds the vector kernels arbitrary bits, NaN and Inf included, and compares one step with the generic form.
func FuzzStepAgainstGeneric(f *testing.F) {
	f.Add(uint8(0), uint8(3), uint8(5), uint32(0x3f800000), uint32(0xbf000000), uint64(1))
	f.Add(uint8(1), uint8(16), uint8(33), uint32(0x7fc00000), uint32(0), uint64(2))
	f.Add(uint8(2), uint8(1), uint8(17), uint32(0x7f800000), uint32(0xff800000), uint64(3))
	f.Add(uint8(3), uint8(9), uint8(64), uint32(0x00000001), uint32(0x80000001), uint64(4))
	f.Fuzz(func(t *testing.T, cell, in, hidden uint8, x0, h0 uint32, seed uint64) {
		old := Name()
		defer Select(old)
		r := rand.New(rand.NewPCG(seed, 1))
		l := randomLayer(r, Cell(cell%4), 1+int(in%40), 1+int(hidden%80))
		x, h, c := random(r, l.In, 3), random(r, l.Hidden, 1), random(r, l.Hidden, 1)
		x[r.IntN(l.In)], h[r.IntN(l.Hidden)] = math.Float32frombits(x0), math.Float32frombits(h0)
		var want []float32
		for _, name := range Available() {
			if err := Select(name); err != nil {
				t.Fatal(err)
			}
			hs := l.NewChannel(append([]float32(nil), h...), append([]float32(nil), c...)).Step(x)
			if want == nil {
				want = hs
				continue
			}
			for i, v := range hs {
				if !alike(v, want[i], x0, h0) {
					t.Fatalf("%s: unit %d is %v, generic %v (cell %d, in %d, hidden %d)", name, i, v, want[i], l.Cell, l.In, l.Hidden)
				}
			}
		}
	})
}

// alike allows rounding; with huge inputs, where sums of opposite infinities or cancelled giants decide, only NaN must stay NaN.
func alike(a, b float32, x0, h0 uint32) bool {
	if a != a || b != b {
		return a != a && b != b
	}
	for _, bits := range []uint32{x0, h0} {
		if v := math.Abs(float64(math.Float32frombits(bits))); v > 1e3 {
			return true
		}
	}
	return math.Abs(float64(a)-float64(b)) <= 1e-5*max(1, math.Abs(float64(b)))
}
