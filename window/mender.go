package window

import "math"

// beyond is the magnitude above which a sample cannot be a measurement in SI units; powers of what lies below stay far within
// float64.
const beyond = 1e30

// mender holds back bad rows until it is known whether they can be bridged.
type mender struct {
	channels, limit int
	broken          bool      // no good row to go on from: the next good one starts the filter anew
	last            []float32 // the last good raw row
	held            []float32 // [limit][channels]; a bad sample is NaN
	kinds           []Defect  // [limit] of each held row
	rows            int
}

func newMender(channels, limit int) mender {
	return mender{channels: channels, limit: limit, broken: true, last: make([]float32, channels),
		held: make([]float32, limit*channels), kinds: make([]Defect, limit)}
}

func (m *mender) restart() { m.broken, m.rows = true, 0 }

// bridge replaces the bad samples of the held rows by straight lines between their good neighbours in the same channel, of which
// next holds the last ones.
func (m *mender) bridge(next []float32) {
	for ch := range m.channels {
		at := func(i int) float32 {
			switch {
			case i < 0:
				return m.last[ch]
			case i >= m.rows:
				return next[ch]
			}
			return m.held[i*m.channels+ch]
		}
		for i := 0; i < m.rows; i++ {
			if !isNaN(at(i)) {
				continue
			}
			to := i + 1
			for isNaN(at(to)) {
				to++
			}
			a, b := float64(at(i-1)), float64(at(to))
			for j := i; j < to; j++ {
				m.held[j*m.channels+ch] = float32(a + (b-a)*float64(j-i+1)/float64(to-i+1))
			}
			i = to
		}
	}
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
	if c.mend.broken || c.mend.rows == c.mend.limit {
		c.giveUp()
		c.lose(1, kind)
		return
	}
	m := &c.mend
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
	c.next = to
	m := &c.mend
	if m.broken || n > uint64(m.limit-m.rows) {
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

// lose makes n rows part of a break.
func (c *Conditioner) lose(n uint64, kind Defect) {
	c.counts.Broken += n
	c.mend.broken = true
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
	c.good(m.held[:n*m.channels])
}

// good filters whole good rows into the cutter.
func (c *Conditioner) good(rows []float32) {
	m := &c.mend
	if m.broken {
		m.broken = false
		if c.filter != nil {
			c.filter.Reset()
			c.cut.mark(Settling, c.cut.end(), c.cut.end()+c.settling)
		}
	}
	copy(m.last, rows[len(rows)-m.channels:])
	for len(rows) > 0 {
		first := c.cut.end()
		dst := c.cut.room(min(len(rows)/m.channels, 1024))
		src := rows[:len(dst)]
		if c.filter != nil {
			c.filter.Process(dst, src)
		} else {
			copy(dst, src)
		}
		if c.tap != nil {
			c.tap(first, dst)
		}
		c.cut.commit(len(dst) / m.channels)
		rows = rows[len(src):]
	}
}
