package suite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"crackle/detector/eval"
	"crackle/detector/limit"
	"crackle/detector/member"
)

// stated is the alarm rate that the adaptive limit is asked to hold.
const stated = 0.01

// slice and every are the rows of the pieces, each learned from anew, into which a long recording is also cut.
const (
	slice = 1150
	every = 750
)

// driftFile is what is made of a recording.
type driftFile struct {
	rows, alarms, events, held int
	cut, cutAlarms, cutEvents  int // of the pieces

	moved, movedAlarms, movedEvents int // with the lesson begun later
	onsets, found, watchFound       int
	loud                            []int // rows in alarm of the rivals
	trace                           Trace
}

func (f *driftFile) add(o *driftFile) {
	f.rows, f.alarms, f.events, f.held = f.rows+o.rows, f.alarms+o.alarms, f.events+o.events, f.held+o.held
	f.cut, f.cutAlarms, f.cutEvents = f.cut+o.cut, f.cutAlarms+o.cutAlarms, f.cutEvents+o.cutEvents
	f.moved, f.movedAlarms, f.movedEvents = f.moved+o.moved, f.movedAlarms+o.movedAlarms, f.movedEvents+o.movedEvents
	f.onsets, f.found, f.watchFound = f.onsets+o.onsets, f.found+o.found, f.watchFound+o.watchFound
	for k, n := range o.loud {
		f.loud[k] += n
	}
}

func judgeDrift(ctx context.Context, root fs.FS, name string, beside []rival) (*driftFile, error) {
	p, err := readSKAB(root, name)
	if err != nil {
		return nil, err
	}
	if slices.Contains(p.truth, true) {
		return nil, fmt.Errorf("%s: rows are labelled as faults, a recording without is needed", name)
	}
	w, err := watch(p.rows, skabLearn)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f := &driftFile{}
	f.rows, f.alarms, f.events = countNormal(w.alarm)
	f.trace = Trace{Name: p.name, Learned: skabLearn, Score: w.score, Limit: 1, Truth: make([]bool, len(p.rows)), Alarm: w.alarm, Marks: set(w.called)}
	adaptive, err := adaptiveAlarms(p.rows, skabLearn)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f.held = len(set(adaptive[skabLearn:]))
	if f.onsets, f.found, f.watchFound, err = onsetsFound(ctx, p.rows); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, b := range beside {
		_, loud, _ := countNormal(b.decide(p.rows, skabLearn))
		f.loud = append(f.loud, loud)
	}
	return f, errors.Join(f.again(ctx, p), context.Cause(ctx))
}

// again watches pieces of the recording, each learned from anew, and all that follows a lesson that begins later.
func (f *driftFile) again(ctx context.Context, p *process) error {
	for from := 0; from+slice <= len(p.rows) && ctx.Err() == nil; from += every {
		w, err := watch(p.rows[from:from+slice], skabLearn)
		if err != nil {
			return fmt.Errorf("%s from row %d: %w", p.name, from, err)
		}
		rows, alarms, events := countNormal(w.alarm)
		f.cut, f.cutAlarms, f.cutEvents = f.cut+rows, f.cutAlarms+alarms, f.cutEvents+events
	}
	for from := skabLearn; 3*from <= 2*len(p.rows)-3*skabLearn && ctx.Err() == nil; from += skabLearn {
		w, err := watch(p.rows[from:], skabLearn)
		if err != nil {
			return fmt.Errorf("%s from row %d: %w", p.name, from, err)
		}
		rows, alarms, events := countNormal(w.alarm)
		f.moved, f.movedAlarms, f.movedEvents = f.moved+rows, f.movedAlarms+alarms, f.movedEvents+events
	}
	return nil
}

// countNormal counts rows after those learned from, those in alarm and the alarms, none of which is right.
func countNormal(alarm []bool) (rows, loud, events int) {
	alarm = alarm[skabLearn:]
	return len(alarm), len(set(alarm)), len(eval.Stretches(alarm))
}

// runDrift measures false alarms on a recording without faults that drifts: with the set-up of suite skab, and what an adaptive limit makes of
// a stated rate.
func runDrift(ctx context.Context, root fs.FS) (*Report, error) {
	others, names, err := skabFiles(root)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 { // the folder of such recordings itself
		names = others
	}
	beside := rivals()
	files, left, err := scored(ctx, names, func(name string) (*driftFile, error) { return judgeDrift(ctx, root, name, beside) })
	if err != nil {
		return nil, err
	}
	r := &Report{Detector: "the set-up of suite skab; beside it an adaptive limit on the level, asked for 1 % of the rows"}
	t := driftFile{loud: make([]int, len(beside))}
	for _, f := range files {
		t.add(f)
		r.Traces = append(r.Traces, f.trace)
	}
	hours := float64(t.rows) / 3600
	low, high := limit.Rate(t.events, hours, 0.95)
	r.Figures = []Figure{
		{"rows", float64(t.rows)}, {"rows_in_alarm", share(t.alarms, t.rows)}, {"events_per_hour", float64(t.events) / hours},
		{"rows_in_alarm_moved", share(t.movedAlarms, t.moved)}, {"events_per_hour_moved", float64(t.movedEvents) / (float64(t.moved) / 3600)},
		{"slices_rows_in_alarm", share(t.cutAlarms, t.cut)}, {"slices_events_per_hour", float64(t.cutEvents) / (float64(t.cut) / 3600)},
		{"stated_rate", stated}, {"realised_rate", share(t.held, t.rows)},
		{"onsets_added", float64(t.onsets)}, {"onset_recall_adaptive", share(t.found, t.onsets)}, {"onset_recall", share(t.watchFound, t.onsets)},
	}
	r.Intervals = map[string]eval.Interval{"events_per_hour": {Low: low, High: high}}
	for k, b := range beside {
		r.Rivals = append(r.Rivals, Rival{b.name, []Figure{{"rows_in_alarm", share(t.loud[k], t.rows)}}})
	}
	r.Notes = []string{
		"rows_in_alarm learns the first 400 rows once and runs to the end; rows_in_alarm_moved learns 400 rows that begin 400, 800 and so on rows later, up to two thirds of the recording, and is what of it is not luck of the lesson; slices learn anew every 750 rows.",
		"Onsets are steps of six deviations of the rows learned from, added to one channel for 60 rows, in turn at 24 places; found when an alarm begins in them.",
		"onset_recall is low in channels that the recording itself moves as far in the hours after the lesson: suite skab's set-up learns on how far channels wander, and what wanders by nature needs another channel to alarm. The adaptive limit's level does not learn on.",
		"realised_rate is the share of rows above an adaptive limit on the level, which swallows a lasting fault as it swallows drift: onsets only.",
	}
	return r.count(len(files), left, nil), nil
}

func share(n, of int) float64 { return float64(n) / float64(max(of, 1)) }

// adaptiveAlarms judges the level, whose baseline is that of the rows learned from, by a limit that follows. It starts at the 99 % quantile
// of rows that were not fitted.
func adaptiveAlarms(rows [][]float64, learn int) ([]bool, error) {
	fit := learn * 3 / 4
	m, err := member.NewLevel(member.LevelConfig{Roam: true}, whole(rows[:fit]))
	if err != nil {
		return nil, err
	}
	score := member.Scores(m, rows)
	tail, err := limit.Calibrate(score[fit:learn])
	if err != nil {
		return nil, err
	}
	start, _ := tail.Limit(stated)
	middle, _ := tail.Limit(0.5)
	a, err := limit.NewAdaptive(limit.AdaptiveConfig{Alpha: stated, Start: start, Unit: max(start-middle, 1e-9) / 2.33})
	if err != nil {
		return nil, err
	}
	out := make([]bool, len(rows))
	for i := learn; i < len(rows); i++ {
		out[i] = a.Step(score[i])
	}
	return out, nil
}

// Onsets added to a recording without faults, one at a time.
const (
	onsetPlaces = 24
	onsetRows   = 60
	onsetSize   = 6 // standard deviations of the rows learned from
)

// onsetsFound adds a step to one channel at each of several places in turn, and counts in how many an alarm begins by the adaptive limit and
// by the set-up of suite skab: the power that a low rate of false alarms costs.
func onsetsFound(ctx context.Context, rows [][]float64) (places, adaptive, watched int, err error) {
	channels := len(rows[0])
	size := make([]float64, channels)
	for c := range size {
		x := make([]float64, skabLearn)
		x = x[:0]
		for _, r := range whole(rows[:skabLearn]) {
			x = append(x, r[c])
		}
		size[c] = onsetSize * deviation(x)
	}
	found := make([][2]bool, onsetPlaces)
	err = each(ctx, onsetPlaces, func(k int) error {
		at := skabLearn + (k+1)*(len(rows)-skabLearn-onsetRows)/(onsetPlaces+1)
		changed := append([][]float64{}, rows[:at+onsetRows]...)
		for i := at; i < at+onsetRows; i++ {
			changed[i] = append([]float64{}, rows[i]...)
			changed[i][k%channels] += size[k%channels]
		}
		a, err := adaptiveAlarms(changed, skabLearn)
		if err != nil {
			return err
		}
		w, err := watch(changed, skabLearn)
		if err != nil {
			return err
		}
		found[k] = [2]bool{begins(a, at), begins(w.alarm, at)}
		return nil
	})
	for _, f := range found {
		adaptive, watched = adaptive+int(flag(f[0])), watched+int(flag(f[1]))
	}
	return onsetPlaces, adaptive, watched, err
}

// begins tells whether an alarm begins at or after a row.
func begins(alarm []bool, at int) bool {
	for i := at; i < len(alarm); i++ {
		if alarm[i] && !alarm[i-1] {
			return true
		}
	}
	return false
}
