package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/detector/inspect"
	"crackle/rnn/train"
)

type trainCmd struct {
	Files   []string `arg:"" optional:"" name:"file" help:"Recordings of normal production, each a part of its own."`
	Config  string   `short:"c" required:"" placeholder:"FILE" help:"Configuration file with the stream."`
	Stream  string   `short:"s" help:"Stream to learn; may be left out when there is only one."`
	Output  string   `short:"o" placeholder:"FILE" help:"Model file to write. Default: the stream's."`
	JSON    bool     `name:"json" help:"Print the model's record as JSON."`
	Report  string   `placeholder:"FILE.html" help:"Write the report as a page, with pictures."`
	Picture string   `placeholder:"FILE.png" help:"Draw what is learnt from: its most remarkable numbers over time."`
	headFlags
	live
	layout
}

func (c *trainCmd) Run(con console) error {
	if err := c.live.check(c.Files); err != nil {
		return mistake{err}
	}
	if ext := filepath.Ext(c.Picture); c.Picture != "" && ext != ".png" {
		return mistake{fmt.Errorf("--picture %q: must end in .png", c.Picture)}
	}
	reads := append(slices.Clone(c.Files), c.Config, c.Labels)
	if err := cmp.Or(apart(reads, c.Output), writable(reads, c.Report, c.Picture)); err != nil {
		return err
	}
	cfg, s, err := subject(c.Config, c.Stream)
	if err != nil {
		return err
	}
	if c.live.asked() {
		if c.Labels != "" || c.Target != "" {
			return mistake{errors.New("--labels and --target are for recordings; name them, and leave --from, --to, --next and --parts out")}
		}
		if c.Output != "" {
			return mistake{errors.New("--output is for models from recordings; this one is kept with the store, and `crackle model get` writes it to a file")}
		}
		if c.Report != "" {
			return mistake{errors.New("--report is for models from recordings; the report of this one is kept with it, and `crackle model list` and the dashboard show it")}
		}
		return c.live.learn(con, cfg, s, c.JSON, c.Picture, c.Report)
	}
	if c.Part != "" && len(c.Files) > 1 {
		return mistake{errors.New("--part names one part, but each recording is a part of its own; leave it out")}
	}
	if c.Labels != "" || c.Target != "" {
		if c.Report != "" {
			return mistake{errors.New("--report is for models of normal production; leave it out with --labels and --target")}
		}
		return c.head(con, cfg, s)
	}
	ctx, stop := interruptible()
	defer stop()
	recordings, err := c.read(con, s)
	if err != nil {
		return err
	}
	started := time.Now()
	m, seen, err := recordings.Teach(ctx, version, c.Quick, epochs(con.err))
	if seen != nil {
		err = errors.Join(err, drawInspection(c.Picture, seen))
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(con.err, "learnt in %v\n", time.Since(started).Round(time.Millisecond))
	path := c.Output
	if path == "" {
		path = app.ModelPath(cfg, s)
	}
	if err := app.SaveModel(path, m); err != nil {
		return err
	}
	noteServed(con, cfg, s, m, path)
	if err := writeTrainPage(c.Report, m, seen); err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(con.out)
		e.SetIndent("", "  ")
		return e.Encode(struct {
			File  string          `json:"file"`
			Model string          `json:"model"`
			Meta  detector.Meta   `json:"meta"`
			Data  *inspect.Report `json:"data"` // that it was learnt from
		}{path, m.Hash(), m.Meta, seen})
	}
	return report(con.out, path, m, seen)
}

// read sends every recording through the stream's conditioning and collects its windows.
func (c *trainCmd) read(con console, s *config.Stream) (*app.Recordings, error) {
	recordings, err := app.NewRecordings(s)
	if err != nil {
		return nil, err
	}
	for _, path := range c.Files {
		r, err := c.openFor(path, s)
		if err != nil {
			return nil, err
		}
		err = pour(r, recordings, newBar(con.err, path, r))
		if err := errors.Join(err, r.Close()); err != nil {
			return nil, err
		}
	}
	return recordings, nil
}

// epochs says every two seconds how far training is.
func epochs(w io.Writer) func(train.Progress) {
	last := time.Now()
	return func(p train.Progress) {
		if time.Since(last) < 2*time.Second {
			return
		}
		last = time.Now()
		fmt.Fprintf(w, "epoch %d of at most %d, loss %.4g, %.0f rows/s, at most %v left\n", p.Epoch, p.Epochs, p.Train, p.RowsPerSecond, p.Left.Round(time.Second))
	}
}

// report says in words what a model rests on.
func report(w io.Writer, path string, m *detector.Model, seen *inspect.Report) error {
	r := m.Record
	fmt.Fprintf(w, "Model %s of stream %s, written to %s\n\n", m.Hash(), m.Stream, path)
	fmt.Fprintf(w, "Learnt from  %d windows of %s\n", r.FitRows, named(r.FitParts))
	fmt.Fprintf(w, "Held out     %d windows of %s, split by %s\n", r.HeldRows, named(r.HeldParts), r.SplitBy)
	if r.Skipped > 0 {
		fmt.Fprintf(w, "Left out     %d windows with missing, invalid or settling samples\n", r.Skipped)
	}
	for i, f := range seen.Findings {
		label := ""
		if i == 0 {
			label = "Data"
		}
		fmt.Fprintf(w, "%-12s %s\n", label, f.Text)
	}
	for i, text := range promises(m) {
		label := ""
		if i == 0 {
			label = "Promise"
		}
		fmt.Fprintf(w, "%-12s %s\n", label, text)
	}
	if err := tellFound(w, &m.Report); err != nil {
		return err
	}
	fmt.Fprintf(w, "Members      %s\n", strings.Join(m.Members, ", "))
	for _, a := range m.Absent {
		fmt.Fprintf(w, "             without %s: %s\n", a.Member, a.Why)
	}
	fmt.Fprintf(w, "Limit        a score of %.3g, -log10 of the probability that a good window scores as high\n", m.Limit)
	fmt.Fprintf(w, "\n%-36s %14s %14s %14s unit\n", "feature", "median", "spread", "min_change")
	for j, name := range m.Features {
		unit := ""
		if j < len(m.Units) && m.Units[j] != "" {
			unit = " " + m.Units[j]
		}
		fmt.Fprintf(w, "%-36s %14.6g %14.6g %14.6g%s\n", name, m.Scaler.Median[j], m.Scaler.Spread[j], m.MinChange[j], unit)
	}
	_, err := fmt.Fprintln(w)
	return err
}

// plural counts things whose name takes an s.
func plural(n int, name string) string {
	if n == 1 {
		return "1 " + name
	}
	return fmt.Sprintf("%d %ss", n, name)
}

// named lists a few names, and counts the rest.
func named(parts []string) string {
	const most = 4
	if len(parts) > most {
		return fmt.Sprintf("%s (%s, ...)", plural(len(parts), "part"), strings.Join(parts[:most], ", "))
	}
	return fmt.Sprintf("%s (%s)", plural(len(parts), "part"), strings.Join(parts, ", "))
}
