package suite

import (
	"context"
	"fmt"
	"io/fs"

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

// runDrift measures false alarms on a recording without faults that drifts: with the set-up of suite skab, and what an adaptive limit makes of
// a stated rate.
func runDrift(ctx context.Context, root fs.FS) (*Report, error) {
	names, err := fs.Glob(root, "anomaly-free/*.csv")
	if err == nil && len(names) == 0 {
		names, err = glob(root, "*.csv")
	}
	if err != nil {
		return nil, err
	}
	r := &Report{Detector: "the set-up of suite skab; beside it an adaptive limit on the level, asked for 1 % of the rows", Intervals: map[string]eval.Interval{}}
	total, alarms, events, held := 0, 0, 0, 0
	var pieces []Figure
	cut, cutAlarms, cutEvents := 0, 0, 0
	var onsets, found, watchFound int
	beside := rivals()
	loud := make([]int, len(beside))
	for _, name := range names {
		p, err := readSKAB(root, name)
		if err != nil {
			return nil, err
		}
		w, err := watch(p.rows, skabLearn)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		normal := make([]bool, len(p.rows)-skabLearn)
		e := eval.CountEvents(normal, w.alarm[skabLearn:])
		total, alarms, events = total+len(normal), alarms+len(set(w.alarm[skabLearn:])), events+e.False
		r.Traces = append(r.Traces, Trace{Name: p.name, Score: w.score, Limit: 1, Truth: make([]bool, len(p.rows)), Alarm: w.alarm, Marks: set(w.called)})
		adaptive, err := adaptiveAlarms(p.rows, skabLearn)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		held += len(set(adaptive[skabLearn:]))
		n, a, b, err := onsetsFound(ctx, p.rows)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		onsets, found, watchFound = onsets+n, found+a, watchFound+b
		for k, b := range beside {
			alarm, err := b.fit(p.rows, skabLearn)
			if err != nil {
				return nil, err
			}
			loud[k] += len(set(alarm[skabLearn:]))
		}
		for from := 0; from+slice <= len(p.rows); from += every {
			if err := context.Cause(ctx); err != nil {
				return nil, err
			}
			w, err := watch(p.rows[from:from+slice], skabLearn)
			if err != nil {
				return nil, fmt.Errorf("%s from row %d: %w", name, from, err)
			}
			normal := make([]bool, slice-skabLearn)
			cut += len(normal)
			cutAlarms += len(set(w.alarm[skabLearn:]))
			cutEvents += eval.CountEvents(normal, w.alarm[skabLearn:]).False
		}
	}
	hours := float64(total) / 3600
	low, high := limit.Rate(events, hours, 0.95)
	r.Figures = append(pieces,
		Figure{"rows", float64(total)}, Figure{"rows_in_alarm", share(alarms, total)}, Figure{"events_per_hour", float64(events) / hours},
		Figure{"slices_rows_in_alarm", share(cutAlarms, cut)}, Figure{"slices_events_per_hour", float64(cutEvents) / (float64(cut) / 3600)},
		Figure{"stated_rate", stated}, Figure{"realised_rate", share(held, total)},
		Figure{"onsets_added", float64(onsets)}, Figure{"onset_recall_adaptive", share(found, onsets)}, Figure{"onset_recall", share(watchFound, onsets)},
	)
	r.Intervals["events_per_hour"] = eval.Interval{Low: low, High: high}
	for k, b := range beside {
		r.Rivals = append(r.Rivals, Rival{b.name, []Figure{{"rows_in_alarm", share(loud[k], total)}}})
	}
	r.Notes = []string{
		"rows_in_alarm learns the first 400 rows once and runs to the end; slices learn anew every 750 rows.",
		"Onsets are steps of six deviations of the rows learned from, added to one channel for 60 rows, in turn at 24 places; found when an alarm begins in them.",
		"onset_recall is low where a channel has drifted by more than six deviations from the rows learned from: suite skab's level holds values in around those, and would else call the recording's own steps. The adaptive limit's level holds them in around where the process is.",
		"realised_rate is the share of rows above an adaptive limit on the level, which swallows a lasting fault as it swallows drift: onsets only.",
	}
	return r, nil
}

func share(n, of int) float64 { return float64(n) / float64(max(of, 1)) }

// adaptiveAlarms judges the level, whose baseline is that of the rows learned from, by a limit that follows. It starts at the 99 % quantile
// of rows that were not fitted.
func adaptiveAlarms(rows [][]float64, learn int) ([]bool, error) {
	fit := learn * 3 / 4
	m, err := member.NewLevel(member.LevelConfig{Roam: true}, rows[:fit])
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
		for i := range x {
			x[i] = rows[i][c]
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
