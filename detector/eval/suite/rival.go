package suite

import (
	"math"

	"crackle/detector/member"
)

// rival decides rows with a fixed rule, learned from the first learn rows; it stands beside the detector so that a figure can be read.
type rival struct {
	name string
	fit  func(rows [][]float64, learn int) ([]bool, error)
}

// rivals are the detectors that know nothing, or little.
func rivals() []rival {
	return []rival{
		{"always alarm", func(rows [][]float64, _ int) ([]bool, error) {
			out := make([]bool, len(rows))
			for i := range out {
				out[i] = true
			}
			return out, nil
		}},
		{"ticker, every 60th row", func(rows [][]float64, learn int) ([]bool, error) {
			out := make([]bool, len(rows))
			for i := learn; i < len(rows); i += 60 {
				out[i] = true
			}
			return out, nil
		}},
		{"RMS limit, 4 deviations", over(4, member.NewRMS)},
		{"T2+Q, 99 % of the rows learned from", over(1, member.NewSubspace)},
	}
}

// over alarms above a limit.
func over[M member.Member](limit float64, fit func(rows [][]float64) (M, error)) func([][]float64, int) ([]bool, error) {
	return func(rows [][]float64, learn int) ([]bool, error) {
		m, err := fit(rows[:learn])
		if err != nil {
			return make([]bool, len(rows)), nil // nothing to compare with: silent
		}
		out := make([]bool, len(rows))
		for i, r := range rows {
			s := m.Score(r)
			out[i] = !math.IsNaN(s) && s > limit
		}
		return out, nil
	}
}
