package history

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/ingest"
	"crackle/ingest/block"
)

// ErrEmpty is returned when the store holds nothing of the stream.
var ErrEmpty = errors.New("nothing of this stream is kept")

// ErrStop, returned by the function that takes the blocks, ends the reading without an error.
var ErrStop = errors.New("enough was read")

// Config describes a stream as its receiver has it.
type Config struct {
	Stream   string
	Subject  string // empty: crackle.signal.<stream>
	Channels int
	RateHz   float64
	Decoder  block.Decoder // nil: the block encoding. Used by several calls at once, which those of package block allow
	Horizon  int           // blocks to wait for one that is late; 0: 16
}

// Counts says what a stretch held. Samples are per channel.
type Counts struct {
	Messages   uint64 `json:"messages"` // read from the store
	Bytes      uint64 `json:"bytes"`    // of them
	Blocks     uint64 `json:"blocks"`   // handed on
	Samples    uint64 `json:"samples"`  // in them
	Missing    uint64 `json:"missing"`  // samples that the sample index shows to be missing between blocks of one run
	Gaps       uint64 `json:"gaps"`     // stretches of them
	Duplicated uint64 `json:"duplicated"`
	Late       uint64 `json:"late"`
	Malformed  uint64 `json:"malformed"` // messages that could not be read, or are of another rate or channel count
	Runs       uint64 `json:"runs"`
	Stopped    bool   `json:"stopped"` // the function that took the blocks had enough before the end
}

// Reader reads the past of one stream.
type Reader struct {
	js  jetstream.JetStream
	cfg ingest.Config
}

// Open makes a reader. It fails on a configuration that cannot work; the store need not be there yet.
func Open(js jetstream.JetStream, cfg Config) (*Reader, error) {
	c := ingest.Config{Stream: cfg.Stream, Subject: cfg.Subject, Channels: cfg.Channels, RateHz: cfg.RateHz, Decoder: cfg.Decoder,
		Horizon: cfg.Horizon, JetStream: true}
	if c.Decoder == nil {
		c.Decoder = block.Binary{}
	}
	if c.Subject == "" {
		c.Subject = block.SubjectPrefix + cfg.Stream
	}
	if _, err := ingest.NewReread(c, func(*block.Block) {}); err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	return &Reader{js: js, cfg: c}, nil
}

// Range is the publisher's time of the oldest sample that is kept, and the end of the newest. It fails with ErrEmpty when there is none.
func (r *Reader) Range(ctx context.Context) (oldest, newest time.Time, err error) {
	st, err := r.stream(ctx)
	if err != nil {
		return oldest, newest, err
	}
	first, last, err := r.ends(ctx, st)
	if err != nil {
		return oldest, newest, err
	}
	return time.Unix(0, first.begin).UTC(), time.Unix(0, last.end).UTC(), nil
}

// Read calls emit for every block that has samples from one time up to another by the publisher's clock, whole blocks in the order of their
// samples; a block belongs to emit until it returns. An error of emit ends the reading and is returned, but for ErrStop. What is stored after
// Read began is not read. A zero time is the beginning or the end of what is kept.
func (r *Reader) Read(ctx context.Context, from, to time.Time, emit func(*block.Block) error) (Counts, error) {
	lo, hi := int64(0), int64(1)<<62
	if !from.IsZero() {
		lo = from.UnixNano()
	}
	if !to.IsZero() {
		hi = to.UnixNano()
	}
	st, err := r.stream(ctx)
	if err != nil {
		return Counts{}, err
	}
	first, last, err := r.ends(ctx, st)
	if err != nil {
		return Counts{}, err
	}
	start := first.seq
	if !from.IsZero() {
		if start, err = r.find(ctx, st, first.seq, last.seq, lo); err != nil {
			return Counts{}, err
		}
	}
	var clock Clock
	past := 0
	return r.walk(ctx, start, start > first.seq, last.seq, emit, func(b *block.Block) choice {
		begin := clock.Time(b)
		end := begin + int64(float64(b.Count())/b.RateHz*1e9)
		switch {
		case begin >= hi:
			if past++; past > patience {
				return done
			}
			return skip
		case end < lo || end == lo && b.Count() > 0:
			return skip
		}
		past = 0
		return take
	})
}

// patience is the number of blocks beyond the end of a stretch after which no more of it is expected.
const patience = 3

// around is how far the blocks of a run may be from where its index puts them in time: publishers pause.
const around = time.Minute

// ReadRun is Read for the blocks of one run with samples from index from up to to. near is the time of one of its samples by the publisher's
// clock, and slack how far the others may be from it; a zero near reads everything that is kept.
func (r *Reader) ReadRun(ctx context.Context, run, from, to uint64, near time.Time, slack time.Duration, emit func(*block.Block) error) (Counts, error) {
	st, err := r.stream(ctx)
	if err != nil {
		return Counts{}, err
	}
	first, last, err := r.ends(ctx, st)
	if err != nil {
		return Counts{}, err
	}
	start := first.seq
	if !near.IsZero() {
		if start, err = r.find(ctx, st, first.seq, last.seq, near.Add(-slack-around).UnixNano()); err != nil {
			return Counts{}, err
		}
	}
	var clock Clock
	past := 0
	return r.walk(ctx, start, start > first.seq, last.seq, emit, func(b *block.Block) choice {
		late := !near.IsZero() && clock.Time(b) > near.Add(slack+around).UnixNano()
		switch {
		case b.Run == run && b.First >= to && b.Count() > 0, late:
			if past++; past > patience {
				return done
			}
			return skip
		case b.Run != run || b.End() < from || b.End() == from && b.Count() > 0:
			return skip
		}
		past = 0
		return take
	})
}

// ReadAfter is Read for all blocks whose messages the store holds after sequence seq, up to and including sequence upTo; 0: the newest. When
// the store does not hold message seq any more, it begins with the oldest one after it.
func (r *Reader) ReadAfter(ctx context.Context, seq, upTo uint64, emit func(*block.Block) error) (Counts, error) {
	st, err := r.stream(ctx)
	if err != nil {
		return Counts{}, err
	}
	_, last, err := r.ends(ctx, st)
	if err != nil {
		return Counts{}, err
	}
	if upTo == 0 || upTo > last.seq {
		upTo = last.seq
	}
	if seq >= upTo {
		return Counts{}, nil
	}
	return r.walk(ctx, seq+1, false, upTo, emit, func(*block.Block) choice { return take })
}

type choice uint8

const (
	skip choice = iota
	take
	done
)

// silence is how long the store may leave a reader waiting.
const silence = 10 * time.Second

// walk reads messages from sequence start to sequence last and hands on the blocks that choose takes. midway says that messages of the stretch's
// first run lie before start, so that its beginning is not looked for.
func (r *Reader) walk(ctx context.Context, start uint64, midway bool, last uint64, emit func(*block.Block) error, choose func(*block.Block) choice) (n Counts, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var failed error
	over := false
	again, err := ingest.NewReread(r.cfg, func(b *block.Block) {
		if failed != nil || over {
			return
		}
		switch choose(b) {
		case done:
			over = true
		case take:
			n.Blocks++
			n.Samples += uint64(b.Count())
			failed = emit(b)
		}
	})
	if err != nil {
		return n, err
	}
	if midway {
		again.Midway()
	}
	defer func() {
		c := again.Counts()
		n.Missing, n.Gaps, n.Runs = c.Missing, c.Gaps, c.Runs
		n.Duplicated, n.Late, n.Malformed = c.Duplicated.Samples, c.Late.Samples, c.MalformedTotal()+c.WrongRate.Blocks+c.WrongChannels.Blocks
	}()
	cons, err := r.js.OrderedConsumer(ctx, block.StoreName, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{r.cfg.Subject}, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(1, start), InactiveThreshold: 30 * time.Second,
	})
	if err != nil {
		return n, fmt.Errorf("history of stream %s: open a consumer: %w", r.cfg.Stream, err)
	}
	it, err := cons.Messages(jetstream.PullMaxMessages(onTheWay))
	if err != nil {
		return n, fmt.Errorf("history of stream %s: read: %w", r.cfg.Stream, err)
	}
	defer func() {
		it.Stop()
		if info := cons.CachedInfo(); info != nil { // else the server keeps it until InactiveThreshold, and allows only so many
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), removal)
			defer cancel()
			r.js.DeleteConsumer(end, block.StoreName, info.Name) // when this fails, the threshold removes it
		}
	}()
	for failed == nil && !over {
		meta, err := r.one(ctx, it, again, &n)
		if err != nil {
			return n, err
		}
		if meta.Sequence.Stream >= last || meta.NumPending == 0 {
			again.Flush()
			break
		}
	}
	if errors.Is(failed, ErrStop) {
		n.Stopped, failed = true, nil
	}
	return n, failed
}

// removal bounds the wait for the server to forget a consumer that has been read to its end.
const removal = 2 * time.Second

// onTheWay is the number of messages asked for at once, 8 MiB of the largest ones.
const onTheWay = 16

// nudge is the time after which Next asks again.
const nudge = 200 * time.Millisecond

// Next gives the next message of an iterator over messages that are known to be there; it fails with ctx's error, or when none has come for ten
// seconds. It asks anew every while: an iterator of nats.go (v1.55) looks whether to request more only when it is asked, and passes that over while
// its previous request is just being sent, so that one long call may wait for ever for a request that nobody makes.
func Next(ctx context.Context, it jetstream.MessagesContext) (jetstream.Msg, error) {
	for until := time.Now().Add(silence); ; {
		once, cancel := context.WithTimeout(ctx, nudge)
		msg, err := it.Next(jetstream.NextContext(once))
		cancel()
		switch {
		case err == nil:
			return msg, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case !errors.Is(err, context.DeadlineExceeded) || time.Now().After(until):
			return nil, fmt.Errorf("the store sent nothing within %s: %w", silence, err)
		}
	}
}

// one reads a message.
func (r *Reader) one(ctx context.Context, it jetstream.MessagesContext, again *ingest.Reread, n *Counts) (*jetstream.MsgMetadata, error) {
	msg, err := Next(ctx, it)
	if err != nil {
		return nil, fmt.Errorf("history of stream %s: %w", r.cfg.Stream, err)
	}
	meta, err := msg.Metadata()
	if err != nil {
		return nil, fmt.Errorf("history of stream %s: %w", r.cfg.Stream, err)
	}
	n.Messages++
	n.Bytes += uint64(len(msg.Data()))
	again.Take(msg.Data(), block.Header(msg.Headers()), meta.Sequence.Stream, meta.Timestamp.UnixNano())
	return meta, nil
}
