package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestFixedWithoutVNNI: an AVX-512 machine without byte products gives the bits of one with them.
func TestFixedWithoutVNNI(t *testing.T) {
	if !slices.Contains(Available(), "avx512") {
		t.Log("no AVX-512 here, so there is one form only")
		return
	}
	old, had := Name(), hasVNNI
	defer func() { Select(old); hasVNNI = had }()
	Select("avx512")
	l := int8Layer(t, rand.New(rand.NewPCG(2, 3)), GRU, 9, 50)
	want := runLayer(l, 50)
	hasVNNI = false
	for i, v := range runLayer(l, 50) {
		if math.Float32bits(v) != math.Float32bits(want[i]) {
			t.Fatalf("value %d is %v, with byte products %v", i, v, want[i])
		}
	}
}
