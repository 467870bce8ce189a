package suite

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"crackle/detector/eval"
	"crackle/detector/member"
)

// telemetry is one channel: a training and a test part.
type telemetry struct {
	name        string
	train, test [][]float64
	sequences   [][2]int // first and last row of each anomaly in the test part
}

var sequence = regexp.MustCompile(`\[\s*(\d+)\s*,\s*(\d+)\s*\]`)

// telemetryLabels reads the sequences of each channel, those of a channel listed twice together once.
func telemetryLabels(root fs.FS) (map[string][][2]int, error) {
	const name = "labeled_anomalies.csv"
	b, err := content(root, name)
	if err != nil {
		return nil, err
	}
	cells, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(cells) == 0 {
		return nil, fmt.Errorf("%s: the file is empty", name)
	}
	id, err := column(name, cells[0], "chan_id")
	if err != nil {
		return nil, err
	}
	at, err := column(name, cells[0], "anomaly_sequences")
	if err != nil {
		return nil, err
	}
	out := map[string][][2]int{}
	for _, line := range cells[1:] {
		for _, m := range sequence.FindAllStringSubmatch(line[at], -1) {
			first, _ := strconv.Atoi(m[1]) // digits by the pattern
			last, _ := strconv.Atoi(m[2])
			out[line[id]] = append(out[line[id]], [2]int{first, last})
		}
	}
	return out, nil
}

// telemetryRows reads an array; only column 0 is telemetry, the others are commands.
func telemetryRows(root fs.FS, name string) ([][]float64, error) {
	a, err := numpy(root, name)
	if err != nil {
		return nil, err
	}
	columns := 1
	switch {
	case len(a.shape) == 2 && a.shape[1] > 0:
		columns = a.shape[1]
	case len(a.shape) != 1:
		return nil, fmt.Errorf("%s has shape %v, rows and columns are needed", name, a.shape)
	}
	rows := make([][]float64, a.shape[0])
	for i := range rows {
		rows[i] = []float64{a.data[i*columns]}
	}
	return rows, nil
}

// readTelemetry reads a channel by the name of its test part.
func readTelemetry(root fs.FS, test string, labels map[string][][2]int) (*telemetry, error) {
	t := &telemetry{name: channelOf(test)}
	var ok bool
	if t.sequences, ok = labels[t.name]; !ok {
		return nil, fmt.Errorf("%s: channel %s is not in labeled_anomalies.csv", test, t.name)
	}
	var err error
	if t.test, err = telemetryRows(root, test); err != nil {
		return nil, err
	}
	t.train, err = telemetryRows(root, path.Join(path.Dir(path.Dir(test)), "train", path.Base(test)))
	return t, err
}

// channelOf is the channel that a file has.
func channelOf(name string) string {
	id, _, _ := strings.Cut(path.Base(name), ".")
	return id
}

// telemetryTests lists the test parts, one a channel; the arrays may lie in a folder of their own.
func telemetryTests(root fs.FS) ([]string, error) {
	names, err := find(root, "*.npy*")
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	names = slices.DeleteFunc(names, func(n string) bool {
		id := channelOf(n)
		other := path.Base(path.Dir(n)) != "test" || seen[id]
		seen[id] = seen[id] || !other
		return other
	})
	if len(names) == 0 {
		return nil, errors.New("no folder test has arrays *.npy or *.npy.gz: name the benchmark's folder")
	}
	return names, nil
}

// truth has a row for each of the test part.
func (t *telemetry) truth() []bool {
	out := make([]bool, len(t.test))
	for _, s := range t.sequences {
		for i := max(s[0], 0); i <= s[1] && i < len(out); i++ {
			out[i] = true
		}
	}
	return out
}

// Limits, one for all channels: of the forecaster's error in its held-out deviations, and of novelty where a channel stood still in training
// and there was nothing to forecast. Exceedances less than telemetryGap rows apart are one sequence.
const (
	forecastLimit = 2.5
	noveltyLimit  = 3
	telemetryGap  = 100
	telemetryCold = 100 // rows at the begin of the test part, which does not follow on the training part, on which nothing is said
)

// forecaster learns one of a single channel and gives the limit of its score; novelty where there is nothing to forecast.
func forecaster(rows [][]float64) (m member.Member, limit float64, err error) {
	rows = whole(rows)
	if m, err = member.NewForecaster(member.ForecasterConfig{Smooth: 0.1}, rows); err == nil {
		return m, forecastLimit, nil
	}
	if n, fails := member.NewNovelty(member.NoveltyConfig{}, rows); fails == nil {
		return n, noveltyLimit, nil
	}
	return nil, 0, err
}

// judgeTelemetry runs a member over the training and then the test part. The score is over its limit: 1 is at it.
func judgeTelemetry(t *telemetry) (score []float64, alarm []bool, err error) {
	m, over, err := forecaster(t.train)
	if err != nil {
		return nil, nil, err
	}
	member.Scores(m, t.train)
	score, alarm = member.Scores(m, t.test), make([]bool, len(t.test))
	last := -telemetryGap
	for i := range score {
		if score[i] /= over; !(score[i] > 1) || i < telemetryCold {
			continue
		}
		for k := max(last, 0); k < i && i-last < telemetryGap; k++ {
			alarm[k] = true
		}
		alarm[i], last = true, i
	}
	return score, alarm, nil
}

// sequences of the telemanom protocol: a predicted one that touches a labelled one is right once for that label, labels without are missed.
func poolTelemetry(events []eval.Events, auc, vus []float64, pick []int) []Figure {
	var e eval.Events
	a, v, n := 0.0, 0.0, 0.0
	for _, i := range pick {
		e = e.Plus(events[i])
		if auc[i] == auc[i] {
			a, v, n = a+auc[i], v+vus[i], n+1
		}
	}
	precision := float64(e.Found) / max(float64(e.Found+e.False), 1)
	recall := e.Recall()
	f := func(beta float64) float64 {
		if precision+recall == 0 {
			return 0
		}
		return (1 + beta*beta) * precision * recall / (beta*beta*precision + recall)
	}
	return []Figure{
		{"precision", precision}, {"recall", recall}, {"f05", f(0.5)}, {"f1", f(1)}, {"sequences", float64(e.True)}, {"found", float64(e.Found)},
		{"false_sequences", float64(e.False)}, {"false_per_day", e.FalsePerHour(60) * 24}, {"median_delay_rows", e.MedianDelay()}, {"auc", a / n}, {"vus_pr", v / n},
	}
}

// telemetryFile is what is made of one channel.
type telemetryFile struct {
	events   eval.Events
	auc, vus float64
	others   []eval.Events
	trace    Trace
	silent   string // why nothing could be learned
}

func scoreTelemetry(root fs.FS, name string, labels map[string][][2]int, beside []rival) (*telemetryFile, error) {
	t, err := readTelemetry(root, name, labels)
	if err != nil {
		return nil, err
	}
	f := &telemetryFile{}
	score, alarm, err := judgeTelemetry(t)
	if err != nil {
		f.silent, score, alarm = err.Error(), silent(len(t.test)), make([]bool, len(t.test))
	}
	truth := t.truth()
	f.events, f.auc, f.vus = eval.CountEvents(truth, alarm), eval.AUC(truth, score), eval.VUSPR(truth, score, 100)
	f.trace = Trace{Name: t.name, Score: score, Limit: 1, Truth: truth, Alarm: alarm, Figures: poolTelemetry([]eval.Events{f.events}, []float64{f.auc}, []float64{f.vus}, []int{0})}
	both := slices.Concat(t.train, t.test)
	for _, r := range beside {
		f.others = append(f.others, eval.CountEvents(truth, r.decide(both, len(t.train))[len(t.train):]))
	}
	return f, nil
}

func runTelemanom(ctx context.Context, root fs.FS) (*Report, error) {
	labels, err := telemetryLabels(root)
	if err != nil {
		return nil, err
	}
	names, err := telemetryTests(root)
	if err != nil {
		return nil, err
	}
	beside := rivals()
	files, left, err := scored(ctx, names, func(name string) (*telemetryFile, error) { return scoreTelemetry(root, name, labels, beside) })
	if err != nil {
		return nil, err
	}
	r := &Report{
		Detector: "forecaster (random-feature GRU with ridge read-out) of the telemetry value, novelty where it stood still in training; commands are not used",
		Notes: []string{"Sequences as in Hundman et al. 2018: no point adjustment. What always alarms has one sequence a channel and touches everything: precision says nothing of it, its alarms never end.",
			"A test part does not follow on its training part: on its first 100 rows nothing is said."},
	}
	absent := len(labels)
	for _, n := range names {
		if _, ok := labels[channelOf(n)]; ok {
			absent--
		}
	}
	if absent > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d of the %d channels in labeled_anomalies.csv are not in the folder.", absent, len(labels)))
	}
	events, auc, vus := make([]eval.Events, len(files)), make([]float64, len(files)), make([]float64, len(files))
	var quiet []Missing
	for i, f := range files {
		events[i], auc[i], vus[i] = f.events, f.auc, f.vus
		r.Traces = append(r.Traces, f.trace)
		if f.silent != "" {
			quiet = append(quiet, Missing{f.trace.Name, f.silent})
		}
	}
	every, none := all(len(files)), make([]float64, len(files))
	r.Figures = poolTelemetry(events, auc, vus, every)
	r.Intervals = intervals(len(files), func(pick []int) []Figure { return poolTelemetry(events, auc, vus, pick) }, "precision", "recall", "f05")
	for k, b := range beside {
		others := make([]eval.Events, len(files))
		for i, f := range files {
			others[i] = f.others[k]
		}
		r.Rivals = append(r.Rivals, Rival{b.name, poolTelemetry(others, none, none, every)[:8]})
	}
	return r.count(len(files), left, quiet), nil
}
