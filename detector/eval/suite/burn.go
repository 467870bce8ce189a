package suite

import (
	"context"
	"fmt"
	"io/fs"
	"math"

	"crackle/detector/eval"
	"crackle/detector/member"
)

// burnLimit is in standard deviations of clean bursts.
const burnLimit = 1.5

// burnt is one part: a burst at each position around it.
type burnt struct {
	name  string
	clean bool
	truth []bool
	rms   [][]float64 // log RMS, a row per position
}

func readBurn(root fs.FS) ([]*burnt, error) {
	waves, err := numpy(root, "burn_waves.npy")
	if err != nil {
		return nil, err
	}
	const index = "burn_index.csv"
	cells, err := table(root, index, ',')
	if err != nil {
		return nil, err
	}
	var at [3]int
	for k, c := range []string{"part", "part_class", "position_label"} {
		if at[k], err = column(index, cells[0], c); err != nil {
			return nil, err
		}
	}
	if len(waves.shape) != 3 || waves.shape[0]*waves.shape[1] != len(cells)-1 {
		return nil, fmt.Errorf("burn_waves.npy has shape %v, %s has %d lines: parts times positions must agree", waves.shape, index, len(cells)-1)
	}
	long := waves.shape[2]
	var parts []*burnt
	for i, line := range cells[1:] {
		if len(parts) == 0 || parts[len(parts)-1].name != line[at[0]] {
			parts = append(parts, &burnt{name: line[at[0]], clean: line[at[1]] == "none"})
		}
		p := parts[len(parts)-1]
		p.truth = append(p.truth, line[at[2]] != "0")
		p.rms = append(p.rms, []float64{math.Log(deviation(waves.data[i*long:(i+1)*long]) + 1e-3)})
	}
	return parts, nil
}

// deviation is the RMS about the mean.
func deviation(x []float64) float64 {
	mean, sum := 0.0, 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		sum += (v - mean) * (v - mean) / float64(len(x))
	}
	return math.Sqrt(sum)
}

// burnScores scores each part by clean parts, the one scored left out.
func burnScores(parts []*burnt, towards member.Direction) ([][]float64, error) {
	out := make([][]float64, len(parts))
	for i, p := range parts {
		var clean [][][]float64
		for _, q := range parts {
			if q.clean && q != p {
				clean = append(clean, q.rms)
			}
		}
		m, err := member.NewDeviation(member.DeviationConfig{Direction: towards}, clean)
		if err != nil {
			return nil, fmt.Errorf("part %s: %w", p.name, err)
		}
		out[i] = member.Scores(m, p.rms)
	}
	return out, nil
}

func poolBurn(parts []*burnt, scores [][]float64, pick []int) float64 {
	var truth []bool
	var score []float64
	for _, i := range pick {
		truth, score = append(truth, parts[i].truth...), append(score, scores[i]...)
	}
	return eval.AUC(truth, score)
}

func runBurn(_ context.Context, root fs.FS) (*Report, error) {
	parts, err := readBurn(root)
	if err != nil {
		return nil, err
	}
	declared, err := burnScores(parts, member.Up)
	if err != nil {
		return nil, err
	}
	undeclared, err := burnScores(parts, member.Both)
	if err != nil {
		return nil, err
	}
	plain := make([][]float64, len(parts))
	var bad []bool
	var peak []float64
	rows, events := eval.Confusion{}, eval.Events{}
	r := &Report{Detector: "deviation of log RMS from the median of the last positions, clean parts learnt, the part judged left out, causal"}
	for i, p := range parts {
		alarm := make([]bool, len(p.truth))
		top := math.Inf(-1)
		for k, s := range declared[i] {
			alarm[k] = s > burnLimit
			top = max(top, s)
			plain[i] = append(plain[i], p.rms[k][0])
		}
		bad, peak = append(bad, !p.clean), append(peak, top)
		c := eval.Count(p.truth, alarm, nil)
		rows, events = rows.Plus(c), events.Plus(eval.CountEvents(p.truth, alarm))
		r.Traces = append(r.Traces, Trace{Name: p.name, Score: declared[i], Limit: burnLimit, Truth: p.truth, Alarm: alarm, Figures: []Figure{{"peak", top}, {"burnt", flag(!p.clean)}}})
	}
	every := all(len(parts))
	r.Figures = []Figure{
		{"auc", poolBurn(parts, declared, every)}, {"auc_undeclared", poolBurn(parts, undeclared, every)}, {"part_auc", eval.AUC(bad, peak)},
		{"f1", rows.F1()}, {"far", rows.FAR()}, {"mar", rows.MAR()}, {"event_recall", events.Recall()}, {"false_events", float64(events.False)}, {"median_delay_positions", events.MedianDelay()},
	}
	r.Intervals = map[string]eval.Interval{
		"auc":            eval.Bootstrap(len(parts), draws, 1, 0.95, func(pick []int) float64 { return poolBurn(parts, declared, pick) }),
		"auc_undeclared": eval.Bootstrap(len(parts), draws, 1, 0.95, func(pick []int) float64 { return poolBurn(parts, undeclared, pick) }),
	}
	r.Rivals = []Rival{
		{"always alarm", []Figure{{"auc", 0.5}, {"far", 100}, {"mar", 0}}},
		{"RMS limit (log RMS as it is)", []Figure{{"auc", poolBurn(parts, plain, every)}}},
	}
	r.Notes = []string{"The signals are simulated. Softening raises the RMS; auc has that direction declared, auc_undeclared does not."}
	return r, nil
}
