package limit

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// LotLimit is a limit for the largest score of a lot that was never seen.
type LotLimit struct {
	Limit        float64
	Share        float64 // of good lots expected above it
	Lots         int
	Extrapolated bool // no quantile of the lots themselves reaches that far: it rests on a normal spread between lots
}

// AcrossLots takes the largest score of each good lot, none of which the member was fitted to (leave one lot out), and gives the limit that
// a new good lot passes with the given probability. With at least 1/share - 1 lots that is an order statistic, which needs no distribution:
// the largest of L lots is passed by the next with probability 1/(L+1). With fewer it is the prediction limit of a normal law for one more
// lot, mean + t sd sqrt(1+1/L), never below the largest seen, and marked as extrapolated. It needs two lots: one says nothing of the spread
// between them.
func AcrossLots(largest []float64, share float64) (LotLimit, error) {
	n := len(largest)
	if n < 2 {
		return LotLimit{}, fmt.Errorf("%d lots, at least 2 are needed for the spread between lots: record more of them", n)
	}
	if !(share > 0 && share < 1) {
		return LotLimit{}, fmt.Errorf("share is %v, must be above 0 and below 1", share)
	}
	s := slices.Sorted(slices.Values(largest))
	if math.IsNaN(s[0]) || math.IsInf(s[0], 0) || math.IsInf(s[n-1], 0) { // NaN sorts first
		return LotLimit{}, fmt.Errorf("largest scores from %v to %v: all must be finite", s[0], s[n-1])
	}
	l := LotLimit{Share: share, Lots: n}
	if rank := int(math.Ceil((1-share)*float64(n+1) - 1e-9)); rank <= n {
		l.Limit = s[rank-1]
		return l, nil
	}
	mean := average(s)
	sum := 0.0
	for _, v := range s {
		sum += (v - mean) * (v - mean)
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}.Quantile(1 - share)
	l.Limit = max(mean+t*math.Sqrt(sum/float64(n-1)*(1+1/float64(n))), s[n-1])
	l.Extrapolated = true
	return l, nil
}
