package eval

import (
	"math"
	"slices"
)

// Profile names a set of costs of the Numenta-style scores.
type Profile int

const (
	Standard Profile = iota
	LowFP            // false alarms cost twice
	LowFN            // misses cost twice
	profiles
)

// String is the profile's name in reports.
func (p Profile) String() string { return [...]string{"standard", "low_fp", "low_fn"}[p] }

// Profiles are all of them in order.
var Profiles = [...]Profile{Standard, LowFP, LowFN}

// Changepoints holds the counts and sums of SKAB's changepoint protocol over the files added so far. The zero value is empty.
type Changepoints struct {
	Hits   int // true changepoints with a detection in their window
	Missed int
	False  int       // detections outside all windows
	Delay  []float64 // seconds from the true changepoint's window to the first detection in it, per hit

	sum, null, perfect [profiles]float64
}

// Costs of SKAB's leaderboard.
var cpCost = [profiles]struct{ tp, fp, fn float64 }{
	Standard: {1, -0.11, -1}, LowFP: {1, -0.22, -1}, LowFN: {1, -0.11, -2},
}

// curveSteps is the grid that the protocol lays over a window.
const curveSteps = 1000

// cpCurve falls from 1 at the start of a window to 0 at its end along a tanh, after Katser and Kozitsin's scorer.
func cpCurve(step int) float64 {
	x := -math.Pi/2 + math.Pi*float64(step)/(curveSteps-1)
	return (1 - math.Tanh(x)/math.Tanh(math.Pi/2)) / 2
}

// Add adds a file: the times of its true changepoints and of the detections, in seconds. Each true changepoint opens a window of the given
// length; where windows overlap, the later one starts where the earlier one ends. The first detection in a window counts, later ones in it
// are ignored, those outside all windows are false.
func (c *Changepoints) Add(truth, found []float64, window float64) {
	found = slices.Sorted(slices.Values(found))
	inside := make([]bool, len(found))
	end := math.Inf(-1)
	for _, t := range truth {
		start := t
		if end >= t {
			start = end
		}
		end = t + window
		first := -1
		for i, f := range found {
			if f >= start && f <= end {
				inside[i] = true
				if first < 0 {
					first = i
				}
			}
		}
		c.window(start, end, first, found)
	}
	for _, in := range inside {
		if in {
			continue
		}
		c.False++
		for p := range c.sum {
			c.sum[p] += cpCost[p].fp
		}
	}
}

func (c *Changepoints) window(start, end float64, first int, found []float64) {
	for p, w := range cpCost {
		c.null[p] += w.fn
		c.perfect[p] += w.tp
		if first < 0 {
			c.sum[p] += w.fn
		}
	}
	if first < 0 {
		c.Missed++
		return
	}
	c.Hits++
	c.Delay = append(c.Delay, found[first]-start)
	step := curveSteps - 1
	if end > start {
		step = min(int((found[first]-start)/(end-start)*curveSteps), curveSteps-1)
	}
	for p, w := range cpCost {
		c.sum[p] += w.fp + (w.tp-w.fp)*cpCurve(step)
	}
}

// Plus adds the counts of other files.
func (c Changepoints) Plus(o Changepoints) Changepoints {
	c.Hits += o.Hits
	c.Missed += o.Missed
	c.False += o.False
	c.Delay = append(slices.Clip(c.Delay), o.Delay...)
	for p := range c.sum {
		c.sum[p] += o.sum[p]
		c.null[p] += o.null[p]
		c.perfect[p] += o.perfect[p]
	}
	return c
}

// Precision is the share of hits among hits and false detections.
func (c Changepoints) Precision() float64 { return ratio(float64(c.Hits), float64(c.Hits+c.False)) }

// Recall is the share of true changepoints that were hit.
func (c Changepoints) Recall() float64 { return ratio(float64(c.Hits), float64(c.Hits+c.Missed)) }

// Score is SKAB's changepoint score: 0 for silence, 100 for a detection at the start of every window.
func (c Changepoints) Score(p Profile) float64 {
	return 100 * ratio(c.sum[p]-c.null[p], c.perfect[p]-c.null[p])
}

// Flips are the rows where an alarm begins or ends; an alarm on the first row counts.
func Flips(alarm []bool) []int {
	var out []int
	was := false
	for i, a := range alarm {
		if a != was {
			out = append(out, i)
		}
		was = a
	}
	return out
}
