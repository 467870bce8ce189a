package member

import (
	"errors"
	"fmt"
	"math"

	"crackle/detector/limit"
)

// Panel is several members on one scale. Each member's raw score becomes -log10 of the probability that a good row scores as high, by a
// tail of rows that it was not fitted to; the largest of them is calibrated again, for M members are M times as likely to be surprised.
type Panel struct {
	members []Member
	tails   []*limit.Tail
	last    []float64 // calibrated score of each member on the last row
	largest *limit.Tail
	support limit.Support
	dropped int
}

// Opinion is what a panel says of a row.
type Opinion struct {
	Score  float64 // -log10 of the probability; NaN when no member has a score
	Member int     // the one that spoke loudest, -1 for none
}

// NewPanel fits the members on fit and calibrates them on held, rows of normal production that follow it in time. Recognisably bad rows are
// left out of both. It fails when a member cannot learn; leave that member out.
func NewPanel(fits []Fit, fit, held [][]float64) (*Panel, error) {
	if len(fits) == 0 {
		return nil, errors.New("a panel needs at least one member")
	}
	all := append(append([][]float64{}, fit...), held...)
	bad := Clean(all)
	p := &Panel{dropped: len(bad)}
	split := 0
	for split < len(bad) && bad[split] < len(fit) {
		split++
	}
	late := make([]int, 0, len(bad)-split)
	for _, i := range bad[split:] {
		late = append(late, i-len(fit))
	}
	fit, held = without(fit, bad[:split]), without(held, late)
	scores := make([][]float64, len(fits))
	for k, f := range fits {
		m, err := f(fit)
		if err != nil {
			return nil, fmt.Errorf("member %d: %w", k, err)
		}
		Scores(m, fit) // so that nothing is cold
		scores[k] = Scores(m, held)
		tail, err := limit.Calibrate(scores[k])
		if err != nil {
			return nil, fmt.Errorf("member %s: %w", m.Name(), err)
		}
		m.Reset()
		p.members, p.tails = append(p.members, m), append(p.tails, tail)
	}
	p.last = make([]float64, len(fits))
	return p, p.calibrate(scores, len(held))
}

// calibrate makes the tail of the largest score over the members.
func (p *Panel) calibrate(scores [][]float64, rows int) error {
	top := make([]float64, 0, rows)
	for i := range rows {
		best := math.NaN()
		for k := range p.members {
			if s := p.tails[k].Score(scores[k][i]); !(s <= best) && !math.IsNaN(s) {
				best = s
			}
		}
		if !math.IsNaN(best) {
			top = append(top, best)
		}
	}
	var err error
	if p.largest, err = limit.Calibrate(top); err != nil {
		return fmt.Errorf("the largest over the members: %w", err)
	}
	p.support = limit.Supports(top, 0, 0)
	return nil
}

// Step takes the next row through all members.
func (p *Panel) Step(row []float64) Opinion {
	o := Opinion{Score: math.NaN(), Member: -1}
	for k, m := range p.members {
		p.last[k] = p.tails[k].Score(m.Score(row))
		if s := p.last[k]; !math.IsNaN(s) && !(s <= o.Score) {
			o.Score, o.Member = s, k
		}
	}
	o.Score = p.largest.Score(o.Score)
	return o
}

// Name is "panel".
func (p *Panel) Name() string { return "panel" }

// Score is that of Step.
func (p *Panel) Score(row []float64) float64 { return p.Step(row).Score }

// Reset forgets the past of all members.
func (p *Panel) Reset() {
	for _, m := range p.members {
		m.Reset()
	}
}

// Members are those of the panel, in order. They belong to the panel.
func (p *Panel) Members() []Member { return p.members }

// Last is the calibrated score of each member on the last row, NaN where it had none; it is overwritten by the next Step.
func (p *Panel) Last() []float64 { return p.last }

// Dropped is how many rows of the lesson were recognisably bad.
func (p *Panel) Dropped() int { return p.dropped }

// Support tells what rate the rows that calibrated can state.
func (p *Panel) Support() limit.Support { return p.support }

// RawLimit is the raw score that good rows pass with that probability, for one member alone.
func (p *Panel) RawLimit(k int, alpha float64) float64 {
	l, _ := p.tails[k].Limit(alpha)
	return l
}
