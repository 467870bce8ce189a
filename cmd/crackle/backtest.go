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
	"crackle/ingest/block"
	"crackle/ingest/file"
)

type backtestCmd struct {
	Recordings   []string `arg:"" optional:"" name:"recording" help:"Recordings: CSV, plain or gzip. None: what the store of the running crackle holds of the stream."`
	Config       string   `short:"c" required:"" placeholder:"FILE" help:"Configuration file with the stream."`
	Stream       string   `short:"s" help:"Stream; may be left out when there is only one."`
	From         string   `placeholder:"TIME" help:"Begin there, RFC 3339 with its zone. Default: the oldest signal that is kept."`
	To           string   `placeholder:"TIME" help:"End there. Default: the newest."`
	Model        string   `short:"m" placeholder:"FILE" help:"Model to try. Default: the stream's."`
	LimitFactor  float64  `placeholder:"X" help:"Try the limit times this, 0.1 to 10."`
	AlarmsPerDay float64  `placeholder:"N" help:"Find the lowest limit that gives at most so many alarms a day."`
	Data         string   `placeholder:"DIR" help:"Data folder of the crackle that runs on this machine. Default: the configuration's."`
	JSON         bool     `name:"json" help:"Write JSON."`
	layout
}

func (c *backtestCmd) Run(con console) error {
	from, to, err := c.check()
	if err != nil {
		return err
	}
	cfg, err := load(c.Config)
	if err != nil {
		return err
	}
	s, err := streamOf(cfg, c.Stream)
	if err != nil {
		return err
	}
	what := app.BacktestConfig{Stream: s, LimitFactor: c.LimitFactor, AlarmsPerDay: c.AlarmsPerDay}
	if what.Running, err = app.LoadModel(app.ModelPath(cfg, s), s); err != nil {
		return err
	}
	if c.Model != "" {
		if what.Candidate, err = app.LoadModel(c.Model, s); err != nil {
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
		r, err = c.store(ctx, con, cfg, s, b, from, to)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(con, r)
	}
	return c.tell(con, r)
}

func (c *backtestCmd) check() (from, to time.Time, err error) {
	for _, t := range []struct {
		flag, text string
		into       *time.Time
	}{{"--from", c.From, &from}, {"--to", c.To, &to}} {
		if t.text == "" {
			continue
		}
		if *t.into, err = time.Parse(time.RFC3339, t.text); err != nil {
			return from, to, mistake{fmt.Errorf("%s %q: give a time with its zone, such as 2026-03-02T06:00:00Z", t.flag, t.text)}
		}
	}
	switch {
	case len(c.Recordings) > 0 && (c.From != "" || c.To != ""):
		err = mistake{errors.New("--from and --to are for what the store holds; leave them or the recordings out")}
	case c.LimitFactor != 0 && c.AlarmsPerDay != 0:
		err = mistake{errors.New("--limit-factor and --alarms-per-day: give one of the two")}
	case c.LimitFactor != 0 && !(c.LimitFactor >= 0.1 && c.LimitFactor <= 10):
		err = mistake{fmt.Errorf("--limit-factor %g: give a factor from 0.1 to 10", c.LimitFactor)}
	case c.AlarmsPerDay < 0 || math.IsNaN(c.AlarmsPerDay) || math.IsInf(c.AlarmsPerDay, 0):
		err = mistake{fmt.Errorf("--alarms-per-day %g: give a number above 0", c.AlarmsPerDay)}
	}
	return from, to, err
}

// recordings scores files, each a run of its own.
func (c *backtestCmd) recordings(ctx context.Context, con console, s *config.Stream, b *app.Backtest) (*app.BacktestReport, error) {
	for i, name := range c.Recordings {
		r, err := c.openFor(name, s)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(c.one(ctx, con, name, uint64(i+1), r, b), r.Close()); err != nil {
			return nil, err
		}
	}
	return b.Report(), nil
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
func (c *backtestCmd) store(ctx context.Context, con console, cfg *config.Config, s *config.Stream, b *app.Backtest, from, to time.Time) (*app.BacktestReport, error) {
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
	began, said := time.Now(), time.Time{}
	return app.BacktestStretch(ctx, past, b, from, to, func(share float64, text string) {
		if time.Since(began) > 2*time.Second && time.Since(said) > time.Second {
			said = time.Now()
			fmt.Fprintf(con.err, "%3.0f %% %s\n", 100*share, text)
		}
	})
}

func (c *backtestCmd) tell(con console, r *app.BacktestReport) error {
	w := con.out
	fmt.Fprintf(w, "stream %s, %.4g h of signal, %d windows, %d scored, %d samples missing\n", r.Stream, r.SignalS/3600, r.Windows, r.Scored, r.Missing)
	fmt.Fprintf(w, "in service: model %s: %.3g alarms a day\n", r.RunningModel, r.RunningPerDay)
	fmt.Fprintf(w, "tried:      model %s, limit times %g: %.3g alarms a day, %s, %d new, %d gone\n", r.Model, r.LimitFactor, r.PerDay, plural(len(r.Alarms), "alarm"), r.New, len(r.Gone))
	for _, a := range append(r.Alarms, r.Gone...) {
		fmt.Fprintf(w, "%-5s %s  %s  score %.4g of %.4g  %s %s\n", a.Match, a.ID, a.Onset.UTC().Format(time.RFC3339), a.Score, a.Limit, a.Part, a.What)
	}
	if r.Note != "" {
		fmt.Fprintln(con.err, r.Note)
	}
	return nil
}
