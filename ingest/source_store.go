package ingest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"crackle/ingest/block"
)

const (
	apiWait   = 5 * time.Second  // for one answer of the store
	idleCheck = 10 * time.Second // without a message, the consumer is looked up: it may have gone without a word
	batch     = 64               // messages asked for at once, 32 MiB of the largest ones

	firstRetry = 100 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// session is one consumer of the store: ordered, without acknowledgement, kept in the server's memory and thrown away at any doubt. The
// place that has been reached is ours and outlives it.
type session struct {
	cons       jetstream.Consumer
	it         jetstream.MessagesContext
	reconnects uint64 // of the connection, when the session was opened
	delivered  uint64 // the consumer's own counter; a jump means that a message got lost on the way
}

// runStore reads from JetStream, one session after another. nats.go's own ordered consumer is not used because it goes on by sequence alone:
// after a crash that took the youngest messages, sequences are used again, and it would miss what was stored under them.
func (r *Receiver) runStore(ctx context.Context) error {
	js, err := jetstream.New(r.nc)
	if err != nil {
		return fmt.Errorf("stream %s: use JetStream: %w", r.cfg.Stream, err)
	}
	at := &r.at
	if s := r.cfg.Start; s.From == FromAfter {
		*at = position{known: true, place: place{seq: s.Seq, ns: s.StoreNS}}
	}
	retry := firstRetry
	for ctx.Err() == nil {
		if r.nc.IsClosed() {
			return fmt.Errorf("stream %s: %w", r.cfg.Stream, errClosed)
		}
		if !r.nc.IsConnected() {
			r.pause(ctx, tick)
			continue
		}
		if r.past.Load() {
			if err := r.readCore(ctx, func() bool { return !r.past.Load() }); err != nil && ctx.Err() == nil {
				return err
			}
			retry = firstRetry
			continue
		}
		s, err := r.open(ctx, js)
		if err != nil {
			r.trouble(err)
			r.pause(ctx, retry/2+rand.N(retry))
			retry = min(2*retry, lastRetry)
			continue
		}
		r.trouble(nil)
		retry = firstRetry
		err = r.read(ctx, s)
		r.close(js, s)
		if err != nil && ctx.Err() == nil {
			r.trouble(err)
			r.pause(ctx, retry/2+rand.N(retry))
		}
	}
	return nil
}

// position is the message up to which the stream has been read.
type position struct {
	known bool
	place
}

// open makes a consumer that starts right after r.at.
func (r *Receiver) open(ctx context.Context, js jetstream.JetStream) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, apiWait)
	defer cancel()
	s := &session{reconnects: r.nc.Stats().Reconnects}
	st, err := js.Stream(ctx, block.StoreName)
	if err != nil {
		return nil, fmt.Errorf("look up signal store %s: %w", block.StoreName, err)
	}
	cfg := jetstream.ConsumerConfig{
		Description:       "crackle stream " + r.cfg.Stream,
		AckPolicy:         jetstream.AckNonePolicy,
		FilterSubject:     r.cfg.Subject,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: r.cfg.Unused,
	}
	if err := r.startAt(ctx, st, &cfg); err != nil {
		return nil, err
	}
	r.order.seen(r.at.place) // what lies before is none of ours: a first block that waits does not lead back behind it
	if s.cons, err = st.CreateConsumer(ctx, cfg); err != nil {
		return nil, fmt.Errorf("open a consumer of %s in signal store %s: %w", r.cfg.Subject, block.StoreName, err)
	}
	s.it, err = s.cons.Messages(jetstream.PullMaxMessages(batch), jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return nil, fmt.Errorf("read the consumer of %s: %w", r.cfg.Subject, err)
	}
	r.n.opened.Add(1)
	return s, nil
}

// startAt says in cfg where to start. The store is trusted to hold the message that was read last only when its time is the same: a crash
// may have taken it, and another may have its sequence now. Then, and when it has grown too old, time leads on.
func (r *Receiver) startAt(ctx context.Context, st jetstream.Stream, cfg *jetstream.ConsumerConfig) error {
	state := st.CachedInfo().State
	if !r.at.known && r.cfg.Start.From == FromNew {
		r.at = position{known: true, place: place{seq: state.LastSeq}}
		if state.LastSeq != 0 {
			r.at.ns = state.LastTime.UnixNano()
		}
	}
	if r.at.seq == 0 { // the oldest, or an empty store at first contact
		r.at.known = true
		cfg.DeliverPolicy = jetstream.DeliverAllPolicy
		return nil
	}
	m, err := st.GetMsg(ctx, r.at.seq)
	switch {
	case err == nil && m.Time.UnixNano() == r.at.ns:
		cfg.DeliverPolicy = jetstream.DeliverByStartSequencePolicy
		cfg.OptStartSeq = r.at.seq + 1
		return nil
	case err != nil && !errors.Is(err, jetstream.ErrMsgNotFound):
		return fmt.Errorf("look up message %d of signal store %s: %w", r.at.seq, block.StoreName, err)
	}
	after := time.Unix(0, r.at.ns+1).UTC()
	cfg.DeliverPolicy = jetstream.DeliverByStartTimePolicy
	cfg.OptStartTime = &after
	r.n.rewound.Add(1)
	r.log.Warn("the store no longer holds the message that was read last; reading on from its time", "seq", r.at.seq, "time", after,
		"store_first_seq", state.FirstSeq, "store_last_seq", state.LastSeq)
	return nil
}

// read hands on the session's messages until ctx ends, or until the session is in doubt, with the reason.
func (r *Receiver) read(ctx context.Context, s *session) error {
	stop := context.AfterFunc(ctx, s.it.Stop) // makes Next return at once
	defer stop()
	last := time.Now()
	for ctx.Err() == nil && !r.past.Load() {
		msg, err := s.it.Next(jetstream.NextMaxWait(tick))
		now := time.Now()
		switch {
		case err == nil:
			last = now
			if err := r.receive(s, msg, now); err != nil {
				return err
			}
		case !errors.Is(err, nats.ErrTimeout):
			return fmt.Errorf("read %s from the signal store: %w", r.cfg.Subject, err)
		}
		r.order.tick(now)
		if r.nc.Stats().Reconnects != s.reconnects || time.Since(now) > r.cfg.Unused/2 {
			return nil // the connection was away, which it has reported, or the queue was full for so long that the consumer may be gone
		}
		if now.Sub(last) >= idleCheck && r.nc.IsConnected() {
			if err := r.lookUp(ctx, s); err != nil {
				return err
			}
			last = now
		}
	}
	return nil
}

// receive deals with one message. It fails when a message before it got lost on the way.
func (r *Receiver) receive(s *session, msg jetstream.Msg, now time.Time) error {
	meta, err := msg.Metadata()
	if err != nil {
		return fmt.Errorf("read %s from the signal store: %w", r.cfg.Subject, err)
	}
	if meta.Sequence.Consumer != s.delivered+1 {
		return fmt.Errorf("read %s from the signal store: delivery %d follows on %d", r.cfg.Subject, meta.Sequence.Consumer, s.delivered)
	}
	s.delivered++
	r.at.place = place{seq: meta.Sequence.Stream, ns: meta.Timestamp.UnixNano()}
	r.n.pending.Store(int64(meta.NumPending))
	r.accept(msg.Data(), block.Header(msg.Headers()), r.at.place, now)
	return nil
}

// lookUp asks the server for the consumer, which is silent. A server that does not answer is the connection's business.
func (r *Receiver) lookUp(ctx context.Context, s *session) error {
	ctx, cancel := context.WithTimeout(ctx, apiWait)
	defer cancel()
	info, err := s.cons.Info(ctx)
	switch {
	case errors.Is(err, jetstream.ErrConsumerNotFound), errors.Is(err, jetstream.ErrStreamNotFound):
		return fmt.Errorf("the consumer of %s is gone: %w", r.cfg.Subject, err)
	case err == nil && info.NumPending > 0:
		return fmt.Errorf("the consumer of %s has %d messages and sends none", r.cfg.Subject, info.NumPending)
	case err == nil:
		r.n.pending.Store(0)
	}
	return nil
}

// close ends a session. A consumer that cannot be removed now is removed by the server once it has been idle.
func (r *Receiver) close(js jetstream.JetStream, s *session) {
	s.it.Stop()
	if !r.nc.IsConnected() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := js.DeleteConsumer(ctx, block.StoreName, s.cons.CachedInfo().Name); err != nil {
		r.log.Debug("a consumer was not removed", "error", err)
	}
}

// trouble logs an error when it is another one than before, and its end.
func (r *Receiver) trouble(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text == r.failing {
		return
	}
	if err != nil {
		r.log.Warn("the signal store cannot be read; trying again", "error", err)
	} else {
		r.log.Info("the signal store can be read again")
	}
	r.failing = text
}

// pause waits, and looks after held blocks meanwhile.
func (r *Receiver) pause(ctx context.Context, d time.Duration) {
	end := time.Now().Add(d)
	timer := time.NewTimer(0)
	defer timer.Stop()
	past := r.past.Load()
	for now := time.Now(); now.Before(end) && r.past.Load() == past; now = time.Now() {
		timer.Reset(min(tick, end.Sub(now)))
		select {
		case <-ctx.Done():
			return
		case now = <-timer.C:
			r.order.tick(now)
		}
	}
}
