package member

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A texture's sorted values are its ring's, whatever comes, and after it was read back.
func TestTextureStaysSorted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := emptyTexture([]float64{1, 1})
		dst := make([]float64, 2)
		for _, v := range rapid.SliceOfN(rapid.Float64Range(-3, 3), 2, 200).Draw(t, "rows") {
			if v > 2.9 {
				x.reset()
			}
			x.into(dst, []float64{v, float64(int(v))}) // the second with many equal movements
		}
		if rapid.Bool().Draw(t, "read back") {
			var w stateWriter
			x.writeState(&w)
			y := emptyTexture([]float64{1, 1})
			y.readState(&stateReader{b: w.b})
			x = y
		}
		for j, s := range x.sorted {
			var want []float64
			for _, r := range x.ring {
				want = append(want, r[j])
			}
			slices.Sort(want)
			if !slices.Equal(s, want) {
				t.Fatalf("channel %d: %v, want %v", j, s, want)
			}
		}
	})
}
