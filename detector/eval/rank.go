package eval

import (
	"math"
	"slices"
)

// AUC is the area under the receiver operating curve: the chance that an anomalous row scores above a normal one, ties counting half. Rows
// with a NaN score are left out. It is NaN when either kind is missing.
func AUC(truth []bool, score []float64) float64 {
	order := ranked(score)
	pos, neg, sum := 0.0, 0.0, 0.0
	for lo := 0; lo < len(order); {
		hi, p := lo, 0.0
		for hi < len(order) && score[order[hi]] == score[order[lo]] {
			if truth[order[hi]] {
				p++
			}
			hi++
		}
		n := float64(hi-lo) - p
		sum += p*neg + p*n/2
		pos, neg = pos+p, neg+n
		lo = hi
	}
	if pos == 0 || neg == 0 {
		return math.NaN()
	}
	return sum / (pos * neg)
}

// ranked gives the rows by ascending score, without those that are NaN.
func ranked(score []float64) []int {
	order := make([]int, 0, len(score))
	for i, s := range score {
		if !math.IsNaN(s) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case score[a] < score[b]:
			return -1
		case score[a] > score[b]:
			return 1
		}
		return 0
	})
	return order
}
