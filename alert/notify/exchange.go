package notify

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// Exchange puts other sinks in the place of those that there are, while the dispatcher runs. One that is the same value as before goes on with its queue
// as if nothing had been. Another one of a name that there was takes over what waits there, the message under way first, which may arrive twice then.
// One that is no longer there gets Drain to send what waits, in the background. each is for the new ones; see Config. Nothing is changed when Exchange
// fails: for two sinks of one name, a wrong limit, or a dispatcher that does not run or stops.
func (d *Dispatcher) Exchange(ctx context.Context, sinks []Sink, each map[string]Limits) error {
	cfg := d.cfg
	cfg.Sinks, cfg.Each = sinks, each
	if err := errors.Join(cfg.checkSinks()...); err != nil {
		return err
	}
	done := make(chan struct{})
	change := func(start func(*lane)) {
		defer close(done)
		d.exchange(cfg, start)
	}
	select {
	case d.changes <- change:
		<-done
		return nil
	case <-d.over:
		return errors.New("notify: the dispatcher has stopped, its sinks stay as they were")
	case <-ctx.Done():
		return fmt.Errorf("notify: the sinks stay as they were: %w", ctx.Err())
	}
}

// exchange is done in Run's goroutine.
func (d *Dispatcher) exchange(cfg Config, start func(*lane)) {
	old := d.list()
	var lanes []*lane
	for _, s := range cfg.Sinks {
		at := slices.IndexFunc(old, func(l *lane) bool { return l.sink.Name() == s.Name() })
		if at >= 0 && same(old[at].sink, s) {
			lanes = append(lanes, old[at])
			continue
		}
		l := newLane(s, cfg)
		if at >= 0 {
			l.before = old[at]
		}
		lanes = append(lanes, l)
	}
	d.lanes.Store(&lanes)
	for _, l := range old {
		if slices.Contains(lanes, l) {
			continue
		}
		l.heir = slices.ContainsFunc(lanes, func(n *lane) bool { return n.before == l })
		close(l.stop)
		close(l.queue)
	}
	for _, l := range lanes {
		if !slices.Contains(old, l) {
			start(l)
		}
	}
}

// same reports whether two sinks are one, as pointers are; of what cannot be compared it is not known.
func same(a, b Sink) bool { return reflect.TypeOf(a).Comparable() && a == b }

// end has a lane end that is no longer there: at once where another one goes on, else after the time to drain.
func (l *lane) end(ctx context.Context, cancel context.CancelFunc) {
	if !l.heir && !sleep(ctx, l.cfg.Drain) {
		return
	}
	cancel()
}

// inherited tells that another lane goes on with what is left.
func (l *lane) inherited() bool {
	select {
	case <-l.stop:
		return l.heir
	default:
		return false
	}
}

// inherit goes on with what is left by the lane before, in its order, and with its counts.
func (l *lane) inherit(ctx context.Context) {
	if l.before == nil {
		return
	}
	<-l.before.ended // its sink returns soon after it was stopped
	was := l.before.counters()
	l.count(func(n *Counters) {
		n.Sent, n.Failed, n.Retried, n.Dropped, n.Untold, n.LastSent = n.Sent+was.Sent, n.Failed+was.Failed, n.Retried+was.Retried, n.Dropped+was.Dropped, n.Untold+was.Untold, was.LastSent
	})
	for _, h := range l.before.desk.held {
		l.take(ctx, h.waiting)
	}
	for _, w := range l.before.left {
		l.take(ctx, w)
	}
	l.before = nil
	l.count(func(n *Counters) { n.Held = len(l.desk.held) })
}

// checkSinks reports what is wrong with the sinks and their own limits.
func (cfg *Config) checkSinks() (errs []error) {
	names := map[string]bool{}
	for _, s := range cfg.Sinks {
		if names[s.Name()] {
			errs = append(errs, fmt.Errorf("notify: two sinks are named %q; give each its own name", s.Name()))
		}
		names[s.Name()] = true
	}
	for name, l := range cfg.Each {
		if !names[name] || l.Queue < 0 || l.Timeout < 0 {
			errs = append(errs, fmt.Errorf("notify: sink %q has queue %d and timeout %s of its own; allowed are names of sinks and positive values", name, l.Queue, l.Timeout))
		}
	}
	return errs
}
