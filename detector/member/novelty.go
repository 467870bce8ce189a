package member

import (
	"fmt"
	"math"
)

// NoveltyConfig of a Novelty. The zero value of a field means its default.
type NoveltyConfig struct {
	Channel int // which one to watch
	History int // values remembered, default 20000
	Tail    int // statistics that calibrate, default 8000
	Short   int // rows of the short mean, default 12
	Spread  int // rows of the spread, default 48
	Long    int // rows of the long mean, default 1500
}

func (c NoveltyConfig) withDefaults() NoveltyConfig {
	for _, f := range []struct {
		v *int
		d int
	}{{&c.History, 20000}, {&c.Tail, 8000}, {&c.Short, 12}, {&c.Spread, 48}, {&c.Long, 1500}} {
		if *f.v == 0 {
			*f.v = f.d
		}
	}
	return c
}

// Handicaps of the views against the value itself: how much rarer, in decades, a mean, a spread and a shift have to be.
const (
	meanHandicap   = 1.0
	spreadHandicap = 1.0
	shiftHandicap  = 1.2
)

// Novelty asks of one channel whether the stream has been here before: the distance of the value, of its short mean and of its spread to
// the three nearest of their own past, and the shift of the mean of the last rows against the long past. Each is calibrated by its own tail
// as it goes: the score is -log10 of the probability, the largest of the four. It needs no normal stretch but a scale.
type Novelty struct {
	cfg           NoveltyConfig
	median, width float64
	values        *trail
	views         [3]view
	shift         ranking

	spoke         *view   // of the last row, the loudest; nil: the shift
	got, expected float64 // what it spoke on; expected is of the shift only
}

// view is one property of the stream with its past.
type view struct {
	past    *ordered
	pending *trail // the youngest, not yet past
	rank    ranking
}

// NewNovelty takes the scale of the channel from the rows.
func NewNovelty(c NoveltyConfig, rows [][]float64) (*Novelty, error) {
	c = c.withDefaults()
	if len(rows) < leastRows {
		return nil, fmt.Errorf("%d rows to learn from, at least %d are needed: record more normal production", len(rows), leastRows)
	}
	if c.Channel < 0 || c.Channel >= len(rows[0]) {
		return nil, fmt.Errorf("channel %d is not among the %d of a row", c.Channel, len(rows[0]))
	}
	x := make([]float64, len(rows))
	for i, r := range rows {
		if x[i] = r[c.Channel]; math.IsNaN(x[i]) || math.IsInf(x[i], 0) {
			return nil, fmt.Errorf("row %d, channel %d is %v: rows to learn from must be finite", i, c.Channel, x[i])
		}
	}
	median := quantile(x, 0.5)
	return newNovelty(c, median, widthOf(x, median)), nil
}

func newNovelty(c NoveltyConfig, median, width float64) *Novelty {
	n := &Novelty{cfg: c, median: median, width: width, values: newTrail(c.Spread + c.Long), shift: newRanking(c.Tail)}
	for i, young := range []int{c.Short, 2 * c.Short, 2 * c.Spread} {
		n.views[i] = view{past: newOrdered(c.History), pending: newTrail(young), rank: newRanking(c.Tail)}
	}
	return n
}

// widthOf is a robust deviation with fall-backs for channels that hardly move.
func widthOf(x []float64, median float64) float64 {
	if w := (quantile(x, 0.9) - quantile(x, 0.1)) / 2.56; w > 0 {
		return w
	}
	mean, sum := 0.0, 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		sum += (v - mean) * (v - mean) / float64(len(x))
	}
	switch {
	case sum > 1e-24*mean*mean:
		return math.Sqrt(sum)
	case median != 0:
		return 0.01 * math.Abs(median)
	}
	return 1
}

// Name is "novelty".
func (n *Novelty) Name() string { return "novelty" }

// Reset forgets the past, calibration too.
func (n *Novelty) Reset() {
	n.values.reset()
	n.shift.reset()
	for i := range n.views {
		v := &n.views[i]
		v.past.reset()
		v.pending.reset()
		v.rank.reset()
	}
}

// Score is -log10 of a probability, at least 0.
func (n *Novelty) Score(row []float64) float64 {
	if n.cfg.Channel >= len(row) || math.IsNaN(row[n.cfg.Channel]) || math.IsInf(row[n.cfg.Channel], 0) {
		return math.NaN()
	}
	x := squash(row[n.cfg.Channel], n.median, n.width)
	n.values.add(x)
	mean, _, _ := n.values.moments(n.cfg.Short, 0)
	level, variance, count := n.values.moments(n.cfg.Spread, 0)
	score := n.say(math.Inf(-1), n.views[0].score(x), x, &n.views[0])
	score = n.say(score, n.views[1].score(mean)-meanHandicap, mean, &n.views[1])
	if count == n.cfg.Spread {
		spread := math.Log(math.Sqrt(variance) + 0.02)
		score = n.say(score, n.views[2].score(spread)-spreadHandicap, spread, &n.views[2])
	}
	if before, v, k := n.values.moments(n.cfg.Long, n.cfg.Spread); k >= n.cfg.Spread {
		score = n.say(score, n.shift.score(math.Abs(level-before)/(math.Sqrt(v)+0.02))-shiftHandicap, level, nil)
		if n.spoke == nil {
			n.expected = before
		}
	}
	return max(score, 0)
}

// squash scales a value, linear near the median and logarithmic far from it.
func squash(v, median, width float64) float64 { return 2 * math.Asinh((v-median)/(2*width)) }

// say notes which view spoke loudest so far, and on what. The shift has no view.
func (n *Novelty) say(loudest, score, what float64, v *view) float64 {
	if score <= loudest {
		return loudest
	}
	n.spoke, n.got = v, what
	return score
}

// found gives what spoke in the channel's unit, and the nearest of its past.
func (n *Novelty) found() (got, expected float64) {
	value := func(x float64) float64 { return n.median + 2*n.width*math.Sinh(x/2) }
	if n.spoke == nil {
		return value(n.got), value(n.expected)
	}
	near, ok := n.spoke.past.closest(n.got)
	if !ok {
		near = n.got
	}
	if n.spoke == &n.views[2] { // near the median a deviation of x is as one of the value in widths
		return n.width * math.Exp(n.got), n.width * math.Exp(near)
	}
	return value(n.got), value(near)
}

func (v *view) score(f float64) float64 {
	s := 0.0
	if len(v.past.sorted) >= 3 {
		s = v.rank.score(v.past.nearest(f, 3))
	}
	if p := v.pending; p.seen == len(p.ring) {
		v.past.add(p.ring[p.at])
	}
	v.pending.add(f)
	return s
}

// ranking gives -log10 of the probability of a statistic among its last values, with an exponential tail above the 98 % quantile.
type ranking struct {
	past       *ordered
	since      int
	from, beta float64
}

const (
	rankTail  = 0.98
	rankEvery = 25  // rows between looks at the tail
	believed  = 1.5 // times the decades that the past itself can prove: no tail is believed beyond
)

func newRanking(capacity int) ranking { return ranking{past: newOrdered(capacity), since: rankEvery} }

func (r *ranking) reset() {
	r.past.reset()
	r.since = rankEvery
}

func (r *ranking) score(y float64) float64 {
	s := r.past.sorted
	n := len(s)
	p := 0.0
	if n > 0 {
		if r.since >= rankEvery {
			r.look()
		}
		if y > r.from {
			p = -math.Log10(1 - rankTail)
			if r.beta > 0 {
				p += (y - r.from) / (r.beta * math.Ln10)
			} else {
				p = math.Inf(1)
			}
			p = min(p, believed*math.Log10(float64(n+1)))
		} else {
			p = -math.Log10(float64(n-search(s, y)+1) / float64(n+1))
		}
	}
	r.past.add(y)
	r.since++
	return p
}

// look takes the threshold and the mean excess, held up by two excesses as large as the distance from the 90 % quantile.
func (r *ranking) look() {
	s := r.past.sorted
	at := int(rankTail * float64(len(s)-1))
	r.from = s[at]
	sum, count := 0.0, 0.0
	for _, v := range s[at+1:] {
		sum += v - r.from
		count++
	}
	r.beta = (sum + 2*(r.from-s[int(0.9*float64(len(s)-1))])) / (count + 2)
	r.since = 0
}
