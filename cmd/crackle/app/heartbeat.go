package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert/notify"
	"crackle/alert/notify/outbound"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/ingest"
	"crackle/ingest/block"
)

const (
	beatSamples = 64              // of a beat, which is one window
	beatWarm    = 8               // beats that filter and network see before the first one is sent
	beatTimeout = 3 * time.Second // for the store to take a beat
)

// heartbeat is a test signal of the monitor's own that goes the way of every signal: NATS, receiver, filter, window, network, alarm machine,
// dispatcher, a sink that keeps nothing. Each monitor has a subject of its own.
type heartbeat struct {
	app      *App
	every    time.Duration
	patience time.Duration
	cfg      config.Stream
	receiver *ingest.Receiver
	chain    *Chain
	js       jetstream.JetStream // nil: no stream is stored, and neither is the beat
	log      *slog.Logger
	run      uint64
	started  time.Time
	ctx      context.Context // of score

	came     atomic.Int64          // wall time at which a beat came through last, ns; 0: never
	refused  atomic.Pointer[error] // why the store did not take the newest beat; nil when it did
	refusals atomic.Int64          // beats in a row that the store did not take
	caller   *outbound.Client      // of the dead-man address; nil: none
	calls    atomic.Uint64         // that were answered
}

// openHeartbeat makes the heartbeat and teaches its network, which takes some milliseconds.
func (a *App) openHeartbeat(ctx context.Context, stored bool) error {
	c := &a.config().Heartbeat
	h := &heartbeat{app: a, every: seconds(c.EveryS), patience: seconds(c.MissingS), log: a.log, started: time.Now()}
	var id [8]byte
	rand.Read(id[:])
	h.run = 1
	h.cfg = config.DefaultStream("_heartbeat." + hex.EncodeToString(id[:]))
	h.cfg.Channels, h.cfg.RateHz, h.cfg.PartResets, h.cfg.QueueBlocks = []string{"beat"}, beatSamples, false, 16
	h.cfg.Filter = config.Filter{Kind: "butterworth", Type: "low-pass", Order: 2, HighHz: beatSamples / 4}
	h.cfg.Window.Length, h.cfg.Window.Hop = beatSamples, beatSamples
	h.cfg.Features.List, h.cfg.Features.MinChange.All = []string{"rms", "spectral_centroid"}, 1e6 // no beat is an alarm
	h.cfg.Network.Hidden, h.cfg.Network.Epochs, h.cfg.Network.WarmupWindows = 4, 2, 1
	var err error
	if h.chain, err = NewChain(&h.cfg, h.score); err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	if err := h.teach(ctx); err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	decoder, err := block.NewDecoder(h.cfg.Decoding())
	if err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	if stored {
		if h.js, err = jetstream.New(a.conn); err != nil {
			return err
		}
	}
	if h.receiver, err = ingest.New(a.conn, ingest.Config{
		Stream: h.cfg.Name, Subject: h.cfg.Subject, Channels: 1, RateHz: h.cfg.RateHz, Decoder: decoder, JetStream: stored,
		Start: ingest.Start{From: ingest.FromNew}, Queue: h.cfg.QueueBlocks, Horizon: 4, Unused: consumerUnused, Log: slog.New(slog.DiscardHandler),
	}); err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	if !c.DeadManURL.Empty() {
		if h.caller, err = outbound.New(outbound.Config{URL: c.DeadManURL, AllowPrivate: c.AllowPrivate}); err != nil {
			return fmt.Errorf("heartbeat.dead_man_url: %w", err)
		}
		a.life.adopt("dead-man calls", func(context.Context) error { h.caller.Close(); return nil })
	}
	a.heartbeat = h
	return nil
}

// start sets the beat going, the source last.
func (h *heartbeat) start() {
	h.app.life.start("heartbeat scoring", func(context.Context) {}, h.take)
	h.app.life.start("heartbeat receiver", nil, h.receiver.Run)
	h.app.life.start("heartbeat", nil, h.beat)
	if h.caller != nil {
		h.app.life.start("dead-man calls", nil, h.call)
	}
}

// signal is the beat of a number: a wave that never repeats itself, so that no one takes it for frozen.
func (h *heartbeat) signal(number uint64) *block.Block {
	b := &block.Block{Run: h.run, Seq: number, First: number * beatSamples, TimeNS: time.Now().UnixNano(), RateHz: beatSamples, Channels: 1,
		Flags: block.Simulated, Samples: make([]float32, beatSamples)}
	for i := range b.Samples {
		t := float64(b.First) + float64(i)
		b.Samples[i] = float32(math.Sin(t*0.7) + 0.3*math.Sin(t*math.Sqrt2))
	}
	return b
}

// teach fits the network to the signal that it will see.
func (h *heartbeat) teach(ctx context.Context) error {
	c, err := NewChain(&h.cfg, func(*detector.Score) {})
	if err != nil {
		return err
	}
	var lesson detector.Lesson
	c.Collect(&lesson)
	for k := range uint64(64) {
		if err := c.Push(h.signal(k)); err != nil {
			return err
		}
	}
	c.End()
	how, err := Teaching(&h.cfg, c.Conditioner, h.app.version)
	if err != nil {
		return err
	}
	m, err := detector.Teach(ctx, how, &lesson)
	if err != nil {
		return err
	}
	return h.chain.Install(m)
}

// take scores the beats as they come in. A beat that got lost on the way is no gap in the signal of the next one, or the filter would settle anew.
func (h *heartbeat) take(ctx context.Context) error {
	next := uint64(0)
	push := func(b *block.Block) {
		b.First, b.Run = next, h.run
		next = b.End()
		if err := h.chain.Push(b); err != nil {
			h.log.Error("heartbeat refused by conditioning", "err", err)
		}
	}
	for k := range uint64(beatWarm) {
		push(h.signal(k))
	}
	h.ctx = ctx
	for b := range h.receiver.Blocks() {
		push(b)
		h.receiver.Release(b)
	}
	return nil
}

// score hands a beat on to the alarm machine, when the network has scored it.
func (h *heartbeat) score(s *detector.Score) {
	if h.ctx == nil || s.Verdict == detector.NotAssessed {
		return
	}
	if err := h.app.machine.Beat(h.ctx, h.cfg.Name); err != nil && h.ctx.Err() == nil {
		h.log.Error("heartbeat not taken by the alarm machine", "err", err)
	}
}

// Name implements notify.Sink, as the end of the way.
func (h *heartbeat) Name() string { return "heartbeat" }

// Send implements notify.Sink.
func (h *heartbeat) Send(context.Context, notify.Message) error {
	h.came.Store(time.Now().UnixNano())
	return nil
}

// beat publishes until ctx ends, the first time when the receiver listens.
func (h *heartbeat) beat(ctx context.Context) error {
	for h.receiver.Counts().Opened == 0 {
		if !pauseFor(ctx, 50*time.Millisecond) {
			return nil
		}
	}
	var payload []byte
	for number := uint64(beatWarm); ; number++ {
		var err error
		if payload, err = block.Append(payload[:0], h.signal(number), block.F32); err != nil {
			return err
		}
		h.publish(ctx, payload)
		wait := h.every
		if h.refusals.Load() > 0 { // whether the store is back is to be known soon
			wait = min(wait, time.Second)
		}
		if !pauseFor(ctx, wait) {
			return nil
		}
	}
}

// publish sends one beat, and notes what the store says to it. While the server is away there is nobody to ask.
func (h *heartbeat) publish(ctx context.Context, payload []byte) {
	if !h.app.conn.IsConnected() {
		return
	}
	if h.js == nil {
		if err := h.app.conn.Publish(h.cfg.Subject, payload); err != nil {
			h.log.Warn("heartbeat not published", "err", err)
		}
		return
	}
	wait, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	_, err := h.js.PublishMsg(wait, &nats.Msg{Subject: h.cfg.Subject, Data: payload})
	switch {
	case err == nil:
		h.refusals.Store(0)
		h.refused.Store(nil)
	case ctx.Err() == nil && h.app.conn.IsConnected():
		h.refused.Store(&err)
		h.refusals.Add(1)
	}
}

// last is when a beat came through; zero: not yet.
func (h *heartbeat) last() time.Time {
	if ns := h.came.Load(); ns != 0 {
		return time.Unix(0, ns)
	}
	return time.Time{}
}

// missing reports whether no beat has come through for too long.
func (h *heartbeat) missing(now time.Time) bool {
	from := h.last()
	if from.IsZero() {
		from = h.started
	}
	return now.Sub(from) >= h.patience
}

// call asks for the dead-man address every while, as long as beats come through.
func (h *heartbeat) call(ctx context.Context) error {
	every := seconds(h.app.config().Heartbeat.DeadManS)
	failing := false
	for last := (time.Time{}); ; {
		now := time.Now()
		if now.Sub(last) >= every && !h.last().IsZero() && !h.missing(now) {
			last = now
			err := h.caller.Get(ctx)
			if err == nil {
				h.calls.Add(1)
			}
			if err != nil && ctx.Err() == nil && !failing {
				h.log.Error("the dead-man address was not reached; it is tried again", "err", err)
			}
			failing = err != nil
		}
		if !pauseFor(ctx, min(every, time.Second)) {
			return nil
		}
	}
}

// Heartbeat says when the monitor's own test signal came through last, zero for never, and whether it does.
func (a *App) Heartbeat() (last time.Time, ok bool) {
	h := a.heartbeat
	if h == nil {
		return last, false
	}
	return h.last(), !h.missing(time.Now())
}

// pauseFor waits, and reports whether ctx is still good.
func pauseFor(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
