package ledger

import (
	"fmt"
	"math"
	"time"

	"crackle/detector"
	"crackle/ingest/block"
)

// Config of an Account.
type Config struct {
	Stream     string
	RateHz     float64   // publisher's samples per second
	Saturation []float64 // per channel, the magnitude from which a sample counts as saturated; 0 or none is no limit
	Rest       uint64    // samples that each part may leave outside of windows: what does not fill one at its ends
	Events     bool      // windows are events, and what lies between them is outside by design
	Coverage   float64   // share that ok needs, above 0 to 1; 0 is DefaultCoverage
}

// Account books the samples of one stream, part by part. It is for one goroutine, and allocates nothing per block or window once warm.
type Account struct {
	cfg     Config
	cur     open    // the part under way
	closing open    // the one before it, between Block and Settle
	totals  Samples // of the parts that are over, and of what was missing between them
	parts   uint64  // that are over

	started  bool
	run      uint64
	end      uint64 // one past the newest sample
	ended    bool   // the newest block ended its part
	skipped  uint64 // windows that the conditioner had skipped at the last look
	arrivals Arrivals
	out      Part // for Settle
	unstored bool
}

// Arrivals are a receiver's totals of what does not come as a block.
type Arrivals struct{ Duplicated, Late, Reordered, Dropped uint64 }

// New makes an account without a part.
func New(cfg Config) (*Account, error) {
	if cfg.Coverage == 0 {
		cfg.Coverage = DefaultCoverage
	}
	if !(cfg.Coverage > 0 && cfg.Coverage <= 1) {
		return nil, fmt.Errorf("stream %s: ok needs %g of the samples scored; allowed are shares above 0 up to 1", cfg.Stream, cfg.Coverage)
	}
	if !(cfg.RateHz > 0) || math.IsInf(cfg.RateHz, 1) {
		return nil, fmt.Errorf("stream %s: rate %g Hz; it must be finite and above 0", cfg.Stream, cfg.RateHz)
	}
	return &Account{cfg: cfg}, nil
}

// Reset forgets everything, as if the account were new.
func (a *Account) Reset() { *a = Account{cfg: a.cfg} }

// farJump is the widest gap within a run, in samples; what is behind a wider jump of the index belongs to what was before as little as another run does.
const farJump = 1 << 41

// Unstored says that blocks from now on come past a store that refuses them, or that they do not any more. Their parts are not assessed.
func (a *Account) Unstored(is bool) { a.unstored = is }

// Reached is one past the newest sample of a run, and whether the run is the one under way.
func (a *Account) Reached(run uint64) (end uint64, ok bool) { return a.end, a.started && run == a.run }

// Back reports whether a block's index goes back within the run: where a receiver takes the index up anew behind a false jump, the part under way
// is to be ended before the block is booked; else what goes back counts as duplicated.
func (a *Account) Back(b *block.Block) bool { return a.started && b.Run == a.run && b.First < a.end }

// Block books the next block, before its windows are scored. It ends the part under way when the block is of another one.
func (a *Account) Block(b *block.Block) {
	same := a.started && b.Run == a.run && (b.First < a.end || b.First-a.end <= farJump)
	if same && b.End() <= a.end && b.Count() > 0 {
		a.samples().Duplicated += uint64(b.Count())
		return
	}
	begins := b.Flags&block.PartBegin != 0
	if b.Count() == 0 && !a.mark(b, same) {
		return
	}
	first := b.First
	if same {
		first = max(first, a.end)
	}
	if b.Count() > 0 || begins {
		a.enter(b, same, first)
	}
	if !a.cur.any {
		return
	}
	if a.unstored {
		a.cur.p.Flags |= NotStored
	}
	a.cur.miss(a.end, first)
	a.end = first
	if skip := int(first - b.First); b.Count() > 0 {
		a.cur.p.Samples.Duplicated += uint64(skip)
		a.rows(b, skip)
		a.end = b.End()
		a.cur.p.To = a.at(b, b.End())
	}
	a.cur.p.End = a.end
	a.ended = b.Flags&block.PartEnd != 0
}

// mark reports whether a block without samples means anything here.
func (a *Account) mark(b *block.Block, same bool) bool {
	begins, ends := b.Flags&block.PartBegin != 0, b.Flags&block.PartEnd != 0
	switch {
	case begins:
		return !same || b.First >= a.end
	case ends:
		return same && a.cur.any && (b.First >= a.end || b.Part == a.cur.p.Part)
	}
	return false
}

// enter opens the block's part when it is another one than before, and says whose the samples are that are missing before it.
func (a *Account) enter(b *block.Block, same bool, first uint64) {
	begins := b.Flags&block.PartBegin != 0
	c := &a.cur
	if same && c.any && !a.ended && b.Part == c.p.Part && b.Lot == c.p.Lot && (!begins || first == c.p.First && a.end == first) {
		return
	}
	whole := begins || b.Part == ""
	gap := uint64(0)
	if same {
		gap = first - a.end
	}
	unended := c.any && !a.ended
	var flags Reason
	doubt, from := uint64(0), first
	switch {
	case !same && first > 0 && !whole:
		flags |= BeginUnseen
	case gap == 0:
	case unended: // theirs, or ours
		c.miss(a.end, first)
		c.p.End = first
		if !whole {
			doubt = gap
		}
	case !whole:
		from = a.end
	default: // between two parts that are both marked
		a.totals.Expected += gap
		a.totals.Missing += gap
		a.totals.Lost.Missing += gap
	}
	if unended && !same && a.started && c.p.Part != "" {
		c.p.Flags |= EndUnseen
	}
	a.leave()
	a.started, a.run, a.end, a.ended = true, b.Run, from, false
	c.begin(Part{
		Stream: a.cfg.Stream, Run: b.Run, Part: b.Part, Lot: b.Lot, First: from, End: from, From: a.at(b, from), To: a.at(b, from), RateHz: a.cfg.RateHz,
		Peak: Value(math.NaN()), Limit: Value(math.NaN()), Flags: flags, Samples: Samples{Doubtful: doubt},
	})
}

// leave puts the part under way, if any, where Settle finds it.
func (a *Account) leave() {
	if a.cur.any {
		a.cur, a.closing = a.closing, a.cur
	}
	a.cur.any = false
}

// at is the publisher's time of an index near the block.
func (a *Account) at(b *block.Block, index uint64) time.Time {
	return time.Unix(0, b.TimeNS+int64(math.Round(float64(int64(index-b.First))*1e9/a.cfg.RateHz))).UTC()
}

// Add books a window's score.
func (a *Account) Add(s *detector.Score) {
	o := &a.cur
	if c := &a.closing; c.any && s.Run == c.p.Run && s.Part == c.p.Part && s.Lot == c.p.Lot && (s.First < c.p.End || s.First == s.End) {
		o = c
	}
	if o.any && s.Run == o.p.Run {
		o.window(s)
	}
}

// Skipped takes the conditioner's total of windows that were not sent; call it before Add.
func (a *Account) Skipped(total uint64) {
	n := int(total - min(a.skipped, total))
	a.skipped = total
	switch {
	case a.closing.any:
		a.closing.p.Windows.Skipped += n
	case a.cur.any:
		a.cur.p.Windows.Skipped += n
	}
}

// samples is where to count what belongs to the part under way, or to none.
func (a *Account) samples() *Samples {
	if a.cur.any {
		return &a.cur.p.Samples
	}
	return &a.totals
}

// Arrived takes a receiver's totals; they count from 0 again when the receiver is another one.
func (a *Account) Arrived(t Arrivals) {
	s, old := a.samples(), &a.arrivals
	s.Duplicated += since(old.Duplicated, t.Duplicated)
	s.Late += since(old.Late, t.Late)
	s.Reordered += since(old.Reordered, t.Reordered)
	s.Dropped += since(old.Dropped, t.Dropped)
	a.arrivals = t
}

// Received says that the totals that Arrived is given next are another receiver's, and count from 0.
func (a *Account) Received() { a.arrivals = Arrivals{} }

func since(old, total uint64) uint64 {
	if total < old {
		return total
	}
	return total - old
}

// Settle calls over with each part that the blocks so far have ended, judged; the Part may be kept. It is called after the windows of the newest block
// were added.
func (a *Account) Settle(over func(Part)) {
	a.finish(&a.closing, over)
	if a.ended {
		a.finish(&a.cur, over)
	}
}

// Finish ends the part under way, as at the end of a recording; the next block begins anew.
func (a *Account) Finish(over func(Part)) {
	a.finish(&a.closing, over)
	a.finish(&a.cur, over)
	a.started, a.ended = false, false
}

// Cut notes that the part under way is left in its middle, because the stream goes on under other settings: it will not be ok. Finish comes next.
func (a *Account) Cut() {
	if a.cur.any && !a.ended {
		a.cur.p.Flags |= Exchanged
	}
}

func (a *Account) finish(o *open, over func(Part)) {
	if !o.any {
		return
	}
	o.close(&a.cfg)
	a.out = o.p
	a.out.Judge(a.cfg.Coverage)
	a.totals.Add(&a.out.Samples)
	a.parts++
	over(a.out)
}

// Current is the part under way, not yet judged: call its Judge with Needed. ok is false when there is none.
func (a *Account) Current() (p Part, ok bool) {
	p = a.cur.p
	p.Needed = a.cfg.Coverage
	return p, a.cur.any
}

// Totals sums up every part since the account was made, the one under way included, and what was missing between parts. parts are those that are over.
func (a *Account) Totals() (s Samples, parts uint64) {
	s = a.totals
	if a.cur.any {
		s.Add(&a.cur.p.Samples)
	}
	return s, a.parts
}
