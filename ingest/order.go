package ingest

import (
	"slices"
	"time"

	"crackle/ingest/block"
)

// fate is why a block is not handed on.
type fate uint8

const (
	fateDuplicate fate = iota
	fateLate
	fateStray
)

// place names a message of the store.
type place struct {
	seq uint64
	ns  int64
}

// held is a block that waits for the samples before it.
type held struct {
	b      *block.Block
	at     time.Time // when it came
	count  uint64    // order.delivered when it came
	msg    place     // its own message
	before place     // the message before it
}

type span struct{ from, to uint64 }

// past is a run that is over, and the index at which it was left.
type past struct{ run, next uint64 }

const (
	keptGaps  = 32 // gaps remembered, to tell a late block from a duplicate
	keptMarks = 16 // part marks remembered, to know one that comes again
	keptRuns  = 8  // runs remembered, to know a block of a run that is over

	farJump = 1 << 41 // samples within a run, 25 days at 1 MHz: no publisher pauses for so long and goes on with its run
)

// order puts the blocks of one stream in the order of their samples. A block ahead of its turn waits until the ones before it have come,
// until more than horizon blocks wait, or until nothing has moved for holdFor; then the gap is given up. A first block of all that is not its
// run's first waits likewise: the run's beginning may be on its way, and if it is not, the run was joined in its middle, without a gap. It is
// not safe for concurrent use and allocates nothing after newOrder.
type order struct {
	horizon int
	holdFor time.Duration
	out     handler

	started   bool
	midway    bool // the first block of all is known to lie within its run: nothing before it is waited for
	opening   bool // where the first run begins for us is open: everything waits
	run       uint64
	next      uint64 // index of the sample whose turn it is
	joined    uint64 // index at which this run was met first; what lies before it was never delivered
	high      uint64 // largest First seen in this run
	wait      []held // by First, part marks before samples; at most horizon+1
	now       time.Time
	moved     time.Time // when a block was last delivered
	delivered uint64
	sinceGap  int // blocks delivered since the last gap
	behind    int // late blocks in a row, each following on the one before
	behindEnd uint64

	top   place // last message seen
	gaps  ring[span]
	marks ring[span] // First and Seq
	past  ring[past]

	arriving bool   // the block in hand came just now, rather than from the waiting ones
	oldRun   uint64 // run that is over, of which blocks keep coming
	oldCount int    // how many in a row
}

// handler is what becomes of blocks; it takes each one over.
type handler interface {
	deliver(b *block.Block)
	discard(b *block.Block, why fate)
	trimmed(samples uint64)               // from the front of the next block delivered: they came before
	reordered(b *block.Block)             // b is behind a later one, but not too late
	missed(from, to uint64)               // a gap is given up
	jumped(from, to uint64)               // likewise, but it is too wide to be one
	newRun(run uint64)                    // the following blocks belong to another run
	resynced(from, to uint64, run uint64) // the index goes back from one to the other
}

func newOrder(horizon int, holdFor time.Duration, out handler) *order {
	return &order{horizon: horizon, holdFor: holdFor, out: out, wait: make([]held, 0, horizon+1),
		gaps: newRing[span](keptGaps), marks: newRing[span](keptMarks), past: newRing[past](keptRuns)}
}

// resume makes the order expect sample next of run.
func (o *order) resume(run, next uint64) {
	o.started = true
	o.begin(run, next)
}

func (o *order) begin(run, next uint64) {
	o.run, o.next, o.high = run, next, 0
	o.sinceGap, o.behind = 0, 0
	o.gaps.clear()
	o.marks.clear()
}

// seen notes a message that brought no block.
func (o *order) seen(msg place) { o.top = msg }

// push takes b over. msg is its message in the store, zero when there is none.
func (o *order) push(b *block.Block, msg place, now time.Time) {
	before := o.top
	o.top, o.now = msg, now
	if !o.started {
		o.started, o.opening = true, !o.midway
		if o.midway {
			o.joined = b.First
		}
		o.begin(b.Run, o.joined)
		o.out.newRun(b.Run)
	}
	if b.Run != o.run && !o.change(b.Run) {
		o.out.discard(b, fateLate)
		return
	}
	o.oldCount = 0
	if b.First > o.next {
		o.hold(held{b: b, at: now, count: o.delivered, msg: msg, before: before})
		return
	}
	o.opening = false
	o.arriving = true
	o.take(b)
	o.arriving = false
	o.drain()
}

// change goes over to another run. A run that is over is not taken up again for a straggler, but it is when only its blocks keep coming:
// then the run in between was the intruder.
func (o *order) change(run uint64) bool {
	next := uint64(0)
	for _, p := range o.past.items {
		if p.run != run {
			continue
		}
		if run != o.oldRun {
			o.oldRun, o.oldCount = run, 0
		}
		if o.oldCount++; o.oldCount <= 2*o.horizon {
			return false
		}
		next = max(next, p.next)
	}
	o.flush()
	o.past.add(past{o.run, o.next})
	o.begin(run, next)
	o.joined = 0
	o.out.newRun(run)
	return true
}

// take deals with a block whose turn has come or is over.
func (o *order) take(b *block.Block) {
	switch {
	case b.Count() == 0:
		o.takeMark(b)
	case b.End() <= o.next:
		o.takeBehind(b)
	default:
		if cut := o.next - b.First; cut > 0 {
			trim(b, cut)
			o.out.trimmed(cut)
		}
		o.send(b)
	}
}

func (o *order) takeMark(b *block.Block) {
	id := span{b.First, b.Seq}
	switch {
	case o.marks.has(id):
		o.out.discard(b, fateDuplicate)
	case b.First < o.next:
		o.out.discard(b, fateLate)
	default:
		o.marks.add(id)
		o.send(b)
	}
}

// takeBehind is for samples whose turn is over. When the stream goes on behind a jump that nothing followed, the jump was false: a damaged
// index must not silence the rest of the run.
func (o *order) takeBehind(b *block.Block) {
	late := b.First < o.joined
	for _, g := range o.gaps.items {
		late = late || b.First < g.to && b.End() > g.from
	}
	if !late {
		o.out.discard(b, fateDuplicate)
		return
	}
	if b.First != o.behindEnd {
		o.behind = 0
	}
	o.behind++
	o.behindEnd = b.End()
	if o.behind <= 2*o.horizon || o.sinceGap > 2 {
		o.out.discard(b, fateLate)
		return
	}
	o.out.resynced(o.next, b.First, o.run)
	o.begin(o.run, b.First)
	o.send(b)
}

// send hands b on.
func (o *order) send(b *block.Block) {
	if o.arriving && b.First < o.high {
		o.out.reordered(b)
	}
	o.high = max(o.high, b.First)
	o.next = b.End()
	o.delivered++
	o.sinceGap++
	o.behind = 0
	o.moved = o.now
	safe := o.safe()
	b.StoreSeq, b.StoreNS = safe.seq, safe.ns
	o.out.deliver(b)
}

// safe is the message up to which everything is delivered or discarded.
func (o *order) safe() place {
	p, first := o.top, uint64(0)
	for i := range o.wait {
		if h := &o.wait[i]; first == 0 || h.msg.seq < first {
			first, p = h.msg.seq, h.before
		}
	}
	return p
}

// drain hands on what waits and has its turn now, and throws out a block that the stream has not come near to.
func (o *order) drain() {
	for len(o.wait) > 0 && o.wait[0].b.First <= o.next {
		b := o.wait[0].b
		o.wait = slices.Delete(o.wait, 0, 1)
		o.take(b)
	}
	if n := len(o.wait); n > 0 && o.delivered-o.wait[n-1].count > uint64(16*o.horizon) {
		o.out.discard(o.wait[n-1].b, fateStray)
		o.wait = slices.Delete(o.wait, n-1, n)
		o.high = o.next
	}
}

// hold puts h among the waiting ones.
func (o *order) hold(h held) {
	i, again := slices.BinarySearchFunc(o.wait, h, func(a, b held) int { return compare(a.b, b.b) })
	if again {
		o.out.discard(h.b, fateDuplicate)
		return
	}
	if h.b.First < o.high {
		o.out.reordered(h.b)
	}
	o.high = max(o.high, h.b.First)
	if len(o.wait) == 0 {
		o.moved = o.now // the waiting begins
	}
	o.wait = slices.Insert(o.wait, i, h)
	if len(o.wait) > o.horizon {
		o.skip()
	}
}

// compare orders by First; at the same index marks come before samples, by their counter.
func compare(a, b *block.Block) int {
	switch {
	case a.First < b.First:
		return -1
	case a.First > b.First:
		return 1
	case a.Count() > 0 && b.Count() > 0:
		return 0
	case a.Count() > 0:
		return 1
	case b.Count() > 0:
		return -1
	case a.Seq < b.Seq:
		return -1
	case a.Seq > b.Seq:
		return 1
	}
	return 0
}

// skip gives up the gap before the first waiting block.
func (o *order) skip() {
	to := o.wait[0].b.First
	switch {
	case o.opening:
		o.opening, o.joined = false, to
		o.next = to
		o.drain()
		return
	case to-o.next > farJump:
		o.out.jumped(o.next, to)
	default:
		o.out.missed(o.next, to)
	}
	o.gaps.add(span{o.next, to})
	o.next, o.sinceGap = to, 0
	o.drain()
}

// tick gives up gaps that nothing has filled for too long.
func (o *order) tick(now time.Time) {
	if len(o.wait) == 0 || now.Sub(o.moved) < o.holdFor {
		return
	}
	o.now = now
	if o.opening {
		o.skip() // however lately an earlier one came
	}
	for len(o.wait) > 0 && now.Sub(o.wait[0].at) >= o.holdFor {
		o.skip()
	}
}

// flush hands on everything that waits, with its gaps.
func (o *order) flush() {
	for len(o.wait) > 0 {
		o.skip()
	}
}

// trim cuts n samples per channel from the front of b.
func trim(b *block.Block, n uint64) {
	kept := copy(b.Samples, b.Samples[int(n)*b.Channels:])
	b.Samples = b.Samples[:kept]
	b.First += n
	b.TimeNS += int64(float64(n) / b.RateHz * 1e9)
	b.Flags &^= block.PartBegin
}

// ring keeps the last few of something.
type ring[T comparable] struct {
	items []T
	at    int
}

func newRing[T comparable](n int) ring[T] { return ring[T]{items: make([]T, 0, n)} }

func (r *ring[T]) add(v T) {
	if len(r.items) < cap(r.items) {
		r.items = append(r.items, v)
		return
	}
	r.items[r.at] = v
	r.at = (r.at + 1) % len(r.items)
}

func (r *ring[T]) has(v T) bool { return slices.Contains(r.items, v) }

func (r *ring[T]) clear() { r.items, r.at = r.items[:0], 0 }
