package panel

import (
	"math"
	"slices"

	"crackle/detector/limit"
)

// folds is how many times the tails of the members are fitted anew, each time to what the others hold, for scores that no tail was fitted to.
const folds = 10

// heldBack are the raw scores of the members on the held-out rows, in two ways: each member alone, which its tail is fitted to, and as the panel
// judges, where members hold their level in an episode.
type heldBack struct {
	alone [][]float64 // [seat][row]
	lived [][]float64 // [seat][row]; NaN where a row is not judged, or what spoke is a change that does not matter
}

// strange gives the largest over the members on each held-out row by tails that were fitted without its group (a lot, or a part). The largest of
// M members on rows that their own tails were fitted to is never strange to any of them; a new group may be to each, so that by the rows themselves
// the limit would be passed up to M times as often as it should.
func (p *Panel) strange(l *Lesson, b *heldBack, group []string) []float64 {
	fold := map[string]int{}
	var of []int // fold of each row
	for r, run := range l.Held {
		k, ok := fold[group[r]]
		if !ok {
			k = len(fold) % folds
			fold[group[r]] = k
		}
		for range run {
			of = append(of, k)
		}
	}
	top := make([]float64, len(of))
	for i := range top {
		top[i] = math.NaN()
	}
	each(min(len(fold), folds), l.Quick, func(k int) {
		for m := range p.seats {
			s := p.seats[m]
			others := make([]float64, 0, len(of))
			for i, v := range b.alone[m] {
				if of[i] != k {
					others = append(others, v)
				}
			}
			if tail, err := limit.CalibrateFew(others); err == nil { // else there are too few others: by the tail of all
				s.tail = tail
			}
			for i, raw := range b.lived[m] {
				if of[i] != k {
					continue
				}
				if v := s.score(raw); v == v && !(v <= top[i]) {
					top[i] = v
				}
			}
		}
	})
	return top
}

// matter gives the raw score of a seat on the row last stepped, NaN for a change that does not matter to anyone.
func (p *Panel) matter(k int) float64 {
	s := &p.seats[k]
	if slices.Max(p.change) > 0 && p.last[k] > 1 && p.slight(s) {
		return math.NaN()
	}
	return s.raw
}
