package app

import (
	"context"
	"errors"
	"slices"

	"crackle/alert"
	"crackle/alert/evidence"
	"crackle/cmd/crackle/config"
	"crackle/ingest"
	"crackle/ingest/block"
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
			if err := s.begin(ctx, h.found, h.began); err != nil {
				s.log.Error("the stream begins anew", "err", err)
			}
			if alarms := k.unproven(s, h.found); s.witness != nil && len(alarms) > 0 {
				s.prove(ctx, alarms)
			}
			close(s.placed)
		}
		h.placed, h.found.state = true, nil // which may be large
		s.held.Store(true)
	}
}

// placeWithout lets streams begin with what comes, without a checkpoint: those of core NATS, for what they miss while they wait for the store is lost,
// and all of them when the store refuses what is published, for then they are scored past it.
func (k *checkpoints) placeWithout(streams []*stream, refusing bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range streams {
		if (refusing || s.cfg.Transport == "core") && k.held[s.cfg.Name] == nil {
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
		err = k.claimOne(ctx, &s.cfg, nil)
	}
	k.mu.Unlock()
	if err == nil {
		k.place(ctx, []*stream{s})
		return
	}
	s.log.Error("the stream begins without checkpoints", "err", err)
	close(s.placed)
}

// begin puts the stream in the state of a checkpoint, as far as its configuration wants that. began is the end of the store from which on its signal
// is new; nil: where it ends when it is first read.
func (s *stream) begin(ctx context.Context, c *checkpoint, began *place) error {
	switch s.cfg.Start {
	case config.StartAll:
		return s.receiver.StartAt(ingest.Start{From: ingest.FromOldest})
	case config.StartNew:
		switch {
		case began == nil:
		case began.seq == 0:
			return s.receiver.StartAt(ingest.Start{From: ingest.FromOldest})
		default:
			return s.receiver.StartAt(ingest.Start{From: ingest.FromAfter, Seq: began.seq, StoreNS: began.ns})
		}
		return s.receiver.StartAt(ingest.Start{From: ingest.FromNew})
	}
	start := ingest.Start{From: ingest.FromAfter, Seq: c.Seq, StoreNS: c.StoreNS, Run: c.Run, Next: c.Next}
	switch {
	case c.Seq == 0 && (c.Run == 0 || c.Stored): // the store held nothing when the stream was seen first
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
	if c.Model == model {
		s.resumeDrift(c.Drift)
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

// prove asks again for the evidence of alarms that were raised shortly before the last run ended, if it was not stored then. Of the signal before the
// checkpoint the store gives the raw one; the rest of the pack begins there.
func (s *stream) prove(ctx context.Context, alarms []alert.Alarm) {
	store, err := evidence.OpenStore(ctx, s.app.checkpoints.js, s.app.evidenceBounds())
	if err != nil {
		s.log.Warn("evidence of before the restart is not looked after", "err", err)
		return
	}
	var left []alert.Alarm
	for _, a := range alarms {
		if has, err := store.Has(ctx, a.ID); err == nil && !has {
			left = append(left, a)
		}
	}
	if len(left) == 0 {
		return
	}
	err = s.ask(ctx, func(s *stream) {
		from, near, keep := left[0].Onset, left[0].OnsetTime, seconds(s.witness.Seconds())
		for _, a := range left {
			if a.Onset < from {
				from, near = a.Onset, a.OnsetTime
			}
		}
		from -= min(from, uint64(s.app.config().Evidence.PreS*s.cfg.RateHz))
		if r, err := s.app.past(&s.cfg); err == nil && from < s.at.next {
			_, err = r.ReadRun(ctx, s.at.run, from, s.at.next, near, keep, func(b *block.Block) error {
				s.witness.Push(b)
				return nil
			})
			if err != nil {
				s.log.Warn("the signal before the restart is not in the evidence", "err", err)
			}
		}
		for _, a := range left {
			s.witness.Trigger(a)
		}
	})
	if err == nil {
		s.log.Info("evidence of before the restart is made now", "alarms", len(left))
	}
}

// unprovenS is the age, in seconds of signal, at which an alarm's evidence has been stored, or will not be any more.
const unprovenS = 60

// unproven are a stream's alarms that may lack their evidence: raised in the run that goes on, not longer before its end than evidence may take.
func (k *checkpoints) unproven(s *stream, c *checkpoint) (out []alert.Alarm) {
	add := func(a alert.Alarm) {
		known := func(o alert.Alarm) bool { return o.ID == a.ID }
		young := c.Run == 0 || a.Run == c.Run && float64(c.Next)-float64(a.Onset) <= unprovenS*s.cfg.RateHz
		if a.Stream == s.cfg.Name && a.Kind == alert.KindScore && young && !slices.ContainsFunc(out, known) {
			out = append(out, a)
		}
	}
	if k.alarms == nil || s.cfg.Start != config.StartResume {
		return nil
	}
	for _, a := range k.alarms.Open {
		add(a)
	}
	for _, e := range k.since {
		if e.Change == alert.Raised || e.Change == alert.Listed {
			add(e.Alarm)
		}
	}
	return out
}
