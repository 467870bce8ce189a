package member

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A quantile is that of the values in order, to the bit, ties and values that are not numbers among them.
func TestQuantileIsThatOfTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(-3, 3), rapid.SampledFrom([]float64{0, 1, 1, math.Inf(1), math.NaN()})), 1, 60).Draw(t, "x")
		q := rapid.OneOf(rapid.Float64Range(0, 1), rapid.SampledFrom([]float64{0, 0.5, 1})).Draw(t, "q")
		was := slices.Clone(x)
		got := quantile(x, q)
		s := slices.Sorted(slices.Values(x))
		at := q * float64(len(s)-1)
		i := int(at)
		want := s[len(s)-1]
		if i+1 < len(s) {
			want = s[i] + (at-float64(i))*(s[i+1]-s[i])
		}
		if math.Float64bits(got) != math.Float64bits(want) && !(got != got && want != want) && got != want {
			t.Fatalf("%v of %v: %v, want %v", q, x, got, want)
		}
		for i, v := range was {
			if math.Float64bits(v) != math.Float64bits(x[i]) {
				t.Fatal("the values were moved")
			}
		}
	})
}
