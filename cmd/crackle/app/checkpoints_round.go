package app

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// round writes one checkpoint of everything that has moved, and gives the streams that another process has taken meanwhile. stopped says that nobody
// touches streams any more whose goroutine has ended; else these are left out.
func (k *checkpoints) round(ctx context.Context, stopped bool) (taken []string) {
	// Not cut off by a stop: whether a write that is cut off has been taken is not known.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(checkpointRound, seconds(k.app.config().Server.StopS/3)))
	defer cancel()
	k.mu.Lock()
	defer k.mu.Unlock()
	taken, err := k.roundLocked(ctx, stopped)
	if len(taken) == 0 {
		k.say(err)
	}
	return taken
}

// roundLocked gives the streams that somebody else holds now.
func (k *checkpoints) roundLocked(ctx context.Context, stopped bool) (taken []string, err error) {
	moved := map[string]*checkpoint{}
	for _, s := range k.app.list() {
		h := k.held[s.cfg.Name]
		if h == nil || !h.placed {
			continue
		}
		if c := k.look(ctx, s, h, stopped); c != nil {
			moved[s.cfg.Name] = c
		}
	}
	if len(moved) == 0 {
		return nil, nil
	}
	for _, b := range []*backlog{&k.app.parts.backlog, &k.app.masters.backlog} {
		if err := b.settled(ctx); err != nil { // else a crash could lose a part that is not in its stream's account any more
			return nil, err
		}
	}
	if err := k.keepMachine(ctx); err != nil {
		if conflict(err) {
			for name := range k.held {
				taken = append(taken, name)
			}
		}
		return taken, err
	}
	var errs []error
	for name, c := range moved {
		h := k.held[name]
		c.Slot = 1 - h.slot
		rev, err := k.write(ctx, name, c, h.rev)
		switch {
		case err == nil:
			h.rev, h.slot, h.written, h.model = rev, c.Slot, c.place(), c.Model
			k.trim(ctx, name, h, c.Slot, c.Pieces)
		case conflict(err):
			delete(k.held, name)
			taken = append(taken, name)
		default:
			errs = append(errs, fmt.Errorf("stream %s: %w", name, err))
		}
	}
	return taken, errors.Join(errs...)
}

// look takes a stream's state between two blocks; nil when it has not moved since the last checkpoint, or cannot be asked now.
func (k *checkpoints) look(ctx context.Context, s *stream, h *holding, stopped bool) (c *checkpoint) {
	take := func(s *stream) {
		model := ""
		if m := s.chain.Model(); m != nil {
			model = m.Hash()
		}
		if s.at == (place{}) || s.at == h.written && model == h.model {
			return
		}
		c = &checkpoint{Settings: stateOf(&s.cfg), Model: model, Stored: s.cfg.Transport == "jetstream", state: s.chain.AppendWhole(nil), Drift: s.driftState()}
		c.setPlace(s.at)
	}
	err := s.ask(ctx, take)
	if errors.Is(err, errOver) && stopped {
		take(s)
	}
	if c != nil {
		k.sign(c)
	}
	return c
}

// keepMachine writes the alarm machine's state, which has taken everything scored until now, as soon as the journal holds all that is in it.
func (k *checkpoints) keepMachine(ctx context.Context) error {
	j := k.app.journal.kept.Load()
	if j == nil {
		return errors.New("there is no journal yet")
	}
	c, err := k.app.machine.Settled(ctx)
	if err != nil {
		return fmt.Errorf("state of the alarms: %w", err)
	}
	for !j.Settled(c.Events) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the journal cannot be written: %w", ctx.Err())
		case <-time.After(2 * time.Millisecond):
		}
	}
	b, err := encodeMachine(c)
	if err != nil {
		return err
	}
	rev, err := k.put(ctx, machineKey+k.app.config().Store.Worker, b, k.rev)
	if err != nil {
		return fmt.Errorf("checkpoint of the alarms: %w", err)
	}
	k.rev = rev
	return nil
}

// backlog counts what was handed over to be stored, and what that is done for.
type backlog struct{ given, done atomic.Uint64 }

// settled waits until everything is stored that was handed over before.
func (b *backlog) settled(ctx context.Context) error {
	for until := b.given.Load(); b.done.Load() < until; {
		select {
		case <-ctx.Done():
			return fmt.Errorf("accounts and measurements of parts cannot be stored: %w", ctx.Err())
		case <-time.After(2 * time.Millisecond):
		}
	}
	return nil
}
