package explain

import (
	"fmt"
	"strings"

	"crackle/detector"
	"crackle/window"
)

// Explained is an explanation of a window, with what the detector said of it.
type Explained struct {
	*Explanation
	Verdict detector.Score `json:"-"`
}

// Windows explains the last of a stream's windows, in order, for the member that spoke there, or for the one that c names. The first window begins
// a run or a part. It fails where the last one was not assessed. c's Usual, Spread, Features and Units come from the model; the others may be set.
func Windows(m *detector.Model, ws []window.Window, c Config) (*Explained, error) {
	d, err := detector.New(detector.Config{Model: m})
	if err != nil {
		return nil, err
	}
	var score detector.Score
	var rows [][]float64
	for i := range ws {
		w := &ws[i]
		if w.Fresh {
			rows = rows[:0]
		}
		d.Score(&score, w)
		if len(w.Features) == 0 {
			continue
		}
		if w.Defects&^window.Bridged != 0 || score.Reason&(detector.Frozen|detector.ScoreInvalid) != 0 { // the detector forgot its past
			rows = rows[:0]
			continue
		}
		row := make([]float64, len(w.Features))
		for j, v := range w.Features {
			row[j] = float64(v) - d.Away()[j] // as the members saw it
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 || score.Verdict == detector.NotAssessed {
		return nil, fmt.Errorf("the window was not assessed, so there is no score to explain: choose a window that has one")
	}
	p, err := m.Panel()
	if err != nil {
		return nil, err
	}
	name := score.Member
	if c.Member != "" {
		name = c.Member
	}
	who := p.Member(name)
	if who == nil {
		return nil, fmt.Errorf("the model has no member %s: it has %s", name, strings.Join(p.Members(), ", "))
	}
	c.Usual, c.Spread, c.Features, c.Units = m.Scaler.Median, m.Scaler.Spread, m.Features, c.units(m)
	x, err := Member(who, rows, c)
	if err != nil {
		return nil, err
	}
	return &Explained{Explanation: x, Verdict: score}, nil
}

// units are the model's unless others are given, as where the unit of a channel is known.
func (c *Config) units(m *detector.Model) []string {
	if len(c.Units) == len(m.Features) {
		return c.Units
	}
	return m.Units
}
