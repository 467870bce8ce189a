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

// few is the smallest sample of CalibrateFew.
const few = 5

// kept is how many values of a sample are kept below the tail: enough for any rank to two digits.
const kept = 500

// Tail is the distribution of a raw score on good rows: the sample itself up to its 90 % quantile (split-conformal: valid for exchangeable
// rows, whatever the distribution), and a Pareto tail fitted to what lies above. Scores beyond the largest of the sample are extrapolated, by the
// Pareto tail or as Extend says.
type Tail struct {
	sample  []float64 // ascending up to where the tail begins; thinned out when it is long
	inside  int       // how many they were before that
	rows    int       // how many those of the tail and they were
	from    float64   // where the tail begins
	share   float64   // probability of passing it
	excess  Pareto
	largest float64

	reached float64 // score of the largest; from there on
	slow    float64 // raw score per decade; 0: as the Pareto tail says
}

// CalibrateFew is Calibrate for few rows, at least 5. What few rows cannot show of the tail has to be stated: see Extend.
func CalibrateFew(scores []float64) (*Tail, error) { return calibrate(scores, few) }

// Extend replaces what the fitted tail says of scores beyond the largest of the sample, which no row has shown: from there on the score rises
// evenly, one for so much of the raw score. The largest itself scores no more than most, which is for a sample of fewer independent rows than it
// has rows.
func (t *Tail) Extend(most, perDecade float64) {
	t.slow = 0
	t.reached = min(t.Score(t.largest), most)
	t.slow = perDecade
}

// Size is by how much raw scores are large: the largest of the sample, or its distance from the middle of the sample when it is near 0, as a
// logarithm may be. It is above 0.
func (t *Tail) Size() float64 {
	return max(math.Abs(t.largest), t.largest-t.sample[len(t.sample)/2], math.SmallestNonzeroFloat64)
}

// Calibrate makes a Tail of the scores of good rows that the member was not fitted to. NaN are left out. It fails when fewer than 20 are left
// or when one is infinite.
func Calibrate(scores []float64) (*Tail, error) { return calibrate(scores, least) }

func calibrate(scores []float64, least int) (*Tail, error) {
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
	t := &Tail{rows: n, from: s[i], largest: s[n-1]}
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
	t.inside, t.sample = i+1, thin(s[:i+1], kept)
	return t, nil
}

// thin keeps at most n values, evenly in rank, the first and the last among them.
func thin(s []float64, n int) []float64 {
	if len(s) <= n {
		return s
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = s[i*(len(s)-1)/(n-1)]
	}
	return out
}

// rank is how many rows of the sample are below the value at i.
func (t *Tail) rank(i int) int {
	if len(t.sample) == t.inside {
		return i
	}
	return i * (t.inside - 1) / (len(t.sample) - 1)
}

// Score is -log10 of the probability that a good row scores y or more: 2 is one row in a hundred. NaN stays NaN.
func (t *Tail) Score(y float64) float64 {
	switch {
	case math.IsNaN(y):
		return y
	case t.slow > 0 && y > t.largest:
		return min(t.reached+(y-t.largest)/t.slow, Most)
	}
	v := 0.0
	if y > t.from {
		v = min(-math.Log10(t.share)-t.excess.logSurvival(y-t.from, t.largest-t.from), Most)
	} else {
		below := t.rank(sort.SearchFloat64s(t.sample, y))
		v = -math.Log10(float64(t.rows-below+1) / float64(t.rows+1))
	}
	if t.slow > 0 {
		v = min(v, t.reached)
	}
	return v
}

// Limit is the raw score that a good row passes with probability alpha, and whether it had to be extrapolated beyond the sample.
func (t *Tail) Limit(alpha float64) (limit float64, extrapolated bool) {
	decades := -math.Log10(alpha) - t.reached
	if t.slow > 0 && decades > 0 {
		return t.largest + decades*t.slow, true
	}
	if alpha >= t.share {
		at := float64(int(math.Ceil((1-alpha)*float64(t.rows+1))) - 1) // rank
		if n := len(t.sample); n < t.inside {
			at = math.Ceil(at * float64(n-1) / float64(t.inside-1))
		}
		return t.sample[min(max(int(at), 0), len(t.sample)-1)], false
	}
	limit = t.from + t.excess.quantile(math.Log10(alpha/t.share), t.largest-t.from)
	return limit, limit > t.largest
}

// Rows is the size of the sample.
func (t *Tail) Rows() int { return t.rows }

// Largest is the largest of the sample.
func (t *Tail) Largest() float64 { return t.largest }

// Excess is the fitted tail above the threshold.
func (t *Tail) Excess() (threshold float64, tail Pareto) { return t.from, t.excess }
