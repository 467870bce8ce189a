package ingest

import (
	"errors"
	"time"

	"crackle/ingest/block"
)

// Reread deals with messages of the signal store that somebody reads again, exactly as a Receiver dealt with them when they were new, but for
// the time that it waits for a late one: the horizon alone decides. It is for one goroutine.
type Reread struct{ r *Receiver }

// NewReread makes one. Of cfg, what is about the store and the queue is not used. emit gets the blocks in order, each valid until it returns.
func NewReread(cfg Config, emit func(*block.Block)) (*Reread, error) {
	if emit == nil {
		return nil, errors.New("blocks that are read again have nowhere to go; give a function")
	}
	cfg.Start = Start{Run: cfg.Start.Run, Next: cfg.Start.Next}
	cfg.Queue = 1
	r, err := New(nil, cfg)
	if err != nil {
		return nil, err
	}
	r.emit = emit
	return &Reread{r}, nil
}

// Midway says, before the first message, that what comes lies within a run: nothing before it is waited for.
func (x *Reread) Midway() { x.r.order.midway = true }

// Take deals with the next message, which the store holds as number seq and took at storeNS.
func (x *Reread) Take(payload []byte, h block.Header, seq uint64, storeNS int64) {
	x.r.accept(payload, h, place{seq, storeNS}, time.Unix(0, storeNS))
}

// Flush says that no more messages come: what was held back for one that is late goes out.
func (x *Reread) Flush() { x.r.order.flush() }

// Counts is what was counted so far.
func (x *Reread) Counts() Counts { return x.r.n.snapshot() }
