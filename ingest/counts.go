package ingest

import (
	"sync/atomic"
	"time"

	"crackle/ingest/block"
)

// Tally counts blocks, and samples per channel.
type Tally struct{ Blocks, Samples uint64 }

// Counts says what became of everything that arrived on a stream since the receiver was made. Every block that could be read is Received
// and then one of Delivered, Duplicated, Late, Dropped, WrongRate, WrongChannels, Stray, or still held back or queued.
type Counts struct {
	Received      Tally
	Delivered     Tally // put into the queue
	Duplicated    Tally // came again; its samples may also be the part of a block that overlapped
	Late          Tally // came after its place had been given up; those samples were counted as Missing before
	Reordered     Tally // came behind a later block and were put in their place; delivered too
	Dropped       Tally // core NATS only: pushed out of a full queue, after Delivered had counted them
	WrongRate     Tally
	WrongChannels Tally
	Stray         Tally // an index far ahead, which the stream did not follow

	Missing uint64 // samples per channel that never came in time
	Gaps    uint64 // stretches of them
	GapRun  uint64 // run of the newest of them, ...
	GapAt   uint64 // ... and the index at which it begins
	Runs    uint64 // starts of a publisher that were seen
	Jumps   uint64 // of the index within a run, too wide for a gap
	Resyncs uint64 // times that the index was taken up anew behind a false jump

	Malformed     [block.Kinds]uint64 // messages that could not be read, by block.Kind
	ClientDropped uint64              // core NATS only: messages that the client library dropped; they show as Missing too
	Opened        uint64              // consumers opened, every one after the first is a resumption; 1 for a core subscription
	Rewound       uint64              // JetStream only: resumptions by time, as the store no longer held the last message

	LastData     time.Time // wall time when the last block of the right rate and channels was received; zero when none was
	LastSeq      uint64    // publisher's counter of the last block delivered
	LastEnd      uint64    // index after its last sample
	Pending      uint64    // messages that wait in the store
	PendingKnown bool      // false without a store, and before the first message
	Queued       int       // blocks in the queue now
}

// MalformedTotal is the number of messages that could not be read, whatever the reason.
func (c *Counts) MalformedTotal() uint64 {
	var n uint64
	for _, v := range c.Malformed {
		n += v
	}
	return n
}

type tally struct{ blocks, samples atomic.Uint64 }

func (t *tally) add(b *block.Block) {
	t.blocks.Add(1)
	t.samples.Add(uint64(b.Count()))
}

func (t *tally) load() Tally { return Tally{t.blocks.Load(), t.samples.Load()} }

// counters is what the receiver's goroutine writes and anyone may read.
type counters struct {
	received, delivered, duplicated, late, reordered, dropped, wrongRate, wrongChannels, stray tally

	missing, gaps, gapRun, gapAt, runs, jumps, resyncs, clientDropped, opened, rewound atomic.Uint64
	malformed                                                                          [block.Kinds]atomic.Uint64
	lastDataNS                                                                         atomic.Int64
	lastSeq, lastEnd                                                                   atomic.Uint64
	pending                                                                            atomic.Int64 // -1: not known
}

func (n *counters) snapshot() Counts {
	c := Counts{
		Received: n.received.load(), Delivered: n.delivered.load(), Duplicated: n.duplicated.load(), Late: n.late.load(),
		Reordered: n.reordered.load(), Dropped: n.dropped.load(), WrongRate: n.wrongRate.load(), WrongChannels: n.wrongChannels.load(),
		Stray: n.stray.load(), Missing: n.missing.Load(), Gaps: n.gaps.Load(), GapRun: n.gapRun.Load(), GapAt: n.gapAt.Load(), Runs: n.runs.Load(), Jumps: n.jumps.Load(), Resyncs: n.resyncs.Load(),
		ClientDropped: n.clientDropped.Load(), Opened: n.opened.Load(), Rewound: n.rewound.Load(),
		LastSeq: n.lastSeq.Load(), LastEnd: n.lastEnd.Load(),
	}
	for k := range c.Malformed {
		c.Malformed[k] = n.malformed[k].Load()
	}
	if ns := n.lastDataNS.Load(); ns != 0 {
		c.LastData = time.Unix(0, ns)
	}
	if p := n.pending.Load(); p >= 0 {
		c.Pending, c.PendingKnown = uint64(p), true
	}
	return c
}
