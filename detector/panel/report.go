package panel

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Report says what a panel finds and what it calls falsely, and what each of its members has in it. The faults are made: steps of one feature, added to
// held-out rows. It tells what size of change is found, not which faults a process will have.
type Report struct {
	Sizes  []float64    `json:"sizes,omitempty"` // of the steps, in spreads of the feature, or in its tolerance where that is larger
	Trials int          `json:"trials"`          // per size; 0: the held-out runs are too short
	Rows   int          `json:"rows"`            // that a step lasts at most
	Voices []Voice      `json:"voices"`
	Adds   []string     `json:"adds,omitempty"`   // what the networks add to the others, in words
	Scores [][3]float64 `json:"scores,omitempty"` // of the held-out rows in equal stretches: lowest, highest, and limit there
}

// Voice is who speaks: the whole panel, the panel without its networks, or a member alone.
type Voice struct {
	Name   string `json:"name"`
	Found  []int  `json:"found,omitempty"` // alarms begun within a step, per size
	Alarms int    `json:"alarms"`          // on the held-out rows as they are
}

// Names of voices that are not members.
const (
	Whole           = "panel"
	WithoutNetworks = "without networks"
)

// stepSizes are those tried, in spreads or tolerances.
var stepSizes = []float64{1, 2, 4, 8}

const (
	stepRows    = 30  // that a step lasts
	contextRows = 80  // before it
	drawnRows   = 240 // stretches that the scores are drawn in
)

// voices are the scores of rows, a column per voice.
type voices struct {
	panel   *Panel
	columns [][]float64 // whole, without networks, and the members
}

func (v *voices) names() []string {
	return append([]string{Whole, WithoutNetworks}, v.panel.Members()...)
}

// add notes what everybody says of the row last stepped; nothing of one that is not judged.
func (v *voices) add(o *Opinion, judged bool) {
	if v.columns == nil {
		v.columns = make([][]float64, 2+len(v.panel.seats))
	}
	whole, others := o.Score, math.NaN()
	for k, s := range v.panel.seats {
		said := v.panel.last[k]
		if !judged {
			said = math.NaN()
		}
		v.columns[2+k] = append(v.columns[2+k], said)
		if _, ok := s.Kept.(networked); !ok && said == said && !(said <= others) {
			others = said
		}
	}
	if !judged {
		whole = math.NaN()
	}
	v.columns[0], v.columns[1] = append(v.columns[0], whole), append(v.columns[1], v.panel.over(others))
}

// live goes over runs as over a stream's; fresh tells where members start anew.
func (v *voices) live(runs [][][]float64, warmup int, fresh func(run int) bool) {
	var o Opinion
	for k, run := range runs {
		if fresh(k) {
			v.panel.Forget()
		}
		for i, r := range run {
			v.panel.Step(&o, r)
			if i >= warmup {
				v.panel.Settle(&o)
			}
			v.add(&o, i >= warmup)
		}
	}
}

// report tries the panel, and counts what its limit gives on the held-out rows. A limit that follows is tried where it begins.
func (p *Panel) report(l *Lesson) {
	follow := p.follow
	p.follow = nil
	defer func() { p.follow = follow }()
	v := voices{panel: p}
	v.live(l.Held, l.Warmup, l.fresh)
	p.count(l, newHeld(l, v.columns[0]))
	r := Report{Sizes: stepSizes, Rows: stepRows}
	for k, name := range v.names() {
		r.Voices = append(r.Voices, Voice{Name: name, Found: make([]int, len(stepSizes)), Alarms: newHeld(l, v.columns[k]).alarms(p.limit, l.Budget.Off)})
	}
	r.Scores = stretches(v.columns[0], p.limit)
	p.steps(l, &r)
	if !p.mixed() { // all of one kind: there is nothing to compare
		r.Voices = slices.Delete(r.Voices, 1, 2)
	} else if r.Trials > 0 {
		r.Adds = r.adds(p.networks())
	}
	p.tried = r
}

// mixed tells that there are networks and others.
func (p *Panel) mixed() bool {
	n := len(p.networks())
	return n > 0 && n < len(p.seats)
}

func (p *Panel) networks() (names []string) {
	for _, s := range p.seats {
		if _, ok := s.Kept.(networked); ok {
			names = append(names, s.Name())
		}
	}
	return names
}

// steps adds steps to held-out rows, one at a time, at places spread evenly, to each feature in turn.
func (p *Panel) steps(l *Lesson, r *Report) {
	var long [][][]float64
	for _, run := range l.Held {
		if len(run) >= l.Warmup+2*max(l.Budget.Of, 2) {
			long = append(long, run)
		}
	}
	if len(long) == 0 || l.Trials == 0 {
		r.Sizes = nil
		for k := range r.Voices {
			r.Voices[k].Found = nil
		}
		return
	}
	r.Trials = l.Trials
	for k := range l.Trials {
		run := long[k%len(long)]
		first, last := l.Warmup, max(len(run)-stepRows, l.Warmup) // of the places for a step
		part := float64(k) * 0.6180339887498949
		at := first + int((part-math.Floor(part))*float64(last-first+1))
		from, to := max(0, at-max(contextRows, l.Warmup)), min(len(run), at+stepRows)
		for i, size := range stepSizes {
			j := k % len(l.Width)
			p.step(l, r, i, run[from:to], at-from, j, size*max(l.Width[j], l.MinChange[j]))
		}
	}
}

// step counts who begins an alarm on rows with a step of feature j.
func (p *Panel) step(l *Lesson, r *Report, size int, rows [][]float64, at, j int, by float64) {
	changed := make([][]float64, len(rows))
	for i, row := range rows {
		changed[i] = row
		if i >= at {
			changed[i] = slices.Clone(row)
			changed[i][j] += by
		}
	}
	v := voices{panel: p}
	v.live([][][]float64{changed}, l.Warmup, func(int) bool { return true })
	for k := range r.Voices {
		for _, e := range reached(v.columns[k], max(l.Budget.On, 1), max(l.Budget.Of, 1))[at:] {
			if e > p.limit {
				r.Voices[k].Found[size]++
				break
			}
		}
	}
}

// stretches are the lowest and highest of a series in equal stretches.
func stretches(v []float64, limit float64) [][3]float64 {
	n := min(drawnRows, len(v))
	var out [][3]float64
	for k := range n {
		low, high := math.Inf(1), math.Inf(-1)
		for _, x := range v[k*len(v)/n : (k+1)*len(v)/n] {
			if x == x {
				low, high = min(low, x), max(high, x)
			}
		}
		if low <= high {
			out = append(out, [3]float64{low, high, limit})
		}
	}
	return out
}

// Voice finds one by name, the zero Voice when it is not there.
func (r *Report) Voice(name string) Voice {
	for _, v := range r.Voices {
		if v.Name == name {
			return v
		}
	}
	return Voice{}
}

// Smallest is the smallest step of which the voice found nine in ten; 0 when there is none.
func (r *Report) Smallest(v Voice) float64 {
	for i, n := range v.Found {
		if 10*n >= 9*r.Trials {
			return r.Sizes[i]
		}
	}
	return 0
}

// adds says what the networks add to the other members.
func (r *Report) adds(networks []string) []string {
	with, without := r.Voice(Whole), r.Voice(WithoutNetworks)
	total := func(v Voice) (n int) {
		for _, f := range v.Found {
			n += f
		}
		return n
	}
	more, alarms := total(with)-total(without), with.Alarms-without.Alarms
	names := strings.Join(networks, " and ")
	text := fmt.Sprintf("%s: %d of %d steps more found than by the other members, and %d false alarms more on the held-out windows", names, more, r.Trials*len(r.Sizes), alarms)
	if more > 0 {
		return []string{text}
	}
	var quoted []string
	for _, n := range networks {
		quoted = append(quoted, `"`+n+`"`)
	}
	return []string{text, "they add nothing here: leave them out with network.without = [" + strings.Join(quoted, ", ") + "], unless the faults to be found are of texture or order"}
}
