package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/detector/explain"
	"crackle/detector/explain/heat"
	windows "crackle/window"
)

type explainCmd struct {
	File        string `arg:"" optional:"" help:"Recording that is scored first."`
	Config      string `short:"c" required:"" placeholder:"FILE" help:"Configuration file with the stream."`
	Stream      string `short:"s" help:"Stream that the recording is of; may be left out when there is only one."`
	Model       string `short:"m" placeholder:"FILE" help:"Model file. Default: the one in service at the crackle that runs, else the stream's."`
	At          string `placeholder:"TIME" help:"Explain the window that holds this time: RFC 3339, or seconds from the recording's beginning."`
	FirstAlarm  bool   `help:"Explain the first window above the limit. This is the default."`
	Method      string `default:"auto" help:"auto, contributions, integrated (gradients), saliency, masking or attention."`
	Target      string `placeholder:"NAME" help:"Explain what labels have taught to answer for the whole recording (crackle train --labels)."`
	MaskingOver string `placeholder:"DIR" help:"Say what each feature and channel is worth: mask it in all recordings of this folder and score them again. Needs --labels."`
	Labels      string `placeholder:"FILE.csv" help:"With --masking-over: columns part and fault (0 or 1); with --target those of crackle train --labels, of specimens that were not learnt from."`
	Member      string `placeholder:"NAME" help:"Member of the model to explain. Default: the one that spoke."`
	Windows     int    `default:"256" help:"How many windows up to the one explained to look at."`
	JSON        bool   `name:"json" help:"Print the explanation as JSON."`
	Out         string `placeholder:"FILE" help:"Draw a heat map of time and features: a .png picture, or an .html page that holds it."`
	layout
}

func (c *explainCmd) Run(con console) error {
	if c.At != "" && c.FirstAlarm {
		return mistake{errors.New("--at and --first-alarm name two windows; give one")}
	}
	if ext := filepath.Ext(c.Out); c.Out != "" && ext != ".png" && ext != ".html" {
		return mistake{fmt.Errorf("--out %q: must end in .png or .html", c.Out)}
	}
	method := explain.Method(c.Method)
	if c.Method == "auto" {
		method = explain.Auto
	} else if !slices.Contains(explain.Methods, method) {
		return mistake{fmt.Errorf("--method %q: must be auto, contributions, integrated, saliency, masking or attention", c.Method)}
	}
	if c.Windows < 1 {
		return mistake{fmt.Errorf("--windows %d: must be 1 or more", c.Windows)}
	}
	if err := c.mayExplain(); err != nil {
		return err
	}
	if err := writable([]string{c.File, c.Config, c.Labels}, c.Out); err != nil {
		return err
	}
	if c.MaskingOver != "" {
		return c.over(con)
	}
	cfg, s, err := subject(c.Config, c.Stream)
	if err != nil {
		return err
	}
	if c.Target != "" {
		return c.head(con, cfg, s, method)
	}
	m, err := modelOf(con, cfg, s, c.Model, "")
	if err != nil {
		return err
	}
	seen, err := c.score(con, c.File, s, m)
	if err != nil {
		return err
	}
	at, err := c.choose(seen)
	if err != nil {
		return err
	}
	x, err := explain.Windows(m, seen.windows[:at+1], explain.Config{
		Method: method, Member: c.Member, Rows: c.Windows, Units: seen.units, Channels: s.Channels, Control: true, Seed: s.Network.Seed,
	})
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	return c.show(con, seen, at, x)
}

// seen is a recording after scoring.
type seen struct {
	windows []windows.Window
	scores  []detector.Score
	units   []string
	rateHz  float64
	start   time.Time // zero when the recording does not tell
}

// score runs the recording through the stream's chain and keeps its windows.
func (c *explainCmd) score(con console, path string, s *config.Stream, m *detector.Model) (_ *seen, err error) {
	r, err := c.openFor(path, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	out := &seen{rateHz: s.RateHz, start: r.Info().Start}
	var chain *app.Chain
	chain, err = app.NewChain(s, func(score *detector.Score) {
		kept := *chain.Window()
		kept.Features = slices.Clone(kept.Features)
		if chain.Refers(kept.Part) { // what comes behind it starts anew, as in the chain
			kept.Features, kept.Fresh = nil, true
		}
		out.scores, out.windows = append(out.scores, *score), append(out.windows, kept)
	})
	if err != nil {
		return nil, err
	}
	if err := chain.Install(m); err != nil {
		return nil, err
	}
	out.units = s.FeatureUnits(m.Features, m.Units)
	return out, pour(r, chain, newBar(con.err, path, r))
}

// choose finds the window to explain.
func (c *explainCmd) choose(s *seen) (int, error) {
	if c.At == "" {
		i := slices.IndexFunc(s.scores, func(x detector.Score) bool { return x.Verdict == detector.Alarm })
		if i < 0 {
			return 0, fmt.Errorf("%s: no window is above the limit; name one with --at", c.File)
		}
		return i, nil
	}
	sample, err := strconv.ParseFloat(c.At, 64)
	if err != nil {
		at, err := time.Parse(time.RFC3339Nano, c.At)
		switch {
		case err != nil:
			return 0, mistake{fmt.Errorf("--at %q: must be a time as 2026-01-31T08:30:00Z, or seconds from the recording's beginning", c.At)}
		case s.start.IsZero():
			return 0, mistake{fmt.Errorf("--at %q: %s does not tell its time; give seconds from its beginning", c.At, c.File)}
		}
		sample = at.Sub(s.start).Seconds()
	}
	if sample *= s.rateHz; !(sample >= 0) || math.IsInf(sample, 0) {
		return 0, mistake{fmt.Errorf("--at %q lies before the recording", c.At)}
	}
	for i := range s.scores { // the first window that ends behind it
		if x := &s.scores[i]; x.First < x.End && float64(x.End) > sample {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%s: no window holds --at %q", c.File, c.At)
}

func (s *seen) when(i int) string {
	x := &s.scores[i]
	text := fmt.Sprintf("%.6g s to %.6g s", float64(x.First)/s.rateHz, float64(x.End)/s.rateHz)
	if !s.start.IsZero() {
		text += ", " + time.Unix(0, x.TimeNS).UTC().Format(time.RFC3339Nano)
	}
	return text
}

func (c *explainCmd) show(con console, s *seen, at int, x *explain.Explained) error {
	if c.Out != "" {
		if err := c.draw(s, at, x); err != nil {
			return err
		}
	}
	score := &s.scores[at]
	if c.JSON {
		return printJSON(con.out, struct {
			File    string `json:"file"`
			Stream  string `json:"stream"`
			First   uint64 `json:"first_sample"`
			End     uint64 `json:"end_sample"`
			Part    string `json:"part,omitempty"`
			Verdict string `json:"verdict"`
			*explain.Explanation
		}{c.File, score.Stream, score.First, score.End, score.Part, score.Verdict.String(), x.Explanation})
	}
	fmt.Fprintf(con.out, "%s, window %s: %s, score %.4g of a limit of %.4g\n\n", c.File, s.when(at), score.Verdict, score.Value, score.Limit)
	return explained(con.out, x.Explanation)
}

// explained says it in words.
func explained(w io.Writer, x *explain.Explanation) error {
	for i, r := range x.Top {
		if i > 0 && r.Share < 0.005 {
			break // it would be said to be 0 % of it
		}
		fmt.Fprintf(w, "%d. %s\n", i+1, r.Words)
	}
	if len(x.Top) == 0 {
		fmt.Fprintln(w, "Nothing raised the score above what is usual.")
	}
	fmt.Fprintf(w, "\nMember %s, explained by %s over %s; raw score %.4g.\n", x.Member, x.Method, plural(len(x.Map), "window"), x.Score)
	if s := x.Sums; s != nil {
		verdict := "complete"
		if !s.Complete {
			verdict = "NOT complete: read the shares as rough"
		}
		fmt.Fprintf(w, "The map sums to %.4g and should to %.4g (off by %.2g %%): %s.\n", s.Got, s.Want, 100*s.Error, verdict)
	}
	if k := x.Control; k != nil {
		verdict := "they differ"
		if !k.Differs {
			verdict = "too alike: this shows the signal rather than what was learned"
		}
		fmt.Fprintf(w, "Rank correlation with the explanation of a random network (1: the same): %.2f, %s.\n", k.RankCorrelation, verdict)
	}
	_, err := fmt.Fprintln(w, x.Caution)
	return err
}

func (c *explainCmd) draw(s *seen, at int, x *explain.Explained) error {
	return c.picture(fmt.Sprintf("%s, window %s", filepath.Base(c.File), s.when(at)), x.Explanation)
}

// picture draws an explanation as --out asks.
func (c *explainCmd) picture(title string, x *explain.Explanation) (err error) {
	f, err := os.Create(c.Out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if filepath.Ext(c.Out) == ".html" {
		return heat.HTML(f, title, x)
	}
	return heat.PNG(f, title, x)
}
