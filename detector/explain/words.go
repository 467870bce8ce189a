package explain

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Reason is one thing that mattered.
type Reason struct {
	Feature  int     `json:"feature"`
	Name     string  `json:"name"`
	Unit     string  `json:"unit,omitempty"`
	Got      float64 `json:"got"`      // in the window where it mattered most
	Expected float64 `json:"expected"` // by the member, for the window explained; else what is usual
	Row      int     `json:"row"`      // of the map: that window
	Rows     int     `json:"rows"`     // up to the window explained, that hold four fifths of it
	Share    float64 `json:"share"`    // of all that raised the score, 0 to 1
	Words    string  `json:"words"`
}

// sum adds up by channel. A feature belongs to the channel that its name begins with, as in current_a.rms; others span several.
func (x *Explanation) sum(channels []string) {
	if len(channels) == 0 {
		return
	}
	by := make([]Channel, len(channels), len(channels)+1)
	several := Channel{Name: "several"}
	for i, c := range channels {
		by[i].Name = c
	}
	spans := false
	for j, name := range x.Features {
		head, _, _ := strings.Cut(name, ".")
		if i := slices.Index(channels, head); i >= 0 {
			by[i].Gave += x.ByFeat[j]
			continue
		}
		several.Gave += x.ByFeat[j]
		spans = true
	}
	if spans {
		by = append(by, several)
	}
	x.ByChan = by
}

// reasons picks the three features that raised the score most.
func (x *Explanation) reasons(usual []float64) {
	order, raised := make([]int, 0, len(x.ByFeat)), 0.0
	for j, v := range x.ByFeat {
		if v > 0 {
			order = append(order, j)
			raised += v
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return -cmp.Compare(x.ByFeat[a], x.ByFeat[b]) })
	for _, j := range order[:min(3, len(order))] {
		x.Top = append(x.Top, x.reason(j, usual, x.ByFeat[j]/raised))
	}
}

func (x *Explanation) reason(j int, usual []float64, share float64) Reason {
	r := Reason{Feature: j, Name: x.Features[j], Share: share}
	last, sum := len(x.Map)-1, 0.0
	r.Row = last
	for t := last; t >= 0; t-- {
		v := math.Abs(x.Map[t][j])
		sum += v
		if v > math.Abs(x.Map[r.Row][j]) {
			r.Row = t
		}
	}
	for part := 0.0; r.Rows <= last && (r.Rows == 0 || part < 0.8*sum); r.Rows++ {
		part += math.Abs(x.Map[last-r.Rows][j])
	}
	if x.Units != nil {
		r.Unit = x.Units[j]
	}
	r.Got, r.Expected = x.rows[r.Row][j], usual[j]
	if r.Row == last && x.expected != nil {
		r.Expected = x.expected[j]
	}
	r.Words = r.words(last)
	return r
}

// words says it in a sentence.
func (r *Reason) words(last int) string {
	where := ""
	if r.Row < last {
		where = fmt.Sprintf(", %s before,", windows(last-r.Row))
	}
	over := "in this window"
	if r.Rows > 1 {
		over = "over the last " + windows(r.Rows)
	}
	return fmt.Sprintf("%s was %s%s where %s was expected, %s: %.0f %% of what raised the score, %s",
		r.Name, quantity(r.Got, r.Unit), where, quantity(r.Expected, r.Unit), difference(r.Got, r.Expected, r.Unit), 100*r.Share, over)
}

// quantity is a number with its unit; a logarithm is written as that of the quantity people know.
func quantity(v float64, unit string) string {
	if of, ok := logarithmOf(unit); ok && math.Abs(v) < 300 {
		return "ln(" + quantity(math.Exp(v), of) + ")"
	}
	if unit == "" || unit == "1" {
		return figure(v)
	}
	return figure(v) + " " + unit
}

// logarithmOf takes the unit apart: "ln A" is a logarithm of A, "ln" of a pure number.
func logarithmOf(unit string) (string, bool) {
	if unit == "ln" {
		return "", true
	}
	return strings.CutPrefix(unit, "ln ")
}

func difference(got, expected float64, unit string) string {
	if _, ok := logarithmOf(unit); ok && math.Abs(got-expected) < 300 {
		return figure(math.Exp(got-expected)) + " times as much"
	}
	way := "above"
	if got < expected {
		way = "below"
	}
	return quantity(math.Abs(got-expected), unit) + " " + way
}

func windows(n int) string {
	if n == 1 {
		return "1 window"
	}
	return strconv.Itoa(n) + " windows"
}

// figure is a number as people read it: four digits.
func figure(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
