package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"crackle/ingest/block"
)

// rateTolerance is by how much a block's rate may differ from the configured one.
const rateTolerance = 1e-3

// Receiver reads one stream.
type Receiver struct {
	cfg Config
	nc  *nats.Conn
	log *slog.Logger

	out  chan *block.Block
	free chan *block.Block
	emit func(*block.Block) // in place of out: messages are read again, see Reread
	n    counters
	ran  atomic.Bool
	past atomic.Bool // the store refuses: listen past it

	// Below here belongs to Run's goroutine.
	order    *order
	stopped  <-chan struct{}
	rawRun   uint64 // run and next index of an encoding that carries none
	rawNext  uint64
	at       position          // how far the store has been read
	told     [block.Kinds]bool // malformed messages of this kind were logged
	toldWhat map[string]bool   // and other things that are said once
	failing  string            // the trouble with the store that was logged last
	runTold  time.Time         // when the start of a run was logged last
}

// New makes the receiver of one stream over nc, which stays the caller's. It fails on a configuration that cannot work, and does not need
// the server to be there.
func New(nc *nats.Conn, cfg Config) (*Receiver, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	r := &Receiver{cfg: cfg, nc: nc, log: cfg.Log.With("stream", cfg.Stream), out: make(chan *block.Block, cfg.Queue),
		free: make(chan *block.Block, cfg.Queue+cfg.Horizon+16), toldWhat: map[string]bool{}}
	r.order = newOrder(cfg.Horizon, cfg.HoldFor, r)
	r.n.pending.Store(-1)
	return r, r.StartAt(cfg.Start)
}

// StartAt says anew where the receiver begins. It is for before Run.
func (r *Receiver) StartAt(s Start) error {
	if err := s.check(r.cfg.Stream); err != nil {
		return err
	}
	r.cfg.Start = s
	if s.Run != 0 {
		r.order.resume(s.Run, s.Next)
		r.rawRun, r.rawNext = s.Run, s.Next
	}
	return nil
}

// Blocks is where the blocks come out, in the order of their samples: within a run First never goes back, except after a resynchronisation,
// and a gap shows as a First beyond the End of the block before. A receiver of blocks gives each one back with Release. The channel is
// closed when Run returns.
func (r *Receiver) Blocks() <-chan *block.Block { return r.out }

// Release gives a block back. The caller must not touch it afterwards, nor give it back twice. It may be called by any goroutine.
func (r *Receiver) Release(b *block.Block) {
	select {
	case r.free <- b:
	default: // more blocks than the receiver ever needs at once; the garbage collector takes it
	}
}

// Bypass says that the store refuses what is published, or that it does not any more. While it does, a stream that is read from the store is
// read from a plain subscription, which the publishers' messages reach all the same; then it goes on in the store where it had stopped.
func (r *Receiver) Bypass(on bool) { r.past.Store(on) }

// Bypassing reports what Bypass said.
func (r *Receiver) Bypassing() bool { return r.past.Load() }

// Counts is what was counted up to now. It may be called at any time by any goroutine; the numbers are read one by one, so that they may
// differ from each other by a block that is on its way.
func (r *Receiver) Counts() Counts {
	c := r.n.snapshot()
	c.Queued = len(r.out)
	return c
}

// Run reads the stream until ctx ends, and then returns nil; blocks that it still held back are not delivered. It waits for a server that is
// away, however long. It fails when the connection is closed for good, and when it is called a second time.
func (r *Receiver) Run(ctx context.Context) error {
	if r.ran.Swap(true) {
		return fmt.Errorf("stream %s: the receiver has run before; make a new one", r.cfg.Stream)
	}
	defer close(r.out)
	r.stopped = ctx.Done()
	var err error
	if r.cfg.JetStream {
		err = r.runStore(ctx)
	} else {
		err = r.runCore(ctx)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

var errClosed = errors.New("the connection to NATS is closed")

// accept deals with one message.
func (r *Receiver) accept(payload []byte, h block.Header, msg place, now time.Time) {
	b := r.take()
	if err := r.cfg.Decoder.Decode(b, payload, h); err != nil {
		r.order.seen(msg)
		r.malformed(err)
		r.Release(b)
		return
	}
	r.n.received.add(b)
	if b.Run == 0 {
		r.number(b, msg, now)
	}
	switch {
	case math.Abs(b.RateHz-r.cfg.RateHz) > rateTolerance*r.cfg.RateHz:
		if r.first("rate") {
			r.log.Warn("a block of another rate is not passed on; further ones are only counted", "subject", r.cfg.Subject, "rate_hz", b.RateHz,
				"configured_hz", r.cfg.RateHz)
		}
		r.refuse(b, msg, &r.n.wrongRate)
	case b.Channels != r.cfg.Channels:
		if r.first("channels") {
			r.log.Warn("a block of another channel count is not passed on; further ones are only counted", "subject", r.cfg.Subject,
				"channels", b.Channels, "configured", r.cfg.Channels)
		}
		r.refuse(b, msg, &r.n.wrongChannels)
	default:
		r.n.lastDataNS.Store(now.UnixNano()) // what is refused is no sign of life
		r.order.push(b, msg, now)
	}
}

func (r *Receiver) malformed(err error) {
	kind := block.KindOf(err)
	r.n.malformed[kind].Add(1)
	if !r.told[kind] {
		r.told[kind] = true
		r.log.Warn("malformed message; further ones of this kind are only counted", "subject", r.cfg.Subject, "kind", kind.String(), "error", err)
	}
}

func (r *Receiver) refuse(b *block.Block, msg place, n *tally) {
	r.order.seen(msg)
	n.add(b)
	r.Release(b)
}

// first is true the first time that it is asked about a text: some things are worth a person's attention once, and are only counted after.
func (r *Receiver) first(text string) bool {
	if r.toldWhat[text] {
		return false
	}
	r.toldWhat[text] = true
	return true
}

// number gives run and index, and a time if need be, to a block whose encoding has none: they are counted from the first message on.
func (r *Receiver) number(b *block.Block, msg place, now time.Time) {
	if r.rawRun == 0 {
		r.rawRun = msg.seq
	}
	for r.rawRun == 0 {
		r.rawRun = rand.Uint64()
	}
	b.Run, b.Seq, b.First = r.rawRun, msg.seq, r.rawNext
	r.rawNext = b.End()
	if b.TimeNS == 0 {
		end := msg.ns
		if end == 0 {
			end = now.UnixNano()
		}
		b.TimeNS = end - after(b.Count(), b.RateHz)
	}
}

// take is a block to decode into.
func (r *Receiver) take() *block.Block {
	select {
	case b := <-r.free:
		return b
	default:
		return new(block.Block)
	}
}

// The methods below make Receiver the handler of its order.

func (r *Receiver) deliver(b *block.Block) {
	r.n.delivered.add(b)
	r.n.lastSeq.Store(b.Seq)
	r.n.lastEnd.Store(b.End())
	if r.emit != nil {
		r.emit(b)
		r.Release(b)
		return
	}
	if r.cfg.JetStream {
		select {
		case r.out <- b: // a full queue stops the reading; the store keeps the rest
		case <-r.stopped:
		}
		return
	}
	for {
		select {
		case r.out <- b:
			return
		default:
		}
		select {
		case old := <-r.out:
			r.n.dropped.add(old)
			if r.first("dropped") {
				r.log.Warn("the queue is full and the oldest block is dropped; further ones are only counted", "first", old.First, "samples", old.Count())
			}
			r.Release(old)
		default:
		}
	}
}

func (r *Receiver) discard(b *block.Block, why fate) {
	n, text := &r.n.duplicated, "a block came again; does the publisher draw a new run when it starts?"
	switch why {
	case fateLate:
		n, text = &r.n.late, "a block came too late; are there two publishers?"
	case fateStray:
		n, text = &r.n.stray, "a block with an index far ahead is left out."
	}
	n.add(b)
	if r.first(text) {
		r.log.Warn(text+" Further ones are only counted", "subject", r.cfg.Subject, "run", b.Run, "seq", b.Seq, "first", b.First)
	}
	r.Release(b)
}

func (r *Receiver) trimmed(samples uint64)   { r.n.duplicated.samples.Add(samples) }
func (r *Receiver) reordered(b *block.Block) { r.n.reordered.add(b) }

func (r *Receiver) missed(from, to uint64) {
	r.n.gapRun.Store(r.order.run)
	r.n.gapAt.Store(from)
	r.n.missing.Add(to - from)
	r.n.gaps.Add(1)
	r.log.Debug("samples are missing", "from", from, "to", to)
}

func (r *Receiver) jumped(from, to uint64) {
	r.n.jumps.Add(1)
	r.log.Warn("the sample index jumps too far for a gap, and is followed, for nothing else comes; the samples between are not counted as missing", "from", from, "to", to)
}

func (r *Receiver) newRun(run uint64) {
	r.n.runs.Add(1)
	if now := r.order.now; now.Sub(r.runTold) >= time.Second { // a publisher that draws a run for every block must not flood the log
		r.runTold = now
		r.log.Info("a publisher's run begins", "run", run, "subject", r.cfg.Subject)
	}
}

func (r *Receiver) resynced(from, to, run uint64) {
	r.n.resyncs.Add(1)
	r.log.Warn("the sample index is taken up anew behind a false jump", "run", run, "from", from, "to", to)
}
