package limit

import (
	"fmt"
	"math"
	"slices"
	"sort"
)

// Most is the largest calibrated score: a probability of 1e-300 is as good as none.
const Most = 300.0

// tailShare is the share of the calibration sample that makes the tail.
const tailShare = 0.1

// least is the smallest calibration sample; its tail then holds a few rows.
const least = 20

// Tail is the distribution of a raw score on good rows: the sample itself up to its 90 % quantile (split-conformal: valid for exchangeable
// rows, whatever the distribution), and a Pareto tail fitted to what lies above. Scores beyond the largest of the sample are extrapolated.
type Tail struct {
	sample  []float64 // ascending
	from    float64   // where the tail begins
	share   float64   // probability of passing it
	excess  Pareto
	largest float64
}

// Calibrate makes a Tail of the scores of good rows that the member was not fitted to. NaN are left out. It fails when fewer than 20 are left
// or when one is infinite.
func Calibrate(scores []float64) (*Tail, error) {
	s := make([]float64, 0, len(scores))
	for _, v := range scores {
		if math.IsInf(v, 0) {
			return nil, fmt.Errorf("a calibration score is %v, all must be finite: look for the row's input", v)
		}
		if !math.IsNaN(v) {
			s = append(s, v)
		}
	}
	if len(s) < least {
		return nil, fmt.Errorf("%d rows to calibrate with, at least %d are needed: record more normal production", len(s), least)
	}
	slices.Sort(s)
	n := len(s)
	i := n - max(int(tailShare*float64(n)), 5)
	t := &Tail{sample: s, from: s[i], largest: s[n-1]}
	above := s[i+1:]
	excess := make([]float64, len(above))
	for j, v := range above {
		excess[j] = v - t.from
	}
	t.excess = FitPareto(excess)
	if t.excess.Scale == 0 { // ties: as wide as the sample, or as the numbers allow
		spread := s[n-1] - s[0]
		if spread == 0 {
			spread = max(1e-9*math.Abs(s[0]), math.SmallestNonzeroFloat64)
		}
		t.excess = Pareto{Scale: spread / 10}
	}
	t.share = float64(len(above)+1) / float64(n+1)
	return t, nil
}

// Score is -log10 of the probability that a good row scores y or more: 2 is one row in a hundred. NaN stays NaN.
func (t *Tail) Score(y float64) float64 {
	switch {
	case math.IsNaN(y):
		return y
	case y > t.from:
		return min(-math.Log10(t.share)-t.excess.logSurvival(y-t.from, t.largest-t.from), Most)
	}
	below := sort.SearchFloat64s(t.sample, y)
	return -math.Log10(float64(len(t.sample)-below+1) / float64(len(t.sample)+1))
}

// Limit is the raw score that a good row passes with probability alpha, and whether it had to be extrapolated beyond the sample.
func (t *Tail) Limit(alpha float64) (limit float64, extrapolated bool) {
	if alpha >= t.share {
		n := len(t.sample)
		return t.sample[min(max(int(math.Ceil((1-alpha)*float64(n+1)))-1, 0), n-1)], false
	}
	limit = t.from + t.excess.quantile(math.Log10(alpha/t.share), t.largest-t.from)
	return limit, limit > t.largest
}

// Excess is the fitted tail above the threshold.
func (t *Tail) Excess() (threshold float64, tail Pareto) { return t.from, t.excess }
