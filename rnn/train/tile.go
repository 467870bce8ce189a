package train

import (
	"fmt"
	"math"

	"crackle/rnn"
)

// checkSequences reports the first sequence that cannot be trained on.
func checkSequences(what string, n rnn.Config, seqs []Sequence) error {
	for i := range seqs {
		if err := seqs[i].checkParts(n, targetWidth(n), len(seqs[i].X)); err != nil {
			return fmt.Errorf("%s sequence %d: %w", what, i, err)
		}
	}
	return nil
}

// targetWidth is the length of a row of targets.
func targetWidth(n rnn.Config) int {
	if n.Head == rnn.HeadClass {
		return 1
	}
	return n.Output
}

// checkParts checks a sequence for a network that reads it, with a number of rows of targets of the given width.
func (q *Sequence) checkParts(n rnn.Config, width, rows int) error {
	if len(q.X) == 0 || len(q.Target) == 0 {
		return fmt.Errorf("has no rows, must have at least 1 of inputs and of targets")
	}
	if len(q.Target) != rows || (q.Weight != nil && len(q.Weight) != rows) || (q.Present != nil && len(q.Present) != rows) {
		return fmt.Errorf("has %d rows, %d targets, %d weights, %d presence rows: targets, and the others where given, must be %d", len(q.X), len(q.Target), len(q.Weight), len(q.Present), rows)
	}
	if states := n.Layers * n.Directions() * n.Hidden; (q.H0 != nil && len(q.H0) != states) || (q.C0 != nil && len(q.C0) != states) {
		return fmt.Errorf("has initial states of %d and %d values, must be none or %d", len(q.H0), len(q.C0), states)
	}
	for t, x := range q.X {
		if len(x) != n.Input {
			return fmt.Errorf("row %d has %d inputs, must be %d", t, len(x), n.Input)
		}
		for j, v := range x {
			if !finite(v) {
				return fmt.Errorf("row %d: input %d is %v, must be finite (bridge it, or mark it missing by a mask input)", t, j, v)
			}
		}
	}
	for t := range q.Target {
		if err := q.checkTarget(n, t, width); err != nil {
			return err
		}
	}
	return nil
}

func (q *Sequence) checkTarget(n rnn.Config, t, width int) error {
	if len(q.Target[t]) != width || (q.Present != nil && len(q.Present[t]) != width) {
		return fmt.Errorf("row %d has %d targets, must be %d, as must its presence row", t, len(q.Target[t]), width)
	}
	if w := q.weight(t); !(w >= 0) || math.IsInf(w, 0) {
		return fmt.Errorf("row %d has weight %v, must be finite and at least 0", t, w)
	}
	for j, v := range q.Target[t] {
		if q.weight(t) > 0 && (q.Present == nil || q.Present[t][j]) && !finite(v) {
			return fmt.Errorf("row %d: target %d is %v, must be finite (or give it weight 0)", t, j, v)
		}
		if n.Head == rnn.HeadClass && (v < 0 || int(v) >= n.Output || v != float32(int(v))) {
			return fmt.Errorf("row %d: class is %v, must be a whole number from 0 to %d", t, v, n.Output-1)
		}
	}
	return nil
}

func finite(v float32) bool { return v-v == 0 }

func (q *Sequence) weight(t int) float64 {
	if q.Weight == nil {
		return 1
	}
	return float64(q.Weight[t])
}

// load puts rows from..to of up to 32 sequences into the pass; carry says that the states go on from where the last tile ended.
func (s *pass) load(w *rnn.Weights, seqs []*Sequence, from, to int, carry bool) {
	c := s.p.cfg
	steps := 0
	clear(s.length)
	for j, q := range seqs {
		s.length[j] = max(0, min(to, len(q.X))-from)
		steps = max(steps, s.length[j])
	}
	s.n = len(seqs)
	if carry {
		s.carry()
	}
	s.steps = steps
	size := c.Hidden * lanes
	for i := range s.dirs {
		d := &s.dirs[i]
		resize(&d.hs, (steps+1)*size, size)
		if s.p.layers[i].HasCell() {
			resize(&d.cs, (steps+1)*size, size)
		}
	}
	if !carry {
		s.initial(w, seqs)
	}
	x := grow(&s.x, steps*c.Input*lanes)
	clear(x)
	for j, q := range seqs {
		for t := range s.length[j] {
			for k, v := range q.X[from+t] {
				x[(t*c.Input+k)*lanes+j] = v
			}
		}
	}
}

// resize grows b keeping its first keep values.
func resize(b *[]float32, n, keep int) {
	if cap(*b) < n {
		next := make([]float32, n)
		copy(next, (*b)[:min(keep, len(*b))])
		*b = next
	}
	*b = (*b)[:n]
}

// carry moves each direction's last states to its first.
func (s *pass) carry() {
	size := s.p.cfg.Hidden * lanes
	for i := range s.dirs {
		d := &s.dirs[i]
		copy(d.hs[:size], d.hs[s.steps*size:])
		if s.p.layers[i].HasCell() {
			copy(d.cs[:size], d.cs[s.steps*size:])
		}
	}
}

// initial sets the first states: a sequence's own, else the learned ones, else zero.
func (s *pass) initial(w *rnn.Weights, seqs []*Sequence) {
	h := s.p.cfg.Hidden
	fill := func(dst, learned []float32, own func(*Sequence) []float32, i int) {
		clear(dst[:h*lanes])
		for j, q := range seqs {
			v := own(q)
			if v == nil {
				v = learned
			}
			if v == nil {
				continue
			}
			for k := range h {
				dst[k*lanes+j] = v[i*h+k]
			}
		}
	}
	for i := range s.dirs {
		fill(s.dirs[i].hs, w.H0, func(q *Sequence) []float32 { return q.H0 }, i)
		if s.p.layers[i].HasCell() {
			fill(s.dirs[i].cs, w.C0, func(q *Sequence) []float32 { return q.C0 }, i)
		}
	}
}

// loss sums the weighted losses of the tile's rows; with back it fills s.dy, each row's gradient divided by total.
func (s *pass) loss(cfg *Config, seqs []*Sequence, from int, total float64, back bool) float64 {
	c := s.p.cfg
	rows := c.Hidden * c.Directions()
	if s.p.head != nil {
		rows = s.p.head.Out
	}
	if back {
		clear(grow(&s.dy, s.steps*rows*lanes))
	}
	var sum float64
	for t := range s.steps {
		var dy []float32
		if back {
			dy = s.dy[t*rows*lanes:]
		}
		sum += lossRow(cfg, s.y[t*rows*lanes:], dy, rows, seqs, from+t, total, back)
	}
	return sum
}

// lossRow sums the weighted losses of row t of each sequence, where it has one, from outputs y [rows][lanes]; with back it writes their
// gradient divided by total to dy, and leaves the lanes without a loss alone.
func lossRow(cfg *Config, y, dy []float32, rows int, seqs []*Sequence, t int, total float64, back bool) float64 {
	var sum float64
	var scratch struct{ out, grad, target []float64 }
	for j, q := range seqs {
		if t >= len(q.Target) || q.weight(t) == 0 {
			continue
		}
		if scratch.out == nil {
			scratch.out, scratch.grad, scratch.target = make([]float64, rows), make([]float64, rows), make([]float64, len(q.Target[t]))
		}
		for k := range rows {
			scratch.out[k] = float64(y[k*lanes+j])
		}
		for k, v := range q.Target[t] {
			scratch.target[k] = float64(v)
		}
		var present []bool
		if q.Present != nil {
			present = q.Present[t]
		}
		sum += cfg.row(scratch.grad, scratch.out, scratch.target, present, q.weight(t))
		if back {
			for k, v := range scratch.grad {
				dy[k*lanes+j] = float32(v / total)
			}
		}
	}
	return sum
}

// initialGrads adds the gradient of learned initial states for lanes whose sequence has none of its own.
func (s *pass) initialGrads(w *rnn.Weights, seqs []*Sequence) {
	if w.H0 == nil {
		return
	}
	h, last := s.p.cfg.Hidden, len(s.grads)
	at := last - 1
	if w.C0 != nil {
		at--
	}
	for i := range s.dirs {
		for j, q := range seqs {
			for k := range h {
				if q.H0 == nil {
					s.grads[at][i*h+k] += s.dirs[i].dh[k*lanes+j]
				}
				if w.C0 != nil && q.C0 == nil {
					s.grads[last-1][i*h+k] += s.dirs[i].dc[k*lanes+j]
				}
			}
		}
	}
}

// weightOf is the sum of the weights of rows from..to.
func weightOf(seqs []*Sequence, from, to int) float64 {
	var sum float64
	for _, q := range seqs {
		for t := from; t < min(to, len(q.Target)); t++ {
			sum += q.weight(t)
		}
	}
	return sum
}
