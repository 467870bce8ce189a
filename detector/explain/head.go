package explain

import (
	"fmt"
	"math"

	"crackle/detector/head"
	"crackle/detector/member"
)

// Attentive is what may weigh its rows by attention.
type Attentive interface {
	member.Member
	Attends() bool
	// Attention is the weight of each row in the latest score, summing to 1.
	Attention() []float64
}

// whole is what scores all rows at once.
type whole interface {
	member.Member
	scoreOf(rows [][]float64) float64
}

// answer is a head as a member: the score is how far the number that it answers is from the middle of those learnt from, on its side of it, or the
// probability of a class.
type answer struct {
	h         *head.Head
	class     string
	side      float64 // 1 or -1
	rows      [][]float32
	attention []float64
}

func (a *answer) Name() string { return a.h.Target }

func (a *answer) Reset() { a.rows = a.rows[:0] }

// Score is the answer for the rows since Reset.
func (a *answer) Score(row []float64) float64 {
	a.rows = append(a.rows, narrow(row))
	return a.score()
}

func (a *answer) scoreOf(rows [][]float64) float64 {
	a.rows = a.rows[:0]
	for _, r := range rows {
		a.rows = append(a.rows, narrow(r))
	}
	return a.score()
}

func (a *answer) score() float64 {
	e, err := a.h.Estimate(a.rows)
	if err != nil {
		return math.NaN()
	}
	a.attention = e.Attention
	if a.class != "" {
		return e.Probability[a.class]
	}
	return a.side * (e.Value - a.h.Fitted.Middle)
}

func (a *answer) Attends() bool { return a.h.Encoder == head.GRU }

func (a *answer) Attention() []float64 { return a.attention }

func narrow(r []float64) []float32 {
	out := make([]float32, len(r))
	for j, v := range r {
		out[j] = float32(v)
	}
	return out
}

// Head explains what a head answers for a part, given the rows of its windows: what moved a number away from the middle of those learnt from, or for a
// class the probability of the likeliest. By integrated gradients, saliency or attention where its encoder is a network, else by masking. c's Usual, Spread and Features come from the head; all rows are looked at.
func Head(h *head.Head, rows [][]float32, c Config) (*Explanation, *head.Estimate, error) {
	e, err := h.Estimate(rows)
	if err != nil {
		return nil, nil, fmt.Errorf("explain %s: %w", h.Target, err)
	}
	wide := make([][]float64, 0, len(rows))
	for _, r := range rows {
		row := make([]float64, len(r))
		sound := true
		for j, v := range r {
			row[j] = float64(v)
			sound = sound && !math.IsNaN(row[j]) && !math.IsInf(row[j], 0)
		}
		if sound { // as the head does
			wide = append(wide, row)
		}
	}
	c.Usual, c.Spread, c.Features, c.Rows, c.Control = h.Fitted.Scaler.Mean, h.Fitted.Scaler.SD, h.Features, len(wide), false
	if _, err := h.Scaled(rows); err != nil && c.Method == Auto {
		c.Method = Masking
	}
	side := 1.0
	if e.Value < h.Fitted.Middle {
		side = -1
	}
	x, err := Member(&answer{h: h, class: e.Class, side: side}, wide, c)
	return x, e, err
}

// attend makes a map of one column: the weight of each window.
func (x *Explanation) attend(a Attentive) {
	weights := a.Attention()
	x.Features, x.Units = []string{"attention"}, []string{"1"}
	x.Map = grid(len(weights), 1)
	for t, w := range weights {
		x.Map[t][0] = w
	}
	x.ByFeat = []float64{total(weights)}
	x.Sums = newSum(1, x.ByFeat[0], 0)
	x.Caution = Caution + " Attention says where was looked, not what would change the answer: hold it against masking."
	top := append([]float64(nil), weights...)
	for range min(3, len(weights)) {
		t := 0
		for i, w := range top {
			if w > top[t] {
				t = i
			}
		}
		x.Top = append(x.Top, Reason{
			Name: "attention", Unit: "1", Got: weights[t], Expected: 1 / float64(len(weights)), Row: t, Rows: 1, Share: weights[t],
			Words: fmt.Sprintf("window %d of %d has %.1f %% of the attention, where %.1f %% is an even share", t+1, len(weights), 100*weights[t], 100/float64(len(weights))),
		})
		top[t] = math.Inf(-1)
	}
}
