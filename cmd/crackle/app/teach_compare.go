package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"crackle/cmd/crackle/archive"
	"crackle/detector"
)

// compare sets a new model beside the one in service, when there is one: on the rows that were held out, and by a back-test of the signal.
func (t *Teacher) compare(ctx context.Context, made *Taught, progress func(float64, string)) error {
	running := t.cfg.Running
	if running == nil {
		made.Info.Report = append(made.Info.Report, "no model was in service to compare it with")
		return nil
	}
	o, err := detector.HeldOut(made.how, made.lesson, made.Model, running)
	if err != nil {
		return err
	}
	c := &Comparison{New: figures(made.Model, o[0]), Running: figures(running, o[1]), Notes: t.trust(ctx, &made.Info)}
	if err := t.backtest(ctx, made, c, progress); err != nil {
		return err
	}
	made.Info.Comparison = c
	made.Info.Report = append(made.Info.Report, fmt.Sprintf("on %d held-out windows %d are above its limit, and %d of %d above that of model %s in service",
		c.New.Windows, c.New.Above, c.Running.Above, c.Running.Windows, running.Hash()))
	if c.New.BacktestOf > 0 {
		made.Info.Report = append(made.Info.Report, fmt.Sprintf("the back-test of %.3g h gives %s, and %d of the model in service", c.New.BacktestOf/3600, inWords(c.New.Alarms, "alarm"), c.Running.Alarms))
	}
	made.Info.Report = append(made.Info.Report, c.Notes...)
	return nil
}

func figures(m *detector.Model, o detector.Outcome) Figures {
	f := Figures{Model: m.Hash(), Windows: o.Windows, Above: o.Above, Highest: finite(o.Highest), Error: finite(o.Error)}
	if o.Windows > 0 {
		f.Share = float64(o.Above) / float64(o.Windows)
	}
	return f
}

// backtest adds what either model would have told of the signal. Without a store of signals there is none, and the notes say so.
func (t *Teacher) backtest(ctx context.Context, made *Taught, c *Comparison, progress func(float64, string)) error {
	past, err := t.past()
	if err != nil {
		c.Notes = append(c.Notes, "no back-test: the stream's transport keeps no signal")
		return nil
	}
	b, err := NewBacktest(BacktestConfig{Stream: t.cfg.Stream, Running: t.cfg.Running, Candidate: made.Model})
	if err != nil {
		return err
	}
	r, err := BacktestStretch(ctx, past, b, made.Info.From, made.Info.To, progress)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		c.Notes = append(c.Notes, "no back-test: "+err.Error())
		return nil
	}
	c.New.Alarms, c.New.PerDay, c.New.BacktestOf = len(r.Alarms), r.PerDay, r.SignalS
	c.Running.Alarms, c.Running.PerDay, c.Running.BacktestOf = r.Same+len(r.Gone), r.RunningPerDay, r.SignalS
	c.OnlyNew, c.Gone = r.New, len(r.Gone)
	if r.Note != "" {
		c.Notes = append(c.Notes, r.Note)
	}
	return nil
}

// trust says how far the comparison may be trusted.
func (t *Teacher) trust(ctx context.Context, info *ModelInfo) []string {
	notes := []string{"the back-test covers windows that the new model was fitted on: what it does not call there proves little"}
	known, err := findInfo(ctx, t.cfg.Store, t.cfg.Stream.Name, t.cfg.Running.Hash())
	switch {
	case err != nil || known == nil || known.From.IsZero():
		notes = append(notes, "what the model in service was taught from is not known: it may have seen some of these windows")
	case known.From.Before(info.To) && info.From.Before(known.To):
		notes = append(notes, "the model in service was taught from signal of the same time: its figures may flatter it")
	}
	return notes
}

// findInfo is what is known of a model that is kept; nil when it is not kept.
func findInfo(ctx context.Context, store *archive.Store, stream, hash string) (*ModelInfo, error) {
	list, err := modelInfos(ctx, store, stream)
	for i := range list {
		if list[i].Hash == hash {
			return &list[i], nil
		}
	}
	return nil, err
}

// modelInfos are the models that are kept of a stream, the newest first.
func modelInfos(ctx context.Context, store *archive.Store, stream string) ([]ModelInfo, error) {
	if store == nil {
		return nil, errors.New("no store of models")
	}
	items, err := store.List(ctx, stream)
	if err != nil {
		return nil, err
	}
	out := []ModelInfo{}
	for _, it := range items {
		info := ModelInfo{Hash: it.Hash, Stream: it.Stream, Created: it.Stored, Report: []string{}}
		if json.Unmarshal(it.Info, &info) != nil {
			info.Report = []string{"what is known of this model cannot be read"}
		}
		info.Hash, info.Stream, info.Bytes = it.Hash, it.Stream, it.Size
		out = append(out, info)
	}
	return out, nil
}
