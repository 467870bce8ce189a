package app

import (
	"time"

	"crackle/cmd/crackle/config"
	"crackle/ingest/block"
	"crackle/web/hub"
	"crackle/window"
)

// bucketsPerSecond of a live waveform: a screen has no more pixels for it.
const bucketsPerSecond = 200

// waves sends a stream's signal to the dashboards as min/max envelopes: as received, and conditioned where there is a filter.
type waves struct {
	hub    *hub.Hub
	raw    *window.Envelope
	rateHz float64

	run    uint64 // of the block under way
	first  uint64
	timeNS int64
}

func newWaves(s *config.Stream, h *hub.Hub, c *Chain) (*waves, error) {
	w := &waves{hub: h, rateHz: s.RateHz}
	var err error
	if w.raw, err = w.envelope(s, hub.Raw, 1); err != nil {
		return nil, err
	}
	if s.Filter.Kind != "none" || c.factor > 1 {
		clean, err := w.envelope(s, hub.Conditioned, c.factor)
		if err != nil {
			return nil, err
		}
		c.Tap(clean.Push)
	}
	return w, nil
}

// envelope reduces rows that stand for factor of the publisher's samples each.
func (w *waves) envelope(s *config.Stream, kind hub.Kind, factor uint64) (*window.Envelope, error) {
	rateHz := s.RateHz / float64(factor)
	bucket := max(1, int(rateHz*max(1, s.TimeLapse)/bucketsPerSecond))
	out := hub.Wave{Stream: s.Name, Kind: kind, SamplesPerBucket: bucket, RateHz: rateHz}
	return window.NewEnvelope(len(s.Channels), bucket, func(first uint64, _ int, minmax []float32) {
		out.Run, out.First, out.TimeNS = w.run, first, w.wall(first*factor)
		for c := range len(minmax) / 2 {
			out.Channel, out.MinMax = c, minmax[2*c:2*c+2]
			w.hub.PublishWave(&out)
		}
	})
}

// wall is the wall time of a sample near the block under way.
func (w *waves) wall(index uint64) int64 {
	return w.timeNS + int64(float64(int64(index-w.first))/w.rateHz*float64(time.Second))
}

func (w *waves) push(b *block.Block) {
	if b.Run != w.run {
		w.raw.Flush()
	}
	w.run, w.first, w.timeNS = b.Run, b.First, b.TimeNS
	w.raw.Push(b.First, b.Samples)
}
