package app

import (
	"context"

	"crackle/detector"
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
		store, err := r.app.archive(ctx)
		if err != nil {
			return nil, err
		}
		if candidate, err = StoredModel(ctx, store, &s.cfg, q.Model); err != nil {
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
