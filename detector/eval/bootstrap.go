package eval

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Interval is a confidence interval.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Bootstrap draws whole files or lots with replacement (rows of one file are not independent) and takes stat over each draw; the interval
// holds the middle share of the results, which confidence gives (0.95). The same seed gives the same interval. Draws for which stat is NaN
// are left out; with fewer than two units or no draw left the interval is NaN, since one lot says nothing about lots.
func Bootstrap(units, draws int, seed uint64, confidence float64, stat func(pick []int) float64) Interval {
	none := Interval{math.NaN(), math.NaN()}
	if units < 2 {
		return none
	}
	r := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	pick, got := make([]int, units), make([]float64, 0, draws)
	for range draws {
		for i := range pick {
			pick[i] = r.IntN(units)
		}
		if v := stat(pick); !math.IsNaN(v) {
			got = append(got, v)
		}
	}
	if len(got) == 0 {
		return none
	}
	slices.Sort(got)
	at := func(q float64) float64 { return got[min(int(q*float64(len(got))), len(got)-1)] }
	return Interval{at((1 - confidence) / 2), at((1 + confidence) / 2)}
}
