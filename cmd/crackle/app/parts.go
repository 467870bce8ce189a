package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"crackle/detector/ledger"
	"crackle/ingest/history"
)

// The JetStream stream that keeps the account of every part that is over, one message a part, on a subject for each stream.
const (
	partsStore   = "CRACKLE_PARTS"
	partsSubject = "crackle.part."
	partsKept    = 2 * MaxParts // about a kilobyte each
	partsWaiting = 1024         // that may wait for the store
	partsAge     = 366 * 24 * time.Hour
	partsTimeout = 5 * time.Second // of one attempt to store a part
	partsRetry   = time.Second     // between two attempts
	partsDrain   = 3 * time.Second // for what is waiting at the stop
)

// MaxParts bounds the answer of Parts.
const MaxParts = 100_000

// partKeeper stores the accounts of parts in a goroutine of its own, so that no stream waits for the store.
type partKeeper struct {
	js       jetstream.JetStream
	maxBytes int64
	queue    chan ledger.Part
	trouble  atomic.Pointer[string] // why the newest attempt failed; nil when it did not
	backlog  backlog
	lost     atomic.Uint64 // accounts that found the queue full, or the store away at the stop
	log      *slog.Logger
	there    bool // the store has been made or found
}

// openParts makes the keeper of parts and starts it.
func (a *App) openParts() error {
	js, err := jetstream.New(a.conn)
	if err != nil {
		return err
	}
	k := &partKeeper{js: js, maxBytes: -1, queue: make(chan ledger.Part, partsWaiting), log: a.log}
	if a.config().NATS.Embedded() { // an external server's own limits rule there: a bound would take its room before it is used
		k.maxBytes = a.config().Store.MaxBytes / 100
	}
	a.parts = k
	a.life.start("parts", nil, k.run)
	return nil
}

// put hands an account over and never blocks. A nil keeper keeps nothing.
func (k *partKeeper) put(p ledger.Part) {
	if k == nil {
		return
	}
	select {
	case k.queue <- p:
		k.backlog.given.Add(1)
	default:
		if k.lost.Add(1) == 1 {
			k.log.Error("the account of a part is lost: the store has been away for too long; further ones are only counted", "stream", p.Stream, "part", p.Part)
		}
	}
}

// run stores accounts until ctx ends; then what is waiting has partsDrain, and the rest is counted.
func (k *partKeeper) run(ctx context.Context) error {
	for {
		select {
		case p := <-k.queue:
			if !k.store(ctx, &p) {
				k.drain(&p)
				return nil
			}
		case <-ctx.Done():
			k.drain(nil)
			return nil
		}
	}
}

// drain stores what is waiting at the stop; first may have been stored already, which its id makes harmless.
func (k *partKeeper) drain(first *ledger.Part) {
	ctx, cancel := context.WithTimeout(context.Background(), partsDrain)
	defer cancel()
	if first != nil && !k.store(ctx, first) {
		k.lost.Add(1)
	}
	for {
		select {
		case p := <-k.queue:
			if !k.store(ctx, &p) {
				k.lost.Add(1)
			}
		default:
			if n := k.lost.Load(); n > 0 {
				k.log.Warn("accounts of parts that could not be stored", "parts", n)
			}
			return
		}
	}
}

// store tries until the account is kept, or ctx ends, and then it is false.
func (k *partKeeper) store(ctx context.Context, p *ledger.Part) bool {
	for told := false; ; {
		err := k.try(ctx, p)
		if err == nil {
			k.trouble.Store(nil)
			k.backlog.done.Add(1)
			return true
		}
		why := err.Error()
		k.trouble.Store(&why)
		if !told && ctx.Err() == nil {
			told = true
			k.log.Warn("the account of a part is not stored yet; it is tried again all the time", "stream", p.Stream, "part", p.Part, "err", err)
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(partsRetry):
		}
	}
}

func (k *partKeeper) try(ctx context.Context, p *ledger.Part) error {
	ctx, cancel := context.WithTimeout(ctx, partsTimeout)
	defer cancel()
	if !k.there {
		if _, err := k.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
			Name: partsStore, Subjects: []string{partsSubject + ">"}, Description: "verdict and coverage of every part that is over",
			Storage: jetstream.FileStorage, MaxAge: partsAge, MaxBytes: k.maxBytes, MaxMsgs: partsKept, Discard: jetstream.DiscardOld,
		}); err != nil {
			return err
		}
		k.there = true
	}
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	_, err = k.js.PublishMsg(ctx, &nats.Msg{Subject: partsSubject + p.Stream, Header: nats.Header{jetstream.MsgIDHeader: {p.ID()}}, Data: body})
	if err != nil {
		k.there = false // it may have been removed
	}
	return err
}

// PartQuery selects parts that are over. A zero field selects all.
type PartQuery struct {
	Stream, Lot, Part string
	From, To          time.Time // of the part's end, by the publisher's clock; To is excluded
	Limit             int       // the newest that many; 0 means MaxParts
}

// Parts lists the parts that are over, as they are kept on a server, the newest first. A part that was told twice, as when a store is scored
// again, stands once, as told last. No store of parts yet is an empty list. What is remembered while reading is bounded by the limit.
func Parts(ctx context.Context, conn *nats.Conn, q PartQuery) ([]ledger.Part, error) {
	if q.Limit <= 0 || q.Limit > MaxParts {
		q.Limit = MaxParts
	}
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	st, err := js.Stream(ctx, partsStore)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return []ledger.Part{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("parts: open %s: %w", partsStore, err)
	}
	filter := partsSubject + ">"
	if q.Stream != "" {
		filter = partsSubject + q.Stream
	}
	c, err := st.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{FilterSubjects: []string{filter}})
	if err != nil {
		return nil, fmt.Errorf("parts: read %s: %w", partsStore, err)
	}
	info, err := c.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("parts: read %s: %w", partsStore, err)
	}
	it, err := c.Messages()
	if err != nil {
		return nil, fmt.Errorf("parts: read %s: %w", partsStore, err)
	}
	defer func() { // or the server keeps the consumer for minutes, and allows only so many
		it.Stop()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), partsTimeout)
		defer cancel()
		if now := c.CachedInfo(); now != nil {
			st.DeleteConsumer(end, now.Name)
		}
	}()
	var all []ledger.Part
	for left := info.NumPending; left > 0; left-- {
		msg, err := history.Next(ctx, it)
		if err != nil {
			return nil, fmt.Errorf("parts: %d still to be read: %w", left, err)
		}
		var p ledger.Part
		if err := json.Unmarshal(msg.Data(), &p); err != nil {
			return nil, fmt.Errorf("parts: a message on %s cannot be read: %w", msg.Subject(), err)
		}
		if q.takes(&p) {
			all = append(all, p)
		}
		if len(all) >= 2*q.Limit {
			all = latest(all, q.Limit)
		}
	}
	all = latest(all, q.Limit)
	slices.Reverse(all)
	slices.SortStableFunc(all, func(a, b ledger.Part) int { return b.To.Compare(a.To) })
	return all, nil
}

func (q *PartQuery) takes(p *ledger.Part) bool {
	return (q.Lot == "" || q.Lot == p.Lot) && (q.Part == "" || q.Part == p.Part) &&
		(q.From.IsZero() || !p.To.Before(q.From)) && (q.To.IsZero() || p.To.Before(q.To))
}

// latest keeps what was told last of each part, of so many parts told last, in the order of telling.
func latest(told []ledger.Part, limit int) []ledger.Part {
	seen := map[string]bool{}
	out := []ledger.Part{}
	for i := len(told) - 1; i >= 0 && len(out) < limit; i-- {
		if id := told[i].ID(); !seen[id] {
			seen[id] = true
			out = append(out, told[i])
		}
	}
	slices.Reverse(out)
	return out
}
