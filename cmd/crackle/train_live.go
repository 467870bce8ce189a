package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/archive"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/detector/inspect"
	"crackle/detector/inspect/picture"
)

// live are the flags of `crackle train` for what a running crackle has received, or is going to.
type live struct {
	From  time.Time     `placeholder:"TIME" help:"Learn from what the store holds from there, as 2026-01-31T08:00:00Z, in place of recordings."`
	To    time.Time     `placeholder:"TIME" help:"Up to there. Default: the newest."`
	Next  time.Duration `placeholder:"TIME" help:"Learn from the next so much of the live signal, as 20m."`
	Parts int           `placeholder:"N" help:"Learn from the next so many parts."`
	Use   bool          `help:"Put the model in service at once."`
	Quick bool          `help:"Leave backpropagation out: the network in closed form only."`
	By    string        `placeholder:"NAME" help:"Who teaches, for the record. Default: the name of the account."`
	Data  string        `placeholder:"DIR" help:"Data folder of the crackle that runs on this machine. Default: the configuration's."`
}

// asked reports whether something else than recordings is to be learnt from.
func (l *live) asked() bool {
	return !l.From.IsZero() || !l.To.IsZero() || l.Next != 0 || l.Parts != 0
}

func (l *live) check(files []string) error {
	ways := 0
	for _, is := range []bool{len(files) > 0, !l.From.IsZero() || !l.To.IsZero(), l.Next != 0, l.Parts != 0} {
		if is {
			ways++
		}
	}
	switch {
	case ways == 0:
		return errors.New("name recordings, or a stretch of the store with --from and --to, or --next with a time, or --parts with a number")
	case ways > 1:
		return errors.New("recordings, --from and --to, --next, and --parts: give one of the four")
	case l.Next < 0 || l.Parts < 0:
		return fmt.Errorf("--next %s, --parts %d: give what is above 0", l.Next, l.Parts)
	case len(files) > 0 && (l.Use || l.Data != ""):
		return errors.New("--use and --data are for models that are kept with the store; a model from recordings is a file, which the next start finds")
	}
	return span(l.From, l.To)
}

// models opens the models of the crackle that a configuration tells of.
func models(ctx context.Context, name string, cfg *config.Config, data string) (*archive.Store, func(), jetstream.JetStream, error) {
	nc, err := reach(ctx, name, cfg, data)
	if err != nil {
		return nil, nil, nil, err
	}
	js, err := jetstream.New(nc)
	if err == nil {
		var store *archive.Store
		if store, err = app.OpenModels(ctx, js, cfg); err == nil {
			return store, nc.Close, js, nil
		}
	}
	nc.Close()
	return nil, nil, nil, err
}

// inService is the model that a stream is scored with: what was put in service, else the stream's file; nil when there is neither.
func inService(ctx context.Context, store *archive.Store, cfg *config.Config, s *config.Stream) (*detector.Model, error) {
	v, err := store.InService(ctx, s.Name)
	if err != nil {
		return nil, err
	}
	if v != nil {
		return app.StoredModel(ctx, store, s, v.Hash)
	}
	m, err := app.LoadModel(app.ModelPath(cfg, s), s)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return m, err
}

// account is the name of who runs the program.
func account(by string) string {
	if by != "" {
		return by
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "command line"
}

// learn teaches from what a running crackle has received, or receives from now on.
func (l *live) learn(con console, cfg *config.Config, s *config.Stream, asJSON bool, drawing, page string) error {
	ctx, stop := interruptible()
	defer stop()
	store, leave, js, err := models(ctx, "crackle train", cfg, l.Data)
	if err != nil {
		return err
	}
	defer leave()
	running, err := inService(ctx, store, cfg, s)
	if err != nil {
		return err
	}
	alarms := func(ctx context.Context) ([]alert.Alarm, error) { return app.JournalledAlarms(ctx, js, s.Name) }
	t, err := app.NewTeacher(app.TeacherConfig{Stream: s, Conn: js.Conn(), Store: store, Running: running, Alarms: alarms, Version: version})
	if err != nil {
		return err
	}
	by := account(l.By)
	made, err := t.Teach(ctx, app.TeachRequest{From: l.From, To: l.To, Parts: l.Parts, Seconds: l.Next.Seconds()}, by, shares(con.err))
	if ctx.Err() != nil {
		return errors.New("interrupted: nothing was learnt, and nothing is kept")
	}
	if err != nil {
		return err
	}
	if err := drawInspection(drawing, made.Seen); err != nil {
		return err
	}
	info, model := made.Info, made.Model
	if !l.Quick {
		fmt.Fprintf(con.err, "model %s is kept; backpropagation goes on, ctrl-C leaves it out\n", info.Hash)
		better, kept, err := t.Refine(ctx, made, by, false, epochs(con.err))
		switch {
		case ctx.Err() != nil:
			fmt.Fprintln(con.err, "backpropagation was left out")
		case err != nil:
			fmt.Fprintf(con.err, "backpropagation failed, the network in closed form stays: %v\n", err)
		case kept:
			info = better
			if model, err = app.StoredModel(ctx, store, s, info.Hash); err != nil {
				return err
			}
		}
	}
	if err := writeTrainPage(page, model, made.Seen); err != nil {
		return err
	}
	if l.Use {
		wait, cancel := context.WithTimeout(context.Background(), useWait+10*time.Second)
		defer cancel()
		if err := app.ServeModel(wait, store, s.Name, info.Hash, by, "crackle train --use", useWait); err != nil {
			return err
		}
		info.InService = true
	}
	if asJSON {
		return printJSON(con.out, info)
	}
	return tellModel(con.out, &info)
}

// drawInspection writes a picture of what was learnt from; without a name it does nothing.
func drawInspection(name string, seen *inspect.Report) error {
	if name == "" {
		return nil
	}
	var b bytes.Buffer
	if err := picture.PNG(&b, seen); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}

// tellModel says what a model that is kept with the store rests on.
func tellModel(w io.Writer, m *app.ModelInfo) error {
	service := "kept with the store; `crackle model use " + m.Hash + "` puts it in service"
	if m.InService {
		service = "in service"
	}
	fmt.Fprintf(w, "Model %s of stream %s, %s\n\n", m.Hash, m.Stream, service)
	for _, line := range m.Report {
		fmt.Fprintf(w, "  %s\n", line)
	}
	if c := m.Comparison; c != nil {
		fmt.Fprintf(w, "\n%-28s %14s %14s\n", "", "new", "in service")
		fmt.Fprintf(w, "%-28s %14s %14s\n", "model", c.New.Model, c.Running.Model)
		for _, row := range []struct {
			name       string
			a, b       float64
			meaningful bool
		}{
			{"held-out windows", float64(c.New.Windows), float64(c.Running.Windows), true},
			{"of them above the limit", float64(c.New.Above), float64(c.Running.Above), true},
			{"highest score, in limits", c.New.Highest, c.Running.Highest, true},
			{"squared forecast error", c.New.Error, c.Running.Error, c.New.Error > 0 && c.Running.Error > 0},
			{"alarms of the back-test", float64(c.New.Alarms), float64(c.Running.Alarms), c.New.BacktestOf > 0},
		} {
			if row.meaningful {
				fmt.Fprintf(w, "%-28s %14.4g %14.4g\n", row.name, row.a, row.b)
			}
		}
	}
	_, err := fmt.Fprintln(w)
	return err
}
