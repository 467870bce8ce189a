package window

import "crackle/ingest/block"

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

// cutter lays conditioned rows end to end and finds complete windows in them.
type cutter struct {
	channels, length, hop int
	buf                   []float32 // [capacity][channels]
	base                  uint64    // index of row 0 of buf
	rows                  int       // rows in buf
	start                 uint64    // first index of the next window
	last                  []float32 // the newest row
	defects               [defectKinds]span
	broken                uint64 // end of the last break
	fresh                 bool   // Fresh is owed to the next window
	skipped               uint64 // windows that lay wholly in a break
	ready                 func() // sends the window at start
}

func newCutter(channels, length, hop int) cutter {
	capacity := 2*length + 1024
	return cutter{channels: channels, length: length, hop: hop, buf: make([]float32, capacity*channels), last: make([]float32, channels)}
}

// restart puts the grid's origin, and the next row, at an index.
func (c *cutter) restart(at uint64) {
	c.base, c.rows, c.start, c.broken, c.fresh = at, 0, at, at, true
	clear(c.last)
	clear(c.defects[:])
}

// end is the index of the next row.
func (c *cutter) end() uint64 { return c.base + uint64(c.rows) }

// room returns space for up to want rows; commit says how many were written.
func (c *cutter) room(want int) []float32 {
	if (c.rows+want)*c.channels > len(c.buf) {
		keep := 0
		if c.start < c.end() {
			keep = int(c.end() - c.start)
		}
		copy(c.buf, c.buf[(c.rows-keep)*c.channels:c.rows*c.channels])
		c.base, c.rows = c.end()-uint64(keep), keep
	}
	free := c.buf[c.rows*c.channels:]
	return free[:min(want*c.channels, len(free))]
}

func (c *cutter) commit(n int) {
	c.rows += n
	copy(c.last, c.buf[(c.rows-1)*c.channels:c.rows*c.channels])
	for c.end() >= c.start+uint64(c.length) {
		c.ready()
		if c.start >= c.broken {
			c.fresh = false
		}
		c.start += uint64(c.hop)
	}
}

// window is the rows of the window at start.
func (c *cutter) window() []float32 {
	at := int(c.start-c.base) * c.channels
	return c.buf[at : at+c.length*c.channels]
}

// defectsIn adds up what touches the window at start.
func (c *cutter) defectsIn() Defect {
	var d Defect
	for i := range c.defects {
		if c.defects[i].touches(c.start, c.start+uint64(c.length)) {
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

// breakFor lays n rows of a break: the last good row is held, so that windows partly in the break are whole. Windows that would
// lie wholly in it are passed over.
func (c *cutter) breakFor(n uint64, d Defect) {
	from, to := c.end(), c.end()+n
	c.fresh, c.broken = true, to
	c.mark(d, from, to)
	for c.start < from && c.end() < to {
		c.hold(min(to, c.start+uint64(c.length)) - c.end())
	}
	if c.start >= from && c.start+uint64(c.length) <= to {
		k := (to-c.start-uint64(c.length))/uint64(c.hop) + 1
		c.skipped += k
		c.start += k * uint64(c.hop)
		c.base, c.rows = max(c.end(), min(c.start, to)), 0
	}
	c.hold(to - c.end())
}

func (c *cutter) hold(n uint64) {
	for n > 0 {
		dst := c.room(int(min(n, 1024)))
		for i := 0; i < len(dst); i += c.channels {
			copy(dst[i:], c.last)
		}
		k := len(dst) / c.channels
		c.commit(k)
		n -= uint64(k)
	}
}

// flagKinds is the number of bits of block.Flags in use.
const flagKinds = 5

// flagSpans remembers which samples each flag covers.
type flagSpans [flagKinds]span

func (f *flagSpans) add(flags block.Flags, first, end uint64) {
	for i := range f {
		switch bit := block.Flags(1) << i; {
		case flags&bit == 0 || first == end && bit > block.PartEnd:
		case bit == block.PartBegin:
			f[i].grow(first, first+1)
		case bit == block.PartEnd:
			f[i].grow(max(end, 1)-1, max(end, 1))
		default:
			f[i].grow(first, end)
		}
	}
}

func (f *flagSpans) in(first, end uint64) block.Flags {
	var out block.Flags
	for i := range f {
		if f[i].touches(first, end) {
			out |= 1 << i
		}
	}
	return out
}
