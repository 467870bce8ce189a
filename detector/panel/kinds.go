package panel

import (
	"context"

	"crackle/detector/member"
	"crackle/rnn"
)

// kind is a member that a panel may have.
type kind struct {
	name  string
	fit   func(context.Context, *Lesson) (member.Kept, error)
	empty func() member.Kept // to be filled from a file
	slow  bool               // trained by backpropagation: not when the lesson is to be quick
}

// kinds are all members, in the order in which they are asked.
var kinds = []kind{
	{name: "gru", fit: gru, empty: func() member.Kept { return &member.GRU{} }},
	{name: "autoencoder", fit: autoEncoder, empty: func() member.Kept { return &member.AutoEncoder{} }, slow: true},
	{name: "level", fit: level, empty: func() member.Kept { return &member.Level{} }},
	{name: "spread", fit: spread, empty: func() member.Kept { return &member.Spread{} }},
	{name: "t2q", fit: subspace, empty: func() member.Kept { return &member.Subspace{} }},
	{name: "novelty", fit: novelty, empty: func() member.Kept { return &member.Novelties{} }},
	{name: "cusum", fit: cusum, empty: func() member.Kept { return &member.CUSUM{} }},
	{name: "rms", fit: rms, empty: func() member.Kept { return &member.RMS{} }},
}

func kindOf(name string) (kind, bool) {
	for _, k := range kinds {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}

// Names are those of all kinds of members, in order.
func Names() []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = k.name
	}
	return out
}

// networked is a member that rests on a network, which is kept as tensors.
type networked interface {
	member.Kept
	Weights() *rnn.Weights
	SetWeights(*rnn.Weights) error
}

// gru trains the network by backpropagation and finds one in closed form, and keeps the one that forecasts the held-out rows better; quickly, only the
// latter.
func gru(ctx context.Context, l *Lesson) (member.Kept, error) {
	c := member.GRUConfig{Hidden: l.Hidden, Epochs: l.Epochs, Rate: l.Rate, Seed: l.Seed, Warmup: l.Warmup, Increment: l.Increment, Quick: true, Progress: l.Progress}
	best, err := member.NewGRU(ctx, c, l.Middle, l.Width, l.Fit)
	if !l.Quick {
		c.Quick = false
		trained, failed := member.NewGRU(ctx, c, l.Middle, l.Width, l.Fit)
		switch {
		case failed != nil:
			return nil, failed
		case err != nil || !(forecastError(best, l) < forecastError(trained, l)):
			best, err = trained, nil
		}
	}
	if err != nil {
		return nil, err
	}
	best.Measure(l.Held, l.floors())
	return best, nil
}

// forecastError is the mean squared error of a forecast of the held-out rows, in widths.
func forecastError(m *member.GRU, l *Lesson) float64 {
	expected := make([]float64, len(l.Width))
	sum, n := 0.0, 0.0
	for _, run := range l.Held {
		m.Reset()
		for _, r := range run {
			if m.Expect(expected) {
				for j, v := range r {
					z := (v - expected[j]) / l.Width[j]
					sum += z * z
					n++
				}
			}
			m.Score(r)
		}
	}
	m.Reset()
	return sum / n
}

func autoEncoder(ctx context.Context, l *Lesson) (member.Kept, error) {
	return member.NewAutoEncoder(ctx, member.AutoEncoderConfig{Epochs: l.Epochs, Seed: l.Seed, Progress: l.Progress}, l.fitted())
}

func level(_ context.Context, l *Lesson) (member.Kept, error) {
	return member.NewLevel(member.LevelConfig{}, l.fitted())
}

func spread(_ context.Context, l *Lesson) (member.Kept, error) {
	return member.NewSpread(member.LevelConfig{}, l.fitted())
}

func subspace(_ context.Context, l *Lesson) (member.Kept, error) {
	return member.NewSubspace(l.fitted())
}

func novelty(_ context.Context, l *Lesson) (member.Kept, error) {
	return member.NewNovelties(l.fitted())
}

func cusum(_ context.Context, l *Lesson) (member.Kept, error) {
	return member.NewCUSUM(member.CUSUMConfig{}, l.fitted())
}

func rms(_ context.Context, l *Lesson) (member.Kept, error) {
	return member.NewRMS(l.fitted())
}
