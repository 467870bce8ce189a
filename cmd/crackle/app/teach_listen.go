package app

import (
	"context"
	"fmt"
	"time"

	"crackle/ingest"
	"crackle/ingest/block"
)

// listen collects the next parts or seconds of a live stream, with a receiver of its own, so that the one that watches is not disturbed. It waits
// for them as long as ctx lasts.
func (t *Teacher) listen(ctx context.Context, q *TeachRequest, progress func(float64, string)) (*stretch, error) {
	cfg := t.cfg.Stream
	s, err := newStretch(cfg, t.cfg.Running)
	if err != nil {
		return nil, err
	}
	decoder, err := block.NewDecoder(cfg.Decoding())
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", cfg.Name, err)
	}
	r, err := ingest.New(t.cfg.Conn, ingest.Config{
		Stream: cfg.Name, Subject: cfg.Subject, Channels: len(cfg.Channels), RateHz: cfg.RateHz, Decoder: decoder, JetStream: cfg.Transport == "jetstream",
		Start: ingest.Start{From: ingest.FromNew}, Queue: cfg.QueueBlocks, Horizon: cfg.ReorderBlocks,
	})
	if err != nil {
		return nil, err
	}
	receiving, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- r.Run(receiving) }()
	err = s.hear(ctx, q, r, progress)
	stop()
	for b := range r.Blocks() { // what came after the end
		r.Release(b)
	}
	if failed := <-ended; err == nil {
		err = failed
	}
	if err != nil {
		return nil, stretchError(cfg, err)
	}
	s.End()
	if q.Parts > 0 {
		s.rows = s.rows[:s.whole]
	}
	return s, s.failed
}

// hear takes blocks until there are enough.
func (s *stretch) hear(ctx context.Context, q *TeachRequest, r *ingest.Receiver, progress func(float64, string)) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	samples, wanted := 0.0, q.Seconds*s.cfg.RateHz
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if last := r.Counts().LastData; last.IsZero() {
				progress(0, "waiting for the signal: nothing has come yet")
			} else if q.Parts > 0 {
				progress(float64(s.over)/float64(q.Parts), fmt.Sprintf("%d of %s, newest signal %.0f s ago", s.over, inWords(q.Parts, "part"), time.Since(last).Seconds()))
			} else {
				progress(samples/wanted, fmt.Sprintf("%.4g of %.4g s, newest signal %.0f s ago", samples/s.cfg.RateHz, q.Seconds, time.Since(last).Seconds()))
			}
		case b, ok := <-r.Blocks():
			if !ok {
				return nil // Run says why
			}
			samples += float64(b.Count())
			err := s.Push(b)
			r.Release(b)
			if err != nil || q.Parts > 0 && s.over >= q.Parts || q.Seconds > 0 && samples >= wanted {
				return err
			}
		}
	}
}
