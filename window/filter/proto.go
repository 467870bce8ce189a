package filter

import (
	"math"
	"math/cmplx"
)

// butterworth has its poles evenly on the left half of the unit circle (Butterworth, Wireless Engineer 7, 1930).
func butterworth(n int) zpk {
	var p []complex128
	for m := -n + 1; m < n; m += 2 {
		p = append(p, -cmplx.Exp(complex(0, math.Pi*float64(m)/float64(2*n))))
	}
	return zpk{p: p, k: 1}
}
