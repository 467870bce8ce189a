package app

import (
	"context"
	"errors"
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
	s := a.stream(stream)
	if s == nil {
		return nil, unknownStream(stream)
	}
	past, err := a.past(&s.cfg)
	if err != nil {
		return nil, err
	}
	l, err := readStretch(ctx, past, &s.cfg, s.served.Load(), from, to, progress)
	if err != nil {
		return nil, err
	}
	alarms, judged, err := a.judged(ctx, stream)
	if err != nil {
		return nil, err
	}
	return l.inspection(alarms, judged)
}

func unknownStream(name string) error {
	return api.NotFound("stream", "stream: found %.200q, which is not configured", name)
}

// judged are the alarms that are known of a stream, and what people said of them.
func (a *App) judged(_ context.Context, stream string) ([]alert.Alarm, []Judgement, error) {
	if a.machine == nil {
		return nil, nil, errors.New("the app has not been started")
	}
	var alarms []alert.Alarm
	for _, al := range (monitor{a}).Alarms() {
		if al.Stream == stream {
			alarms = append(alarms, al)
		}
	}
	return alarms, nil, nil
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
