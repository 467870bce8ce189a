package app

import (
	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/ingest/block"
)

// losses keeps account of the windows that a part should have had and of which no score can tell: those that lay wholly in a break, and those of
// an end or a beginning that never came. Without it a part that was mostly not there would be judged by the rest.
type losses struct {
	bridge uint64 // samples missing up to which the conditioner fills in
	hop    uint64

	started   bool
	run       uint64 // of the newest block
	end       uint64
	part, lot string
	ended     bool // by its mark

	open    loss   // of the part that is booked next, at its borders
	next    loss   // and of the one after it
	skipped uint64 // windows that the conditioner had skipped when the last part was booked
}

// loss is what one part has lost.
type loss struct {
	windows int
	cut     bool // its beginning was not seen
}

func (l *loss) add(o loss) { l.windows, l.cut = l.windows+o.windows, l.cut || o.cut }

// heard takes the next block, before the conditioner does. back tells that the index goes back within the run, which the receiver lets happen only
// where it takes the index up anew behind a false jump.
func (l *losses) heard(b *block.Block) (back bool) {
	same := l.started && b.Run == l.run
	if back = same && b.First < l.end; back {
		l.end = b.First
	}
	begins := b.Flags&block.PartBegin != 0
	whole := begins || b.Part == ""
	unended := l.started && !l.ended
	var before, after loss
	switch gap := b.First - min(l.end, b.First); {
	case !same:
		after.cut = b.First > 0 && !whole // a run that is joined in the middle of a part
	case gap > l.bridge && (begins || l.ended || b.Part != l.part || b.Lot != l.lot):
		// A gap between two parts is a loss to each whose mark did not come. One inside a part is the conditioner's to count.
		n := int(gap/l.hop) + 1
		if unended {
			before.windows = n
		}
		if !whole {
			after.windows = n
		}
	}
	l.open.add(before)
	if unended {
		l.next.add(after)
	} else { // the part before is booked already
		l.open.add(after)
	}
	l.started, l.run, l.end = true, b.Run, b.End()
	l.part, l.lot, l.ended = b.Part, b.Lot, b.Flags&block.PartEnd != 0
	return back
}

// book adds what was lost to a part that is over, and whether its beginning was. skipped is the conditioner's total.
func (l *losses) book(p *ledger.Part, skipped uint64) {
	lost := l.open.windows + int(skipped-l.skipped)
	p.Cut = l.open.cut
	l.open, l.next, l.skipped = l.next, loss{}, skipped
	if lost > 0 {
		p.Windows += lost
		p.Reasons |= detector.SignalDefect
	}
}
