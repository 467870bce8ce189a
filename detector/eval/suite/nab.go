package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"
	"time"

	"crackle/detector/eval"
	"crackle/detector/limit"
	"crackle/detector/member"
)

// nabLatch is the rule that makes calls of scores, one for all files: fixed on half of the corpus.
var nabLatch = limit.LatchConfig{Limit: 1, Price: 0.3, Memory: 32, Louder: 2}

// nabRest is the rest after a call, as a share of the rows that the protocol gives to learn from. A call speaks for a rest, so what counts is how
// rare a score is among the rows of one: scores are stated for a rest of nabRows rows.
const (
	nabRest = 0.25
	nabRows = 100

	nabLeastDay, nabMostDay = 8, 24 * 3600 // rows of a day that has a shape, and that are kept for seven
)

// seasonHandicap is how much rarer, in decades, what is odd for its time of day has to be than what is odd at any time.
const seasonHandicap = 1.2

// readNAB reads a file's values, anomaly windows and how many rows a day has by the rows to learn from.
func readNAB(root fs.FS, name string, windows [][2]string) ([][]float64, *eval.NABFile, int, error) {
	cells, err := table(root, name, ',')
	if err != nil {
		return nil, nil, 0, err
	}
	first := map[string]int{} // a window's bound is the first row of its time
	rows, stamps := make([][]float64, 0, len(cells)-1), make([]time.Time, 0, len(cells)-1)
	for i, line := range cells[1:] {
		if len(line) < 2 {
			return nil, nil, 0, fmt.Errorf("%s, line %d: %d cells, two are needed", name, i+2, len(line))
		}
		v, err := value(name, i+2, line[1])
		if err != nil {
			return nil, nil, 0, err
		}
		if _, ok := first[line[0]]; !ok {
			first[line[0]] = i
		}
		at, err := time.Parse(time.DateTime, line[0])
		if err != nil {
			return nil, nil, 0, fmt.Errorf("%s, line %d: %w", name, i+2, err)
		}
		rows, stamps = append(rows, []float64{v}), append(stamps, at)
	}
	var bounds [][2]int
	for _, w := range windows {
		var b [2]int
		for k, stamp := range w {
			stamp, _, _ = strings.Cut(stamp, ".")
			at, ok := first[stamp]
			if !ok {
				return nil, nil, 0, fmt.Errorf("%s: no row at %s, a bound of an anomaly window", name, stamp)
			}
			b[k] = at
		}
		bounds = append(bounds, b)
	}
	f := eval.NewNABFile(len(rows), bounds)
	return rows, f, dayRows(stamps[:f.Probation]), nil
}

// dayRows is how many rows a day has by their middle distance; 0 when that cannot be told.
func dayRows(stamps []time.Time) int {
	var steps []time.Duration
	for i := 1; i < len(stamps); i++ {
		if d := stamps[i].Sub(stamps[i-1]); d > 0 {
			steps = append(steps, d)
		}
	}
	if len(steps) == 0 {
		return 0
	}
	slices.Sort(steps)
	return int(math.Round(float64(24*time.Hour) / float64(steps[len(steps)/2])))
}

// nabWindows reads the labels.
func nabWindows(root fs.FS) (map[string][][2]string, error) {
	const name = "labels/combined_windows.json"
	b, err := content(root, name)
	if err != nil {
		return nil, err
	}
	var w map[string][][2]string
	if err := json.Unmarshal(b, &w); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return w, nil
}

// nabScores scores a file by novelty and by the time of day, where days have enough rows, and calls on it, none during the rows learned from.
func nabScores(rows [][]float64, probation, day int) (score []float64, call []bool, err error) {
	m, err := member.NewNovelty(member.NoveltyConfig{}, rows[:probation])
	if err != nil {
		return nil, nil, err
	}
	score, call = member.Scores(m, rows), make([]bool, len(rows))
	if day >= nabLeastDay && day <= nabMostDay {
		s, err := member.NewSeason(member.SeasonConfig{Rows: day}, rows[:probation])
		if err != nil {
			return nil, nil, err
		}
		for i, v := range member.Scores(s, rows) {
			if v -= seasonHandicap; v > score[i] {
				score[i] = v
			}
		}
	}
	c := nabLatch
	c.Rest = max(int(nabRest*float64(probation)), 1)
	l := limit.NewLatch(c)
	for i := range score {
		score[i] -= math.Log10(float64(c.Rest) / nabRows)
		call[i] = i >= probation && l.Step(score[i])
	}
	return score, call, nil
}

func poolNAB(sums []eval.NABSum, pick []int) []Figure {
	var t eval.NABSum
	for _, i := range pick {
		t = t.Plus(sums[i])
	}
	return []Figure{
		{"standard", t.Score(eval.Standard)}, {"low_fp", t.Score(eval.LowFP)}, {"low_fn", t.Score(eval.LowFN)},
		{"windows", float64(t.Windows)}, {"windows_found", float64(t.Found)}, {"false_calls", float64(t.False)},
	}
}

func runNAB(ctx context.Context, root fs.FS) (*Report, error) {
	names, err := glob(root, "data/*/*.csv")
	if err != nil {
		return nil, err
	}
	windows, err := nabWindows(root)
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(n string) bool { // files without labels cannot be scored
		_, ok := windows[strings.TrimPrefix(n, "data/")]
		return !ok
	})
	if len(names) == 0 {
		return nil, fmt.Errorf("no file below data/ is named in labels/combined_windows.json")
	}
	own, traces := make([]eval.NABSum, len(names)), make([]Trace, len(names))
	beside := rivals()
	others := make([][]eval.NABSum, len(beside))
	for k := range others {
		others[k] = make([]eval.NABSum, len(names))
	}
	files, scores := make([]*eval.NABFile, len(names)), make([][]float64, len(names))
	err = each(ctx, len(names), func(i int) error {
		rows, f, day, err := readNAB(root, names[i], windows[strings.TrimPrefix(names[i], "data/")])
		if err != nil {
			return err
		}
		score, call, err := nabScores(rows, f.Probation, day)
		if err != nil {
			return fmt.Errorf("%s: %w", names[i], err)
		}
		own[i].Add(f, call)
		files[i], scores[i] = f, score
		truth := make([]bool, len(rows))
		for _, w := range f.Windows {
			for r := w[0]; r <= w[1]; r++ {
				truth[r] = true
			}
		}
		traces[i] = Trace{Name: strings.TrimSuffix(strings.TrimPrefix(names[i], "data/"), ".csv"), Score: score, Limit: nabLatch.Limit, Truth: truth, Alarm: call, Figures: poolNAB(own, []int{i})}
		for k, r := range beside {
			alarm, err := r.fit(rows, f.Probation)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", names[i], r.name, err)
			}
			others[k][i].Add(f, alarm)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	best, at := eval.BestNAB(files, scores, eval.Standard)
	r := &Report{
		Detector:  "novelty against the stream's own past, at any time and at the time of day, each call dearer than the one before; one set-up",
		Figures:   append(poolNAB(own, all(len(names))), Figure{"fixed_threshold", nabLatch.Limit}, Figure{"raw_score_tuned_standard", best}, Figure{"raw_score_tuned_threshold", at}),
		Intervals: intervals(len(names), func(pick []int) []Figure { return poolNAB(own, pick) }, "standard", "low_fp", "low_fn"),
		Traces:    traces,
		Notes: []string{
			"The threshold is fixed in advance. raw_score_tuned_standard is the raw score at the one threshold that fits the labels best, as NAB's own table is made; it is no result.",
		},
	}
	for k, b := range beside {
		r.Rivals = append(r.Rivals, Rival{b.name, poolNAB(others[k], all(len(names)))})
	}
	return r, nil
}
