package ingest

import (
	"context"
	"errors"
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
	msg   nats.Msg
	buf   []byte
	ack   jetstream.PubAckFuture
	acked bool // though messages before it are not
}

const (
	overtakenLook  = 100 * time.Millisecond // between two looks whether messages are acknowledged behind one that is not
	overtakenFirst = 100 * time.Millisecond // for how long it may be so before that one is sent again; twice as long each time after,
	overtakenLast  = 2 * time.Second        // up to this
)

// errOvertaken says that a message got lost on its way without a word, as it does where a cluster's leader changes.
var errOvertaken = errors.New("messages behind it are acknowledged, and it is not")

// window keeps a bounded number of messages on their way to the store. A goroutine of its own sends them, and when the oldest one fails, or is
// overtaken, sends it and all that follow again, in their order: the store knows a message that it has already by its id.
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
	taken   atomic.Uint64          // messages acknowledged
	resent  atomic.Uint64          // messages sent again
	fault   atomic.Pointer[string] // why the oldest message does not get through; nil when it does or has not been tried
	flying  []*slot                // sent, oldest first; the goroutine's own
	behind  time.Time              // since when the oldest is known to be overtaken; zero: it is not
	grace   time.Duration          // that it has then
}

func newWindow(nc *nats.Conn, js jetstream.JetStream, subject string, size int, log *slog.Logger) *window {
	w := &window{nc: nc, js: js, log: log, size: size, free: make(chan *slot, size), in: make(chan *slot, size),
		quit: make(chan struct{}), done: make(chan struct{}), grace: overtakenFirst}
	for range size {
		w.free <- &slot{msg: nats.Msg{Subject: subject, Header: nats.Header{}}}
	}
	go w.run()
	return w
}

// room waits for a slot to fill, for at most longest; 0: as long as ctx lasts.
func (w *window) room(ctx context.Context, longest time.Duration) (*slot, error) {
	select {
	case s := <-w.free:
		return s, nil
	default:
	}
	if longest > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, longest, fmt.Errorf("nothing was taken for %v", longest))
		defer cancel()
	}
	select {
	case s := <-w.free:
		return s, nil
	case <-ctx.Done():
		return nil, w.explain(context.Cause(ctx))
	}
}

func (w *window) giveBack(s *slot) { w.free <- s }

// put sends s after everything put before.
func (w *window) put(s *slot) {
	w.unsent.Add(1)
	w.in <- s // never blocks: there are as many places as slots
}

// flush waits until every slot is free.
func (w *window) flush(ctx context.Context, longest time.Duration) error {
	taken := make([]*slot, 0, w.size)
	defer func() {
		for _, s := range taken {
			w.free <- s
		}
	}()
	for len(taken) < w.size {
		s, err := w.room(ctx, longest)
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
		return fmt.Errorf("%w: %w while %d messages wait: %s", ErrStalled, err, w.unsent.Load(), *text)
	}
	return fmt.Errorf("%w: %w while %d messages wait", ErrStalled, err, w.unsent.Load())
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
	look := time.NewTicker(overtakenLook)
	defer look.Stop()
	for {
		for len(w.flying) > 0 && w.flying[0].acked {
			w.arrived()
		}
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
			w.arrived()
		case now := <-look.C:
			if w.overtaken(now) && !w.again(errOvertaken) {
				return
			}
		case err := <-failed:
			if !w.again(err) {
				return
			}
		case <-w.quit:
			return
		}
	}
}

// arrived takes the oldest message, which the store has, out of the flight.
func (w *window) arrived() {
	s := w.flying[0]
	w.flying = append(w.flying[:0], w.flying[1:]...)
	w.behind, w.grace = time.Time{}, overtakenFirst
	w.fault.Store(nil)
	w.unsent.Add(-1)
	w.taken.Add(1)
	w.free <- s
}

// overtaken reports that the store has had messages behind the oldest one for longer than that may take to be acknowledged too.
func (w *window) overtaken(now time.Time) bool {
	if len(w.flying) < 2 {
		return false
	}
	for _, s := range w.flying[1:] {
		select {
		case <-s.ack.Ok():
			s.acked = true
		default:
		}
		if s.acked && w.behind.IsZero() {
			w.behind = now
		}
	}
	if w.behind.IsZero() || now.Sub(w.behind) < w.grace {
		return false
	}
	w.behind, w.grace = time.Time{}, min(2*w.grace, overtakenLast)
	return true
}

func (w *window) send(s *slot) error {
	ack, err := w.js.PublishMsgAsync(&s.msg, jetstream.WithRetryAttempts(0))
	if err == nil {
		s.ack, s.acked = ack, false
	}
	return err
}

// again sends everything in flight once more, and goes on until it could be handed to the connection. It is false when the window is
// stopped meanwhile.
func (w *window) again(err error) bool {
	wait := 50 * time.Millisecond
	for {
		text := err.Error()
		if old := w.fault.Swap(&text); !errors.Is(err, errOvertaken) && (old == nil || *old != text) {
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
		w.resent.Add(1)
	}
	return nil
}
