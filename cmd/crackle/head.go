package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/detector/head"
	windows "crackle/window"
)

// headFlags say what labels are to teach.
type headFlags struct {
	Labels   string  `placeholder:"FILE.csv" help:"Learn what labels say in place of what is normal: a table with the columns part, specimen and the target's; from_s and to_s for stretches."`
	Target   string  `placeholder:"NAME" help:"With --labels: the column that is to be learnt."`
	Unit     string  `placeholder:"UNIT" help:"Of the target."`
	Classes  bool    `help:"Take numbers in the target's column for names of classes."`
	Coverage float64 `default:"0.9" placeholder:"SHARE" help:"How often a range, or a set of classes, is to hold the truth for a specimen never seen."`
	Encoder  string  `default:"auto" placeholder:"NAME" help:"auto (the better of the others on specimens left out), linear or gru."`
}

// measuredPart is a recording as feature rows.
type measuredPart struct {
	name    string
	lengthS float64
	windows []measuredWindow
}

type measuredWindow struct {
	from, to float64 // seconds from the beginning
	row      []float32
}

// between gives the rows of windows that lie wholly in a stretch.
func (p *measuredPart) between(from, to float64) (rows [][]float32) {
	for _, w := range p.windows {
		if w.from >= from-1e-9 && w.to <= to+1e-9 {
			rows = append(rows, w.row)
		}
	}
	return rows
}

// measure runs a recording through a stream's conditioning. Windows with a defect are left out.
func (l *layout) measure(con console, path string, s *config.Stream) (p *measuredPart, chain *app.Chain, err error) {
	o, err := l.options(path)
	if err != nil {
		return nil, nil, err
	}
	r, err := l.openFor(path, s)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	p = &measuredPart{name: o.Part}
	chain, err = app.NewChain(s, func(score *detector.Score) {
		w := chain.Window()
		p.lengthS = max(p.lengthS, float64(score.End)/s.RateHz)
		if len(w.Features) > 0 && w.Defects&^windows.Bridged == 0 {
			p.windows = append(p.windows, measuredWindow{float64(score.First) / s.RateHz, float64(score.End) / s.RateHz, slices.Clone(w.Features)})
		}
	})
	if err != nil {
		return nil, nil, err
	}
	if err := pour(r, chain, newBar(con.err, path, r)); err != nil {
		return nil, nil, err
	}
	p.lengthS = max(p.lengthS, float64(chain.Conditioner.Counts().Received)*float64(max(1, s.Decimate))/s.RateHz)
	return p, chain, nil
}

// readLabels opens the table.
func readLabels(path, target string, classes bool) (_ *head.Labels, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	l, err := head.ReadLabels(f, target, classes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return l, nil
}

// headPath is where a stream's head for a target is kept: beside its model.
func headPath(cfg *config.Config, s *config.Stream, target string) string {
	model := app.ModelPath(cfg, s)
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", r) {
			return r
		}
		return '_'
	}, target)
	return strings.TrimSuffix(model, filepath.Ext(model)) + "." + plain + ".head.safetensors"
}

// labelled pairs recordings with their labels.
func labelled(con console, l *layout, files []string, s *config.Stream, labels *head.Labels) (samples []head.Sample, chain *app.Chain, err error) {
	var errs []error
	var names []string
	for _, path := range files {
		var p *measuredPart
		if p, chain, err = l.measure(con, path, s); err != nil {
			return nil, nil, err
		}
		if slices.Contains(names, p.name) {
			return nil, nil, mistake{fmt.Errorf("%s: there is another recording of a part %s, and labels go by part; rename one", path, p.name)}
		}
		names = append(names, p.name)
		of, err := labels.Of(p.name, p.lengthS)
		errs = append(errs, err)
		if len(of) == 0 {
			fmt.Fprintf(con.err, "%s: part %s has no label and is left out\n", path, p.name)
		}
		for _, b := range of {
			rows := p.between(b.From, b.To)
			if len(rows) == 0 {
				errs = append(errs, fmt.Errorf("labels: line %d: no whole, sound window lies in it; part %s has %s", b.Line, p.name, plural(len(p.windows), "window")))
			}
			samples = append(samples, head.Sample{Part: p.name, Specimen: b.Specimen, Rows: rows, Value: b.Value, Class: b.Class})
		}
	}
	return samples, chain, errors.Join(append(errs, labels.Missing(names))...)
}

// head learns what labels say.
func (c *trainCmd) head(con console, cfg *config.Config, s *config.Stream) error {
	if c.Labels == "" || c.Target == "" {
		return mistake{errors.New("--labels and --target go together: the table, and the column that is to be learnt")}
	}
	labels, err := readLabels(c.Labels, c.Target, c.Classes)
	if err != nil {
		return err
	}
	samples, chain, err := labelled(con, &c.layout, c.Files, s, labels)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	say := shares(con.err)
	h, err := head.Fit(ctx, head.Config{
		Stream: s.Name, Target: c.Target, Unit: c.Unit, Classes: labels.Classes, Features: chain.Conditioner.Features().Names(), Conditioning: []byte(s.Fingerprint()),
		Coverage: c.Coverage, Encoder: head.Encoder(c.Encoder), Hidden: s.Network.Hidden, Epochs: s.Network.Epochs, Seed: s.Network.Seed, Code: version, Now: time.Now(),
	}, samples, func(done, of int) { say(float64(done)/float64(of), "of the specimens left out in turn") })
	if err != nil {
		return err
	}
	path := c.Output
	if path == "" {
		path = headPath(cfg, s, c.Target)
	}
	b, err := h.Encode()
	if err != nil {
		return err
	}
	if err := app.SaveFile(path, b); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, struct {
			File string `json:"file"`
			*head.Head
		}{path, h})
	}
	return headReport(con.out, path, h)
}

// headReport says in words what a head rests on.
func headReport(w io.Writer, path string, h *head.Head) error {
	r := &h.Record
	unit := ""
	if h.Unit != "" {
		unit = " " + h.Unit
	}
	fmt.Fprintf(w, "Head %s of stream %s, in %s\n\n", h.Target, h.Stream, path)
	fmt.Fprintf(w, "Learnt from  %s of %s, %s\n", plural(r.Parts, "label"), plural(len(r.Specimens), "specimen"), plural(r.Windows, "window"))
	fmt.Fprintf(w, "Tested       on specimens left out, in %d folds; encoder %s\n", r.Folds, h.Encoder)
	what := "mean error"
	if len(h.Classes) > 0 {
		what, unit = "wrong", ""
	}
	for _, name := range slices.Sorted(maps.Keys(r.Errors)) {
		if len(h.Classes) > 0 {
			fmt.Fprintf(w, "             %-10s %s %.1f %%\n", name, what, 100*r.Errors[name])
		} else {
			fmt.Fprintf(w, "             %-10s %s %.4g%s\n", name, what, r.Errors[name], unit)
		}
	}
	if len(h.Classes) > 0 {
		fmt.Fprintf(w, "Sets         of %.2f classes on average, to hold the truth for %.0f %% of parts of specimens never seen", r.Width, 100*h.Coverage)
	} else {
		fmt.Fprintf(w, "Ranges       %.4g%s wide for an ordinary part, to hold the truth for %.0f %% of parts of specimens never seen", r.Width, unit, 100*h.Coverage)
	}
	if r.Covered != nil {
		fmt.Fprintf(w, "; of specimens left out %.0f %%", 100**r.Covered)
	}
	fmt.Fprintln(w)
	for _, note := range r.Notes {
		fmt.Fprintf(w, "Note         %s\n", note)
	}
	return nil
}
