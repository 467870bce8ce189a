package main

import (
	"fmt"
	"math"
	"strings"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector/head"
)

// answered is what `crackle score --target` says of a part.
type answered struct {
	File     string   `json:"file"`
	Part     string   `json:"part"`
	Verdict  string   `json:"verdict"` // assessed, or not assessed
	Reason   string   `json:"reason,omitempty"`
	Truth    *float64 `json:"truth,omitempty"`
	TruthOf  string   `json:"true_class,omitempty"`
	Specimen string   `json:"specimen,omitempty"`
	*head.Estimate
}

// head answers for each recording, and with labels says how far off it was.
func (c *scoreCmd) head(con console, cfg *config.Config, s *config.Stream) error {
	path := c.Head
	if path == "" {
		path = headPath(cfg, s, c.Target)
	}
	h, err := app.LoadHead(path, s)
	if err != nil {
		return err
	}
	var labels *head.Labels
	if c.Labels != "" {
		if labels, err = readLabels(c.Labels, h.Target, len(h.Classes) > 0); err != nil {
			return err
		}
		for _, b := range labels.List {
			if h.Learnt(b.Specimen) {
				return mistake{fmt.Errorf("%s: line %d: specimen %s was learnt from, and a figure on it would flatter: give labels of other specimens", c.Labels, b.Line, b.Specimen)}
			}
		}
	}
	var all []answered
	for _, file := range c.Files {
		p, _, err := c.measure(con, file, s)
		if err != nil {
			return err
		}
		stretches := []head.Label{{Part: p.name, To: math.Inf(1)}}
		if labels != nil {
			of, err := labels.Of(p.name, p.lengthS)
			if err != nil {
				return err
			}
			if len(of) == 0 {
				fmt.Fprintf(con.err, "%s: part %s has no label\n", file, p.name)
			} else {
				stretches = of
			}
		}
		for _, b := range stretches {
			all = append(all, answer(h, file, p, b, labels != nil && b.Line > 0))
		}
	}
	if c.JSON {
		return printJSON(con.out, struct {
			Head      string     `json:"head"`
			Target    string     `json:"target"`
			Error     *float64   `json:"error,omitempty"` // mean absolute error, or share of wrong classes, where there are labels
			Held      *float64   `json:"held,omitempty"`  // share of ranges or sets that held the truth
			Estimates []answered `json:"estimates"`
		}{path, h.Target, merit(h, all).wrong, merit(h, all).held, all})
	}
	for i := range all {
		fmt.Fprintln(con.out, all[i].words())
	}
	if m := merit(h, all); m.wrong != nil {
		what := fmt.Sprintf("mean error %.4g %s", *m.wrong, h.Unit)
		if len(h.Classes) > 0 {
			what = fmt.Sprintf("wrong %.1f %%", 100**m.wrong)
		}
		fmt.Fprintf(con.out, "\n%s on %s of specimens never seen; ranges held the truth for %.0f %%, stated %.0f %%\n", strings.TrimSpace(what), plural(m.n, "part"), 100**m.held, 100*h.Coverage)
	}
	return nil
}

func answer(h *head.Head, file string, p *measuredPart, b head.Label, known bool) answered {
	a := answered{File: file, Part: p.name, Verdict: "assessed", Specimen: b.Specimen}
	if known && len(h.Classes) > 0 {
		a.TruthOf = b.Class
	} else if known {
		a.Truth = &b.Value
	}
	e, err := h.Estimate(p.between(b.From, b.To))
	if err != nil {
		a.Verdict, a.Reason = "not assessed", err.Error()
	}
	a.Estimate = e
	return a
}

func (a *answered) words() string {
	e := a.Estimate
	if e == nil {
		return fmt.Sprintf("%-24s not assessed: %s", a.Part, a.Reason)
	}
	unit, beyond, truth := "", "", ""
	if e.Unit != "" {
		unit = " " + e.Unit
	}
	if e.Beyond {
		beyond = "; farther out than any part learnt from"
	}
	if e.Class != "" {
		if a.TruthOf != "" {
			truth = ", in truth " + a.TruthOf
		}
		return fmt.Sprintf("%-24s %s %s (%.0f %%)%s; with %.0f %% certainty one of %s%s", a.Part, e.Target, e.Class, 100*e.Probability[e.Class], truth, 100*e.Coverage, strings.Join(e.Set, ", "), beyond)
	}
	if a.Truth != nil {
		truth = fmt.Sprintf(", in truth %.4g%s", *a.Truth, unit)
	}
	return fmt.Sprintf("%-24s %s %.4g%s%s; with %.0f %% certainty %.4g to %.4g%s%s", a.Part, e.Target, e.Value, unit, truth, 100*e.Coverage, e.Low, e.High, unit, beyond)
}

type figures struct {
	n           int
	wrong, held *float64
}

// merit sums up parts whose truth is known.
func merit(h *head.Head, all []answered) (m figures) {
	var wrong, held float64
	for _, a := range all {
		e := a.Estimate
		switch {
		case e == nil:
			continue
		case a.Truth != nil:
			wrong += math.Abs(e.Value - *a.Truth)
			if *a.Truth >= e.Low && *a.Truth <= e.High {
				held++
			}
		case a.TruthOf != "":
			if e.Class != a.TruthOf {
				wrong++
			}
			for _, c := range e.Set {
				if c == a.TruthOf {
					held++
				}
			}
		default:
			continue
		}
		m.n++
	}
	if m.n > 0 {
		wrong, held = wrong/float64(m.n), held/float64(m.n)
		m.wrong, m.held = &wrong, &held
	}
	return m
}
