package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"crackle/ingest/block"
)

// PublisherConfig describes what is published.
type PublisherConfig struct {
	Stream    string
	Subject   string           // empty: crackle.signal.<stream>
	JetStream bool             // into the signal store, every message acknowledged; otherwise core NATS, which acknowledges nothing
	Type      block.SampleType // on the wire; 0: F32
	Scale     float64          // of an integer type, the value of one step; 0: chosen for each block
	InFlight  int              // JetStream: messages on their way at once, 1 to 1024; 0: 16, which is within a receiver's usual horizon
	MaxWait   time.Duration    // JetStream: how long Publish waits for room in which the store takes nothing; 0: as long as its ctx lasts
	MaxBytes  int              // of one message, 4096 to block.MaxPayload; 0: block.MaxPayload
	Log       *slog.Logger     // nil discards
}

// Publisher sends the blocks of one stream. It draws its run when it is made and numbers messages and samples itself. Its methods are
// called by one goroutine at a time.
type Publisher struct {
	cfg     PublisherConfig
	nc      *nats.Conn
	subject string
	run     uint64
	seq     uint64
	next    uint64 // index of the next sample
	store   *window
	core    slot
	trial   []byte // written and thrown away
	closed  bool
	finish  sync.Once

	published, lost tally
}

// ErrStalled is what Publish, Flush and Close fail with when they gave up waiting for the store: it is away, full, or refuses. Their error says
// for what reason, as far as the store or the connection told one.
var ErrStalled = errors.New("the signal store takes nothing")

// PublisherCounts says what became of what was published. Samples are per channel, blocks are messages.
type PublisherCounts struct {
	Published Tally  // handed to the connection, or waiting for it
	Lost      Tally  // given up, as Publish said; they show as a gap in the index. With JetStream not those that Close gave up
	Stored    uint64 // JetStream: messages that the store has acknowledged
	InFlight  int    // JetStream: messages on their way
	Resent    uint64 // JetStream: messages sent once more, each time counted
	Trouble   string // JetStream: why the oldest message on its way does not get through, as far as that is known; empty: nothing known
}

// Counts is what was counted up to now. It may be called at any time by any goroutine.
func (p *Publisher) Counts() PublisherCounts {
	c := PublisherCounts{Published: p.published.load(), Lost: p.lost.load()}
	if w := p.store; w != nil {
		c.Stored, c.InFlight, c.Resent = w.taken.Load(), int(w.unsent.Load()), w.resent.Load()
		if text := w.fault.Load(); text != nil {
			c.Trouble = *text
		}
	}
	return c
}

// NewPublisher makes a publisher over nc, which stays the caller's. It fails on a configuration that cannot work, and does not need the
// server to be there. Close it.
func NewPublisher(nc *nats.Conn, cfg PublisherConfig) (*Publisher, error) {
	subject, err := block.Subject(cfg.Stream)
	if err != nil {
		return nil, err
	}
	subject = orElse(cfg.Subject, subject)
	if strings.ContainsAny(subject, "*> \t\r\n") || strings.HasPrefix(subject, "$") || slices.Contains(strings.Split(subject, "."), "") {
		return nil, fmt.Errorf("publisher of %s: subject %q; allowed are tokens joined by dots, without spaces, wildcards or $ at the beginning", cfg.Stream, subject)
	}
	cfg.Type = orElse(cfg.Type, block.F32)
	cfg.InFlight = orElse(cfg.InFlight, 16)
	cfg.MaxBytes = orElse(cfg.MaxBytes, block.MaxPayload)
	cfg.Log = orElse(cfg.Log, slog.New(slog.DiscardHandler))
	if cfg.Type.Size() == 0 {
		return nil, fmt.Errorf("publisher of %s: sample type %d does not exist", cfg.Stream, cfg.Type)
	}
	if cfg.InFlight < 1 || cfg.InFlight > 1024 {
		return nil, fmt.Errorf("publisher of %s: %d messages in flight; allowed are 1 to 1024", cfg.Stream, cfg.InFlight)
	}
	if cfg.MaxBytes < 4096 || cfg.MaxBytes > block.MaxPayload {
		return nil, fmt.Errorf("publisher of %s: messages of %d bytes; allowed are 4096 to %d", cfg.Stream, cfg.MaxBytes, block.MaxPayload)
	}
	if cfg.MaxWait < 0 {
		return nil, fmt.Errorf("publisher of %s: a wait of %v for the store; give 0 for as long as it takes, or more", cfg.Stream, cfg.MaxWait)
	}
	p := &Publisher{cfg: cfg, nc: nc, subject: subject}
	for p.run == 0 {
		p.run = rand.Uint64()
	}
	if !cfg.JetStream {
		p.core.msg = nats.Msg{Subject: subject}
		return p, nil
	}
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncTimeout(10*time.Second))
	if err != nil {
		return nil, fmt.Errorf("publisher of %s: use JetStream: %w", cfg.Stream, err)
	}
	p.store = newWindow(nc, js, subject, cfg.InFlight, cfg.Log.With("stream", cfg.Stream))
	return p, nil
}

// Run is the number that tells this publisher's samples from those of any other.
func (p *Publisher) Run() uint64 { return p.run }

// Next is the index of the next sample.
func (p *Publisher) Next() uint64 { return p.next }

// Publish sends b, cut into as many messages as its size asks for. Of b it takes samples, channels, rate, flags, part, lot, and TimeNS
// (0: its samples end now); Run and Seq are the publisher's own, and First, when it is beyond Next, says that samples before it are missing
// at the source. b stays the caller's and may be changed after the return.
//
// With JetStream, Publish waits until there is room among the messages in flight; they are sent again until the store has acknowledged
// them, so that an absence of the server makes Publish wait and loses nothing. It fails with ErrStalled when ctx ends first, or after MaxWait:
// a store that is full and refuses blocks for no longer. A core publisher fails when the client library has no more room to keep messages for a
// server that is away. Either way the rest of b is lost, is counted, and shows as a gap in the index: do not publish it again; the blocks after
// it go on as if nothing were. A block that cannot be written (an *block.Error) is not sent at all.
func (p *Publisher) Publish(ctx context.Context, b *block.Block) error {
	if p.closed {
		return fmt.Errorf("publisher of %s is closed", p.cfg.Stream)
	}
	if b.First != 0 && b.First < p.next {
		return fmt.Errorf("publisher of %s: sample index %d goes back behind %d; leave First 0 to go on", p.cfg.Stream, b.First, p.next)
	}
	whole := *b
	whole.Run, whole.First = p.run, max(b.First, p.next)
	if whole.TimeNS == 0 {
		whole.TimeNS = time.Now().UnixNano() - after(b.Count(), b.RateHz)
	}
	if b.Channels < 1 || len(b.Samples)%b.Channels != 0 {
		_, err := p.encode(nil, &whole) // for its words
		return err
	}
	step := p.samplesPerMessage(b)
	if b.Count() > step { // all of it or nothing: a fault in the last piece must be found before the first is sent
		for from := 0; from < b.Count(); from += step {
			var err error
			if p.trial, err = p.encode(p.trial[:0], cut(&whole, from, step)); err != nil {
				return err
			}
		}
	}
	for from := 0; from == 0 || from < b.Count(); from += step {
		piece := cut(&whole, from, step)
		piece.Seq = p.seq
		if err := p.send(ctx, piece); err != nil {
			if block.KindOf(err) == block.KindOther { // it was a block, and the path failed
				for ; from == 0 || from < b.Count(); from += step {
					p.lost.add(cut(&whole, from, step))
				}
				p.seq++
				p.next = whole.End()
			}
			return fmt.Errorf("publish samples %d to %d of %s: %w", piece.First, whole.End(), p.cfg.Stream, err)
		}
		p.published.add(piece)
		p.seq++
		p.next = piece.End()
	}
	return nil
}

// cut is the piece of b that begins at sample from and holds at most n per channel. It shares b's samples.
func cut(b *block.Block, from, n int) *block.Block {
	piece := *b
	to := min(from+n, b.Count())
	piece.First += uint64(from)
	piece.TimeNS += after(from, b.RateHz)
	piece.Samples = b.Samples[from*b.Channels : to*b.Channels]
	if from > 0 {
		piece.Flags &^= block.PartBegin
	}
	if to < b.Count() {
		piece.Flags &^= block.PartEnd
	}
	return &piece
}

// after is the time that n samples take, ns.
func after(n int, rateHz float64) int64 {
	if !(rateHz > 0) {
		return 0 // refused when it is written
	}
	return int64(float64(n) / rateHz * 1e9)
}

// samplesPerMessage is how many samples per channel fit into one message, at least 1.
func (p *Publisher) samplesPerMessage(b *block.Block) int {
	room := p.cfg.MaxBytes
	if most := int(p.nc.MaxPayload()); most > 0 { // 0 before the first contact
		room = min(room, most-1024) // headers count too
	}
	room -= block.HeaderSize + len(b.Part) + len(b.Lot)
	return max(1, room/max(1, b.Channels*p.cfg.Type.Size()))
}

func (p *Publisher) encode(dst []byte, b *block.Block) ([]byte, error) {
	if p.cfg.Scale != 0 {
		return block.AppendScaled(dst, b, p.cfg.Type, p.cfg.Scale)
	}
	return block.Append(dst, b, p.cfg.Type)
}

func (p *Publisher) send(ctx context.Context, b *block.Block) error {
	if p.store == nil {
		buf, err := p.encode(p.core.buf[:0], b)
		if err != nil {
			return err
		}
		p.core.buf, p.core.msg.Data = buf, buf
		return p.nc.PublishMsg(&p.core.msg)
	}
	s, err := p.store.room(ctx, p.cfg.MaxWait)
	if err != nil {
		return err
	}
	if s.buf, err = p.encode(s.buf[:0], b); err != nil {
		p.store.giveBack(s)
		return err
	}
	s.msg.Data = s.buf
	s.msg.Header.Set(jetstream.MsgIDHeader, strconv.FormatUint(p.run, 16)+"-"+strconv.FormatUint(b.Seq, 10))
	p.store.put(s)
	return nil
}

// Flush waits until everything published so far is acknowledged by the store or, on core NATS, has reached the server. It fails when ctx
// ends first, or with JetStream when the store takes nothing for MaxWait, and says what stands in the way; the messages stay in flight.
func (p *Publisher) Flush(ctx context.Context) error {
	if p.store != nil {
		return p.store.flush(ctx, p.cfg.MaxWait)
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Minute)
		defer cancel()
	}
	return p.nc.FlushWithContext(ctx)
}

// Close flushes and ends the publisher, whatever comes of the flush. What is not acknowledged when ctx ends is lost, and the error says how
// many messages that is.
func (p *Publisher) Close(ctx context.Context) error {
	var err error
	p.finish.Do(func() {
		p.closed = true
		err = p.Flush(ctx)
		if p.store != nil {
			err = errors.Join(err, p.store.stop())
		}
	})
	return err
}
