package member

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Direction says which way a fault moves a feature, when that is known.
type Direction int

const (
	Both Direction = 0
	Up   Direction = 1
	Down Direction = -1
)

// ExcursionConfig of an Excursion. The zero value of a field means its default.
type ExcursionConfig struct {
	Channels  []int // that tell the same quantity, such as the logarithms of the power in several bands; default the first
	Direction Direction
	Turn      int     // rows of one turn of the part, whose run-out comes back with it; 0 when parts do not turn
	Begin     float64 // probability that an excursion begins at a row, default 0.01
	End       float64 // and that one that has begun ends, default 0.2
	Size      float64 // of an excursion at its begin, in deviations of the noise from row to row, default 3
	Vary      float64 // standard deviation of that size, default 1
	Walk      float64 // by which it changes from row to row, default 1
}

func (c ExcursionConfig) withDefaults() ExcursionConfig {
	for _, f := range []struct {
		v *float64
		d float64
	}{{&c.Begin, 0.01}, {&c.End, 0.2}, {&c.Size, 3}, {&c.Vary, 1}, {&c.Walk, 1}} {
		if *f.v == 0 {
			*f.v = f.d
		}
	}
	if len(c.Channels) == 0 {
		c.Channels = []int{0}
	}
	return c
}

// Excursion follows a quantity along a part and asks at each row which is likelier: that the part is as parts are, or that it has been
// somewhere else for some rows. Good parts teach how far parts differ, how a part wanders along itself, how much of that comes back with each
// turn, and the noise. The score is the decimal logarithm of the odds, so 1 is ten to one for an excursion, in the
// direction declared if there is one.
//
// It is a Bayesian filter: a Kalman filter for the good part and one for each excursion that may have begun (Adams and MacKay 2007, with a way
// back), so the rows of an excursion do not move what is held for good, and a part's first rows, of which nothing is known yet, do not accuse it.
type Excursion struct {
	cfg    ExcursionConfig
	law    partLaw
	births []float64 // sizes of the excursions that may begin

	normal  belief
	away    []belief // excursions that may be under way, the likeliest first
	next    []belief
	started bool
	row     int // of the part
}

// mostAway bounds the excursions that are kept in mind.
const mostAway = 24

// surest bounds the score: beyond it the model's tails mean nothing.
const surest = 15

// NewExcursion learns from parts of normal production, each a run of rows; at least two parts and 40 rows.
func NewExcursion(c ExcursionConfig, parts [][][]float64) (*Excursion, error) {
	c = c.withDefaults()
	if !(c.Begin > 0 && c.Begin < 1 && c.End > 0 && c.End < 1) {
		return nil, fmt.Errorf("probabilities %v of a begin and %v of an end must be above 0 and below 1", c.Begin, c.End)
	}
	law, err := learnParts(c.Channels, c.Turn, parts)
	if err != nil {
		return nil, err
	}
	m := &Excursion{cfg: c, law: law, away: make([]belief, 0, mostAway+2), next: make([]belief, 0, mostAway+2)}
	for _, d := range []Direction{Up, Down} {
		if c.Direction == Both || c.Direction == d {
			m.births = append(m.births, float64(d)*c.Size)
		}
	}
	m.Reset()
	return m, nil
}

// Name is "excursion".
func (m *Excursion) Name() string { return "excursion" }

// Reset begins a part.
func (m *Excursion) Reset() {
	m.normal, m.away, m.started, m.row = m.law.fresh(), m.away[:0], false, 0
}

// Score is NaN on a row without the quantity; the part goes on under it.
func (m *Excursion) Score(row []float64) float64 {
	x, ok := m.law.quantity(row)
	if m.started {
		m.normal.predict(&m.law, 0)
		for i := range m.away {
			m.away[i].predict(&m.law, m.cfg.Walk)
		}
	}
	sin, cos := m.law.phase(m.row)
	m.started, m.row = true, m.row+1
	if !ok {
		return math.NaN()
	}
	return m.judge(x, [states]float64{1, 1, cos, sin, 0})
}

// judge weighs the good part and the excursions by how well they foresaw x, which sees the states through look.
func (m *Excursion) judge(x float64, look [states]float64) float64 {
	away := look
	away[size] = 1
	begun := m.normal
	m.next = m.next[:0]
	for _, s := range m.births {
		b := begun
		b.weight += math.Log(m.cfg.Begin / float64(len(m.births)))
		b.mean[size], b.cov[size][size] = s, m.cfg.Vary*m.cfg.Vary
		m.next = append(m.next, b)
	}
	good := m.normal // what was good before is the likelier origin; excursions that end join it
	good.weight += math.Log(1 - m.cfg.Begin)
	good.update(x, look)
	for _, b := range m.away {
		back := b
		back.forget(size)
		back.weight += math.Log(m.cfg.End)
		back.update(x, look)
		good.join(&back)
		b.weight += math.Log(1 - m.cfg.End)
		m.next = append(m.next, b)
	}
	most := math.Inf(-1)
	for i := range m.next {
		m.next[i].update(x, away)
		most = max(most, m.next[i].weight)
	}
	against, sum := math.Exp(good.weight-max(most, good.weight)), 0.0
	for i := range m.next {
		w, likely := math.Exp(m.next[i].weight-max(most, good.weight)), 1.0
		if d := m.cfg.Direction; d != Both { // an excursion's size walks, to the other side too
			likely = 0.5 * math.Erfc(-float64(d)*m.next[i].mean[size]/math.Sqrt(2*m.next[i].cov[size][size]))
		}
		sum += w * likely
		against += w * (1 - likely)
	}
	odds := math.Log10(sum / against)
	slices.SortStableFunc(m.next, func(a, b belief) int { return cmp.Compare(b.weight, a.weight) })
	m.away, m.next = m.next[:min(len(m.next), mostAway)], m.away
	m.normal = good
	m.level(max(most, good.weight))
	return min(max(odds, -surest), surest)
}

// level takes the largest weight off all, so that they stay in range.
func (m *Excursion) level(most float64) {
	m.normal.weight -= most
	for i := range m.away {
		m.away[i].weight -= most
	}
}
