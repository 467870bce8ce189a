package detector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"crackle/rnn/kernel"
	"crackle/rnn/train"
	"crackle/window"
)

// Fewest windows a lesson may have on each side of its split.
const (
	leastFit  = 10
	leastHeld = 5
)

// fewGroups is the number of independent lots or parts below which a limit is provisional: between-part variation cannot be told from fewer.
const fewGroups = 5

// Teaching says what to learn and how.
type Teaching struct {
	Stream       string
	Conditioning json.RawMessage // of the stream; it goes into the model file
	Features     []string
	Units        []string
	MinChange    []float64 // per feature, in its unit: a smaller deviation never scores above the limit
	Margin       float64   // the deviation allowed is this many times the largest held-out one; 1 or more
	Holdout      float64   // share of the lesson that calibrates, above 0 and below 1
	Embargo      int64     // samples left out between fitted and held-out windows, beyond those that both would share
	Hidden       int
	Epochs       int
	LearningRate float64
	Seed         uint64
	Warmup       int // windows after a fresh start that only prime the network, 1 or more
	Increment    bool
	Quick        bool      // the network in closed form, in a second in place of minutes: random and fixed but for its read-out; Epochs and LearningRate are unused
	Code         string    // version of the program, for the record
	Now          time.Time // for the record
	Progress     func(train.Progress)
}

// Teach fits a one-layer GRU that predicts each window's features from the windows before it, by backpropagation through time or, Quick, in closed
// form, on one side of the lesson, and takes the deviation allowed per feature from the other side, which the network never saw. It fails, saying
// how much is missing, when the lesson is too short. The same lesson and seed give the same model on the same kernel.
func Teach(ctx context.Context, t Teaching, lesson *Lesson) (*Model, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	s, err := divide(lesson.sequences, t.Holdout, t.Embargo)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", t.Stream, err)
	}
	if fit, held := usable(s.fit, t.Warmup), usable(s.held, t.Warmup); fit < leastFit || held < leastHeld {
		return nil, fmt.Errorf("stream %s: after the warm-up of %d windows in each stretch the lesson leaves %d windows to fit and %d to calibrate, at least %d and %d are needed: record more normal production, or take shorter windows or a shorter warm-up",
			t.Stream, t.Warmup, fit, held, leastFit, leastHeld)
	}
	m := &Model{Meta: Meta{
		Format: format, Stream: t.Stream, Conditioning: t.Conditioning, Features: t.Features, Units: t.Units,
		Scaler: fitScaler(rows(s.fit), len(t.Features)), Increment: t.Increment, Warmup: t.Warmup, MinChange: t.MinChange,
		Allowed: ones(len(t.Features)),
		Record: Record{
			Created: t.Now.UTC(), Code: t.Code, Kernel: kernel.Name(), Seed: t.Seed, SplitBy: s.by,
			FitParts: parts(s.fit), HeldParts: parts(s.held), FitRows: countRows(s.fit), HeldGroups: s.groups, Skipped: lesson.skipped,
		},
	}}
	if err := m.fit(ctx, &t, s.fit); err != nil {
		return nil, fmt.Errorf("stream %s: %w", t.Stream, err)
	}
	if err := m.calibrate(&t, &s); err != nil {
		return nil, fmt.Errorf("stream %s: %w", t.Stream, err)
	}
	b, err := m.Encode()
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", t.Stream, err)
	}
	return ParseModel(b) // what is put in service is what the file holds
}

func (t *Teaching) check() error {
	var errs []error
	bad := func(f string, args ...any) {
		errs = append(errs, fmt.Errorf("stream %s: "+f, append([]any{t.Stream}, args...)...))
	}
	if len(t.Features) == 0 {
		bad("no features to learn from")
	}
	if len(t.MinChange) != len(t.Features) {
		bad("min_change has %d values for %d features", len(t.MinChange), len(t.Features))
	}
	if !(t.Margin >= 1) || math.IsInf(t.Margin, 0) {
		bad("limit margin is %g, must be 1 or more", t.Margin)
	}
	if !(t.Holdout > 0 && t.Holdout < 1) {
		bad("holdout fraction is %g, must be above 0 and below 1", t.Holdout)
	}
	if t.Warmup < 1 {
		bad("warm-up is %d windows, must be 1 or more", t.Warmup)
	}
	return errors.Join(errs...)
}

// fit trains the network on the scaled rows.
func (m *Model) fit(ctx context.Context, t *Teaching, data []Sequence) error {
	if t.Quick {
		return m.solve(t, data)
	}
	r, err := train.Forecaster(ctx, train.ForecastConfig{
		Hidden: t.Hidden, Residual: t.Increment, Warmup: t.Warmup,
		Train: train.Config{LearningRate: t.LearningRate, Epochs: t.Epochs, Seed: t.Seed, Progress: t.Progress},
	}, m.scaled(data), nil)
	if err != nil {
		return err
	}
	if r.Diverged != "" {
		return fmt.Errorf("training diverged: %s; lower network.learning_rate, now %g", r.Diverged, t.LearningRate)
	}
	m.Weights = r.Weights
	m.Record.Epochs = r.BestEpoch
	m.Record.FitLoss = r.Train
	return nil
}

func (m *Model) scaled(data []Sequence) [][][]float32 {
	out := make([][][]float32, len(data))
	for i, q := range data {
		for _, r := range q.Rows {
			z := make([]float32, len(r))
			m.Scaler.scale(z, r)
			out[i] = append(out[i], z)
		}
	}
	return out
}

// calibrate runs the detector over the held-out rows with every deviation allowed being 1, and sets the allowed ones from the largest seen.
func (m *Model) calibrate(t *Teaching, s *split) error {
	d, err := New(Config{Stream: t.Stream, Model: m})
	if err != nil {
		return err
	}
	largest := make([]float64, len(m.Features))
	scored := 0
	var score Score
	for _, q := range s.held {
		for i, r := range q.Rows {
			expected := d.predicted
			if i >= m.Warmup {
				for j, v := range r {
					largest[j] = max(largest[j], math.Abs(float64(v)-expected[j]))
				}
			}
			d.Score(&score, &window.Window{Fresh: i == 0, Features: r})
			if score.Verdict != NotAssessed {
				scored++
			}
		}
	}
	if scored < leastHeld {
		return fmt.Errorf("only %d held-out windows could be scored, at least %d are needed", scored, leastHeld)
	}
	for j := range largest {
		floor := max(t.MinChange[j], 1e-3*m.Scaler.Spread[j])
		m.Allowed[j] = max(t.Margin*largest[j], floor)
	}
	m.Record.HeldRows = scored
	m.Record.NoAlarmBetter = min(1, 3/float64(scored))
	m.Provisional = provisional(s, scored)
	return nil
}

// provisional says in words why a limit cannot state a false-alarm rate, or nothing when it can.
func provisional(s *split, scored int) string {
	switch {
	case s.by == "time":
		return fmt.Sprintf("it rests on %d held-out windows of one stretch of time: how much good parts differ is not known", scored)
	case s.groups < fewGroups:
		return fmt.Sprintf("it rests on %d held-out windows from %d of the %ss, and at least %d held-out %ss are needed to know how much good ones differ", scored, s.groups, s.by, fewGroups, s.by)
	}
	return ""
}

func usable(data []Sequence, warmup int) int {
	n := 0
	for _, q := range data {
		n += max(0, len(q.Rows)-warmup)
	}
	return n
}

func rows(data []Sequence) [][]float32 {
	var out [][]float32
	for _, q := range data {
		out = append(out, q.Rows...)
	}
	return out
}

func parts(data []Sequence) []string {
	return groups(data, func(s Sequence) string { return s.Part })
}

func ones(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = 1
	}
	return v
}
