package member_test

import (
	"math/rand/v2"
	"testing"

	"crackle/detector/member"
)

// process gives dependent rows of two channels; wander moves their level.
func process(r *rand.Rand, n int, wander float64) [][]float64 {
	out := make([][]float64, n)
	x, level := [2]float64{}, 0.0
	for i := range out {
		level += wander * r.NormFloat64()
		out[i] = make([]float64, 2)
		for j := range x {
			x[j] = 0.5*x[j] + 0.866*r.NormFloat64()
			out[i][j] = x[j] + level
		}
	}
	return out
}

// Two regimes are not cleaned into one.
func TestTwoRegimesStay(t *testing.T) {
	rows := process(rand.New(rand.NewPCG(1, 1)), 1000, 0)
	for i := 700; i < 1000; i++ {
		rows[i][1] += 50
	}
	if bad := member.Clean(rows); bad != nil {
		t.Errorf("%d rows of a second regime were called bad", len(bad))
	}
}
