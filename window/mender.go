package window

import "math"

// beyond is the magnitude above which a sample cannot be a measurement in SI units; powers of what lies below stay far within
// float64.
const beyond = 1e30

// mender holds back bad rows until it is known whether they can be bridged.
type mender struct {
	channels, limit int
	by              string    // BridgeLinear, BridgeCubic or BridgeLast
	mask            bool      // a stretch too long to bridge repeats the last good row
	masking         bool      // in such a stretch
	broken          bool      // no good row to go on from: the next good one starts the filter anew
	last            []float32 // the last good raw row
	before          []float32 // the one before it
	hasBefore       bool
	held            []float32 // [limit][channels]; a bad sample is NaN
	kinds           []Defect  // [limit] of each held row
	rows            int
}

func newMender(cfg Config) mender {
	n := len(cfg.Channels)
	return mender{channels: n, limit: cfg.MaxBridge, by: cfg.BridgeBy, mask: cfg.Bad == BadMask, broken: true,
		last: make([]float32, n), before: make([]float32, n), held: make([]float32, cfg.MaxBridge*n), kinds: make([]Defect, cfg.MaxBridge)}
}

func (m *mender) restart() { m.broken, m.masking, m.rows, m.hasBefore = true, false, 0, false }

// saw remembers the last good rows of a stretch that was passed on.
func (m *mender) saw(rows []float32) {
	n := m.channels
	switch {
	case len(rows) >= 2*n:
		copy(m.before, rows[len(rows)-2*n:])
		m.hasBefore = true
	case !m.broken:
		copy(m.before, m.last)
		m.hasBefore = true
	}
	copy(m.last, rows[len(rows)-n:])
}

// at is a channel's value in held row i, in the good rows before (-1, -2) or in the one after.
func (m *mender) at(i, ch int, next []float32) float32 {
	switch {
	case i == -2:
		return m.before[ch]
	case i == -1:
		return m.last[ch]
	case i >= m.rows:
		return next[ch]
	}
	return m.held[i*m.channels+ch]
}

// bridge fills the bad samples of the held rows in from their good neighbours in the same channel, of which next holds the last ones.
func (m *mender) bridge(next []float32) {
	for ch := range m.channels {
		for i := 0; i < m.rows; i++ {
			if !isNaN(m.at(i, ch, next)) {
				continue
			}
			to := i + 1
			for isNaN(m.at(to, ch, next)) {
				to++
			}
			a, b := float64(m.at(i-1, ch, next)), float64(m.at(to, ch, next))
			slope := b - a // over the whole stretch
			if i > 0 || m.hasBefore {
				slope = (a - float64(m.at(i-2, ch, next))) * float64(to-i+1)
			}
			for j := i; j < to; j++ {
				m.held[j*m.channels+ch] = m.fill(a, b, slope, float64(j-i+1)/float64(to-i+1))
			}
			i = to
		}
	}
}

// fill is the value at share t of the way from a to b. The cubic leaves a with the slope that the signal had there and arrives at b without
// curvature, since what comes after b is not known yet.
func (m *mender) fill(a, b, slope, t float64) float32 {
	switch m.by {
	case BridgeLast:
		return float32(a)
	case BridgeCubic:
		bend := (b - a - slope) / 2
		return float32(a + t*(slope+t*bend*(3-t)))
	}
	return float32(a + (b-a)*t)
}

func isNaN(v float32) bool { return v != v }

// rows takes rows as they came, good and bad.
func (c *Conditioner) rows(rows []float32) {
	n := c.mend.channels
	for len(rows) > 0 {
		good := c.goodPrefix(rows)
		if good > 0 {
			if c.mend.rows > 0 {
				c.bridge(rows[:n])
			}
			c.good(rows[:good*n])
			rows = rows[good*n:]
		}
		for len(rows) > 0 {
			kind := c.badness(rows[:n])
			if kind == 0 {
				break
			}
			c.bad(rows[:n], kind)
			rows = rows[n:]
		}
	}
}

// goodPrefix counts the rows before the first bad one.
func (c *Conditioner) goodPrefix(rows []float32) int {
	n := c.mend.channels
	if len(c.cfg.Saturation) == 0 {
		for i, v := range rows {
			if !(v < beyond && v > -beyond) {
				return i / n
			}
		}
		return len(rows) / n
	}
	for i := 0; i < len(rows); i += n {
		if c.badness(rows[i:i+n]) != 0 {
			return i / n
		}
	}
	return len(rows) / n
}

func (c *Conditioner) badness(row []float32) Defect {
	var d Defect
	for ch := range row {
		d |= c.badSample(ch, row[ch])
	}
	return d
}

func (c *Conditioner) badSample(ch int, v float32) Defect {
	if !(v < beyond && v > -beyond) {
		return Invalid
	}
	if len(c.cfg.Saturation) > 0 {
		if level := c.cfg.Saturation[ch]; level > 0 && math.Abs(float64(v)) >= level {
			return Saturated
		}
	}
	return 0
}

// bad takes one row with bad samples.
func (c *Conditioner) bad(row []float32, kind Defect) {
	if kind&Invalid != 0 {
		c.counts.Invalid++
	}
	if kind&Saturated != 0 {
		c.counts.Saturated++
	}
	m := &c.mend
	if m.broken || m.masking || m.rows == m.limit {
		c.giveUp()
		c.lose(1, kind)
		return
	}
	held := m.held[m.rows*m.channels : (m.rows+1)*m.channels]
	for ch, v := range row {
		if c.badSample(ch, v) != 0 {
			v = float32(math.NaN())
		}
		held[ch] = v
	}
	m.kinds[m.rows] = kind
	m.rows++
}

// gap notes that the rows up to an index never came.
func (c *Conditioner) gap(to uint64) {
	n := to - c.next
	c.counts.Missing += n
	c.gaps.add(c.next, to)
	c.next = to
	m := &c.mend
	if m.broken || m.masking || n > uint64(m.limit-m.rows) {
		c.giveUp()
		c.lose(n, Gap)
		return
	}
	for range n {
		for i := range m.channels {
			m.held[m.rows*m.channels+i] = float32(math.NaN())
		}
		m.kinds[m.rows] = Gap
		m.rows++
	}
}

// giveUp makes a break of the rows held back.
func (c *Conditioner) giveUp() {
	m := &c.mend
	for i := range m.rows {
		c.lose(1, m.kinds[i])
	}
	m.rows = 0
}

// lose makes n rows part of a break, or, under the mask rule, repeats the last good row for them.
func (c *Conditioner) lose(n uint64, kind Defect) {
	if n == 0 {
		return
	}
	if m := &c.mend; m.mask && !m.broken && n <= maxBridge {
		m.masking = true
		c.counts.Bridged += n
		c.cut.mark(Bridged, c.cut.end(), c.cut.end()+n)
		for range n {
			c.pass(m.last, true)
		}
		return
	}
	c.counts.Broken += n
	c.mend.broken, c.mend.hasBefore = true, false
	c.cut.breakFor(n, kind)
}

// bridge fills the rows held back and passes them on.
func (c *Conditioner) bridge(next []float32) {
	m := &c.mend
	m.bridge(next)
	n := m.rows
	m.rows = 0
	c.counts.Bridged += uint64(n)
	from := c.cut.end()
	c.cut.mark(Bridged, from, from+uint64(n))
	m.saw(m.held[:n*m.channels])
	c.pass(m.held[:n*m.channels], true)
}

// good takes whole good rows.
func (c *Conditioner) good(rows []float32) {
	m := &c.mend
	if m.broken && c.filter != nil {
		c.filter.Reset()
		c.cut.mark(Settling, c.cut.end(), c.cut.end()+c.settling)
	}
	m.saw(rows)
	m.broken, m.masking = false, false
	c.pass(rows, false)
}

// pass filters rows into the cutter.
func (c *Conditioner) pass(rows []float32, filled bool) {
	for len(rows) > 0 {
		first := c.cut.end()
		dst := c.cut.room(min(len(rows)/c.mend.channels, 1024))
		src := rows[:len(dst)]
		if c.filter != nil {
			c.filter.Process(dst, src)
		} else {
			copy(dst, src)
		}
		if c.tap != nil {
			c.tap(first, dst)
		}
		c.cut.commit(len(dst)/c.mend.channels, filled)
		rows = rows[len(src):]
	}
}
