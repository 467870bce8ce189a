package master

import (
	"fmt"
	"strconv"
	"strings"
)

// Words says a point in a sentence.
func (p *Point) Words(learn int) string {
	who := fmt.Sprintf("reference part %s", p.Part)
	switch {
	case p.Learns:
		return fmt.Sprintf("%s measured, %d of the %d measurements that set its limits", who, p.Number, learn)
	case p.Blind:
		return who + " measured, and nothing can be told from it: no number changed at all in the measurements that set the limits"
	case len(p.Out) == 0:
		return who + " measures as it used to: what changes on other parts is the process"
	}
	var out []string
	for _, f := range p.Out[:min(3, len(p.Out))] {
		out = append(out, f.words())
	}
	if more := len(p.Out) - 3; more > 0 {
		out = append(out, fmt.Sprintf("%d more", more))
	}
	return fmt.Sprintf("%s does not measure as it used to: %s. The part has not changed, so the sensor, its mounting, its gain or the reference itself has", who, strings.Join(out, "; "))
}

func (f *Finding) words() string {
	what := "was"
	if f.Slow {
		what = "was in the slow mean"
	}
	return fmt.Sprintf("%s %s %s where %s to %s is allowed", f.Name, what, quantity(f.Got, f.Unit), figure(f.Allowed.Low), quantity(f.Allowed.High, f.Unit))
}

func quantity(v float64, unit string) string {
	if unit == "" || unit == "1" {
		return figure(v)
	}
	return figure(v) + " " + unit
}

func figure(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
