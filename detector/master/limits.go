package master

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"
)

// still is the deviation, as a share of the mean, below which a feature counts as not moving: rounding and no measurement.
const still = 1e-9

// settle makes the limits from the measurements learnt from.
func (c *Chart) settle() {
	n, d := float64(len(c.learnt)), len(c.features)
	c.mean, c.sd = make([]float64, d), make([]float64, d)
	watched := 0
	for j := range d {
		for _, m := range c.learnt {
			c.mean[j] += m.Values[j] / n
		}
		for _, m := range c.learnt {
			e := m.Values[j] - c.mean[j]
			c.sd[j] += e * e / (n - 1)
		}
		if c.sd[j] = math.Sqrt(c.sd[j]); c.sd[j] <= still*math.Abs(c.mean[j]) {
			c.sd[j] = 0
			continue
		}
		watched++
	}
	c.slow = slices.Clone(c.mean)
	if watched == 0 {
		return
	}
	share := c.cfg.FalseAlarms / float64(2*watched) // of the value's chart and the slow mean's
	c.t = distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(1 - share/2)
}

// judge holds a measurement against the limits. With mean m and deviation s of the n measurements learnt from, a further value x of the same
// distribution has (x - m) / (s sqrt(1 + 1/n)) distributed as Student's t with n - 1 degrees of freedom. The slow mean after k more, z = w x +
// (1 - w) z from z = m, has a variance of s² (w/(2-w) (1 - (1-w)^2k) + (1 - (1-w)^k)²/n): the second term is that of m itself, which all of
// them are held against.
func (c *Chart) judge(p *Point) {
	c.since++
	n, w, k, d := float64(len(c.learnt)), c.cfg.Weight, float64(c.since), len(c.features)
	left := math.Pow(1-w, k)
	wide := c.t * math.Sqrt(1+1/n)
	slow := c.t * math.Sqrt(w/(2-w)*(1-left*left)+(1-left)*(1-left)/n)
	p.Slow, p.Allowed, p.AllowedSlow = make([]float64, d), make([]Range, d), make([]Range, d)
	for j, v := range p.Values {
		c.slow[j] += w * (v - c.slow[j])
		p.Slow[j] = c.slow[j]
		if !c.watched(j) {
			p.Allowed[j], p.AllowedSlow[j] = Range{-math.MaxFloat64, math.MaxFloat64}, Range{-math.MaxFloat64, math.MaxFloat64}
			continue
		}
		p.Allowed[j] = c.round(j, wide*c.sd[j])
		p.AllowedSlow[j] = c.round(j, slow*c.sd[j])
		c.find(p, j, false, v, p.Allowed[j])
		c.find(p, j, true, c.slow[j], p.AllowedSlow[j])
	}
	p.Blind = !slices.ContainsFunc(p.Allowed, func(r Range) bool { return r.High < math.MaxFloat64 })
	slices.SortStableFunc(p.Out, func(a, b Finding) int { return cmp.Compare(b.Beyond, a.Beyond) })
}

// watched reports whether a feature has limits: it moved while they were learnt, or a change is stated that does matter.
func (c *Chart) watched(j int) bool {
	return c.sd[j] > 0 || j < len(c.cfg.MinChange) && c.cfg.MinChange[j] > 0
}

// round is the range about a feature's mean, no narrower than the change that never alarms.
func (c *Chart) round(j int, half float64) Range {
	if j < len(c.cfg.MinChange) {
		half = max(half, c.cfg.MinChange[j])
	}
	return Range{c.mean[j] - half, c.mean[j] + half}
}

func (c *Chart) find(p *Point, j int, slow bool, got float64, allowed Range) {
	if allowed.holds(got) {
		return
	}
	f := Finding{Feature: j, Name: p.Features[j], Slow: slow, Got: got, Allowed: allowed, Beyond: 2 * math.Abs(got-c.mean[j]) / (allowed.High - allowed.Low)}
	if j < len(p.Units) {
		f.Unit = p.Units[j]
	}
	p.Out = append(p.Out, f)
}

// drifting is the t of a straight line through the measurements learnt from, above which they drift.
const drifting = 4

// Notes say in words what the limits rest on that they should not: features that did not move, and a drift while they were learnt.
func (c *Chart) Notes() []string {
	if c.Left() > 0 || len(c.learnt) == 0 {
		return nil
	}
	var out, dead, creeping []string
	for j, name := range c.features {
		if !c.watched(j) {
			dead = append(dead, name)
		} else if c.sd[j] > 0 && c.slope(j) > drifting {
			creeping = append(creeping, name)
		}
	}
	if len(dead) > 0 {
		out = append(out, fmt.Sprintf("%s did not change at all in the %d measurements that set the limits, and cannot be watched", strings.Join(dead, ", "), len(c.learnt)))
	}
	if len(creeping) > 0 {
		out = append(out, fmt.Sprintf("%s drifted steadily while the limits were learnt: they are too wide; find out why, and learn anew", strings.Join(creeping, ", ")))
	}
	return out
}

// slope is |t| of the least-squares line of a feature over the measurements learnt from.
func (c *Chart) slope(j int) float64 {
	n := float64(len(c.learnt))
	mid := (n - 1) / 2
	var xy, xx, yy float64
	for i, m := range c.learnt {
		x, y := float64(i)-mid, m.Values[j]-c.mean[j]
		xy, xx, yy = xy+x*y, xx+x*x, yy+y*y
	}
	b := xy / xx
	rest := max(yy-b*xy, 0)
	return math.Abs(b) / math.Sqrt(max(rest/(n-2), math.SmallestNonzeroFloat64)/xx)
}
