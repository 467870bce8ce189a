package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestHalvesGiveTheSameBits: a BF16 layer computes what a float32 layer of the rounded weights computes, bit for bit, step and tile.
func TestHalvesGiveTheSameBits(t *testing.T) {
	forEach(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(21, 22))
		for _, cell := range []Cell{GRU, LSTM} {
			for _, hidden := range []int{1, 7, 8, 16, 17, 31, 32, 33, 48, 49, 50, 63, 64, 65, 81, 100, 112, 113, 128} {
				in, g := 1+r.IntN(20), cell.Gates()*hidden
				wih, whh, bih, bhh := random(r, g*in, 0.3), random(r, g*hidden, 0.3), random(r, g, 0.3), random(r, g, 0.3)
				l, err := NewStored(BF16, cell, in, hidden, wih, whh, bih, bhh)
				if err != nil {
					t.Fatal(err)
				}
				plain := *l
				plain.halves = nil
				got, want := runLayer(l, 20), runLayer(&plain, 20)
				for i, v := range got {
					if math.Float32bits(v) != math.Float32bits(want[i]) {
						t.Fatalf("cell %d, %d hidden: value %d is %v, float32 gives %v", cell, hidden, i, v, want[i])
					}
				}
				checkStep(t, r, l)
			}
		}
	})
}

func TestRounding(t *testing.T) {
	w := []float32{1, 1 + 1.0/256, 1 + 3.0/512, -0.3, 0}
	for i, v := range roundBF16(w, 1, 5) {
		if math.Abs(float64(v-w[i])) > math.Abs(float64(w[i]))/256 || math.Float32bits(v)&0xffff != 0 {
			t.Errorf("%v becomes %v", w[i], v)
		}
	}
	wide := random(rand.New(rand.NewPCG(1, 1)), 3*64*4, 1)
	for i, v := range roundBF16(wide, 4, 64) {
		if d := math.Abs(float64(v - wide[i])); d > math.Abs(float64(wide[i]))/256+1e-38 {
			t.Errorf("%v becomes %v", wide[i], v)
		}
	}
	row := []float32{0.5, -0.25, 0.1, 0}
	s := roundInt8(row)
	for i, v := range row {
		if q := v / s; q != float32(int8(q)) {
			t.Errorf("value %d is %v, no multiple of %v", i, v, s)
		}
	}
	if math.Abs(float64(row[2])-0.1) > float64(s)/2 || s > 2*0.5/127 {
		t.Errorf("scale %v, 0.1 becomes %v", s, row[2])
	}
	if _, err := NewStored(9, GRU, 1, 1, nil, nil, nil, nil); err == nil {
		t.Error("store 9 was taken")
	}
}
