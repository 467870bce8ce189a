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
	cut       bool // the open part was under way when the first block came

	open    int    // windows lost to the open part at its borders
	next    int    // and to the one that the newest block begins
	skipped uint64 // windows that the conditioner had skipped when the last part was closed
}

// heard takes the next block, before the conditioner does. back tells that the index goes back within the run, which the receiver lets happen only
// where it takes the index up anew behind a false jump.
func (l *losses) heard(b *block.Block) (back bool) {
	if back = l.started && b.Run == l.run && b.First < l.end; back {
		l.end = b.First
	}
	begins := b.Flags&block.PartBegin != 0
	if !l.started && b.First > 0 && b.Part != "" && !begins {
		l.cut = true // as after a restart of the monitor in the middle of a part
	}
	other := begins || l.ended || b.Part != l.part || b.Lot != l.lot
	// A gap inside a part is the conditioner's to count; one between two parts is a loss to each whose mark did not come.
	if gap := b.First - min(l.end, b.First); l.started && b.Run == l.run && other && gap > l.bridge {
		lost := int(gap/l.hop) + 1
		if !l.ended {
			l.open += lost
		}
		if !begins {
			l.next += lost
		}
	}
	l.started, l.run, l.end = true, b.Run, b.End()
	l.part, l.lot, l.ended = b.Part, b.Lot, b.Flags&block.PartEnd != 0
	return back
}

// book adds what was lost to a part that is over, and whether its beginning was. skipped is the conditioner's total.
func (l *losses) book(p *ledger.Part, skipped uint64) {
	lost := l.open + int(skipped-l.skipped)
	l.open, l.next, l.skipped = l.next, 0, skipped
	p.Cut, l.cut = l.cut, false
	if lost > 0 {
		p.Windows += lost
		p.Reasons |= detector.SignalDefect
	}
}
