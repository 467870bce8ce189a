package app

import (
	"context"
	"errors"

	"crackle/cmd/crackle/config"
	"crackle/ingest"
	"crackle/rnn/kernel"
)

// place puts the streams where their checkpoints say, after which their receivers begin. It is called once the alarm machine has its past. Streams
// that are not held are placed by their configuration alone.
func (k *checkpoints) place(ctx context.Context, streams []*stream) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range streams {
		h := k.held[s.cfg.Name]
		if h == nil || h.placed {
			continue
		}
		select {
		case <-s.placed: // it could not wait
		default:
			if err := s.begin(ctx, h.found); err != nil {
				s.log.Error("the stream begins anew", "err", err)
			}
			close(s.placed)
		}
		h.placed = true
		s.held.Store(true)
	}
}

// placeWithout lets streams begin as their configuration alone says, those of core NATS: what they miss while they wait for the store is lost.
func (k *checkpoints) placeWithout(streams []*stream) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range streams {
		if s.cfg.Transport == "core" && k.held[s.cfg.Name] == nil {
			select {
			case <-s.placed:
			default:
				close(s.placed)
			}
		}
	}
}

// adopt claims and places a stream that is made while the app runs. Without a store it begins as its configuration alone says.
func (k *checkpoints) adopt(ctx context.Context, s *stream) {
	k.mu.Lock()
	err := errors.New("the store has not been reached yet")
	if k.kv != nil {
		err = k.claimOne(ctx, &s.cfg)
	}
	k.mu.Unlock()
	if err == nil {
		k.place(ctx, []*stream{s})
		return
	}
	s.log.Error("the stream begins without checkpoints", "err", err)
	close(s.placed)
}

// begin puts the stream in the state of a checkpoint, as far as its configuration wants that.
func (s *stream) begin(ctx context.Context, c *checkpoint) error {
	switch s.cfg.Start {
	case config.StartAll:
		return s.receiver.StartAt(ingest.Start{From: ingest.FromOldest})
	case config.StartNew:
		return s.receiver.StartAt(ingest.Start{From: ingest.FromNew})
	}
	start := ingest.Start{From: ingest.FromAfter, Seq: c.Seq, StoreNS: c.StoreNS, Run: c.Run, Next: c.Next}
	switch {
	case c.Seq == 0 && c.Run == 0: // the store held nothing when the stream was seen first
		start.From = ingest.FromOldest
	case c.Seq == 0: // it was read from core NATS
		start.From = ingest.FromNew
	}
	if err := s.receiver.StartAt(start); err != nil {
		return err
	}
	return s.ask(ctx, func(s *stream) { s.resume(c) })
}

// resume goes on from a checkpoint, in the stream's goroutine.
func (s *stream) resume(c *checkpoint) {
	s.at = c.place()
	if c.Run == 0 {
		return // nothing had come
	}
	log := s.log.With("run", c.Run, "next_sample", c.Next, "written", c.At)
	if c.Settings != stateOf(&s.cfg) {
		log.Warn("the settings are others than those of the checkpoint: the stream begins anew, from where it ended")
		return
	}
	model := ""
	if m := s.chain.Model(); m != nil {
		model = m.Hash()
	}
	restore := s.chain.RestoreState
	if c.Model != model {
		log.Warn("another model is in service than that of the checkpoint: it warms up anew", "then", c.Model, "now", model)
		restore = s.chain.RestoreSignal
	}
	if err := restore(c.state); err != nil {
		log.Warn("the state in the checkpoint cannot be taken up: the stream begins anew, from where it ended", "err", err)
		return
	}
	s.chain.account.Received()
	s.invalid = s.chain.Conditioner.Counts().Invalid > 0
	if c.Kernel != kernel.Name() {
		log.Warn("scores go on by another kernel, which may differ in their last bits", "then", c.Kernel, "now", kernel.Name())
	}
	log.Info("the stream goes on from its checkpoint")
}
