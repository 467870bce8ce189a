package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"crackle/cmd/crackle/config"
	"crackle/web/hub"
)

// letGoStale is the age at which a request is too old to be followed: this process hung, and the one that asked has taken the stream without it.
const letGoStale = 30 * time.Second

// letGoRequest asks the process that holds a stream to let go of it.
type letGoRequest struct {
	Stream string    `json:"stream"`
	Worker string    `json:"worker"` // name of the one that asks
	At     time.Time `json:"at"`     // and when
}

// askToLetGo asks a stream's holder to write down where the stream stands and stop, and reports whether it has. A process that is gone does not
// keep anybody waiting.
func (k *checkpoints) askToLetGo(ctx context.Context, stream string, c *checkpoint) bool {
	text, err := json.Marshal(letGoRequest{stream, k.app.config().Store.Worker, time.Now()})
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, letGoWithin)
	defer cancel()
	_, err = k.app.conn.RequestWithContext(ctx, c.Inbox, text)
	switch {
	case err == nil:
		k.log.Info("stream taken over from another crackle", "stream", stream, "worker", c.Worker)
		return true
	case !errors.Is(err, nats.ErrNoResponders):
		k.deaf = c.Owner
		k.log.Warn("the crackle that holds the stream does not let go of it; it is stopped by its next checkpoint", "stream", stream, "worker", c.Worker, "err", err)
	}
	return false
}

// listen answers those who ask for streams, until the connection is closed.
func (k *checkpoints) listen() error {
	sub, err := k.app.conn.Subscribe(k.inbox, func(m *nats.Msg) {
		var r letGoRequest
		if err := json.Unmarshal(m.Data, &r); err != nil || time.Since(r.At).Abs() > letGoStale {
			return // nobody waits for the answer any more
		}
		ctx, cancel := context.WithTimeout(k.app.ending, letGoWithin-time.Second)
		defer cancel()
		if err := k.letGo(ctx, r); err != nil {
			k.log.Error("a stream was not let go of in order; the next checkpoint stops it", "stream", r.Stream, "worker", r.Worker, "err", err)
			return
		}
		if err := m.Respond(nil); err != nil {
			k.log.Warn("whoever asked for the stream was not answered", "stream", r.Stream, "err", err)
		}
	})
	if err != nil {
		return fmt.Errorf("checkpoints: listen on %s: %w", k.inbox, err)
	}
	k.app.life.adopt("requests for streams", func(context.Context) error {
		if k.app.conn.IsClosed() {
			return nil
		}
		return sub.Unsubscribe()
	})
	return nil
}

// letGo stops what is asked for, in order, and writes down where it stands.
func (k *checkpoints) letGo(ctx context.Context, r letGoRequest) error {
	if !k.app.lockChanging() {
		return errors.New("this crackle is stopping")
	}
	defer k.app.changing.Unlock()
	var streams []*stream
	for _, s := range k.app.list() {
		if s.held.Load() && (s.cfg.Name == r.Stream || r.Worker == k.app.config().Store.Worker) {
			streams = append(streams, s)
		}
	}
	drain, cancel := context.WithTimeout(ctx, letGoWithin/2)
	defer cancel()
	for _, s := range streams {
		if err := k.app.endStream(drain, s); err != nil {
			return err
		}
	}
	k.round(ctx, true) // what has been taken meanwhile goes all the same
	return k.app.yield(ctx, streams, r.Worker)
}

// lost stops streams that another process has taken without asking, at once: their checkpoints are no longer this one's to write.
func (a *App) lost(names []string) {
	if !a.lockChanging() {
		return
	}
	defer a.changing.Unlock()
	ctx, cancel := context.WithTimeout(a.ending, letGoWithin)
	defer cancel()
	now, stop := context.WithCancel(ctx)
	stop()
	var streams []*stream
	for _, name := range names {
		if s := a.stream(name); s != nil {
			if err := a.endStream(now, s); err != nil {
				s.log.Error("the stream is another crackle's and does not stop", "err", err)
			}
			streams = append(streams, s)
		}
	}
	worker := a.config().Store.Worker
	if len(names) > 0 {
		if c, _, err := a.checkpoints.read(ctx, &config.Stream{Name: names[0]}, nil); err == nil && c.Worker != "" {
			worker = c.Worker
		}
	}
	if err := a.yield(ctx, streams, worker); err != nil {
		a.log.Error("streams were not let go of in order", "err", err)
	}
}

// yield takes streams that have stopped off the list. A process of the same name goes on with their alarms, so that this one must not touch them any
// more; under another name they are cleared here.
func (a *App) yield(ctx context.Context, streams []*stream, worker string) error {
	text := fmt.Sprintf("another crackle (worker %q) has taken over; restart this one to take it back", worker)
	a.takenOver.Store(&text)
	same := worker == a.config().Store.Worker
	var errs []error
	if same {
		errs = append(errs, a.resign(ctx))
	}
	for _, s := range streams {
		s.held.Store(false)
		a.checkpoints.drop(s.cfg.Name)
		a.swap(s, nil)
		row := s.status.read(s.receiver.Counts(), false, time.Now())
		row.Phase, row.Note = hub.Ended, text
		a.hub.PublishStream(row)
		s.log.Error("the stream is not watched any more: " + text)
		if !same {
			a.pulse.settled()
			errs = append(errs, a.machine.Remove(ctx, s.cfg.Name))
		}
	}
	return errors.Join(errs...)
}

// resign ends what tells people: health, alarm machine, journal. The sinks deliver what they have.
func (a *App) resign(ctx context.Context) error {
	if a.resigned {
		return nil
	}
	a.resigned = true
	var errs []error
	for _, t := range a.tellers {
		errs = append(errs, a.life.end(ctx, t))
	}
	return errors.Join(errs...)
}

// lockChanging waits for whoever changes streams; false: the app is stopping.
func (a *App) lockChanging() bool {
	for !a.changing.TryLock() {
		select {
		case <-a.ending.Done():
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
	if a.ending.Err() != nil {
		a.changing.Unlock()
		return false
	}
	return true
}

// drop forgets that a stream is held.
func (k *checkpoints) drop(name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.held, name)
}
