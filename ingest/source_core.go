package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"crackle/ingest/block"
)

const (
	tick = 100 * time.Millisecond // how often held blocks are looked at while nothing arrives

	clientMessages = 65536    // what the client library keeps for us
	clientBytes    = 64 << 20 // when we are not quick enough
)

// runCore reads a plain subscription. It stays in place while the server is away; what is published meanwhile is lost and shows as a gap.
func (r *Receiver) runCore(ctx context.Context) error {
	defer func() { r.order.flush() }()
	return r.readCore(ctx, func() bool { return false })
}

// readCore is runCore until it is over. Messages have the place in the store that was reached, from which a restart goes on.
func (r *Receiver) readCore(ctx context.Context, over func() bool) error {
	sub, err := r.nc.SubscribeSync(r.cfg.Subject)
	if err != nil {
		return fmt.Errorf("stream %s: subscribe to %s: %w", r.cfg.Stream, r.cfg.Subject, err)
	}
	if err := sub.SetPendingLimits(clientMessages, clientBytes); err != nil {
		return errors.Join(fmt.Errorf("stream %s: bound the subscription: %w", r.cfg.Stream, err), sub.Unsubscribe())
	}
	r.n.opened.Add(1)
	// Unsubscribing makes NextMsg return at once. The error is of no use: the connection is closed or the subscription gone already.
	unsubscribe := context.AfterFunc(ctx, func() { _ = sub.Unsubscribe() })
	defer func() {
		if unsubscribe() {
			_ = sub.Unsubscribe()
		}
	}()
	for ctx.Err() == nil && !over() {
		m, err := sub.NextMsg(tick)
		now := time.Now()
		switch {
		case err == nil:
			r.accept(m.Data, block.Header(m.Header), r.at.place, now)
		case errors.Is(err, nats.ErrTimeout):
		case errors.Is(err, nats.ErrSlowConsumer):
			r.countClientDrops(sub)
		case ctx.Err() != nil:
		case r.nc.IsClosed():
			return fmt.Errorf("stream %s: %w", r.cfg.Stream, errClosed)
		default:
			return fmt.Errorf("stream %s: read subject %s: %w", r.cfg.Stream, r.cfg.Subject, err)
		}
		r.order.tick(now)
	}
	return nil
}

func (r *Receiver) countClientDrops(sub *nats.Subscription) {
	if n, err := sub.Dropped(); err == nil {
		r.n.clientDropped.Store(uint64(n))
		if r.first("client") {
			r.log.Warn("the client library drops messages because this stream is read too slowly; further ones are only counted", "dropped", n)
		}
	}
}
