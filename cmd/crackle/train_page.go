package main

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"os"
	"strconv"
	"text/tabwriter"
	"time"

	"crackle/detector"
	"crackle/detector/inspect"
	"crackle/detector/inspect/picture"
	"crackle/detector/panel"
)

//go:embed train_page.html
var trainPageSource string

var trainPage = template.Must(template.New("train").Parse(trainPageSource))

// scoreBar is a stretch of held-out scores in the picture, which is 1000 wide and 160 high.
type scoreBar struct{ X, Y, W, H string }

const barsHigh = 150.0

// pageOf lays out what a model rests on. seen may be nil: the data is then not told of.
func pageOf(m *detector.Model, seen *inspect.Report) (map[string]any, error) {
	r := &m.Report
	limit, _ := m.Scale()
	top := limit * 1.5
	for _, s := range r.Scores {
		top = max(top, s[1])
	}
	y := func(v float64) float64 { return barsHigh * (1 - max(v, 0)/top) }
	text := func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
	var bars []scoreBar
	for i, s := range r.Scores {
		w := 1000 / float64(len(r.Scores))
		bars = append(bars, scoreBar{text(float64(i) * w), text(y(s[1])), text(w), text(max(y(s[0])-y(s[1]), 1))})
	}
	var features [][]string
	for j, name := range m.Features {
		unit := ""
		if j < len(m.Units) {
			unit = m.Units[j]
		}
		features = append(features, []string{name, short(m.Scaler.Median[j]), short(m.Scaler.Spread[j]), short(m.MinChange[j]), unit})
	}
	page := map[string]any{
		"Model": m.Hash(), "Stream": m.Stream, "Created": m.Record.Created.Format(time.RFC3339), "Code": m.Record.Code,
		"Fit":     plural(m.Record.FitRows, "window") + " of " + named(m.Record.FitParts),
		"Held":    plural(m.Record.HeldRows, "window") + " of " + named(m.Record.HeldParts) + ", split by " + m.Record.SplitBy,
		"Promise": promises(m), "Bars": bars, "LimitY": text(y(limit)), "LimitText": text(y(limit) - 5), "Limit": short(limit),
		"Words": fmt.Sprintf("%d false alarms on %d held-out windows, limit %s", m.Promise.Alarms, m.Promise.Rows, short(limit)),
		"Sizes": r.Sizes, "Voices": r.Voices, "Trials": r.Trials, "Rows": r.Rows, "Adds": r.Adds, "Absent": m.Absent, "Features": features,
	}
	if seen != nil {
		var b bytes.Buffer
		if err := picture.PNG(&b, seen); err != nil {
			return nil, err
		}
		page["Findings"] = seen.Findings
		page["Picture"] = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()))
	}
	return page, nil
}

// writeTrainPage writes the report as a page that stands by itself.
func writeTrainPage(name string, m *detector.Model, seen *inspect.Report) error {
	if name == "" {
		return nil
	}
	page, err := pageOf(m, seen)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := trainPage.Execute(&b, page); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}

// promises says in sentences what the limit keeps.
func promises(m *detector.Model) []string {
	out := m.Promise.Words()
	if m.Provisional != "" && m.Promise.More <= 1 {
		out = append(out, "The limit is provisional: "+m.Provisional)
	}
	if n := m.Record.Outliers; n > 0 {
		out = append(out, plural(n, "window")+" left out of the lesson because they are recognisably bad")
	}
	return out
}

// tellFound prints what the panel and its members find of made faults, and call falsely.
func tellFound(w io.Writer, r *panel.Report) error {
	if r.Trials == 0 {
		_, err := fmt.Fprintf(w, "Found        not tried: the held-out parts are too short for a made fault\n")
		return err
	}
	fmt.Fprintf(w, "Found        of %d steps of one feature, of each size in spreads (or in min_change where that is larger), added to held-out windows; false alarms on these as they are\n", r.Trials)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "             \t\t")
	for _, s := range r.Sizes {
		fmt.Fprintf(t, "%g\t", s)
	}
	fmt.Fprintln(t, "false\t")
	for _, v := range r.Voices {
		fmt.Fprintf(t, "             \t%s\t", v.Name)
		for _, n := range v.Found {
			fmt.Fprintf(t, "%d\t", n)
		}
		fmt.Fprintf(t, "%d\t\n", v.Alarms)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, text := range r.Adds {
		fmt.Fprintf(w, "             %s\n", text)
	}
	return nil
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
