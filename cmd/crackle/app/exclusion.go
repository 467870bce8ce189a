package app

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"crackle/alert"
)

// Exclusion is a length of signal that is kept out of every lesson.
type Exclusion struct {
	Why     string    `json:"why"`             // alarm, bad, not_assessed or torn
	Alarm   string    `json:"alarm,omitempty"` // id
	Part    string    `json:"part,omitempty"`
	From    time.Time `json:"from"` // end of its first window, and of its last
	To      time.Time `json:"to"`
	Windows int       `json:"windows"`
	Text    string    `json:"text"` // in words, with what to do
}

// Why a window is kept out.
const (
	whyAlarm = "alarm"
	whyBad   = "bad"
	whyPoor  = "not_assessed"
	whyTorn  = "torn"
)

// kept is an exclusion by its samples.
type kept struct {
	segment
	Exclusion
}

// guard is the signal around an alarm that is kept out with it: the windows that raise it, those that end it, and what a window reaches over.
func (s *stretch) guard() uint64 {
	sum, err := s.cfg.Summary()
	if err != nil {
		return uint64(s.cfg.RateHz)
	}
	windows := float64(max(s.cfg.Alarm.OfWindows, s.cfg.Alarm.OffWindows))
	return uint64(math.Ceil((sum.WindowS + windows/max(sum.WindowsPerS, 1e-6)) * s.cfg.RateHz))
}

// exclude says what must not be learnt: what lies near a true alarm, what a person has marked bad, and what could not be assessed. An alarm that was
// marked fine keeps nothing out. whole leaves out parts that were not seen from their beginning, too. The result tells per row, and in words, in order
// of time.
func (s *stretch) exclude(alarms []alert.Alarm, judged []Judgement, whole bool) ([]bool, []Exclusion) {
	out, list := make([]bool, len(s.rows)), []Exclusion{}
	parts, ranges := s.parts(), s.ranges()
	for _, c := range s.kept(alarms, judged, whole) {
		if s.cfg.PartResets { // a part is good or bad as a whole
			touched := c.segment
			for _, p := range parts {
				if p.overlaps(touched) {
					c.first, c.end = min(c.first, p.first), max(c.end, p.end)
				}
			}
		}
		for _, g := range ranges {
			if s.rows[g.lo].run == c.run {
				s.mark(out, &c, g)
			}
		}
		if c.Windows > 0 {
			list = append(list, c.Exclusion)
		}
	}
	slices.SortStableFunc(list, func(a, b Exclusion) int { return a.From.Compare(b.From) })
	return out, list
}

// mark excludes the rows of a range that an exclusion touches.
func (s *stretch) mark(out []bool, c *kept, g rowRange) {
	at := g.lo + sort.Search(g.hi-g.lo, func(i int) bool { return s.rows[g.lo+i].end > c.first })
	for ; at < g.hi && s.rows[at].first < c.end; at++ {
		out[at] = true
		c.To = time.Unix(0, s.rows[at].ns).UTC()
		if c.Windows == 0 {
			c.From = c.To
		}
		c.Windows++
	}
}

// kept lists the exclusions by their samples.
func (s *stretch) kept(alarms []alert.Alarm, judged []Judgement, whole bool) []kept {
	var list []kept
	var fine []segment
	around := s.guard()
	near := func(run, onset, end uint64, part string, active bool) segment {
		guard := around
		if s.cfg.PartResets && part != "" { // the whole part, and not its neighbours
			guard = 0
		}
		g := segment{run, onset - min(onset, guard), end + guard}
		if active {
			g.end = math.MaxUint64
		}
		return g
	}
	known := map[string]bool{}
	word := map[string]*Judgement{}
	for i := range judged {
		word[judged[i].Alarm] = &judged[i]
	}
	for i := range alarms {
		a := &alarms[i]
		j := word[a.ID]
		if a.Run == 0 || a.Stream != s.cfg.Name || !ofSignal(a.Kind) && (j == nil || j.Judgement != Bad) {
			continue
		}
		known[a.ID] = true
		g := near(a.Run, a.Onset, max(a.End, s.flatUntil(a)), a.Part, a.State.Active())
		if j != nil && j.Judgement == Fine {
			fine = append(fine, g)
			continue
		}
		list = append(list, alarmed(g, a, j))
	}
	for i := range judged {
		j := &judged[i]
		if known[j.Alarm] || j.Run == 0 || j.Stream != s.cfg.Name {
			continue
		}
		known[j.Alarm] = true
		g := near(j.Run, j.Onset, j.End, j.Part, false)
		if j.Judgement == Fine {
			fine = append(fine, g)
			continue
		}
		list = append(list, kept{g, Exclusion{Why: whyBad, Alarm: j.Alarm, Part: j.Part, Text: "alarm " + j.Alarm + " was marked bad by " + j.By}})
	}
	for _, a := range s.alarms() {
		g := near(a.Run, a.Onset, a.End, a.Part, a.State.Active())
		if known[a.ID] || slices.ContainsFunc(fine, g.overlaps) {
			continue
		}
		list = append(list, kept{g, Exclusion{Why: whyAlarm, Part: a.Part, Text: "the model in service calls it an alarm, though none stands in the list"}})
	}
	for _, g := range s.poor {
		list = append(list, kept{g, Exclusion{Why: whyPoor, Text: "a part of which too many samples are missing, invalid or out of range"}})
	}
	if whole {
		for _, g := range s.torn {
			list = append(list, kept{g, Exclusion{Why: whyTorn, Text: "a part that was not seen from its beginning"}})
		}
	}
	return list
}

// ofSignal tells the alarms whose signal is never learnt unless somebody says that it was fine. What other kinds tell of, a gap or a sample out of
// range, is a defect of each window that it touches.
func ofSignal(k alert.Kind) bool { return k == alert.KindScore || k == alert.KindFlat }

// flatUntil is one past the last sample of a channel that stood still, as far as the times of its alarm tell; 0 for other alarms.
func (s *stretch) flatUntil(a *alert.Alarm) uint64 {
	if a.Kind != alert.KindFlat {
		return 0
	}
	stood := s.cfg.Health.FlatS + max(0, a.ClearTime.Sub(a.OnsetTime).Seconds())*s.cfg.TimeLapse
	return a.Onset + uint64((stood+1)*s.cfg.RateHz)
}

func alarmed(g segment, a *alert.Alarm, j *Judgement) kept {
	x := Exclusion{Why: whyAlarm, Alarm: a.ID, Part: a.Part}
	switch {
	case j != nil:
		x.Why, x.Text = whyBad, "alarm "+a.ID+" was marked bad by "+j.By
	case a.State.Active():
		x.Text = fmt.Sprintf("alarm %s is still open: when it was normal, mark it fine", a.ID)
	default:
		x.Text = fmt.Sprintf("alarm %s is not judged: when it was normal, mark it fine", a.ID)
	}
	return kept{g, x}
}

func (g segment) overlaps(o segment) bool {
	return g.run == o.run && g.first < o.end && o.first < g.end
}

// rowRange are rows lo to hi, of one run and in the order of their samples.
type rowRange struct{ lo, hi int }

func (s *stretch) ranges() (out []rowRange) {
	for i := range s.rows {
		r := &s.rows[i]
		if i > 0 && s.rows[i-1].run == r.run && s.rows[i-1].end <= r.end {
			out[len(out)-1].hi = i + 1
			continue
		}
		out = append(out, rowRange{i, i + 1})
	}
	return out
}

// parts are the lengths of the named parts among the rows.
func (s *stretch) parts() (out []segment) {
	last := ""
	for i := range s.rows {
		r := &s.rows[i]
		switch {
		case r.part == "":
		case r.part == last && out[len(out)-1].run == r.run:
			out[len(out)-1].end = r.end
		default:
			out = append(out, segment{r.run, r.first, r.end})
		}
		last = r.part
	}
	return out
}
