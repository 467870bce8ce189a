package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// slot is a message in flight with its buffer.
type slot struct {
	msg nats.Msg
	buf []byte
	ack jetstream.PubAckFuture
}

// window keeps a bounded number of messages on their way to the store. A goroutine of its own sends them, and when the oldest one fails,
// sends it and all that follow again, in their order: the store knows a message that it has already by its id.
type window struct {
	nc   *nats.Conn
	js   jetstream.JetStream
	log  *slog.Logger
	free chan *slot // slots that may be filled
	in   chan *slot // slots to send
	size int

	quit    chan struct{}
	quitNow sync.Once
	done    chan struct{}
	unsent  atomic.Int64           // slots taken and not acknowledged
	fault   atomic.Pointer[string] // why the oldest message does not get through; nil when it does or has not been tried
	flying  []*slot                // sent, oldest first; the goroutine's own
}

func newWindow(nc *nats.Conn, js jetstream.JetStream, subject string, size int, log *slog.Logger) *window {
	w := &window{nc: nc, js: js, log: log, size: size, free: make(chan *slot, size), in: make(chan *slot, size),
		quit: make(chan struct{}), done: make(chan struct{})}
	for range size {
		w.free <- &slot{msg: nats.Msg{Subject: subject, Header: nats.Header{}}}
	}
	go w.run()
	return w
}

// room waits for a slot to fill.
func (w *window) room(ctx context.Context) (*slot, error) {
	select {
	case s := <-w.free:
		return s, nil
	default:
	}
	select {
	case s := <-w.free:
		return s, nil
	case <-ctx.Done():
		return nil, w.explain(ctx.Err())
	}
}

func (w *window) giveBack(s *slot) { w.free <- s }

// put sends s after everything put before.
func (w *window) put(s *slot) {
	w.unsent.Add(1)
	w.in <- s // never blocks: there are as many places as slots
}

// flush waits until every slot is free.
func (w *window) flush(ctx context.Context) error {
	taken := make([]*slot, 0, w.size)
	defer func() {
		for _, s := range taken {
			w.free <- s
		}
	}()
	for len(taken) < w.size {
		s, err := w.room(ctx)
		if err != nil {
			return err
		}
		taken = append(taken, s)
	}
	return nil
}

// explain adds to err why messages do not get through, as far as that is known.
func (w *window) explain(err error) error {
	if text := w.fault.Load(); text != nil {
		return fmt.Errorf("%w while %d messages wait for the store: %s", err, w.unsent.Load(), *text)
	}
	return fmt.Errorf("%w while %d messages wait for the store", err, w.unsent.Load())
}

// stop ends the goroutine. It fails when messages are left.
func (w *window) stop() error {
	w.quitNow.Do(func() { close(w.quit) })
	<-w.done
	w.js.CleanupPublisher()
	if n := w.unsent.Load(); n > 0 {
		return fmt.Errorf("%d messages are not acknowledged by the store and given up", n)
	}
	return nil
}

func (w *window) run() {
	defer close(w.done)
	for {
		var ok <-chan *jetstream.PubAck
		var failed <-chan error
		if len(w.flying) > 0 {
			ok, failed = w.flying[0].ack.Ok(), w.flying[0].ack.Err()
		}
		select {
		case s := <-w.in:
			w.flying = append(w.flying, s)
			if err := w.send(s); err != nil && !w.again(err) {
				return
			}
		case <-ok:
			w.fault.Store(nil)
			s := w.flying[0]
			w.flying = append(w.flying[:0], w.flying[1:]...)
			w.unsent.Add(-1)
			w.free <- s
		case err := <-failed:
			if !w.again(err) {
				return
			}
		case <-w.quit:
			return
		}
	}
}

func (w *window) send(s *slot) error {
	ack, err := w.js.PublishMsgAsync(&s.msg, jetstream.WithRetryAttempts(0))
	if err == nil {
		s.ack = ack
	}
	return err
}

// again sends everything in flight once more, and goes on until it could be handed to the connection. It is false when the window is
// stopped meanwhile.
func (w *window) again(err error) bool {
	wait := 50 * time.Millisecond
	for {
		text := err.Error()
		if old := w.fault.Swap(&text); old == nil || *old != text {
			w.log.Warn("the store does not take messages; sending them again", "messages", len(w.flying), "error", err)
		}
		select {
		case <-w.quit:
			return false
		case <-time.After(wait/2 + rand.N(wait)):
		}
		wait = min(2*wait, 2*time.Second)
		if !w.nc.IsConnected() {
			err = nats.ErrDisconnected
			continue
		}
		if err = w.sendAll(); err == nil {
			return true
		}
	}
}

func (w *window) sendAll() error {
	for _, s := range w.flying {
		if err := w.send(s); err != nil {
			return err
		}
	}
	return nil
}
