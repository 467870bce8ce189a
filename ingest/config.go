package ingest

import (
	"fmt"
	"log/slog"
	"math"
	"strings"
	"time"

	"crackle/ingest/block"
)

// From says where in the store a receiver begins.
type From uint8

const (
	FromNew    From = iota // with the first message after the first contact with the store
	FromOldest             // with the oldest message that is kept
	FromAfter              // after the message that Start names
)

// Start is where a receiver begins to read from JetStream. Core NATS knows no past and ignores the store's part of it.
type Start struct {
	From    From
	Seq     uint64 // with FromAfter: Block.StoreSeq of a block that was dealt with
	StoreNS int64  // and its Block.StoreNS, by which the message is known again after the store lost some

	// Run and Next, when Run is not 0, are the run of that block and the index after its last sample: what comes again is a duplicate,
	// and what does not come is missing.
	Run, Next uint64
}

func (s Start) check(stream string) error {
	if s.From > FromAfter || s.From == FromAfter && s.Seq == 0 {
		return fmt.Errorf("stream %s: a start after message %d of the store; give the sequence and time of a block that was dealt with", stream, s.Seq)
	}
	return nil
}

// Config describes one stream as its receiver should find it.
type Config struct {
	Stream   string
	Subject  string        // empty: crackle.signal.<stream>; no wildcards
	Channels int           // sampled together, 1 to 64
	RateHz   float64       // samples per second and channel; a block may differ by 0.1 %
	Decoder  block.Decoder // nil: the block encoding

	JetStream bool // read from the signal store; otherwise a core subscription
	Start     Start

	Queue   int           // blocks between the receiver and the next stage, 1 to 65536; 0: 32
	Horizon int           // blocks that wait for one that is late, 1 to 1024; 0: 16
	HoldFor time.Duration // how long they wait while nothing else moves; 0: 1 s, and 5 s with JetStream, whose publishers send again what was refused

	Unused time.Duration // JetStream: without a request for so long, the server removes the consumer, which is then made anew; 0: 2 min

	Log *slog.Logger // nil discards
}

// complete fills in the defaults and fails on what cannot work.
func (c *Config) complete() error {
	subject, err := block.Subject(c.Stream)
	if err != nil {
		return err
	}
	if c.Subject == "" {
		c.Subject = subject
	}
	if strings.ContainsAny(c.Subject, "*> \t\r\n") || strings.HasPrefix(c.Subject, ".") || strings.HasSuffix(c.Subject, ".") {
		return fmt.Errorf("stream %s: subject %q; give the one subject of this stream, without wildcards or spaces", c.Stream, c.Subject)
	}
	if c.JetStream && !strings.HasPrefix(c.Subject, block.SubjectPrefix) {
		return fmt.Errorf("stream %s: subject %q is not kept by the signal store, which takes %s; use such a subject, or read it without JetStream",
			c.Stream, c.Subject, block.SubjectAll)
	}
	if c.Channels < 1 || c.Channels > block.MaxChannels {
		return fmt.Errorf("stream %s: %d channels; allowed are 1 to %d", c.Stream, c.Channels, block.MaxChannels)
	}
	if !(c.RateHz > 0) || math.IsInf(c.RateHz, 1) {
		return fmt.Errorf("stream %s: rate %v Hz; it must be finite and above 0", c.Stream, c.RateHz)
	}
	if err := c.Start.check(c.Stream); err != nil {
		return err
	}
	c.Decoder = orElse(c.Decoder, block.Decoder(block.Binary{}))
	c.Queue = orElse(c.Queue, 32)
	c.Horizon = orElse(c.Horizon, 16)
	if c.JetStream { // what the store refused comes again, and a publisher on a busy machine takes its time
		c.HoldFor = orElse(c.HoldFor, 5*time.Second)
	}
	c.HoldFor = orElse(c.HoldFor, time.Second)
	c.Unused = orElse(c.Unused, 2*time.Minute)
	c.Log = orElse(c.Log, slog.New(slog.DiscardHandler))
	if c.Queue < 1 || c.Queue > 65536 {
		return fmt.Errorf("stream %s: a queue of %d blocks; allowed are 1 to 65536", c.Stream, c.Queue)
	}
	if c.Horizon < 1 || c.Horizon > 1024 {
		return fmt.Errorf("stream %s: a horizon of %d blocks; allowed are 1 to 1024", c.Stream, c.Horizon)
	}
	if c.HoldFor < 0 || c.Unused < 0 {
		return fmt.Errorf("stream %s: blocks held for %v, a consumer kept for %v; both must be above 0", c.Stream, c.HoldFor, c.Unused)
	}
	return nil
}

// orElse is v, or other when v is the zero value.
func orElse[T comparable](v, other T) T {
	var zero T
	if v == zero {
		return other
	}
	return v
}
