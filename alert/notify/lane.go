package notify

import (
	"cmp"
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// waiting is a message in its lane.
type waiting struct {
	Message
	since time.Time
}

// lane is one sink with its queue: a goroutine that sends one message after the other.
type lane struct {
	sink  Sink
	cfg   Config
	queue chan waiting
	desk  desk // of run

	before *lane         // whose place it takes, and whose messages it goes on with; nil: nobody's
	ended  chan struct{} // closed when run has ended
	stop   chan struct{} // closed when it is to end at once, or after Drain
	heir   bool          // another one goes on with what is left; set before stop is closed
	left   []waiting     // for it

	mu sync.Mutex
	n  Counters
}

func newLane(s Sink, cfg Config) *lane {
	own := cfg.Each[s.Name()]
	cfg.Queue, cfg.Timeout = cmp.Or(own.Queue, cfg.Queue), cmp.Or(own.Timeout, cfg.Timeout)
	l := &lane{sink: s, cfg: cfg, queue: make(chan waiting, cfg.Queue), n: Counters{Sink: s.Name()}, ended: make(chan struct{}), stop: make(chan struct{})}
	l.desk.timed, _ = s.(Timed)
	return l
}

// push adds a message and never blocks. It has one caller, so that a place made free is not taken by another.
func (l *lane) push(m Message) {
	w := waiting{m, time.Now()}
	for {
		select {
		case l.queue <- w:
			return
		default:
		}
		select {
		case old := <-l.queue:
			l.count(func(n *Counters) { n.Dropped++ })
			l.cfg.Log.Error("notification dropped: queue full", "sink", l.sink.Name(), "event", old.ID, "queue", cap(l.queue))
		default:
		}
	}
}

// run sends until the queue is closed and empty, or ctx ends; what is left then counts as dropped, but for what waits for the sink's hours: that stays
// to be told after a restart.
func (l *lane) run(ctx context.Context) {
	defer close(l.ended)
	if c, ok := l.sink.(interface{ Close() }); ok {
		defer c.Close()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-l.stop:
			l.end(ctx, cancel)
		case <-ctx.Done():
		}
	}()
	l.inherit(ctx)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var due <-chan time.Time
		if wait, any := l.desk.wait(time.Now()); any {
			timer.Reset(wait)
			due = timer.C
		}
		select {
		case w, ok := <-l.queue:
			if !ok {
				l.leave()
				return
			}
			l.take(ctx, w)
		case <-due:
			for _, w := range l.desk.due(time.Now()) {
				l.finish(ctx, w)
			}
		}
		l.count(func(n *Counters) { n.Held = len(l.desk.held) })
	}
}

// finish delivers a message, or counts it as dropped.
func (l *lane) finish(ctx context.Context, w waiting) {
	if ctx.Err() == nil && l.deliver(ctx, w) {
		return
	}
	if l.inherited() {
		l.left = append(l.left, w)
		return
	}
	l.count(func(n *Counters) { n.Dropped++ })
	l.cfg.Log.Error("notification dropped: stopped before it was delivered", "sink", l.sink.Name(), "event", w.ID)
}

// deliver tries until the message is taken, refused for good or too old. It returns false when ctx ended first.
func (l *lane) deliver(ctx context.Context, w waiting) bool {
	for attempt := 1; ; attempt++ {
		err := l.send(ctx, w.Message)
		if err == nil {
			l.count(func(n *Counters) { n.Sent, n.Failing, n.LastSent = n.Sent+1, false, time.Now().UTC() })
			l.done(w.ID, "")
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		permanent, asked := advice(err)
		delay := max(l.backoff(attempt), min(asked, longestRetryAfter))
		giveUp := permanent || time.Since(w.since)+delay > l.cfg.GiveUp
		l.count(func(n *Counters) {
			n.Failing, n.LastError = true, err.Error()
			if giveUp {
				n.Failed++
			}
		})
		if giveUp {
			l.cfg.Log.Error("notification failed", "sink", l.sink.Name(), "event", w.ID, "attempts", attempt, "permanent", permanent, "err", err)
			l.done(w.ID, err.Error())
			return true
		}
		l.cfg.Log.Warn("notification delayed", "sink", l.sink.Name(), "event", w.ID, "attempt", attempt, "again_in", delay, "err", err)
		if !sleep(ctx, delay) {
			return false
		}
		l.count(func(n *Counters) { n.Retried++ })
	}
}

func (l *lane) done(event, failed string) {
	if l.cfg.Done != nil {
		l.cfg.Done(l.sink.Name(), event, failed)
	}
}

func (l *lane) send(ctx context.Context, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.Timeout)
	defer cancel()
	return l.sink.Send(ctx, m)
}

// backoff is the wait after the given attempt: doubling between the two bounds, less up to half of it by chance, so that many
// monitors that lost the same server do not come back in step.
func (l *lane) backoff(attempt int) time.Duration {
	d := l.cfg.MinBackoff
	for i := 1; i < attempt && d < l.cfg.MaxBackoff; i++ {
		d *= 2
	}
	d = min(d, l.cfg.MaxBackoff)
	return d/2 + rand.N(d/2+1)
}

func (l *lane) count(f func(*Counters)) {
	l.mu.Lock()
	f(&l.n)
	l.mu.Unlock()
}

func (l *lane) counters() Counters {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.n
	n.Queue = len(l.queue)
	return n
}

// sleep waits for d and reports whether ctx is still good.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
