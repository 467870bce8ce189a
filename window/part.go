package window

import "crackle/ingest/block"

// mark handles a block without samples: a part mark.
func (c *Conditioner) mark(b *block.Block) {
	begins, ends := b.Flags&block.PartBegin != 0, b.Flags&block.PartEnd != 0
	if b.First < c.next && !(ends && c.partOpen && b.Part == c.part) {
		return // of a part that is past
	}
	if begins && b.First >= c.next {
		c.anchor, c.anchorNS = b.First, b.TimeNS
		c.enterPart(b)
		if c.next < b.First {
			c.gap(b.First)
		}
	}
	if ends && c.partOpen {
		if c.next < b.First {
			c.gap(b.First)
		}
		c.flags.add(block.PartEnd, b.First, b.First)
		c.closePart()
	}
}

// enterPart opens the block's part when it is another one than before.
func (c *Conditioner) enterPart(b *block.Block) {
	begins := b.Flags&block.PartBegin != 0
	if c.partOpen && b.Part == c.part && b.Lot == c.lot && (!begins || b.First == c.partAt && c.next == c.partAt) {
		return
	}
	if !c.partOpen && b.Part == "" && !begins {
		c.part, c.lot = b.Part, b.Lot
		return // samples between parts, or a stream without parts
	}
	c.closePart()
	c.partOpen, c.part, c.lot = true, b.Part, b.Lot
	if begins {
		c.flags.add(block.PartBegin, b.First, b.First)
	}
	if c.cfg.ResetAtPart {
		if b.First > c.next {
			c.counts.Missing += b.First - c.next
			c.counts.Broken += b.First - c.next
			c.gaps.add(c.next, b.First)
			c.next = b.First
		}
		c.restart(c.next)
	}
	c.partAt = max(b.First, c.next)
}

// closePart sends the closing window of the open part.
func (c *Conditioner) closePart() {
	if !c.partOpen {
		return
	}
	if c.cfg.ResetAtPart {
		c.giveUp()
	}
	c.partOpen = false
	end := c.next
	c.out = Window{Run: c.run, First: end, End: end, Part: c.part, Lot: c.lot, PartEnd: true}
	c.out.TimeNS = c.timeOf(end - min(end, 1))
	c.out.Flags = c.flags.in(end-min(end, 1), end)
	c.emit(&c.out)
	c.part, c.lot = "", ""
	if c.cfg.ResetAtPart {
		c.restart(end)
	}
}
