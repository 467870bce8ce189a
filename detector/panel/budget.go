package panel

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"crackle/detector/limit"
)

// Budget is how many alarms good production may cost. One of PerDay, PerThousandParts and Share is above 0, or none: then the limit follows from
// the lesson's margin.
type Budget struct {
	PerDay           float64 // alarms a day
	PerThousandParts float64 // parts in 1,000 with an alarm
	Share            float64 // of the rows above the limit

	RowsPerDay float64 // that the stream gives; needed for PerDay, and for stating alarms a day in any case
	On, Of     int     // an alarm begins with On of Of rows above the limit; 0: 1
	Off        int     // and is over after Off rows in a row that are not; 0: 1
	Adaptive   bool    // the limit follows a process that drifts
}

func (b *Budget) stated() bool { return b.PerDay > 0 || b.PerThousandParts > 0 || b.Share > 0 }

func (b *Budget) check() error {
	n := 0
	for _, v := range []float64{b.PerDay, b.PerThousandParts, b.Share} {
		if v != 0 {
			n++
		}
		if !(v >= 0) || math.IsInf(v, 0) {
			return fmt.Errorf("budget %v, must be 0 or more", v)
		}
	}
	switch {
	case n > 1:
		return fmt.Errorf("a budget of %v alarms a day, %v in 1,000 parts and a share of %v: one of them only", b.PerDay, b.PerThousandParts, b.Share)
	case b.PerThousandParts >= 1000 || b.Share >= 1:
		return fmt.Errorf("a budget of %v in 1,000 parts, or a share of %v: must be below 1,000 and 1", b.PerThousandParts, b.Share)
	case b.PerDay > 0 && !(b.RowsPerDay > b.PerDay):
		return fmt.Errorf("a budget of %v alarms a day for %v windows a day: must be fewer alarms than windows", b.PerDay, b.RowsPerDay)
	case b.Adaptive && n == 0:
		return fmt.Errorf("an adaptive limit needs a budget: state alarms_per_day")
	}
	return nil
}

// Promise is what a limit rests on and what can be promised with it.
type Promise struct {
	Asked        float64 `json:"asked,omitempty"`     // budget; 0: none, the limit follows from the margin
	Per          string  `json:"per,omitempty"`       // what it is per: day, 1000 parts, window
	Supported    float64 `json:"supported,omitempty"` // the smallest budget that the held-out rows support, per the same
	More         float64 `json:"more,omitempty"`      // how many times as much must be held out to support what was asked; 1 or less: it is supported
	Extrapolated bool    `json:"extrapolated,omitempty"`
	Rows         int     `json:"rows"`               // held out, at which an alarm could have begun
	Effective    float64 `json:"effective"`          // independent rows among them
	Lots         int     `json:"lots"`               // or parts, held out
	Days         float64 `json:"days,omitempty"`     // of signal held out; 0: not known
	Alarms       int     `json:"alarms"`             // that the limit gives on it
	Low          float64 `json:"alarms_per_day_low"` // 95 % interval of false alarms a day, by counting
	High         float64 `json:"alarms_per_day_high"`
}

// memory is how many windows to an independent one make a process one that drifts, or a slow one.
const memory = 100

// Words say what can be promised, a sentence each.
func (p *Promise) Words() []string {
	var out []string
	if p.Days > 0 {
		out = append(out, fmt.Sprintf("%d false alarms in %s of held-out production: between %s and %s a day at 95 %%", p.Alarms, days(p.Days), figure(p.Low), figure(p.High)))
	}
	if p.Rows > memory*int(p.Effective) {
		out = append(out, fmt.Sprintf("the scores of %d held-out windows are worth %.0f independent ones: the process drifts or is slow, so that a limit that stays where it is may not hold; adaptive_limit follows it", p.Rows, p.Effective))
	}
	if p.Asked == 0 {
		return out
	}
	return append(out, p.Support())
}

// Support says whether the held-out rows support the budget, and if not which one they do and how much more it takes.
func (p *Promise) Support() string {
	asked := fmt.Sprintf("%.4g alarms per %s were asked for", p.Asked, p.Per)
	if p.More <= 1 {
		return asked + fmt.Sprintf(", which %d held-out windows (worth %.0f independent ones) support", p.Rows, p.Effective)
	}
	return asked + fmt.Sprintf(", but %d held-out windows (worth %.0f independent ones, of %d lots or parts) support %s and no fewer: hold out %s times as much, or allow more; until then the limit is extrapolated",
		p.Rows, p.Effective, p.Lots, figure(p.Supported), figure(p.More))
}

// figure is a number of three digits, as people write it.
// figure writes three digits: what is estimated has no more.
func figure(v float64) string {
	text := strconv.FormatFloat(v, 'g', 3, 64)
	if rounded, err := strconv.ParseFloat(text, 64); err == nil && v >= 1000 && v < 1e9 {
		return strconv.FormatFloat(rounded, 'f', 0, 64)
	}
	return text
}

func days(d float64) string {
	switch {
	case d >= 2:
		return fmt.Sprintf("%.3g days", d)
	case d >= 2.0/24:
		return fmt.Sprintf("%.3g hours", d*24)
	case d >= 2.0/24/60:
		return fmt.Sprintf("%.3g minutes", d*24*60)
	}
	return fmt.Sprintf("%.3g seconds", d*24*3600)
}

// held is what the panel says of held-out rows, run by run.
type held struct {
	value [][]float64 // calibrated
	event [][]float64 // the value that On of the last Of rows reach: above the limit, an alarm begins
	lot   []string    // of each run
	part  []string
}

// newHeld cuts values, of all runs in order, into runs.
func newHeld(l *Lesson, value []float64) *held {
	h := &held{lot: l.HeldLot, part: l.HeldPart}
	pieces := map[string]int{}
	for _, p := range l.HeldPart {
		pieces[p]++
	}
	on, of := max(l.Budget.On, 1), max(l.Budget.Of, 1)
	for _, run := range l.Held {
		v := value[:len(run)]
		value = value[len(run):]
		event := reached(v, on, of)
		if r := len(h.event); r < len(l.HeldPart) && pieces[l.HeldPart[r]] == 1 {
			brief(event, v, on, of)
		}
		h.value, h.event = append(h.value, v), append(h.event, event)
	}
	return h
}

// reached is, per row, what on of the last of rows reach; NaN where fewer have a value.
func reached(v []float64, on, of int) []float64 {
	out := make([]float64, len(v))
	last := make([]float64, 0, of)
	for i := range v {
		last = append(last[:0], known(v[max(0, i+1-of):i+1])...)
		slices.Sort(last)
		out[i] = math.NaN()
		if len(last) >= on {
			out[i] = last[len(last)-on]
		}
	}
	return out
}

// brief puts the event of a whole part that has fewer values than on at its last one: what the same share of its windows reach, by which it is judged.
func brief(event, v []float64, on, of int) {
	all := known(v)
	n := len(all)
	if n == 0 || n >= on {
		return
	}
	slices.Sort(all)
	last := len(v) - 1
	for v[last] != v[last] {
		last--
	}
	event[last] = all[n-(on*n+of-1)/of]
}

// alarms counts the alarms that a limit gives: begun by an event above it, over after off rows that are not above it.
func (h *held) alarms(at float64, off int) (n int) {
	for r, run := range h.event {
		on, calm := false, 0
		for i, v := range run {
			switch {
			case v > at && !on:
				on, calm = true, 0
				n++
			case h.value[r][i] > at:
				calm = 0
			case on:
				if calm++; calm >= max(off, 1) {
					on = false
				}
			}
		}
	}
	return n
}

// clustering is how many rows above the limit come with one alarm: the fewest that limits passed by a tenth to a fiftieth of the rows show.
func (h *held) clustering(off int) float64 {
	events := known(slices.Concat(h.event...))
	slices.Sort(events)
	least := math.Inf(1)
	for _, q := range []float64{0.9, 0.95, 0.98} {
		at := events[int(q*float64(len(events)-1))]
		above := 0
		for _, v := range events {
			if v > at {
				above++
			}
		}
		if n := h.alarms(at, off); n > 0 {
			least = min(least, float64(above)/float64(n))
		}
	}
	if math.IsInf(least, 1) {
		return 1
	}
	return max(least, 1)
}

// largest is the highest event of each group.
func (h *held) largest(group []string) []float64 {
	best := map[string]float64{}
	var order []string
	for r, run := range h.event {
		for _, v := range run {
			was, ok := best[group[r]]
			if !ok && v == v {
				order = append(order, group[r])
			}
			if v == v && (!ok || v > was) {
				best[group[r]] = v
			}
		}
	}
	out := make([]float64, len(order))
	for i, g := range order {
		out[i] = best[g]
	}
	return out
}

// afford sets the limit that keeps the budget, and says what it rests on.
func (p *Panel) afford(l *Lesson, h *held, back *heldBack) error {
	b := &l.Budget
	events := slices.Concat(h.event...)
	tail, err := limit.CalibrateFew(events)
	if err != nil {
		return fmt.Errorf("the budget: %w", err)
	}
	cluster := h.clustering(b.Off)
	lots := h.largest(h.groups())
	share := b.Share
	switch {
	case b.PerDay > 0:
		share = min(b.PerDay*cluster/b.RowsPerDay, 0.5)
	case b.PerThousandParts > 0:
		share = min(b.PerThousandParts/1000*cluster*float64(len(h.largest(h.part)))/float64(len(events)), 0.5)
	}
	s := limit.Supports(known(events), 0, len(lots))
	p.promise.Asked, p.promise.Per, p.promise.Supported, p.promise.More = b.Share, "window", s.Alpha, s.Alpha/share
	p.limit, p.promise.Extrapolated = tail.Limit(share * caution(p.promise.More))
	switch {
	case b.PerDay > 0:
		p.promise.Asked, p.promise.Per, p.promise.Supported = b.PerDay, "day", s.Alpha*b.RowsPerDay/cluster
		// A lot makes so much of a day's alarms; between lots there is more variance than within.
		p.acrossLots(l, back, h.groups(), b.PerDay*float64(len(events))/b.RowsPerDay/float64(len(lots)))
	case b.PerThousandParts > 0:
		parts := h.largest(h.part)
		p.promise.Asked, p.promise.Per, p.promise.Supported = b.PerThousandParts, "1000 parts", 1000*limit.LotBound(len(parts))
		p.promise.More = p.promise.Supported / b.PerThousandParts
		if p.promise.More <= 1 && len(parts) >= fewLots {
			p.limit, p.promise.Extrapolated = 0, false // the parts alone say it
		}
		p.acrossLots(l, back, h.part, b.PerThousandParts/1000)
	}
	p.promise.Extrapolated = p.promise.Extrapolated || p.promise.More > 1
	if b.Adaptive {
		p.follow = &following{Alpha: share, Unit: 1 / math.Ln10, Level: l.level, Rows: min(cluster, mostRows)}
	}
	return nil
}

// flattered is by how much more often than they should new rows pass a limit that rows just support, on average over processes: the members' tails are
// fitted to the same rows, and a limit that is too low by chance costs more than one that is too high saves.
const flattered = 0.08

// caution is the share of the budget that a limit aims at. The less the rows support, the more likely is it too low: at half from four times too few rows on.
func caution(more float64) float64 {
	return max(0.5, 1/(math.Sqrt(max(more, 1))*(1+flattered*min(more, 1))))
}

// fewLots is the number of lots or parts from which the spread between them can be told: with fewer, what a normal law makes of them is far beyond any
// fault.
const fewLots = 5

// acrossLots raises the limit to what a new good lot, or part, passes with that probability, where there are enough to tell by. Each is judged by tails
// that it has no share in, as a new one is.
func (p *Panel) acrossLots(l *Lesson, back *heldBack, group []string, share float64) {
	if len(slices.Compact(slices.Sorted(slices.Values(group)))) < fewLots || !(share > 0 && share < 1) {
		return
	}
	largest := newHeld(l, p.strange(l, back, group)).largest(group)
	if a, err := limit.AcrossLots(largest, share); err == nil && p.over(a.Limit) > p.limit {
		p.limit, p.promise.Extrapolated = p.over(a.Limit), p.promise.Extrapolated || a.Extrapolated
	}
}

// groups are the lots of the runs, or their parts where no lots are known.
func (h *held) groups() []string {
	if slices.ContainsFunc(h.lot, func(s string) bool { return strings.TrimSpace(s) != "" }) {
		return h.lot
	}
	return h.part
}

// count says what the limit gives on the held-out rows.
func (p *Panel) count(l *Lesson, h *held) {
	events := known(slices.Concat(h.event...))
	p.promise.Rows, p.promise.Effective, p.promise.Lots = len(events), limit.Effective(events), len(h.largest(h.groups()))
	p.promise.Alarms = h.alarms(p.limit, l.Budget.Off)
	if l.Budget.RowsPerDay > 0 && len(events) > 0 { // no run held out may be as long as an alarm takes: then nothing is known
		p.promise.Days = float64(len(events)) / l.Budget.RowsPerDay
		p.promise.Low, p.promise.High = limit.Rate(p.promise.Alarms, p.promise.Days, 0.95)
	}
}
