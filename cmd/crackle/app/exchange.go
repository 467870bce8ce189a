package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/ingest"
	"crackle/web/hub"
)

// place is up to where a stream has been dealt with: the message of the store, and the run and the index after its last sample.
type place struct {
	seq       uint64
	ns        int64
	run, next uint64
}

// request is something that a stream's goroutine is asked to do between two blocks.
type request struct{ do func(*stream) }

// errOver is returned for a stream whose goroutine has ended.
var errOver = errors.New("the stream has been stopped")

// ask has the stream's goroutine call do between two blocks, with the stream as it is then, and waits until it has.
func (s *stream) ask(ctx context.Context, do func(*stream)) error {
	done := make(chan struct{})
	r := request{func(s *stream) { defer close(done); do(s) }}
	select {
	case s.asked <- r:
		<-done
		return nil
	case <-s.over:
		return fmt.Errorf("stream %s: %w", s.cfg.Name, errOver)
	case <-ctx.Done():
		return fmt.Errorf("stream %s: not asked in time: %w", s.cfg.Name, ctx.Err())
	}
}

// settings are what a stream is exchanged for. A nil field stays as it is.
type settings struct {
	Stream *config.Stream  // all of its settings
	Model  *detector.Model // in service from the next window on; nil with other settings: the one in service if it fits them, else the model file
	By     string          // who wants it, for the record; empty is the program itself
	Why    string
}

// exchange puts other settings or another model in a stream's place between two blocks. A model alone leaves filter, windows and account as they are.
// With other settings the stream begins anew from the next block on: the part under way is not assessed, an alarm that is not bound to it stays
// open and clears by the new settings. It is all or nothing; what cannot work is refused before anything is touched. It waits until it is done,
// or ctx ends.
func (a *App) exchange(ctx context.Context, name string, to settings) error {
	a.changing.Lock()
	defer a.changing.Unlock()
	ctx, cancel := a.whileRunning(ctx)
	defer cancel()
	return a.exchangeOne(ctx, name, to)
}

// whileRunning is ctx until Stop is called.
func (a *App) whileRunning(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(a.ending, cancel)
	return ctx, func() { stop(); cancel() }
}

func (a *App) exchangeOne(ctx context.Context, name string, to settings) error {
	s := a.stream(name)
	if s == nil {
		return fmt.Errorf("no stream is named %s", name)
	}
	cfg := s.cfg
	if to.Stream != nil {
		cfg = *to.Stream
	}
	if to.Model != nil {
		if err := fits(to.Model, &cfg); err != nil {
			return err
		}
	}
	var err error
	switch {
	case to.Stream == nil && to.Model == nil:
		return nil
	case to.Stream == nil:
		failed := s.ask(ctx, func(s *stream) {
			s.by = to.By
			err = s.install(to.Model)
			s.by = ""
		})
		err = errors.Join(err, failed)
	case receivedAlike(&s.cfg, &cfg):
		err = a.exchangeChain(ctx, s, cfg, to.Model)
	default:
		err = a.exchangeReceiver(ctx, s, cfg, to.Model)
	}
	if err != nil {
		return err
	}
	a.exchanged.Add(1)
	a.log.Info("stream exchanged", "stream", name, "settings", to.Stream != nil, "model", to.Model != nil, "by", to.By, "why", to.Why)
	return nil
}

// fits tells why a model cannot work with a stream's settings.
func fits(m *detector.Model, s *config.Stream) error {
	if !s.Takes(m.Stream) {
		return fmt.Errorf("stream %s: model %s was taught on stream %s: teach one on this stream, or set model_stream when the two are alike", s.Name, m.Hash(), m.Stream)
	}
	differences, err := m.Contradictions([]byte(s.Fingerprint()))
	if err == nil && len(differences) > 0 {
		err = errors.New(strings.Join(differences, "; "))
	}
	if err != nil {
		return fmt.Errorf("stream %s: model %s was taught with another conditioning: %w", s.Name, m.Hash(), err)
	}
	return nil
}

// receivedAlike reports whether one receiver serves both settings.
func receivedAlike(a, b *config.Stream) bool {
	return a.Subject == b.Subject && a.Encoding == b.Encoding && a.RawType == b.RawType && a.RawScale == b.RawScale && a.Transport == b.Transport &&
		len(a.Channels) == len(b.Channels) && a.RateHz == b.RateHz && a.QueueBlocks == b.QueueBlocks && a.ReorderBlocks == b.ReorderBlocks
}

// exchangeChain goes on with the same receiver.
func (a *App) exchangeChain(ctx context.Context, s *stream, cfg config.Stream, m *detector.Model) error {
	next, err := newStream(a, cfg, s.receiver)
	if err != nil {
		return err
	}
	next.serveWith(cmpModel(m, s.served.Load()))
	var failed error
	asked := s.ask(ctx, func(old *stream) {
		if failed = a.machine.Configure(ctx, next.alarmStream(false)); failed != nil {
			return
		}
		old.leave()
		next.asked, next.over, next.placed, next.tasks, next.at, next.ctx = old.asked, old.over, old.placed, old.tasks, old.at, old.ctx
		next.held.Store(old.held.Load())
		next.status.follow(old.status)
		a.swap(old, next)
		old.next = next
	})
	return errors.Join(asked, failed)
}

// exchangeReceiver ends the stream and begins another one, which reads on where the old one ended if it listens to the same subject.
func (a *App) exchangeReceiver(ctx context.Context, s *stream, cfg config.Stream, m *detector.Model) error {
	start := ingest.Start{From: ingest.FromNew}
	if _, err := a.makeStream(cfg, start); err != nil { // before anything is touched
		return err
	}
	served := s.served.Load()
	if err := a.endStream(ctx, s); err != nil {
		return err
	}
	s.ctx = ctx
	s.leave()
	known := s.at != (place{}) || s.held.Load() && s.cfg.Start == config.StartResume
	if known && s.cfg.Subject == cfg.Subject && s.cfg.Transport == "jetstream" && cfg.Transport == "jetstream" {
		start = ingest.Start{From: ingest.FromAfter, Seq: s.at.seq, StoreNS: s.at.ns, Run: s.at.run, Next: s.at.next}
		if s.at.seq == 0 { // the store held nothing before this stream's signal
			start.From = ingest.FromOldest
		}
	}
	next, err := a.makeStream(cfg, start)
	if err != nil {
		return err
	}
	next.status.follow(s.status)
	next.held.Store(s.held.Load())
	next.at = s.at
	close(next.placed)
	a.swap(s, nil)
	a.pulse.settled()
	if err := a.machine.Remove(ctx, cfg.Name); err != nil {
		return err
	}
	next.serveWith(cmpModel(m, served))
	return a.begin(ctx, next)
}

// cmpModel is the model asked for, else the one in service.
func cmpModel(m, served *detector.Model) *detector.Model {
	if m != nil {
		return m
	}
	return served
}

// serveWith has a stream that does not run yet begin with a model, or look for one of its own where that does not fit.
func (s *stream) serveWith(m *detector.Model) {
	if m != nil && fits(m, &s.cfg) == nil {
		s.models <- m
		return
	}
	s.find(true)
}

// leave ends what the stream has under way, in its own goroutine.
func (s *stream) leave() {
	s.chain.Cut()
	if s.witness != nil {
		s.witness.Flush()
	}
}

// begin sets a stream going that was made while the app runs.
func (a *App) begin(ctx context.Context, s *stream) error {
	if err := a.machine.Configure(ctx, s.alarmStream(false)); err != nil {
		return err
	}
	a.swap(nil, s)
	if err := a.openStore(ctx); err != nil {
		return err
	}
	s.score()
	select {
	case <-s.placed: // it goes on with another one's
	default:
		a.checkpoints.adopt(ctx, s)
	}
	s.receive()
	return nil
}

// endStream stops a stream's receiver, and its goroutine once that has dealt with what had come.
func (a *App) endStream(ctx context.Context, s *stream) error {
	for _, t := range s.tasks {
		if err := a.life.end(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// remove stops a stream, clears its alarms and forgets it.
func (a *App) remove(ctx context.Context, s *stream) error {
	if err := a.endStream(ctx, s); err != nil {
		return err
	}
	s.ctx = ctx
	s.leave()
	if err := a.checkpoints.forget(ctx, s.cfg.Name); err != nil {
		s.log.Warn("should the stream come back, it goes on from where it was left", "err", err)
	}
	a.swap(s, nil)
	a.pulse.settled()
	row := s.status.read(s.receiver.Counts(), false, time.Now())
	row.Phase, row.Note = hub.Ended, "not watched any more: it is not in the configuration"
	a.hub.PublishStream(row)
	return a.machine.Remove(ctx, s.cfg.Name)
}

// swap puts a stream in another one's place in the list; with nil for one of them the list grows or shrinks.
func (a *App) swap(old, next *stream) {
	list := slices.Clone(a.list())
	list = slices.DeleteFunc(list, func(s *stream) bool { return s == old })
	if next != nil {
		at, _ := slices.BinarySearchFunc(list, next.cfg.Name, func(s *stream, name string) int { return strings.Compare(s.cfg.Name, name) })
		list = slices.Insert(list, at, next)
	}
	a.streams.Store(&list)
}
