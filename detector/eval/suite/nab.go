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
	rows, stamps := make([][]float64, 0, len(cells)-1), make([]time.Time, 0, len(cells)-1)
	for i, line := range cells[1:] {
		if len(line) < 2 {
			return nil, nil, 0, fmt.Errorf("%s, line %d: %d cells, two are needed", name, i+2, len(line))
		}
		v, err := value(name, i+2, line[1])
		if err != nil {
			return nil, nil, 0, err
		}
		at, err := stamp(name, i+2, line[0])
		if err != nil {
			return nil, nil, 0, err
		}
		rows, stamps = append(rows, []float64{v}), append(stamps, at)
	}
	bounds, err := nabBounds(name, stamps, windows)
	if err != nil {
		return nil, nil, 0, err
	}
	f := eval.NewNABFile(len(rows), bounds)
	return rows, f, dayRows(stamps[:f.Probation]), nil
}

// nabBounds gives the first and last row of each window. A bound is the first row of its time, for times may repeat and step back; where a log
// has lost that row, the nearest one within the window.
func nabBounds(name string, stamps []time.Time, windows [][2]string) ([][2]int, error) {
	first := make(map[time.Time]int, len(stamps))
	for i, t := range stamps {
		if _, ok := first[t]; !ok {
			first[t] = i
		}
	}
	var bounds [][2]int
	for _, w := range windows {
		var t [2]time.Time
		for k, text := range w {
			var err error
			if t[k], err = stamp(name+", label", 1, text); err != nil {
				return nil, err
			}
		}
		inside := func(s time.Time) bool { return !s.Before(t[0]) && !s.After(t[1]) }
		from, to := slices.IndexFunc(stamps, inside), len(stamps)-1
		for to > from && !inside(stamps[to]) {
			to--
		}
		if at, ok := first[t[0]]; ok {
			from = at
		}
		if at, ok := first[t[1]]; ok {
			to = at
		}
		if from < 0 || to < from {
			return nil, fmt.Errorf("%s: no row from %s to %s, an anomaly window", name, w[0], w[1])
		}
		bounds = append(bounds, [2]int{from, to})
	}
	return bounds, nil
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
	m, err := member.NewNovelty(member.NoveltyConfig{}, whole(rows[:probation]))
	if err != nil {
		return nil, nil, err
	}
	score, call = member.Scores(m, rows), make([]bool, len(rows))
	if day >= nabLeastDay && day <= nabMostDay {
		s, err := member.NewSeason(member.SeasonConfig{Rows: day}, whole(rows[:probation]))
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

// nabFile is what is made of one file.
type nabFile struct {
	own    eval.NABSum
	others []eval.NABSum
	laid   *eval.NABFile
	trace  Trace
	silent string // why nothing could be learned
}

func judgeNAB(root fs.FS, name string, labels map[string][][2]string, beside []rival) (*nabFile, error) {
	windows, ok := labels[strings.TrimPrefix(name, "data/")]
	if !ok {
		return nil, fmt.Errorf("%s: not named in labels/combined_windows.json", name)
	}
	rows, laid, day, err := readNAB(root, name, windows)
	if err != nil {
		return nil, err
	}
	f := &nabFile{laid: laid}
	score, call, err := nabScores(rows, laid.Probation, day)
	if err != nil {
		f.silent, score, call = err.Error(), silent(len(rows)), make([]bool, len(rows))
	}
	f.own.Add(laid, call)
	truth := make([]bool, len(rows))
	for _, w := range laid.Windows {
		for r := w[0]; r <= w[1]; r++ {
			truth[r] = true
		}
	}
	f.trace = Trace{
		Name: strings.TrimSuffix(strings.TrimPrefix(name, "data/"), ".csv"), Learned: laid.Probation, Score: score, Limit: nabLatch.Limit, Truth: truth, Alarm: call,
		Figures: poolNAB([]eval.NABSum{f.own}, []int{0}),
	}
	f.others = make([]eval.NABSum, len(beside))
	for k, r := range beside {
		f.others[k].Add(laid, r.decide(rows, laid.Probation))
	}
	return f, nil
}

func runNAB(ctx context.Context, root fs.FS) (*Report, error) {
	names, err := glob(root, "data/*/*.csv")
	if err != nil {
		return nil, err
	}
	labels, err := nabWindows(root)
	if err != nil {
		return nil, err
	}
	beside := rivals()
	files, left, err := scored(ctx, names, func(name string) (*nabFile, error) { return judgeNAB(root, name, labels, beside) })
	if err != nil {
		return nil, err
	}
	r := &Report{
		Detector: "novelty against the stream's own past, at any time and at the time of day, each call dearer than the one before; one set-up",
		Notes: []string{
			"The threshold is fixed in advance. raw_score_tuned_standard is the raw score at the one threshold that fits the labels best, as NAB's own table is made; it is no result.",
		},
	}
	own, laid, scores := make([]eval.NABSum, len(files)), make([]*eval.NABFile, len(files)), make([][]float64, len(files))
	var quiet []Missing
	for i, f := range files {
		own[i], laid[i], scores[i] = f.own, f.laid, f.trace.Score
		r.Traces = append(r.Traces, f.trace)
		if f.silent != "" {
			quiet = append(quiet, Missing{f.trace.Name, f.silent})
		}
	}
	for _, n := range names {
		delete(labels, strings.TrimPrefix(n, "data/"))
	}
	if len(labels) > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d files that labels/combined_windows.json names are not in the folder.", len(labels)))
	}
	best, at := eval.BestNAB(laid, scores, eval.Standard)
	every := all(len(files))
	r.Figures = append(poolNAB(own, every), Figure{"fixed_threshold", nabLatch.Limit}, Figure{"raw_score_tuned_standard", best}, Figure{"raw_score_tuned_threshold", at})
	r.Intervals = intervals(len(files), func(pick []int) []Figure { return poolNAB(own, pick) }, "standard", "low_fp", "low_fn")
	for k, b := range beside {
		others := make([]eval.NABSum, len(files))
		for i, f := range files {
			others[i] = f.others[k]
		}
		r.Rivals = append(r.Rivals, Rival{b.name, poolNAB(others, every)})
	}
	return r.count(len(files), left, quiet), nil
}
