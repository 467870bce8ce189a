// Package log writes messages to a structured log: the sink that always works.
//
//	Upstream: alert/notify (Message values)
//	Downstream: log/slog
//	Drops when: never
package log

import (
	"context"
	"log/slog"

	"crackle/alert"
	"crackle/alert/notify"
)

// Config of a Sink.
type Config struct {
	Name string       // default "log"
	Log  *slog.Logger // default slog.Default()
}

// Sink writes one record per message: a warning for an alarm, information for a clear or a test. Safe for concurrent use.
type Sink struct {
	name string
	log  *slog.Logger
}

var _ notify.Sink = (*Sink)(nil)

// New makes a sink.
func New(cfg Config) *Sink {
	if cfg.Name == "" {
		cfg.Name = "log"
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Sink{cfg.Name, cfg.Log}
}

// Name is the configured name.
func (s *Sink) Name() string { return s.name }

// Send writes one record.
func (s *Sink) Send(ctx context.Context, m notify.Message) error {
	level := slog.LevelInfo
	if m.Change == alert.Raised {
		level = slog.LevelWarn
	}
	s.log.LogAttrs(ctx, level, m.Subject(),
		slog.String("event", m.ID), slog.String("alarm", m.AlarmID), slog.String("stream", m.Stream), slog.String("kind", string(m.Kind)),
		slog.String("state", string(m.State)), slog.Time("onset", m.Onset), slog.Uint64("onset_index", m.OnsetIndex), slog.Time("at", m.At),
		slog.String("part", m.Part), slog.String("lot", m.Lot), slog.Float64("score", m.Score), slog.Float64("limit", m.Limit),
		slog.String("unit", m.Unit), slog.String("what", m.What), slog.Bool("simulated", m.Simulated), slog.Bool("provisional", m.Provisional),
		slog.String("link", m.Link))
	return nil
}
