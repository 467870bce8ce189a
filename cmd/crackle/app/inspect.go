package app

import (
	"context"
	"time"

	"crackle/alert"
	"crackle/web/api"
)

// Inspect says what a stretch of a stream's past holds, and what of it can be taught from. Zero times are the ends of what is kept.
func (a *App) Inspect(ctx context.Context, stream string, from, to time.Time) (*Inspection, error) {
	return a.InspectWith(ctx, stream, from, to, func(float64, string) {})
}

// InspectWith is Inspect, telling progress how far it has come.
func (a *App) InspectWith(ctx context.Context, stream string, from, to time.Time, progress func(share float64, text string)) (*Inspection, error) {
	t, err := a.teacher(ctx, stream)
	if err != nil {
		return nil, err
	}
	select {
	case a.looking <- struct{}{}:
		defer func() { <-a.looking }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ctx, cancel := a.whileRunning(ctx)
	defer cancel()
	return t.Inspect(ctx, from, to, progress)
}

func unknownStream(name string) error {
	return api.NotFound("stream", "stream: found %.200q, which is not configured", name)
}

// inspection looks at what was read.
func (s *stretch) inspection(alarms []alert.Alarm, judged []Judgement) (*Inspection, error) {
	out, list := s.exclude(alarms, judged, false)
	r, err := s.inspect(out)
	if err != nil {
		return nil, err
	}
	all, _ := s.chain.account.Totals()
	x := &Inspection{
		Stream: s.cfg.Name, Missing: all.Missing, Invalid: all.Invalid, Saturated: all.Saturated, Exclusions: list, Judgements: []Judgement{}, Report: *r,
	}
	x.From, x.To = s.span()
	for i := range s.rows {
		if s.rows[i].above {
			x.Above++
		}
	}
	for _, j := range judged {
		if !j.OnsetTime.Before(x.From) && !j.OnsetTime.After(x.To) {
			x.Judgements = append(x.Judgements, j)
		}
	}
	return x, nil
}
