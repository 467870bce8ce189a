package suite

import (
	"context"
	"fmt"
	"io/fs"
	"math"
	"slices"

	"crackle/detector/eval"
	"crackle/detector/member"
	"crackle/window/feature"
)

// burnLimit is odds of ten to one.
const burnLimit = 1

// burnRate is that of the bursts, in Hz.
const burnRate = 200e3

// burnBands are the logarithms of the power in bands of 10 kHz over what the sensor passes: what a softer part raises in all of them alike.
var burnBands = []string{
	"log_band_power(1000, 10000)", "log_band_power(10000, 20000)", "log_band_power(20000, 30000)", "log_band_power(30000, 40000)",
	"log_band_power(40000, 50000)", "log_band_power(50000, 60000)", "log_band_power(60000, 70000)",
}

// burnt is one part: a burst at each position around it.
type burnt struct {
	name  string
	clean bool
	truth []bool
	rms   []float64   // log RMS at each position
	bands [][]float64 // burnBands, a row per position
}

// from is the part as it would be measured beginning at another position.
func (b *burnt) from(at int) *burnt {
	at %= len(b.truth)
	return &burnt{name: b.name, clean: b.clean, truth: rolled(b.truth, at), rms: rolled(b.rms, at), bands: rolled(b.bands, at)}
}

func rolled[T any](x []T, at int) []T { return append(append([]T{}, x[at:]...), x[:at]...) }

func burnFrom(parts []*burnt, at int) []*burnt {
	out := make([]*burnt, len(parts))
	for i, p := range parts {
		out[i] = p.from(at)
	}
	return out
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
	set, err := feature.New(feature.Config{Channels: []string{"mbn"}, RateHz: burnRate, Length: long, List: burnBands})
	if err != nil {
		return nil, fmt.Errorf("bursts of %d samples: %w", long, err)
	}
	burst, bands := make([]float32, long), make([]float32, set.Len())
	var parts []*burnt
	for i, line := range cells[1:] {
		if len(parts) == 0 || parts[len(parts)-1].name != line[at[0]] {
			parts = append(parts, &burnt{name: line[at[0]], clean: line[at[1]] == "none"})
		}
		p := parts[len(parts)-1]
		p.truth = append(p.truth, line[at[2]] != "0")
		wave := waves.data[i*long : (i+1)*long]
		p.rms = append(p.rms, math.Log(deviation(wave)+1e-3))
		for k, v := range wave {
			burst[k] = float32(v)
		}
		if bands, err = set.Compute(bands, burst); err != nil {
			return nil, fmt.Errorf("burst %d: %w", i, err)
		}
		row := make([]float64, len(bands))
		for k, v := range bands {
			row[k] = float64(v)
		}
		p.bands = append(p.bands, row)
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

// burnScores scores each part by clean parts, the one scored left out. A part's positions are one turn.
func burnScores(ctx context.Context, parts []*burnt, towards member.Direction) ([][]float64, error) {
	out := make([][]float64, len(parts))
	return out, each(ctx, len(parts), func(i int) error {
		c := member.ExcursionConfig{Direction: towards, Turn: len(parts[i].truth)}
		for k := range burnBands {
			c.Channels = append(c.Channels, k)
		}
		m, err := member.NewExcursion(c, cleanBut(parts, parts[i]))
		if err != nil {
			return fmt.Errorf("part %s: %w", parts[i].name, err)
		}
		out[i] = member.Scores(m, parts[i].bands)
		return nil
	})
}

// cleanBut gives the clean parts but one.
func cleanBut(parts []*burnt, but *burnt) [][][]float64 {
	var clean [][][]float64
	for _, q := range parts {
		if q.clean && q != but {
			clean = append(clean, q.bands)
		}
	}
	return clean
}

// burnSubspace is T2+Q on the same features.
func burnSubspace(parts []*burnt) ([][]float64, error) {
	out := make([][]float64, len(parts))
	for i, p := range parts {
		m, err := member.NewSubspace(slices.Concat(cleanBut(parts, p)...))
		if err != nil {
			return nil, fmt.Errorf("part %s: %w", p.name, err)
		}
		out[i] = member.Scores(m, p.bands)
	}
	return out, nil
}

// burnMoves are how many other positions, evenly around the part, measurements are also begun at.
const burnMoves = 7

// burnMoved is the mean AUC when parts are measured beginning at other positions: what of a figure is luck of where they began.
func burnMoved(ctx context.Context, parts []*burnt, towards member.Direction) (float64, error) {
	sum := 0.0
	for k := 1; k <= burnMoves; k++ {
		moved := burnFrom(parts, k*len(parts[0].truth)/(burnMoves+1))
		scores, err := burnScores(ctx, moved, towards)
		if err != nil {
			return 0, err
		}
		sum += poolBurn(moved, scores, all(len(moved))) / burnMoves
	}
	return sum, nil
}

func poolBurn(parts []*burnt, scores [][]float64, pick []int) float64 {
	var truth []bool
	var score []float64
	for _, i := range pick {
		truth, score = append(truth, parts[i].truth...), append(score, scores[i]...)
	}
	return eval.AUC(truth, score)
}

func runBurn(ctx context.Context, root fs.FS) (*Report, error) {
	parts, err := readBurn(root)
	if err != nil {
		return nil, err
	}
	every := all(len(parts))
	r := &Report{Detector: "excursions of the power common to seven bands along the part, clean parts learnt, the part judged left out, causal", Intervals: map[string]eval.Interval{}}
	for _, d := range []struct {
		name    string
		towards member.Direction
	}{{"auc", member.Up}, {"auc_undeclared", member.Both}} {
		scores, err := burnScores(ctx, parts, d.towards)
		if err != nil {
			return nil, err
		}
		moved, err := burnMoved(ctx, parts, d.towards)
		if err != nil {
			return nil, err
		}
		r.Figures = append(r.Figures, Figure{d.name, poolBurn(parts, scores, every)}, Figure{d.name + "_moved", moved})
		r.Intervals[d.name] = eval.Bootstrap(len(parts), draws, 1, 0.95, func(pick []int) float64 { return poolBurn(parts, scores, pick) })
		if d.towards == member.Up {
			r.Figures = append(r.Figures, burnDecisions(r, parts, scores)...)
		}
	}
	plain := make([][]float64, len(parts))
	ticker := make([][]float64, len(parts))
	for i, p := range parts {
		plain[i] = p.rms
		for k := range p.rms {
			ticker[i] = append(ticker[i], flag(k%10 == 0))
		}
	}
	subspace, err := burnSubspace(parts)
	if err != nil {
		return nil, err
	}
	r.Rivals = []Rival{
		{"always alarm", []Figure{{"auc", 0.5}, {"far", 100}, {"mar", 0}}},
		{"ticker, every 10th position", []Figure{{"auc", poolBurn(parts, ticker, every)}}},
		{"RMS limit (log RMS as it is)", []Figure{{"auc", poolBurn(parts, plain, every)}}},
		{"T2+Q (on the same bands)", []Figure{{"auc_undeclared", poolBurn(parts, subspace, every)}}},
	}
	r.Notes = []string{
		"The signals are simulated. Softening raises the power; auc has that direction declared, auc_undeclared does not.",
		"The score is the logarithm of odds; alarms are at ten to one. auc_moved and auc_undeclared_moved begin each part at seven other positions around it.",
	}
	return r.count(len(parts), nil, nil), nil
}

// burnDecisions counts alarms at the limit and fills in the traces.
func burnDecisions(r *Report, parts []*burnt, scores [][]float64) []Figure {
	var bad []bool
	var peak []float64
	rows, events := eval.Confusion{}, eval.Events{}
	for i, p := range parts {
		alarm := make([]bool, len(p.truth))
		top := math.Inf(-1)
		for k, s := range scores[i] {
			alarm[k] = s > burnLimit
			top = max(top, s)
		}
		bad, peak = append(bad, !p.clean), append(peak, top)
		rows, events = rows.Plus(eval.Count(p.truth, alarm, nil)), events.Plus(eval.CountEvents(p.truth, alarm))
		r.Traces = append(r.Traces, Trace{Name: p.name, Score: scores[i], Limit: burnLimit, Truth: p.truth, Alarm: alarm, Figures: []Figure{{"peak", top}, {"burnt", flag(!p.clean)}}})
	}
	return []Figure{
		{"part_auc", eval.AUC(bad, peak)}, {"f1", rows.F1()}, {"far", rows.FAR()}, {"mar", rows.MAR()},
		{"event_recall", events.Recall()}, {"false_events", float64(events.False)}, {"median_delay_positions", events.MedianDelay()},
	}
}
