package window

import "math"

// Cycle has windows be excitation cycles, instead of lying on a grid: from one crossing of a level (zero for a drive current or voltage,
// half the height for a trigger pulse) by a channel to the next, each resampled to Config.Length points by cubic interpolation. Features
// see Length points at a rate of Length times NominalHz (twice that for half cycles), so that frequencies in the feature list are exact
// when the drive runs at its nominal frequency. Config.Hop is not used.
//
// A crossing counts when the channel has been beyond the level by Hysteresis on the old side since the last crossing in that direction,
// and HoldOff has passed since the last crossing. A cycle whose length differs from nominal by more than Tolerance is left out
// and counted as skipped; one that a break touches cannot be measured and is not sent.
type Cycle struct {
	Channel    string  `json:"channel"`            // the drive: a name of Config.Channels that is not filtered away
	NominalHz  float64 `json:"nominal_hz"`         // of a full cycle
	Half       bool    `json:"half,omitempty"`     // windows are half cycles, from every crossing
	Level      float64 `json:"level,omitempty"`    // in the drive's unit
	Hysteresis float64 `json:"hysteresis"`         // in the drive's unit, 0 or more
	HoldOff    int     `json:"hold_off,omitempty"` // samples
	Tolerance  float64 `json:"tolerance"`          // share of the nominal length, above 0 and below 1, such as 0.1
	Average    int     `json:"average,omitempty"`  // mean of so many cycles in a row, point by point; 0 and 1: every cycle by itself
	Against    string  `json:"against,omitempty"`  // "phase" (the default): equal steps of time; "field": equal steps of the drive from its level, needs Half
}

type cycles struct {
	channel         int
	half            bool
	level           float64
	hysteresis      float64
	holdOff         float64
	shortest        float64 // samples
	longest         float64
	average, points int
	field           bool

	low, high bool    // the drive has been below -hysteresis, above +hysteresis
	at        float64 // the last crossing, in rows after origin
	have      bool    // there is a last crossing
	origin    uint64
	before    float64 // the drive at the row before scanned
	any       bool    // there is a row before scanned
	out       []float32
	sum       []float64 // [points][channels]
	n         int       // cycles in sum
	first     uint64    // first row of the first cycle in sum
	measured  int       // rows of the cycles in sum that were not filled in
}

func newCycles(cfg Config, channel int) *cycles {
	c := cfg.Cycle
	period := cfg.RateHz / c.NominalHz
	if c.Half {
		period /= 2
	}
	n := cfg.Length * len(cfg.Channels)
	return &cycles{channel: channel, half: c.Half, level: c.Level, hysteresis: c.Hysteresis, holdOff: float64(c.HoldOff), shortest: period * (1 - c.Tolerance),
		longest: period * (1 + c.Tolerance), average: max(c.Average, 1), points: cfg.Length, field: c.Against == "field",
		out: make([]float32, n), sum: make([]float64, n)}
}

// span is the number of rows that one cycle can reach back.
func (y *cycles) span() int { return int(math.Ceil(y.longest)) + 4 }

func (y *cycles) restart(c *cutter) {
	y.low, y.high, y.have, y.any, y.n, y.origin = false, false, false, false, 0, c.end()
}

func (y *cycles) oldest(c *cutter) uint64 {
	if !y.have {
		return c.scanned - min(2, c.scanned)
	}
	// A cycle that has grown too long will not be measured.
	from := y.origin + uint64(y.at)
	if far := uint64(y.span()); c.scanned > from+far {
		return c.scanned - far
	}
	return from - min(1, from) // one more for the cubic
}

func (y *cycles) scan(c *cutter) {
	for ; c.scanned < c.end() && !c.armed; c.scanned++ {
		v := y.drive(c, c.scanned-y.origin)
		// The cubic looks one row beyond a crossing, so a crossing is taken up one row late.
		if y.any && c.scanned+1 == c.end() {
			return
		}
		if up, down := y.low && v >= 0 && y.before < 0, y.half && y.high && v <= 0 && y.before > 0; y.any && (up || down) {
			t := float64(c.scanned-y.origin) - 1 + y.before/(y.before-v)
			if !y.have || t-y.at >= y.holdOff {
				y.crossing(c, t)
				y.low, y.high = y.low && !up, y.high && !down
			}
		}
		y.low, y.high = y.low || v < -y.hysteresis, y.high || v > y.hysteresis
		y.before, y.any = v, true
	}
}

// crossing ends a cycle at time t.
func (y *cycles) crossing(c *cutter, t float64) {
	from, had := y.at, y.have
	y.at, y.have = t, true
	if !had {
		return
	}
	if length := t - from; length < y.shortest || length > y.longest {
		c.skipped++
		y.n = 0
		return
	}
	if y.n == 0 {
		clear(y.sum)
		y.first, y.measured = y.origin+uint64(math.Ceil(from)), 0
	}
	stop := y.origin + uint64(math.Ceil(t))
	y.measured += c.measured(y.origin+uint64(math.Ceil(from)), stop)
	if y.field {
		y.overField(c, from, t)
	} else {
		for k := range y.points {
			y.add(c, k, from+(t-from)*float64(k)/float64(y.points))
		}
	}
	if y.n++; y.n == y.average {
		for i, v := range y.sum {
			y.out[i] = float32(v / float64(y.n))
		}
		y.n = 0
		c.start, c.stop, c.armed = y.first, stop, true
	}
}

// overField adds points at equal steps of the drive, in the order in which the half cycle passes its extreme: from 0 out to the peak and
// back to 0 a half cycle covers each value twice, so the first half of the points lies on the way out, the second on the way back.
func (y *cycles) overField(c *cutter, from, t float64) {
	lo, hi := uint64(math.Ceil(from)), uint64(math.Floor(t))
	peak, top := lo, 0.0
	for i := lo; i <= hi; i++ {
		if v := math.Abs(y.drive(c, i)); v > top {
			peak, top = i, v
		}
	}
	out := y.points / 2
	at := from
	for k := range y.points {
		want, limit := top*float64(k)/float64(out), float64(peak)
		if k >= out {
			want, limit = top*float64(y.points-k)/float64(y.points-out), t
		}
		at = y.reach(c, at, limit, want, k < out)
		y.add(c, k, at)
	}
}

// reach finds the first time from at to limit when the drive's magnitude has come up (or down) to a value.
func (y *cycles) reach(c *cutter, at, limit, want float64, up bool) float64 {
	for at < limit {
		next := min(math.Floor(at)+1, limit)
		a, b := math.Abs(y.driveAt(c, at)), math.Abs(y.driveAt(c, next))
		if up && b >= want || !up && b <= want {
			if a == b || up && a >= want || !up && a <= want {
				return at
			}
			return at + (next-at)*(want-a)/(b-a)
		}
		at = next
	}
	return limit
}

// drive is the channel above its level.
func (y *cycles) drive(c *cutter, i uint64) float64 {
	return float64(c.row(y.origin + i)[y.channel]) - y.level
}

func (y *cycles) driveAt(c *cutter, t float64) float64 {
	i := math.Floor(t)
	a, f := y.drive(c, uint64(i)), t-i
	if f == 0 {
		return a
	}
	return a + f*(y.drive(c, uint64(i)+1)-a)
}

// add puts the rows at time t, by Catmull and Rom's cubic, into point k of the sum.
func (y *cycles) add(c *cutter, k int, t float64) {
	i := math.Floor(t)
	f := t - i
	row := y.origin + uint64(i)
	p1, p2 := c.row(row), c.row(row+1)
	p0, p3 := p1, p2
	if row > y.origin {
		p0 = c.row(row - 1)
	}
	if row+2 < c.end() {
		p3 = c.row(row + 2)
	}
	for ch := range p1 {
		a, b := float64(p1[ch]), float64(p2[ch])
		s, e := (b-float64(p0[ch]))/2, (float64(p3[ch])-a)/2
		y.sum[k*c.channels+ch] += a + f*(s+f*(3*(b-a)-2*s-e+f*(s+e-2*(b-a))))
	}
}

func (y *cycles) sent(c *cutter) { c.armed = false }

func (y *cycles) rows(*cutter) []float32 { return y.out }

func (y *cycles) validShare(c *cutter) float64 {
	return float64(y.measured) / float64(c.stop-c.start)
}

func (y *cycles) lost(c *cutter, n uint64) {
	c.jump(c.end() + n)
	y.restart(c)
}
