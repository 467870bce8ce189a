package app

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/detector"
	"crackle/detector/archive"
	"crackle/web/api"
)

// backtester implements api.Backtester over the signal store.
type backtester struct{ app *App }

// Backtest scores a stretch with the set-up in service and with the one that is asked for. It takes one of the places of the questions about
// the past, so that dashboards keep theirs.
func (r backtester) Backtest(ctx context.Context, stream string, q api.BacktestRequest, report api.Progress) (any, error) {
	s := r.app.stream(stream)
	if s == nil {
		return nil, unknownStream(stream)
	}
	running := s.served.Load()
	if running == nil {
		return nil, api.Conflict("model", "stream %s: there is no model in service to compare with; teach one first", stream)
	}
	var candidate *detector.Model
	if q.Model != "" && q.Model != running.Hash() {
		var err error
		if candidate, err = r.app.keptModel(ctx, s, q.Model); err != nil {
			return nil, err
		}
	}
	cfg := s.cfg
	b, err := NewBacktest(BacktestConfig{Stream: &cfg, Running: running, Candidate: candidate, LimitFactor: q.LimitFactor, AlarmsPerDay: q.AlarmsPerDay})
	if err != nil {
		return nil, err
	}
	past, err := r.app.past(&cfg)
	if err != nil {
		return nil, err
	}
	return BacktestStretch(ctx, past, b, q.From, q.To, report)
}

// keptModel reads a model of the archive, and makes sure that it fits the stream.
func (a *App) keptModel(ctx context.Context, s *stream, hash string) (*detector.Model, error) {
	js, err := jetstream.New(a.conn)
	if err != nil {
		return nil, err
	}
	kept, err := archive.Open(ctx, js, archive.Bounds{})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", api.ErrUnavailable, err)
	}
	b, err := kept.Get(ctx, s.cfg.Name, hash)
	if err != nil {
		return nil, api.NotFound("model", "model: %v", err)
	}
	m, err := detector.ParseModel(b)
	if err != nil {
		return nil, err
	}
	return m, fits(m, &s.cfg)
}
