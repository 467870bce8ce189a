package detector

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Scaler maps features to about zero mean and unit spread: z = (x - Median) / Spread, robust to a minority of odd rows.
type Scaler struct {
	Median []float64 `json:"median"`
	Spread []float64 `json:"spread"`
}

// fitScaler takes rows of width d. Spread is (q90 - q10) / 2.563, the standard deviation of a Gaussian with those quantiles; a feature that
// hardly moves gets 0.1 % of its median instead, and 1 if that is zero too, so that nothing divides by zero.
func fitScaler(rows [][]float32, d int) Scaler {
	s := Scaler{Median: make([]float64, d), Spread: make([]float64, d)}
	column := make([]float64, len(rows))
	for j := range d {
		for i, r := range rows {
			column[i] = float64(r[j])
		}
		slices.Sort(column)
		q := func(p float64) float64 { return stat.Quantile(p, stat.LinInterp, column, nil) }
		s.Median[j] = q(0.5)
		spread := (q(0.9) - q(0.1)) / 2.563
		if floor := 1e-3 * math.Abs(s.Median[j]); spread < floor {
			spread = floor
		}
		if !(spread > 0) {
			spread = 1
		}
		s.Spread[j] = spread
	}
	return s
}
