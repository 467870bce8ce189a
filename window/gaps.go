package window

// gapList remembers the youngest gaps, so that what comes late can be told from what comes twice.
type gapList struct {
	spans [16]span
	n     int // gaps noted so far
}

func (g *gapList) add(from, to uint64) {
	g.spans[g.n%len(g.spans)] = span{from, to}
	g.n++
}

// take counts the indexes of a range that lie in gaps, and takes them out of the gaps.
func (g *gapList) take(from, to uint64) uint64 {
	late := uint64(0)
	for i := range g.spans {
		s := &g.spans[i]
		if !s.touches(from, to) {
			continue
		}
		lo, hi := max(s.from, from), min(s.to, to)
		late += hi - lo
		// What is left on the far side of the middle is dropped: a later repeat of it counts as a duplicate.
		if lo == s.from {
			s.from = hi
		} else {
			s.to = lo
		}
	}
	return late
}

// seenBefore counts rows whose place is past.
func (c *Conditioner) seenBefore(from, to uint64) {
	late := c.gaps.take(from, to)
	c.counts.Late += late
	c.counts.Duplicate += to - from - late
}
