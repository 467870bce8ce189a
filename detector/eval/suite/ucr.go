package suite

import (
	"context"
	"fmt"
	"io/fs"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

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
	u := &ucr{name: strings.TrimSuffix(path.Base(name), ".txt")}
	between := func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' || r == '\ufeff' }
	for i, f := range strings.FieldsFunc(string(b), between) {
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
	u.last = min(u.last, len(u.rows)-1)
	if u.learn < 1 || u.learn >= len(u.rows) || u.first < u.learn || u.last < u.first {
		return nil, fmt.Errorf("%s: the rows named, %v, do not fit %d rows", name, n, len(u.rows))
	}
	return u, nil
}

// hit tells whether naming a row is right.
func (u *ucr) hit(row int) bool { return row >= u.first-ucrMargin && row <= u.last+ucrMargin }

// judgeUCR gives a score to every row and names one after the rows learned from.
func judgeUCR(u *ucr) (score []float64, named int, err error) {
	m, _, err := forecaster(u.rows[:u.learn])
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

// ucrFile is what is made of one file.
type ucrFile struct {
	hit, contrast, rms, chance float64
	trace                      Trace
	silent                     string // why nothing could be learned
}

func scoreUCR(root fs.FS, name string) (*ucrFile, error) {
	u, err := readUCR(root, name)
	if err != nil {
		return nil, err
	}
	f := &ucrFile{contrast: math.NaN(), chance: min(float64(u.last-u.first+1+2*ucrMargin)/float64(len(u.rows)-u.learn), 1)}
	f.trace = Trace{Name: u.name, Learned: u.learn, Limit: math.NaN(), Truth: make([]bool, len(u.rows)), Alarm: make([]bool, len(u.rows))}
	for i := u.first; i <= u.last; i++ {
		f.trace.Truth[i] = true
	}
	score, named, err := judgeUCR(u)
	if err != nil { // nothing is named
		f.silent, f.trace.Score = err.Error(), silent(len(u.rows))
		return f, nil
	}
	inside, outside := 0.0, 0.0
	for r := u.learn; r < len(score); r++ {
		if u.hit(r) {
			inside = max(inside, score[r])
		} else {
			outside = max(outside, score[r])
		}
	}
	f.hit, f.contrast = flag(u.hit(named)), inside/outside
	if plain, err := member.NewRMS(whole(u.rows[:u.learn])); err == nil {
		f.rms = flag(u.hit(largest(member.Scores(plain, u.rows), u.learn)))
	}
	f.trace.Score, f.trace.Alarm[named] = score, true
	f.trace.Figures = []Figure{{"hit", f.hit}, {"contrast", f.contrast}, {"named_row", float64(named + 1)}}
	return f, nil
}

func runUCR(ctx context.Context, root fs.FS) (*Report, error) {
	names, err := find(root, "*UCR_Anomaly*.txt")
	if err != nil {
		return nil, err
	}
	files, left, err := scored(ctx, names, func(name string) (*ucrFile, error) { return scoreUCR(root, name) })
	if err != nil {
		return nil, err
	}
	r := &Report{
		Detector: "forecaster: random-feature GRU with ridge read-out, learned on the rows before the test part; novelty where they stand still",
		Notes:    []string{"Contrast is the largest score at the anomaly over the largest elsewhere in the test part; above 1 the file is solved."},
	}
	var contrasts []float64
	var quiet []Missing
	for _, f := range files {
		r.Traces = append(r.Traces, f.trace)
		if f.contrast == f.contrast {
			contrasts = append(contrasts, f.contrast)
		}
		if f.silent != "" {
			quiet = append(quiet, Missing{f.trace.Name, f.silent})
		}
	}
	mean := func(pick []int, of func(f *ucrFile) float64) float64 {
		s := 0.0
		for _, i := range pick {
			s += of(files[i]) / float64(len(pick))
		}
		return s
	}
	hit := func(f *ucrFile) float64 { return f.hit }
	every := all(len(files))
	r.Figures = []Figure{{"accuracy", mean(every, hit)}, {"median_contrast", math.NaN()}, {"least_contrast", math.NaN()}}
	if len(contrasts) > 0 {
		r.Figures[1].Value, r.Figures[2].Value = middleOf(contrasts), slices.Min(contrasts)
	}
	r.Intervals = map[string]eval.Interval{"accuracy": eval.Bootstrap(len(files), draws, 1, 0.95, func(pick []int) float64 { return mean(pick, hit) })}
	r.Rivals = []Rival{
		{"RMS, the largest deviation from the mean", []Figure{{"accuracy", mean(every, func(f *ucrFile) float64 { return f.rms })}}},
		{"always alarm, so a row by chance", []Figure{{"accuracy", mean(every, func(f *ucrFile) float64 { return f.chance })}}},
	}
	return r.count(len(files), left, quiet), nil
}
