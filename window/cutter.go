package window

// span is a range of sample indexes, from <= i < to.
type span struct{ from, to uint64 }

// grow adds a range that starts at or after the last one; what lay apart from it is forgotten, because every window that ends
// before it has been sent.
func (s *span) grow(from, to uint64) {
	if s.to < from || s.to == 0 {
		s.from = from
	}
	s.to = max(s.to, to)
}

func (s span) touches(first, end uint64) bool { return s.from < end && s.to > first }

// kinds of defect, in the order of their bits.
const defectKinds = 5

// pace decides where windows lie. It works on the cutter's rows and sets start, stop and armed.
type pace interface {
	// restart begins at an index without history.
	restart(c *cutter)
	// scan looks at the rows from c.scanned on for the next window; called while none is armed.
	scan(c *cutter)
	// sent is called after the window was sent.
	sent(c *cutter)
	// oldest is the first row that is still needed.
	oldest(c *cutter) uint64
	// lost tells of a break of n rows after the last row. The pace lays as many held rows as its windows need, and leaves the cutter
	// at the end of the break.
	lost(c *cutter, n uint64)
	// rows is the window to measure; validShare is the share of its samples that were measured, not filled in.
	rows(c *cutter) []float32
	validShare(c *cutter) float64
	// transfer writes or reads what is to be kept over a restart of the program; sane tells whether what was read can be worked with.
	transfer(t transferrer)
	sane(c *cutter) bool
}

// cutter lays conditioned rows end to end; its pace finds windows in them.
type cutter struct {
	channels    int
	buf         []float32 // [capacity][channels]
	filled      []bool    // [capacity] the row was filled in, not measured
	base        uint64    // index of row 0 of buf
	count       int       // rows in buf
	last        []float32 // the newest row
	start, stop uint64    // of the armed window
	armed       bool
	scanned     uint64 // rows before it have been looked at
	pace        pace
	defects     [defectKinds]span
	broken      uint64 // end of the last break
	fresh       bool   // Fresh is owed to the next window
	skipped     uint64 // windows that lay wholly in a break, or cycles of another length than expected
	ready       func() // sends the armed window
}

// newCutter makes room for windows that reach back span rows.
func newCutter(channels, span int, p pace) cutter {
	capacity := 2*span + 1024
	return cutter{channels: channels, buf: make([]float32, capacity*channels), filled: make([]bool, capacity), last: make([]float32, channels), pace: p}
}

// restart puts the origin, and the next row, at an index.
func (c *cutter) restart(at uint64) {
	c.base, c.count, c.scanned, c.broken, c.fresh, c.armed = at, 0, at, at, true, false
	clear(c.last)
	clear(c.defects[:])
	c.pace.restart(c)
}

// end is the index of the next row.
func (c *cutter) end() uint64 { return c.base + uint64(c.count) }

// jump leaves out the rows from end to an index and forgets the ones before.
func (c *cutter) jump(to uint64) { c.base, c.count, c.scanned = to, 0, to }

// row is the row of an index that is held.
func (c *cutter) row(i uint64) []float32 {
	at := int(i-c.base) * c.channels
	return c.buf[at : at+c.channels]
}

// between is the rows from one index to another, all held.
func (c *cutter) between(from, to uint64) []float32 {
	return c.buf[int(from-c.base)*c.channels : int(to-c.base)*c.channels]
}

// room returns space for up to want rows; commit says how many were written.
func (c *cutter) room(want int) []float32 {
	if (c.count+want)*c.channels > len(c.buf) {
		c.shed()
	}
	free := c.buf[c.count*c.channels:]
	return free[:min(want*c.channels, len(free))]
}

// shed forgets the rows that are no longer needed.
func (c *cutter) shed() {
	keep := 0
	if from := c.pace.oldest(c); from < c.end() {
		keep = int(c.end() - max(from, c.base))
	}
	copy(c.buf, c.buf[(c.count-keep)*c.channels:c.count*c.channels])
	copy(c.filled, c.filled[c.count-keep:c.count])
	c.base, c.count = c.end()-uint64(keep), keep
}

// commit takes n rows written to room and sends the windows that they complete.
func (c *cutter) commit(n int, filled bool) {
	for i := range n {
		c.filled[c.count+i] = filled
	}
	c.count += n
	copy(c.last, c.buf[(c.count-1)*c.channels:c.count*c.channels])
	for {
		if !c.armed {
			c.pace.scan(c)
		}
		if !c.armed || c.end() < c.stop {
			return
		}
		c.ready()
		if c.start >= c.broken {
			c.fresh = false
		}
		c.pace.sent(c)
	}
}

// measured counts the rows from one index to another, all held, that were measured.
func (c *cutter) measured(from, to uint64) int {
	n := 0
	for _, f := range c.filled[from-c.base : to-c.base] {
		if !f {
			n++
		}
	}
	return n
}

// defectsIn adds up what touches the armed window.
func (c *cutter) defectsIn() Defect {
	var d Defect
	for i := range c.defects {
		if c.defects[i].touches(c.start, c.stop) {
			d |= 1 << i
		}
	}
	return d
}

func (c *cutter) mark(d Defect, from, to uint64) {
	for i := range c.defects {
		if d&(1<<i) != 0 {
			c.defects[i].grow(from, to)
		}
	}
}

// breakFor lays n rows of a break.
func (c *cutter) breakFor(n uint64, d Defect) {
	if n == 0 {
		return
	}
	from, to := c.end(), c.end()+n
	c.fresh, c.broken = true, to
	c.mark(d, from, to)
	c.pace.lost(c, n)
}

// hold lays n rows that repeat the last good one.
func (c *cutter) hold(n uint64) {
	for n > 0 {
		dst := c.room(int(min(n, 1024)))
		for i := 0; i < len(dst); i += c.channels {
			copy(dst[i:], c.last)
		}
		k := len(dst) / c.channels
		c.commit(k, true)
		n -= uint64(k)
	}
}
