package detector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"crackle/detector/member"
	"crackle/detector/panel"
	"crackle/rnn/kernel"
	"crackle/rnn/train"
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
	Margin       float64   // without a budget, the limit is this many times the largest held-out score of a member; 1 or more
	Budget       panel.Budget
	Trials       int      // of made faults of each size, that the report tells of; 0: none
	Without      []string // members to leave out, by name
	Accept       int      // windows after which a level that has stopped moving is a new regime; 0: never
	Holdout      float64  // share of the lesson that calibrates, above 0 and below 1
	Embargo      int64    // samples left out between fitted and held-out windows, beyond those that both would share
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

// Teach fits the members of a panel to one side of the lesson and calibrates them on the other, which none of them saw. The network is trained by
// backpropagation through time or, Quick, found in closed form; other members that backpropagation trains are then left out. A member that cannot
// learn from the lesson is left out, and the model says why. Teach fails, saying how much is missing, when the lesson is too short. The same lesson
// and seed give the same model on the same kernel.
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
		Record: Record{
			Created: t.Now.UTC(), Code: t.Code, Kernel: kernel.Name(), Seed: t.Seed, SplitBy: s.by,
			FitParts: parts(s.fit), HeldParts: parts(s.held), FitRows: countRows(s.fit), HeldGroups: s.groups, Skipped: lesson.skipped,
		},
	}}
	if err := m.learn(ctx, &t, &s); err != nil {
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
	if !t.Quick && !(t.LearningRate > 0) {
		bad("network.learning_rate is %g, must be above 0", t.LearningRate)
	}
	return errors.Join(errs...)
}

// learn fits and calibrates the panel.
func (m *Model) learn(ctx context.Context, t *Teaching, s *split) error {
	p, err := panel.Learn(ctx, &panel.Lesson{
		Fit: runs(s.fit), Held: runs(s.held), Middle: m.Scaler.Median, Width: m.Scaler.Spread, MinChange: t.MinChange, Margin: t.Margin, Budget: t.Budget,
		HeldLot: each(s.held, func(q Sequence) string { return q.Lot }), HeldPart: each(s.held, func(q Sequence) string { return q.Part }),
		Accept: t.Accept, Without: t.Without, Trials: t.Trials, Warmup: t.Warmup, Increment: t.Increment, Quick: t.Quick, Hidden: t.Hidden, Epochs: t.Epochs, Rate: t.LearningRate, Seed: t.Seed, Progress: t.Progress,
	})
	if err != nil {
		return err
	}
	m.Members, m.Absent, m.Limit = p.Members(), p.Absent(), p.Limit()
	if g, ok := p.Member("gru").(*member.GRU); ok {
		m.Record.Epochs, m.Record.FitLoss = g.Training()
	}
	scored := usable(s.held, t.Warmup)
	m.Record.HeldRows = scored
	m.Record.NoAlarmBetter = min(1, 3/float64(scored))
	m.Record.Outliers = p.Dropped()
	m.Promise, m.Report = p.Promise(), p.Report()
	m.Provisional = provisional(s, scored)
	if m.Promise.Rows == 0 {
		m.Provisional = fmt.Sprintf("no stretch held out is long enough for an alarm (%d of %d windows above the limit, after a warm-up of %d): record stretches without gaps", t.Budget.On, t.Budget.Of, t.Warmup)
	}
	if m.Promise.More > 1 {
		m.Provisional = m.Promise.Support()
	}
	m.file, err = p.File()
	return err
}

func each(data []Sequence, name func(Sequence) string) []string {
	out := make([]string, len(data))
	for i, q := range data {
		out[i] = name(q)
	}
	return out
}

// runs are the rows of sequences as the members see them.
func runs(data []Sequence) [][][]float64 {
	out := make([][][]float64, len(data))
	for i, q := range data {
		out[i] = make([][]float64, len(q.Rows))
		for k, r := range q.Rows {
			out[i][k] = make([]float64, len(r))
			for j, v := range r {
				out[i][k][j] = float64(v)
			}
		}
	}
	return out
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
