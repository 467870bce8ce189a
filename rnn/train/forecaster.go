package train

import (
	"context"
	"fmt"
	"math"

	"crackle/rnn"
)

// ForecastConfig describes a network that predicts the next row from the rows so far.
type ForecastConfig struct {
	Train Config

	Cell   rnn.Cell // default rnn.GRU
	Hidden int      // default 16
	Layers int      // default 1
	Head   rnn.Head // default rnn.HeadLinear; rnn.HeadGaussian learns a variance too

	// Residual makes the network predict the increment row[t+1] - row[t]; the user of the network then adds row[t].
	Residual bool

	// Span is the number of rows of a training segment that count in the loss. Default: 64, less (down to 16) where that would leave
	// fewer than eight updates an epoch.
	Span   int
	Warmup int // rows before them that only bring the state up, default 8. The first Warmup rows of each sequence never count

	// ValidShare of the segments, the last in time, is held out for early stopping when no validation sequences are given; default 0.2.
	// The segments on both sides share no row.
	ValidShare float64
}

func (c ForecastConfig) withDefaults() ForecastConfig {
	if c.Cell == "" {
		c.Cell = rnn.GRU
	}
	if c.Head == "" {
		c.Head = rnn.HeadLinear
	}
	if c.Hidden == 0 {
		c.Hidden = 16
	}
	if c.Layers == 0 {
		c.Layers = 1
	}
	if c.Warmup == 0 {
		c.Warmup = 8
	}
	if c.ValidShare == 0 {
		c.ValidShare = 0.2
	}
	if c.Head == rnn.HeadGaussian && c.Train.Loss == "" {
		c.Train.Loss = GaussianNLL
	}
	return c
}

// Forecaster learns to predict row t+1 of a sequence from its rows up to t. Each of seqs is an unbroken run of rows, all of one width, in
// units of about 1 (scale them first). valid, when not empty, decides when to stop; otherwise the last share of seqs in time does.
//
// Train.Epochs and Train.Patience have defaults of their own here: at least 100 and 10, more where an epoch has few updates, so that small
// data get about 2000 updates and training stops after about 200 without a better loss.
//
// Sequences are cut into segments of Warmup+Span rows so that 32 of them are trained side by side; a segment begins Warmup rows early from a
// zero state, so that each row counts in one segment only. Errors are those of Fit, and data too short for a single counted row.
func Forecaster(ctx context.Context, cfg ForecastConfig, seqs, valid [][][]float32) (*Result, error) {
	cfg = cfg.withDefaults()
	width := 0
	for _, s := range seqs {
		if len(s) > 0 {
			width = len(s[0])
			break
		}
	}
	w, err := rnn.NewWeights(rnn.Config{Cell: cfg.Cell, Input: width, Hidden: cfg.Hidden, Layers: cfg.Layers, Head: cfg.Head, Output: width})
	if err != nil {
		return nil, fmt.Errorf("forecaster: %w", err)
	}
	if cfg.Span < 0 || cfg.Warmup < 0 || !(cfg.ValidShare >= 0 && cfg.ValidShare < 1) {
		return nil, fmt.Errorf("forecaster: span %d, warmup %d, validation share %v: must be at least 1, at least 0, and 0 to below 1", cfg.Span, cfg.Warmup, cfg.ValidShare)
	}
	if cfg.Span == 0 {
		rows := 0
		for _, s := range seqs {
			rows += len(s)
		}
		cfg.Span = max(16, min(64, rows/(8*lanes)))
	}
	fit, err := cfg.segments(seqs, width)
	if err != nil {
		return nil, fmt.Errorf("forecaster: %w", err)
	}
	var held []Sequence
	if len(valid) > 0 {
		if held, err = cfg.segments(valid, width); err != nil {
			return nil, fmt.Errorf("forecaster: validation: %w", err)
		}
	} else {
		fit, held = cfg.holdOut(fit)
	}
	if len(fit) == 0 {
		return nil, fmt.Errorf("forecaster: %d sequences give no segment longer than the warm-up of %d rows: give longer sequences or a shorter warm-up", len(seqs), cfg.Warmup)
	}
	updates := (len(fit) + lanes - 1) / lanes
	if cfg.Train.Epochs == 0 {
		cfg.Train.Epochs = max(100, 2000/updates)
	}
	if cfg.Train.Patience == 0 {
		cfg.Train.Patience = max(10, 200/updates)
	}
	Initialise(w, cfg.Train.Seed)
	return Fit(ctx, cfg.Train, w, fit, held)
}

// segments cuts every sequence; counted rows do not overlap.
func (c ForecastConfig) segments(seqs [][][]float32, width int) ([]Sequence, error) {
	var out []Sequence
	for i, rows := range seqs {
		for t, r := range rows {
			if len(r) != width {
				return nil, fmt.Errorf("sequence %d, row %d has %d values, the first row has %d", i, t, len(r), width)
			}
		}
		target := c.targets(rows)
		for from := c.Warmup; from < len(rows)-1; from += c.Span {
			begin, end := from-c.Warmup, min(from+c.Span, len(rows)-1)
			weight := make([]float32, end-begin)
			for t := c.Warmup; t < len(weight); t++ {
				weight[t] = 1
			}
			out = append(out, Sequence{X: rows[begin:end], Target: target[begin:end], Weight: weight})
		}
	}
	return out, nil
}

// targets is what each row but the last is to be followed by.
func (c ForecastConfig) targets(rows [][]float32) [][]float32 {
	if len(rows) < 2 {
		return nil
	}
	if !c.Residual {
		return rows[1:]
	}
	out := make([][]float32, len(rows)-1)
	for t := range out {
		d := make([]float32, len(rows[t]))
		for j := range d {
			d[j] = rows[t+1][j] - rows[t][j]
		}
		out[t] = d
	}
	return out
}

// holdOut takes the last share of segments for validation and drops the segment before them, whose rows theirs begin with. With fewer than
// three segments nothing is held out.
func (c ForecastConfig) holdOut(all []Sequence) (fit, held []Sequence) {
	n := int(math.Round(c.ValidShare * float64(len(all))))
	if c.ValidShare > 0 && n == 0 {
		n = 1
	}
	if n == 0 || len(all)-n < 2 {
		return all, nil
	}
	return all[:len(all)-n-1], all[len(all)-n:]
}
