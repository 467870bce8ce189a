package detector

import (
	"fmt"
	"math"

	"crackle/detector/member"
	"crackle/window"
)

// Outcome is how a model did on rows that were held out of a lesson.
type Outcome struct {
	Windows int     // that it scored
	Above   int     // of them, above its limit
	Highest float64 // score, in units of its limit; 0 without one
	Error   float64 // mean squared error of its network's forecast, in spreads of the lesson's scaler; NaN where there is none, or nothing was scored
}

// HeldOut scores the rows that Teach would hold out of a lesson with each of several models, so that they are compared on the same rows, in the same
// units. It fails as Teach does where the lesson is too short, and on models of other features.
func HeldOut(t Teaching, lesson *Lesson, models ...*Model) ([]Outcome, error) {
	s, err := divide(lesson.sequences, t.Holdout, t.Embargo)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", t.Stream, err)
	}
	scaler := fitScaler(rows(s.fit), len(t.Features))
	var out []Outcome
	for _, m := range models {
		if len(m.Features) != len(t.Features) {
			return nil, fmt.Errorf("stream %s: model %s has %d features, the lesson %d", t.Stream, m.Hash(), len(m.Features), len(t.Features))
		}
		d, err := New(Config{Stream: t.Stream, Model: m})
		if err != nil {
			return nil, err
		}
		out = append(out, outcome(d, &scaler, s.held))
	}
	return out, nil
}

func outcome(d *Detector, scaler *Scaler, held []Sequence) Outcome {
	var o Outcome
	var score Score
	sum, counted := 0.0, 0
	network, _ := d.panel.Member("gru").(member.Expecting)
	expected := make([]float64, len(d.row))
	for _, q := range held {
		for i, r := range q.Rows {
			said := network != nil && network.Expect(expected)
			w := window.Window{Part: q.Part, Lot: q.Lot, Fresh: i == 0, Features: r}
			if i < len(q.Spans) {
				w.First, w.End = uint64(q.Spans[i].From), uint64(q.Spans[i].To)
			}
			d.Score(&score, &w)
			if score.Verdict == NotAssessed {
				continue
			}
			o.Windows++
			if score.Value > score.Limit {
				o.Above++
			}
			o.Highest = max(o.Highest, score.Value/score.Limit)
			if !said {
				continue
			}
			for j, v := range r {
				z := (float64(v) - d.panel.Away()[j] - expected[j]) / scaler.Spread[j]
				sum += z * z
				counted++
			}
		}
	}
	o.Error = math.NaN()
	if counted > 0 {
		o.Error = sum / float64(counted)
	}
	return o
}
