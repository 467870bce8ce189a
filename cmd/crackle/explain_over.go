package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector/explain"
	"crackle/detector/explain/heat"
)

// recordingsIn lists the files of a folder, in order.
func recordingsIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".gz")
		if e.Type().IsRegular() && (filepath.Ext(name) == ".csv" || filepath.Ext(name) == ".txt") {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no recording in it; those end in .csv, .txt, or these with .gz", dir)
	}
	return out, nil
}

// faults reads which parts are bad: a table with the columns part and fault, 0 or 1.
func faults(path string) (_ map[string]bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	in := csv.NewReader(f)
	in.TrimLeadingSpace = true
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: no header line with the columns part and fault: %w", path, err)
	}
	part, fault := slices.Index(head, "part"), slices.Index(head, "fault")
	if part < 0 || fault < 0 {
		return nil, fmt.Errorf("%s: columns %q, must have part and fault (0 good, 1 bad)", path, head)
	}
	out := map[string]bool{}
	for {
		cells, err := in.Read()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		line, _ := in.FieldPos(0)
		name, bad := strings.TrimSpace(cells[part]), strings.TrimSpace(cells[fault])
		if bad != "0" && bad != "1" {
			return nil, fmt.Errorf("%s: line %d: fault is %q, must be 0 or 1", path, line, bad)
		}
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("%s: line %d: part %s stands twice", path, line, name)
		}
		out[name] = bad == "1"
	}
}

// over masks each feature over a whole test set.
func (c *explainCmd) over(con console) error {
	if c.Labels == "" {
		return mistake{errors.New("--masking-over needs --labels: a table that says what is true of each part, or no loss of performance can be named")}
	}
	files, err := recordingsIn(c.MaskingOver)
	if err != nil {
		return err
	}
	cfg, s, err := subject(c.Config, c.Stream)
	if err != nil {
		return err
	}
	var l *explain.Loss
	say := shares(con.err)
	how := explain.LossConfig{Channels: s.Channels, Seed: 1, Progress: func(done, of int) { say(float64(done)/float64(of), "of the features masked") }}
	if c.Target != "" {
		l, err = c.overHead(con, cfg, s, files, how)
	} else {
		l, err = c.overModel(con, cfg, s, files, how)
	}
	if err != nil {
		return err
	}
	if c.Out != "" {
		f, err := os.Create(c.Out)
		if err != nil {
			return err
		}
		title := fmt.Sprintf("Masking over %s of stream %s", plural(l.Parts, "part"), s.Name)
		if err := errors.Join(heat.Bars(f, title, l), f.Close()); err != nil {
			return err
		}
	}
	if c.JSON {
		return printJSON(con.out, l)
	}
	return losses(con.out, l)
}

func (c *explainCmd) overModel(con console, cfg *config.Config, s *config.Stream, files []string, how explain.LossConfig) (*explain.Loss, error) {
	bad, err := faults(c.Labels)
	if err != nil {
		return nil, err
	}
	m, err := modelOf(con, cfg, s, c.Model, "")
	if err != nil {
		return nil, err
	}
	var set []explain.Tested
	for _, path := range files {
		o, err := c.options(path)
		if err != nil {
			return nil, err
		}
		b, known := bad[o.Part]
		if !known {
			fmt.Fprintf(con.err, "%s: part %s has no label and is left out\n", path, o.Part)
			continue
		}
		delete(bad, o.Part)
		seen, err := c.score(con, path, s, m)
		if err != nil {
			return nil, err
		}
		set = append(set, explain.Tested{Part: o.Part, Windows: seen.windows, Bad: b})
	}
	for name := range bad {
		return nil, fmt.Errorf("%s: part %s is none of the recordings in %s: give its recording, or take the line out", c.Labels, name, c.MaskingOver)
	}
	ctx, stop := interruptible()
	defer stop()
	return explain.OfDetector(ctx, m, set, how)
}

func (c *explainCmd) overHead(con console, cfg *config.Config, s *config.Stream, files []string, how explain.LossConfig) (*explain.Loss, error) {
	h, err := app.LoadHead(headPath(cfg, s, c.Target), s)
	if err != nil {
		return nil, err
	}
	labels, err := readLabels(c.Labels, c.Target, len(h.Classes) > 0)
	if err != nil {
		return nil, err
	}
	for _, b := range labels.List {
		if h.Learnt(b.Specimen) {
			return nil, mistake{fmt.Errorf("%s: line %d: specimen %s was learnt from, and a figure on it would flatter: give labels of other specimens", c.Labels, b.Line, b.Specimen)}
		}
	}
	samples, _, err := labelled(con, &c.layout, files, s, labels)
	if err != nil {
		return nil, err
	}
	var set []explain.Tested
	for _, b := range samples {
		set = append(set, explain.Tested{Part: b.Part, Rows: b.Rows, Value: b.Value, Class: b.Class})
	}
	ctx, stop := interruptible()
	defer stop()
	return explain.OfHead(ctx, h, set, how)
}

// merits names a figure for people.
var merits = map[explain.Merit]string{explain.AUC: "bad and good parts told apart (AUC, 0.5 is chance)", explain.Error: "mean absolute error", explain.Wrong: "share of wrong classes"}

// losses prints the table.
func losses(w io.Writer, l *explain.Loss) error {
	fmt.Fprintf(w, "%s over %s with all features: %.3g (90 %% interval %.3g to %.3g)\n\n", merits[l.Merit], plural(l.Parts, "part"), l.Whole, l.Low, l.High)
	fmt.Fprintf(w, "%-44s %10s %10s %22s\n", "without", string(l.Merit), "loss", "90 % interval")
	for _, x := range l.Features {
		fmt.Fprintf(w, "%-44s %10.3g %10.3g %10.3g to %8.3g\n", x.Name, x.Masked, x.Loss, x.Low, x.High)
	}
	for _, x := range l.Channels {
		fmt.Fprintf(w, "%-44s %10.3g %10.3g %10.3g to %8.3g\n", "all of "+x.Name, x.Masked, x.Loss, x.Low, x.High)
	}
	_, err := fmt.Fprintf(w, "\nOf features that say the same none is missed, since the others stay. %s\n", l.Caution)
	return err
}

// head explains what a head answers for a recording.
func (c *explainCmd) head(con console, cfg *config.Config, s *config.Stream, method explain.Method) error {
	h, err := app.LoadHead(headPath(cfg, s, c.Target), s)
	if err != nil {
		return err
	}
	p, _, err := c.measure(con, c.File, s)
	if err != nil {
		return err
	}
	var rows [][]float32
	for _, w := range p.windows {
		rows = append(rows, w.row)
	}
	x, e, err := explain.Head(h, rows, explain.Config{Method: method, Channels: s.Channels})
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	said := answered{File: c.File, Part: p.name, Verdict: "assessed", Estimate: e}
	if c.Out != "" {
		if err := c.picture(fmt.Sprintf("%s, %s", filepath.Base(c.File), h.Target), x); err != nil {
			return err
		}
	}
	if c.JSON {
		return printJSON(con.out, struct {
			answered
			Explanation *explain.Explanation `json:"explanation"`
		}{said, x})
	}
	fmt.Fprintf(con.out, "%s\n\n", said.words())
	return explained(con.out, x)
}

// mayExplain checks the flags that go together.
func (c *explainCmd) mayExplain() error {
	switch {
	case c.MaskingOver == "" && c.File == "":
		return mistake{errors.New("give a recording, or a folder of them with --masking-over")}
	case c.MaskingOver != "" && (c.File != "" || c.At != "" || c.FirstAlarm || c.Member != ""):
		return mistake{errors.New("--masking-over is of a whole folder: leave the recording, --at, --first-alarm and --member out")}
	case c.MaskingOver == "" && c.Labels != "":
		return mistake{errors.New("--labels goes with --masking-over")}
	case c.MaskingOver != "" && filepath.Ext(c.Out) == ".html":
		return mistake{fmt.Errorf("--out %q: must end in .png with --masking-over", c.Out)}
	case c.Target != "" && (c.At != "" || c.FirstAlarm || c.Member != ""):
		return mistake{errors.New("--target explains an answer for a whole part: leave --at, --first-alarm and --member out")}
	}
	return nil
}
