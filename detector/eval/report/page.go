package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"crackle/detector/eval/suite"
)

// Size of a plot, in its own units.
const (
	width  = 1000
	height = 120
	band   = 8 // height of the strips for labels and alarms
)

//go:embed page.html
var source string

var page = template.Must(template.New("page").Parse(source))

// plot is a Trace as the page draws it.
type plot struct {
	Name              string
	Figures           []cell
	Width, Height     int
	Bottom, Band, Low int
	Score             string // points of a polyline
	Learned           string // width of the rows learned from; empty for none
	Limit             string // y of the limit; empty when it moves
	Truth, Alarm      []span
	Marks             []string // x of changepoints called
	Top               string   // score at the upper edge
	Rows              int
	Words             string // for who cannot see the picture
}

type span struct{ X, W string }

type cell struct{ Name, Value string }

// line is one figure, of this detector and of those beside.
type line struct {
	Name  string
	Cells []string
}

// Write writes the page of a report.
func Write(w io.Writer, r *suite.Report) error {
	v := struct {
		Suite, Detector string
		Names           []string
		Lines           []line
		Notes           []string
		Left, Silent    []suite.Missing
		Plots           []plot
		Marked, Taught  bool // some plot has changepoints, rows learned from
	}{Suite: r.Suite, Detector: r.Detector, Notes: r.Notes, Left: r.Left, Silent: r.Silent, Names: []string{"this detector", "95 % interval"}}
	for _, b := range r.Rivals {
		v.Names = append(v.Names, b.Name)
	}
	for _, f := range r.Figures {
		v.Lines = append(v.Lines, lineOf(f, r))
	}
	for _, t := range r.Traces {
		v.Plots = append(v.Plots, draw(&t))
		v.Marked, v.Taught = v.Marked || len(t.Marks) > 0, v.Taught || t.Learned > 0
	}
	if err := page.Execute(w, v); err != nil {
		return fmt.Errorf("report of suite %s: %w", r.Suite, err)
	}
	return nil
}

// lineOf puts a figure beside its interval and the rivals' figures of that name.
func lineOf(f suite.Figure, r *suite.Report) line {
	l := line{Name: f.Name, Cells: []string{number(f.Value), "–"}}
	if i, ok := r.Intervals[f.Name]; ok && !math.IsNaN(i.Low) {
		l.Cells[1] = number(i.Low) + " to " + number(i.High)
	}
	for _, b := range r.Rivals {
		text := "–"
		if i := slices.IndexFunc(b.Figures, func(o suite.Figure) bool { return o.Name == f.Name }); i >= 0 {
			text = number(b.Figures[i].Value)
		}
		l.Cells = append(l.Cells, text)
	}
	return l
}

func number(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// draw lays a trace out.
func draw(t *suite.Trace) plot {
	n := len(t.Score)
	p := plot{Name: t.Name, Width: width, Height: height + 2*band + 6, Bottom: height, Band: band, Low: height + band + 4, Rows: n}
	for _, f := range t.Figures {
		p.Figures = append(p.Figures, cell{f.Name, number(f.Value)})
	}
	top := ceiling(t)
	p.Top = number(top)
	y := func(v float64) float64 { return height - (height-4)*min(max(v, 0)/top, 1) }
	columns := min(n, width)
	last := "" // drawn on to the edge: rows are as wide as their strips
	var b strings.Builder
	for c := range columns {
		best := math.Inf(-1)
		for _, v := range t.Score[c*n/columns : (c+1)*n/columns] {
			if v > best {
				best = v
			}
		}
		if !math.IsInf(best, 0) {
			last = fmt.Sprintf("%.1f", y(best))
			fmt.Fprintf(&b, "%.1f,%s ", float64(c)*width/float64(columns), last)
		}
	}
	if last != "" {
		fmt.Fprintf(&b, "%d,%s", width, last)
	}
	p.Score = strings.TrimSpace(b.String())
	if t.Learned > 0 {
		p.Learned = fmt.Sprintf("%.1f", float64(t.Learned)*width/float64(n))
	}
	if !math.IsNaN(t.Limit) {
		p.Limit = fmt.Sprintf("%.1f", y(t.Limit))
	}
	p.Truth, p.Alarm = spans(t.Truth), spans(t.Alarm)
	for _, m := range t.Marks {
		p.Marks = append(p.Marks, fmt.Sprintf("%.1f", float64(m)*width/float64(n)))
	}
	p.Words = fmt.Sprintf("%s: %d rows, %d labelled stretches, %d alarms", t.Name, n, len(p.Truth), len(p.Alarm))
	return p
}

// ceiling is the score at the upper edge: three limits, or what 99.5 % of the rows stay below when that is more.
func ceiling(t *suite.Trace) float64 {
	s := slices.DeleteFunc(slices.Clone(t.Score), func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
	top := 1e-9
	if len(s) > 0 {
		slices.Sort(s)
		top = max(top, s[min(len(s)*995/1000, len(s)-1)]*1.05)
	}
	if !math.IsNaN(t.Limit) {
		top = max(top, 3*t.Limit)
	}
	return top
}

// spans are the runs of true rows, each wide enough to be seen.
func spans(rows []bool) []span {
	var out []span
	n := float64(len(rows))
	for i := 0; i < len(rows); {
		if !rows[i] {
			i++
			continue
		}
		from := i
		for i < len(rows) && rows[i] {
			i++
		}
		out = append(out, span{fmt.Sprintf("%.1f", float64(from)*width/n), fmt.Sprintf("%.1f", max(float64(i-from)*width/n, 1.5))})
	}
	return out
}
