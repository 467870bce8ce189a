package head

import (
	"math"
	"slices"
)

// residual is that of one part of a specimen left out.
type residual struct {
	specimen string
	score    float64
}

// weigh gives the quantile at the coverage of the residuals of specimens to come: each of the K specimens weighs 1/(K+1), shared by its parts,
// and so does the one to come, whose residual is unbounded. Infinite where K/(K+1) is below the coverage.
func weigh(all []residual, coverage float64) float64 {
	parts := map[string]int{}
	for _, r := range all {
		parts[r.specimen]++
	}
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(a, b residual) int {
		switch {
		case a.score < b.score:
			return -1
		case a.score > b.score:
			return 1
		}
		return 0
	})
	sum := 0.0
	for _, r := range sorted {
		if sum += 1 / (float64(len(parts)+1) * float64(parts[r.specimen])); sum >= coverage-1e-12 {
			return r.score
		}
	}
	return math.Inf(1)
}

// most is the highest coverage that K specimens can give.
func mostCoverage(specimens int) float64 { return float64(specimens) / float64(specimens+1) }

// needed is how many specimens a coverage needs.
func needed(coverage float64) int { return int(math.Ceil(coverage/(1-coverage) - 1e-9)) }

// covered is the mean over specimens of the share of their parts that the other specimens' residuals cover; NaN where those cannot.
func covered(all []residual, coverage float64) float64 {
	by := map[string][]residual{}
	for _, r := range all {
		by[r.specimen] = append(by[r.specimen], r)
	}
	total := 0.0
	for name, own := range by {
		var others []residual
		for _, r := range all {
			if r.specimen != name {
				others = append(others, r)
			}
		}
		q := weigh(others, coverage)
		if math.IsInf(q, 1) {
			return math.NaN()
		}
		in := 0
		for _, r := range own {
			if r.score <= q {
				in++
			}
		}
		total += float64(in) / float64(len(own))
	}
	return total / float64(len(by))
}
