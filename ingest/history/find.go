package history

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/ingest/block"
)

// place is a message of the stream in the store, with the time of its samples, in ns since 1970 UTC.
type place struct {
	seq        uint64
	begin, end int64
}

func (r *Reader) stream(ctx context.Context) (jetstream.Stream, error) {
	st, err := r.js.Stream(ctx, block.StoreName)
	if err != nil {
		return nil, fmt.Errorf("history of stream %s: look up signal store %s: %w", r.cfg.Stream, block.StoreName, err)
	}
	return st, nil
}

// ends are the oldest and the newest message.
func (r *Reader) ends(ctx context.Context, st jetstream.Stream) (first, last place, err error) {
	if first, err = r.at(ctx, st, 1); err != nil {
		return first, last, err
	}
	m, err := st.GetLastMsgForSubject(ctx, r.cfg.Subject)
	if err != nil {
		return first, last, r.missing(err)
	}
	return first, r.place(m), nil
}

// at is the first message at or after a sequence.
func (r *Reader) at(ctx context.Context, st jetstream.Stream, seq uint64) (place, error) {
	m, err := st.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(r.cfg.Subject))
	if err != nil {
		return place{}, r.missing(err)
	}
	return r.place(m), nil
}

func (r *Reader) missing(err error) error {
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("history of stream %s: %w", r.cfg.Stream, ErrEmpty)
	}
	return fmt.Errorf("history of stream %s: %w", r.cfg.Stream, err)
}

// place reads a message's time. One that carries none, or cannot be read, has the store's.
func (r *Reader) place(m *jetstream.RawStreamMsg) place {
	stored := m.Time.UnixNano()
	var b block.Block
	if err := r.cfg.Decoder.Decode(&b, m.Data, block.Header(m.Header)); err != nil {
		return place{m.Sequence, stored, stored}
	}
	long := int64(0)
	if b.RateHz > 0 {
		long = int64(float64(b.Count()) / b.RateHz * 1e9)
	}
	if b.TimeNS == 0 {
		return place{m.Sequence, stored - long, stored}
	}
	return place{m.Sequence, b.TimeNS, b.TimeNS + long}
}

// find is the sequence of a message, between two of them, before which nothing lies that ends after ns: the newest one such, as far as times go
// forward. A message counts as before or after by the word of two out of three that follow each other, so that one with a wrong time does no harm.
func (r *Reader) find(ctx context.Context, st jetstream.Stream, first, last uint64, ns int64) (uint64, error) {
	lo, hi := first, last // the wanted one is at or after lo, and before or at hi
	for lo < hi {
		mid := lo + (hi-lo+1)/2
		before, seq, err := r.before(ctx, st, mid, last, ns)
		if err != nil {
			return 0, err
		}
		switch {
		case seq > hi, !before:
			hi = mid - 1
		default:
			lo = seq
		}
	}
	return lo, nil
}

// before tells whether the first message at or after seq ends before ns, and its sequence.
func (r *Reader) before(ctx context.Context, st jetstream.Stream, seq, last uint64, ns int64) (before bool, at uint64, err error) {
	votes, asked := 0, 0
	for asked < 3 && seq <= last {
		p, err := r.at(ctx, st, seq)
		if errors.Is(err, ErrEmpty) {
			break
		}
		if err != nil {
			return false, 0, err
		}
		if asked == 0 {
			at = p.seq
		}
		asked++
		if p.end <= ns {
			votes++
		}
		if votes == 2 || asked-votes == 2 {
			break
		}
		seq = p.seq + 1
	}
	if asked == 0 {
		return false, last + 1, nil
	}
	return 2*votes > asked, at, nil
}

// Clock puts blocks that come in order on the axis of the publisher's time: each where its own time says, unless that jumps where neither the
// samples nor the store saw time pass. The zero value is ready.
type Clock struct {
	known  bool
	run    uint64
	end    uint64
	endNS  int64 // of the sample before end, as taken
	stored int64
	offNS  int64 // where the last block with an unlikely time would have gone on
	off    bool
}

// unlikely is by how much a block's time may depart from what the samples and the store say.
const unlikely = int64(60e9)

// Time is the time of the block's first sample, in ns since 1970 UTC.
func (c *Clock) Time(b *block.Block) int64 {
	t := b.TimeNS
	long := int64(0)
	if b.RateHz > 0 {
		long = int64(float64(b.Count()) / b.RateHz * 1e9)
	}
	if c.known && b.Run == c.run && b.RateHz > 0 {
		expected := c.endNS + int64(float64(int64(b.First-c.end))/b.RateHz*1e9)
		passed := b.StoreNS - c.stored
		if apart(t, expected) && apart(t-c.endNS, passed) {
			again := c.off && !apart(t, c.offNS)
			c.offNS, c.off = t+long, true
			if !again {
				t = expected
			}
		} else {
			c.off = false
		}
	}
	c.known, c.run, c.end, c.endNS, c.stored = true, b.Run, b.End(), t+long, b.StoreNS
	return t
}

func apart(a, b int64) bool { return a-b > unlikely || b-a > unlikely }
