package window

// grid lays windows of one length at equal distances.
type grid struct{ length, hop uint64 }

func (g *grid) restart(c *cutter) { c.start, c.stop, c.armed = c.end(), c.end()+g.length, true }

func (g *grid) scan(*cutter) {}

func (g *grid) sent(c *cutter) {
	c.start += g.hop
	c.stop = c.start + g.length
}

func (g *grid) oldest(c *cutter) uint64 { return c.start }

func (g *grid) rows(c *cutter) []float32 { return c.between(c.start, c.stop) }

func (g *grid) validShare(c *cutter) float64 {
	return float64(c.measured(c.start, c.stop)) / float64(g.length)
}

// lost holds the last row, so that windows partly in the break are whole, and passes over those that would lie wholly in it.
func (g *grid) lost(c *cutter, n uint64) {
	from, to := c.end(), c.end()+n
	for c.start < from && c.end() < to {
		c.hold(min(to, c.stop) - c.end())
	}
	if c.start >= from && c.stop <= to {
		k := (to-c.stop)/g.hop + 1
		c.skipped += k
		c.start += k * g.hop
		c.stop = c.start + g.length
		if next := min(c.start, to); next > c.end() {
			c.jump(next)
		}
	}
	c.hold(to - c.end())
}
