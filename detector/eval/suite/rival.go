package suite

import (
	"context"
	"math"
	"slices"

	"crackle/detector/member"
)

// rival decides rows with a fixed rule, learned from the first learn rows; it stands beside the detector so that a figure can be read.
type rival struct {
	name string
	fit  func(rows [][]float64, learn int) ([]bool, error)
}

// decide is fit, silent where nothing can be learned: there is nothing to compare with.
func (r rival) decide(rows [][]float64, learn int) []bool {
	out, err := r.fit(rows, learn)
	if err != nil {
		return make([]bool, len(rows))
	}
	return out
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

// networks are the recurrent members alone, each against three times the 99 % quantile of its score on the rows learned from, above the
// median: what they would add.
func networks(ctx context.Context) []rival {
	return []rival{
		{"forecaster alone", beyond(func(rows [][]float64) (member.Member, error) {
			return member.NewForecaster(member.ForecasterConfig{Hidden: 100, Input: 0.5, Smooth: 0.1}, rows)
		})},
		{"auto-encoder alone", beyond(func(rows [][]float64) (member.Member, error) {
			return member.NewAutoEncoder(ctx, member.AutoEncoderConfig{}, rows)
		})},
	}
}

// beyond alarms where the score is three quantile distances above its median on the rows learned from.
func beyond(fit member.Fit) func([][]float64, int) ([]bool, error) {
	return func(rows [][]float64, learn int) ([]bool, error) {
		m, err := fit(whole(rows[:learn]))
		if err != nil {
			return nil, err
		}
		score := member.Scores(m, rows)
		known := slices.DeleteFunc(slices.Clone(score[:learn]), math.IsNaN)
		slices.Sort(known)
		if len(known) == 0 {
			return make([]bool, len(rows)), nil
		}
		middle, edge := known[len(known)/2], known[len(known)*99/100]
		out := make([]bool, len(rows))
		for i := learn; i < len(rows); i++ {
			out[i] = score[i] > middle+3*(edge-middle)
		}
		return out, nil
	}
}

// over alarms above a limit.
func over[M member.Member](limit float64, fit func(rows [][]float64) (M, error)) func([][]float64, int) ([]bool, error) {
	return func(rows [][]float64, learn int) ([]bool, error) {
		m, err := fit(whole(rows[:learn]))
		if err != nil {
			return nil, err
		}
		out := make([]bool, len(rows))
		for i, r := range rows {
			s := m.Score(r)
			out[i] = !math.IsNaN(s) && s > limit
		}
		return out, nil
	}
}
