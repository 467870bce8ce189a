package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/ingest/block"
	"crackle/ingest/file"
)

type backtestCmd struct {
	Recordings   []string  `arg:"" optional:"" name:"recording" help:"Recordings: CSV, plain or gzip. None: what the store of the running crackle holds of the stream."`
	Config       string    `short:"c" required:"" placeholder:"FILE" help:"Configuration file with the stream."`
	Stream       string    `short:"s" help:"Stream; may be left out when there is only one."`
	From         time.Time `placeholder:"TIME" help:"Begin there, as 2026-01-31T08:00:00Z. Default: the oldest signal that is kept."`
	To           time.Time `placeholder:"TIME" help:"End there. Default: the newest."`
	Model        string    `short:"m" placeholder:"FILE" help:"Model to try. Default: the one in service."`
	LimitFactor  *float64  `placeholder:"X" help:"Try the limit times this, 0.1 to 10."`
	AlarmsPerDay *float64  `placeholder:"N" help:"Find the lowest limit that gives at most so many alarms a day."`
	Data         string    `placeholder:"DIR" help:"Data folder of the crackle that runs on this machine. Default: the configuration's."`
	JSON         bool      `name:"json" help:"Write JSON."`
	layout
}

func (c *backtestCmd) Run(con console) error {
	if err := c.check(); err != nil {
		return err
	}
	cfg, s, err := subject(c.Config, c.Stream)
	if err != nil {
		return err
	}
	what := app.BacktestConfig{Stream: s}
	if c.LimitFactor != nil {
		what.LimitFactor = *c.LimitFactor
	}
	if c.AlarmsPerDay != nil {
		what.AlarmsPerDay = *c.AlarmsPerDay
	}
	if what.Running, err = modelOf(con, cfg, s, "", c.Data); err != nil {
		return err
	}
	if c.Model != "" {
		if what.Candidate, err = modelOf(con, cfg, s, c.Model, c.Data); err != nil {
			return err
		}
	}
	b, err := app.NewBacktest(what)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	var r *app.BacktestReport
	if len(c.Recordings) > 0 {
		r, err = c.recordings(ctx, con, s, b)
	} else {
		r, err = c.store(ctx, con, cfg, s, b)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, r)
	}
	return tellBacktest(con, r, s.RateHz)
}

func (c *backtestCmd) check() error {
	switch {
	case len(c.Recordings) > 0 && !(c.From.IsZero() && c.To.IsZero()):
		return mistake{errors.New("--from and --to are for what the store holds; leave them or the recordings out")}
	case c.LimitFactor != nil && c.AlarmsPerDay != nil:
		return mistake{errors.New("--limit-factor and --alarms-per-day: give one of the two")}
	case c.LimitFactor != nil && !(*c.LimitFactor >= 0.1 && *c.LimitFactor <= 10):
		return mistake{fmt.Errorf("--limit-factor %g: give a factor from 0.1 to 10", *c.LimitFactor)}
	case c.AlarmsPerDay != nil && !(*c.AlarmsPerDay > 0 && !math.IsInf(*c.AlarmsPerDay, 0)):
		return mistake{fmt.Errorf("--alarms-per-day %g: give a number above 0", *c.AlarmsPerDay)}
	}
	return span(c.From, c.To)
}

// recordings scores files, each a run of its own.
func (c *backtestCmd) recordings(ctx context.Context, con console, s *config.Stream, b *app.Backtest) (*app.BacktestReport, error) {
	undated := map[uint64]bool{}
	for i, name := range c.Recordings {
		r, err := c.openFor(name, s)
		if err != nil {
			return nil, err
		}
		run := uint64(i + 1)
		undated[run] = r.Info().Start.IsZero()
		if err := errors.Join(c.one(ctx, con, name, run, r, b), r.Close()); err != nil {
			return nil, err
		}
	}
	report := b.Report()
	for _, alarms := range [][]app.BacktestAlarm{report.Alarms, report.Gone} {
		for i := range alarms {
			if undated[alarms[i].Run] {
				alarms[i].Onset = time.Time{}
			}
		}
	}
	return report, nil
}

func (c *backtestCmd) one(ctx context.Context, con console, name string, run uint64, r file.Reader, b *app.Backtest) error {
	shown := newBar(con.err, name, r)
	defer shown.finish()
	var x block.Block
	for ctx.Err() == nil {
		err := r.Read(&x)
		if errors.Is(err, io.EOF) {
			b.End()
			return nil
		}
		if err != nil {
			return err
		}
		x.Run = run
		if err := b.Push(&x); err != nil {
			return err
		}
		shown.update()
	}
	return ctx.Err()
}

// store reads what the running crackle keeps.
func (c *backtestCmd) store(ctx context.Context, con console, cfg *config.Config, s *config.Stream, b *app.Backtest) (*app.BacktestReport, error) {
	nc, err := reach(ctx, "crackle backtest", cfg, c.Data)
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	past, err := app.OpenPast(js, s)
	if err != nil {
		return nil, err
	}
	return app.BacktestStretch(ctx, past, b, c.From, c.To, shares(con.err))
}

func tellBacktest(con console, r *app.BacktestReport, rateHz float64) error {
	w := con.out
	fmt.Fprintf(w, "stream %s, %s of signal, %d windows, %d scored, %d samples missing\n", r.Stream, length(r.SignalS), r.Windows, r.Scored, r.Missing)
	fmt.Fprintf(w, "in service: model %s: %s alarms a day\n", r.RunningModel, detector.Quantity(r.RunningPerDay, ""))
	fmt.Fprintf(w, "tried:      model %s, limit times %g: %s alarms a day, %s, %d new, %d gone\n", r.Model, r.LimitFactor, detector.Quantity(r.PerDay, ""), plural(len(r.Alarms), "alarm"), r.New, len(r.Gone))
	for _, a := range append(r.Alarms, r.Gone...) {
		at := a.Onset.UTC().Format(time.RFC3339)
		if a.Onset.IsZero() {
			at = fmt.Sprintf("%.6g s", float64(a.First)/rateHz)
		}
		fmt.Fprintf(w, "%-5s %s  %s  score %.4g of %.4g  %s %s\n", a.Match, a.ID, at, a.Score, a.Limit, a.Part, a.What)
	}
	if r.Note != "" {
		fmt.Fprintln(con.err, r.Note)
	}
	return nil
}
