package suite

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
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
	if len(a.shape) != 2 || a.shape[1] < 1 {
		return nil, fmt.Errorf("%s has shape %v, rows and columns are needed", name, a.shape)
	}
	rows := make([][]float64, a.shape[0])
	for i := range rows {
		rows[i] = []float64{a.data[i*a.shape[1]]}
	}
	return rows, nil
}

func readTelemetry(root fs.FS, id, ext string, sequences [][2]int) (t *telemetry, err error) {
	t = &telemetry{name: id, sequences: sequences}
	if t.train, err = telemetryRows(root, "train/"+id+ext); err != nil {
		return nil, err
	}
	if t.test, err = telemetryRows(root, "test/"+id+ext); err != nil {
		return nil, err
	}
	return t, nil
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
)

// judgeTelemetry runs a member over the training and then the test part. The score is over its limit: 1 is at it.
func judgeTelemetry(t *telemetry) (score []float64, alarm []bool, err error) {
	var m member.Member
	over := float64(forecastLimit)
	m, err = member.NewForecaster(member.ForecasterConfig{Smooth: 0.1}, t.train)
	if errors.Is(err, member.ErrConstant) {
		over = noveltyLimit
		m, err = member.NewNovelty(member.NoveltyConfig{}, t.train)
	}
	if err != nil {
		return nil, nil, err
	}
	member.Scores(m, t.train)
	score, alarm = member.Scores(m, t.test), make([]bool, len(t.test))
	last := -telemetryGap
	for i := range score {
		if score[i] /= over; !(score[i] > 1) {
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

func runTelemanom(ctx context.Context, root fs.FS) (*Report, error) {
	labels, err := telemetryLabels(root)
	if err != nil {
		return nil, err
	}
	names, err := glob(root, "test/*.npy*")
	if err != nil {
		return nil, err
	}
	events, auc, vus, traces := make([]eval.Events, len(names)), make([]float64, len(names)), make([]float64, len(names)), make([]Trace, len(names))
	beside := rivals()
	others := make([][]eval.Events, len(beside))
	for k := range others {
		others[k] = make([]eval.Events, len(names))
	}
	err = each(ctx, len(names), func(i int) error {
		id, ext, _ := strings.Cut(strings.TrimPrefix(names[i], "test/"), ".")
		sequences, ok := labels[id]
		if !ok {
			return fmt.Errorf("%s: channel %s is not in labeled_anomalies.csv", names[i], id)
		}
		t, err := readTelemetry(root, id, "."+ext, sequences)
		if err != nil {
			return err
		}
		score, alarm, err := judgeTelemetry(t)
		if err != nil {
			return fmt.Errorf("channel %s: %w", id, err)
		}
		truth := t.truth()
		events[i], auc[i], vus[i] = eval.CountEvents(truth, alarm), eval.AUC(truth, score), eval.VUSPR(truth, score, 100)
		traces[i] = Trace{Name: id, Score: score, Limit: 1, Truth: truth, Alarm: alarm, Figures: poolTelemetry(events, auc, vus, []int{i})}
		both := append(append([][]float64{}, t.train...), t.test...)
		for k, r := range beside {
			plain, err := r.fit(both, len(t.train))
			if err != nil {
				return err
			}
			others[k][i] = eval.CountEvents(truth, plain[len(t.train):])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	r := &Report{
		Detector:  "forecaster (random-feature GRU with ridge read-out) of the telemetry value, novelty where it stood still in training; commands are not used",
		Figures:   poolTelemetry(events, auc, vus, all(len(names))),
		Intervals: intervals(len(names), func(pick []int) []Figure { return poolTelemetry(events, auc, vus, pick) }, "precision", "recall", "f05"),
		Traces:    traces,
		Notes:     []string{"Sequences as in Hundman et al. 2018: no point adjustment. What always alarms has one sequence a channel and touches everything: precision says nothing of it, its alarms never end."},
	}
	none := make([]float64, len(names))
	for k, b := range beside {
		r.Rivals = append(r.Rivals, Rival{b.name, poolTelemetry(others[k], none, none, all(len(names)))[:8]})
	}
	return r, nil
}
