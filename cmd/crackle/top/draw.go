package top

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Marks of a terminal (ECMA-48).
const (
	dim     = "\x1b[2m"
	red     = "\x1b[1;31m"
	yellow  = "\x1b[33m"
	reverse = "\x1b[7m"
	bold    = "\x1b[1m"
	reset   = "\x1b[0m"
)

func (v *View) paint(mark, text string) string {
	if !v.Colour || mark == "" {
		return text
	}
	return mark + text + reset
}

func verdictMark(verdict string) string {
	switch verdict {
	case "alarm":
		return red
	case "not assessed":
		return yellow
	}
	return ""
}

// head says which monitor this is, whether it is ready, and how old the picture is.
func (v *View) head(w int, now time.Time) []string {
	if v.snap == nil {
		if v.err != nil {
			return []string{v.paint(reverse, fit(" NO ANSWER: "+v.err.Error(), w, false))}
		}
		return []string{fit("Crackle at "+v.URL+": asking", w, false)}
	}
	s := &v.snap.Status
	title := fmt.Sprintf("Crackle %s at %s, %s", s.Version, v.URL, s.Now.UTC().Format("2006-01-02 15:04:05 UTC"))
	out := []string{v.paint(bold, fit(title, w, false))}
	if v.err != nil {
		out = append(out, v.paint(reverse, fit(fmt.Sprintf(" NO ANSWER for %s, what is shown is old: %s", age(now.Sub(v.lost)), v.err), w, false)))
	}
	counts := map[string]int{}
	for i := range v.snap.Streams {
		counts[v.snap.Streams[i].Verdict]++
	}
	sum := fmt.Sprintf("%s, %d open alarms", streams(counts), len(v.snap.Alarms))
	mark := ""
	switch {
	case counts["alarm"] > 0 || len(v.snap.Alarms) > 0:
		mark = red
	case counts["not assessed"] > 0:
		mark = yellow
	}
	out = append(out, v.paint(mark, fit(sum, w, false)))
	for i, p := range s.Readiness.Problems {
		if i == 3 {
			out = append(out, v.paint(yellow, fit(fmt.Sprintf("  and %d more problems", len(s.Readiness.Problems)-i), w, false)))
			break
		}
		out = append(out, v.paint(yellow, fit("! "+p, w, false)))
	}
	return append(out, "")
}

func streams(counts map[string]int) string {
	var words []string
	for _, verdict := range []string{"alarm", "not assessed", "ok"} {
		words = append(words, fmt.Sprintf("%d %s", counts[verdict], verdict))
	}
	return "streams: " + strings.Join(words, ", ")
}

// column is one column of the table of streams.
type column struct {
	title string
	width int
	right bool
}

// columns fit the width: what matters most stays.
func columns(w int) []column {
	c := []column{{"STREAM", 22, false}, {"VERDICT", 12, false}, {"SCORE", 9, true}, {"LIMIT", 9, true}, {"AGE", 7, true}, {"TREND", 20, false}, {"PART, LOT, REASONS", 0, false}}
	used := func() (n int) {
		for _, x := range c {
			n += x.width + 1
		}
		return n
	}
	const rest = 12 // least width of the last column
	for _, drop := range []string{"TREND", "LIMIT", "PART, LOT, REASONS", "AGE", "SCORE"} {
		if used()+rest <= w {
			break
		}
		for i := range c {
			if c[i].title == drop {
				c = append(c[:i], c[i+1:]...)
				break
			}
		}
	}
	last := &c[len(c)-1]
	if extra := w - used(); extra > 0 {
		if last.width == 0 {
			more := min(extra/3, 18)
			c[0].width += more
			last.width = extra - more + 1
		} else {
			c[0].width += extra + 1
		}
	} else if used() > w+1 {
		c[0].width = max(4, c[0].width-(used()-w-1))
	}
	return c
}

// table is a line of titles and room lines of streams.
func (v *View) table(w, room int) []string {
	cols := columns(w)
	title := make([]string, len(cols))
	for i, c := range cols {
		title[i] = fit(c.title, c.width, c.right)
	}
	out := []string{v.paint(dim, strings.Join(title, " "))}
	list := v.snap.Streams[v.scroll:]
	for i := range list {
		if i == room {
			break
		}
		out = append(out, v.row(&list[i], cols))
	}
	return out
}

func (v *View) row(s *Stream, cols []column) string {
	name := s.Title
	if name == "" {
		name = s.Name
	}
	old := "never"
	oldMark := yellow
	if !s.NewestAt.IsZero() {
		d := v.snap.Status.Now.Sub(s.NewestAt)
		old = age(d)
		if limit := s.StaleAfterS; limit == nil || d.Seconds() <= max(*limit, 5) {
			oldMark = ""
		}
	}
	var about []string
	for _, text := range []string{s.Part, s.Lot} {
		if text != "" {
			about = append(about, text)
		}
	}
	if s.Source != "live" && s.Source != "" {
		about = append(about, s.Source)
	}
	if s.Verdict != "ok" {
		about = append(about, s.Reasons...)
	}
	cells := make([]string, 0, len(cols))
	for _, c := range cols {
		switch c.title {
		case "STREAM":
			cells = append(cells, fit(name, c.width, c.right))
		case "VERDICT":
			cells = append(cells, v.paint(verdictMark(s.Verdict), fit(s.Verdict, c.width, c.right)))
		case "SCORE":
			cells = append(cells, fit(number(s.Score), c.width, c.right))
		case "LIMIT":
			cells = append(cells, fit(number(s.Limit), c.width, c.right))
		case "AGE":
			cells = append(cells, v.paint(oldMark, fit(old, c.width, c.right)))
		case "TREND":
			cells = append(cells, v.trend(s.Name, c.width))
		default:
			cells = append(cells, fit(strings.Join(about, ", "), c.width, c.right))
		}
	}
	return strings.TrimRight(strings.Join(cells, " "), " ")
}

var bars = []rune(" ▁▂▃▄▅▆▇█")

// trend draws the newest scores over their limit, which stands at six eighths of the height.
func (v *View) trend(name string, w int) string {
	t := v.trends[name]
	t = t[max(0, len(t)-w):]
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", w-len(t)))
	for _, x := range t {
		switch {
		case math.IsNaN(x):
			b.WriteString("·")
		case x > 1:
			b.WriteString(v.paint(red, string(bars[min(8, 7+int(x-1))])))
		default:
			b.WriteRune(bars[max(1, min(6, int(math.Ceil(6*x))))])
		}
	}
	return b.String()
}

// alarms lists the open ones, the newest first.
func (v *View) alarms(w int) []string {
	if len(v.snap.Alarms) == 0 {
		return nil
	}
	out := []string{v.paint(dim, fit("OPEN ALARMS", w, false))}
	for i := len(v.snap.Alarms) - 1; i >= 0; i-- {
		a := &v.snap.Alarms[i]
		name := a.Title
		if name == "" {
			name = a.Stream
		}
		if name == "" {
			name = "the monitor"
		}
		state := strings.ReplaceAll(a.State, "_", " ")
		if a.AckBy != "" {
			state += " by " + a.AckBy
		}
		mark := ""
		if a.State == "active_unacknowledged" {
			mark = red
		}
		line := fmt.Sprintf("%s  %s  %s  %s: %s", a.OnsetTime.UTC().Format("01-02 15:04:05"), fit(name, 22, false), fit(state, 23, false), a.Kind, a.What)
		out = append(out, v.paint(mark, fit(line, w, false)))
	}
	return out
}

// foot is how the monitor itself is doing.
func (v *View) foot(w int) []string {
	s := &v.snap.System
	samples, windows := 0.0, 0.0
	for _, f := range s.Streams {
		if f.SamplesPerS != nil {
			samples += *f.SamplesPerS
		}
		if f.WindowsPerS != nil {
			windows += *f.WindowsPerS
		}
	}
	text := fmt.Sprintf("%s, %s, %d dropped, memory %s", amount(samples, "samples/s"), amount(windows, "windows/s"), s.Dropped, amount(float64(s.Memory.Total), "B"))
	if s.Store.Bytes != nil && s.Store.MaxBytes != nil {
		text += fmt.Sprintf(", store %s of %s", amount(*s.Store.Bytes, "B"), amount(*s.Store.MaxBytes, "B"))
	}
	text += fmt.Sprintf(", %d dashboards", s.Clients)
	mark := dim
	if !s.NATS.Connected {
		text, mark = "NATS is away; "+text, yellow
	}
	return []string{v.paint(mark, fit(text, w, false))}
}
