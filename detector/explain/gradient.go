package explain

import (
	"errors"
	"math"

	"crackle/detector/member"
)

// Points on the way from the usual rows to those seen: a tile of them at a time, doubled until the sum is right.
const mostPoints = 8 * member.Lanes

// gradients follows a score back to the rows that it came from, as member.Gradients does.
type gradients interface {
	Scores(dst []float64, seqs [][][]float64) error
	Gradient(dst []float64, seqs [][][]float64, dx func(seq int) [][]float64, weight float64) error
}

// gradual is what is no member of a detector and has gradients.
type gradual interface {
	member.Member
	gradients() (gradients, error) // nil where it has none
}

// gradientsOf is nil for what has none worth having.
func gradientsOf(m member.Member) (gradients, error) {
	switch g := m.(type) {
	case member.Differentiable:
		return g.Gradients()
	case gradual:
		return g.gradients()
	}
	return nil, nil
}

// integrate takes the mean gradient on the straight way from the usual rows, by the midpoint rule, times the way.
func (x *Explanation) integrate(g gradients, usual []float64) error {
	ends := make([]float64, 2)
	start := grid(len(x.rows), len(usual))
	for _, r := range start {
		copy(r, usual)
	}
	if err := g.Scores(ends, [][][]float64{start, x.rows}); err != nil {
		return err
	}
	if math.IsNaN(ends[1]) {
		return errors.New("the rows looked at are too few for a score of their own: look at more")
	}
	x.Usual, x.Score = &ends[0], ends[1]
	way := make([][][]float64, member.Lanes)
	for i := range way {
		way[i] = grid(len(x.rows), len(usual))
	}
	scores := make([]float64, member.Lanes)
	for points := member.Lanes; points <= mostPoints; points *= 2 {
		for _, r := range x.Map {
			clear(r)
		}
		for from := 0; from < points; from += member.Lanes {
			for i := range way {
				part := (float64(from+i) + 0.5) / float64(points)
				for t, r := range x.rows {
					for j, v := range r {
						way[i][t][j] = usual[j] + part*(v-usual[j])
					}
				}
			}
			if err := g.Gradient(scores, way, func(int) [][]float64 { return x.Map }, 1/float64(points)); err != nil {
				return err
			}
		}
		for t, r := range x.rows {
			for j, v := range r {
				x.Map[t][j] *= v - usual[j]
			}
		}
		x.ByFeat = columns(x.Map)
		x.Sums = newSum(ends[1]-ends[0], total(x.ByFeat), points)
		if x.Sums.Complete {
			break
		}
	}
	return nil
}

// saliency is the gradient at the rows seen, times what each feature usually varies, so that features of different units compare.
func (x *Explanation) saliency(g gradients, spread []float64) error {
	score := make([]float64, 1)
	if err := g.Gradient(score, [][][]float64{x.rows}, func(int) [][]float64 { return x.Map }, 1); err != nil {
		return err
	}
	if math.IsNaN(score[0]) {
		return errors.New("the rows looked at are too few for a score of their own: look at more")
	}
	x.Score = score[0]
	x.ByFeat = make([]float64, len(spread))
	for _, r := range x.Map {
		for j := range r {
			r[j] *= spread[j]
			x.ByFeat[j] += math.Abs(r[j])
		}
	}
	return nil
}

// control explains the same rows by the same method for the member with a random network.
func (x *Explanation) control(m member.Differentiable, rows [][]float64, c Config) error {
	random, err := m.Randomised(c.Seed + 1)
	if err != nil {
		return err
	}
	c.Control, c.Method = false, x.Method
	o, err := Member(random, rows, c)
	if err != nil {
		return err
	}
	rho := rankCorrelation(sizes(x.Map), sizes(o.Map))
	x.Control = &Control{RankCorrelation: rho, Differs: rho < alike}
	return nil
}

func sizes(m [][]float64) []float64 {
	var out []float64
	for _, r := range m {
		for _, v := range r {
			out = append(out, math.Abs(v))
		}
	}
	return out
}
