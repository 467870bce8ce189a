package suite

import (
	"context"
	"fmt"
	"io/fs"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"crackle/detector/eval"
	"crackle/detector/member"
)

// ucrMargin is how many rows beside the anomaly still count.
const ucrMargin = 100

var ucrName = regexp.MustCompile(`_(\d+)_(\d+)_(\d+)\.txt$`)

// ucr is one file: all rows, of which the first learn, and one anomaly.
type ucr struct {
	name        string
	rows        [][]float64
	learn       int
	first, last int
}

func readUCR(root fs.FS, name string) (*ucr, error) {
	m := ucrName.FindStringSubmatch(name)
	if m == nil {
		return nil, fmt.Errorf("%s: the name does not end in _TRAINEND_START_END.txt", name)
	}
	b, err := content(root, name)
	if err != nil {
		return nil, err
	}
	u := &ucr{name: strings.TrimSuffix(name, ".txt")}
	for i, f := range strings.Fields(string(b)) {
		v, err := value(name, i+1, f)
		if err != nil {
			return nil, err
		}
		u.rows = append(u.rows, []float64{v})
	}
	var n [3]int
	for k := range n {
		n[k], _ = strconv.Atoi(m[k+1]) // digits by the pattern
	}
	u.learn, u.first, u.last = n[0], n[1]-1, n[2]-1
	if u.learn < 1 || u.learn >= len(u.rows) || u.first < u.learn || u.last < u.first || u.last >= len(u.rows) {
		return nil, fmt.Errorf("%s: the rows named, %v, do not fit %d rows", name, n, len(u.rows))
	}
	return u, nil
}

// hit tells whether naming a row is right.
func (u *ucr) hit(row int) bool { return row >= u.first-ucrMargin && row <= u.last+ucrMargin }

// judgeUCR gives a score to every row and names one after the rows learned from.
func judgeUCR(u *ucr) (score []float64, named int, err error) {
	m, err := member.NewForecaster(member.ForecasterConfig{Smooth: 0.1}, u.rows[:u.learn])
	if err != nil {
		return nil, 0, err
	}
	score = member.Scores(m, u.rows)
	return score, largest(score, u.learn), nil
}

func largest(score []float64, from int) int {
	best := from
	for i := from; i < len(score); i++ {
		if score[i] > score[best] || math.IsNaN(score[best]) {
			best = i
		}
	}
	return best
}

func runUCR(ctx context.Context, root fs.FS) (*Report, error) {
	names, err := glob(root, "*_UCR_Anomaly_*.txt")
	if err != nil {
		return nil, err
	}
	hits, contrasts, traces := make([]float64, len(names)), make([]float64, len(names)), make([]Trace, len(names))
	rms := make([]float64, len(names))
	chance := make([]float64, len(names))
	err = each(ctx, len(names), func(i int) error {
		u, err := readUCR(root, names[i])
		if err != nil {
			return err
		}
		score, named, err := judgeUCR(u)
		if err != nil {
			return fmt.Errorf("%s: %w", names[i], err)
		}
		truth, alarm := make([]bool, len(score)), make([]bool, len(score))
		inside, outside := 0.0, 0.0
		for r := u.learn; r < len(score); r++ {
			truth[r] = r >= u.first && r <= u.last
			if u.hit(r) {
				inside = max(inside, score[r])
			} else {
				outside = max(outside, score[r])
			}
		}
		alarm[named] = true
		hits[i], contrasts[i] = flag(u.hit(named)), inside/outside
		plain, err := member.NewRMS(u.rows[:u.learn])
		if err != nil {
			return fmt.Errorf("%s: %w", names[i], err)
		}
		rms[i] = flag(u.hit(largest(member.Scores(plain, u.rows), u.learn)))
		chance[i] = float64(u.last-u.first+1+2*ucrMargin) / float64(len(u.rows)-u.learn)
		traces[i] = Trace{Name: u.name, Score: score, Limit: math.NaN(), Truth: truth, Alarm: alarm, Figures: []Figure{{"hit", hits[i]}, {"contrast", contrasts[i]}, {"named_row", float64(named + 1)}}}
		return nil
	})
	if err != nil {
		return nil, err
	}
	mean := func(x []float64) float64 {
		s := 0.0
		for _, v := range x {
			s += v / float64(len(x))
		}
		return s
	}
	return &Report{
		Detector: "forecaster: random-feature GRU with ridge read-out, learned on the rows before the test part",
		Figures:  []Figure{{"accuracy", mean(hits)}, {"files", float64(len(names))}, {"median_contrast", middleOf(contrasts)}, {"least_contrast", slices.Min(contrasts)}},
		Intervals: map[string]eval.Interval{"accuracy": eval.Bootstrap(len(names), draws, 1, 0.95, func(pick []int) float64 {
			s := 0.0
			for _, i := range pick {
				s += hits[i] / float64(len(pick))
			}
			return s
		})},
		Rivals: []Rival{{"largest deviation from the mean", []Figure{{"accuracy", mean(rms)}}}, {"a row by chance", []Figure{{"accuracy", mean(chance)}}}},
		Traces: traces,
		Notes:  []string{"Contrast is the largest score at the anomaly over the largest elsewhere in the test part; above 1 the file is solved."},
	}, nil
}
