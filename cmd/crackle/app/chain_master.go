package app

import (
	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/detector/master"
	"crackle/window"
)

// masters measure the reference parts on their way through a chain.
type masters struct {
	names     master.Names
	cur, last passage // the one under way, and the one before it, which may not have been asked for yet
	mark      window.Window
}

// passage is a reference part on its way.
type passage struct {
	run, first uint64 // of its first window, in the publisher's samples
	part       string
	over       bool
	meter      master.Meter
}

// is reports whether the passage is that of an account.
func (g *passage) is(p *ledger.Part) bool {
	return g.part == p.Part && g.run == p.Run && g.first >= p.First && g.first <= p.End
}

// refer takes a window of a reference part: neither the model nor a lesson sees it, and what follows it joins on to nothing.
func (h *Chain) refer(w *window.Window) {
	m := &h.masters
	if h.detector != nil {
		m.mark.Fresh = true
		h.detector.Score(&h.score, &m.mark) // without features it only forgets the past
	}
	if h.lesson != nil {
		h.lesson.Break()
	}
	if g := &m.cur; g.over || g.run != w.Run || g.part != w.Part {
		m.cur, m.last = m.last, m.cur
		m.cur.run, m.cur.part, m.cur.first, m.cur.over = w.Run, w.Part, w.First*h.factor, false
		m.cur.meter.Take()
	}
	m.cur.over = w.PartEnd
	why := detector.Reference
	switch bad := w.Defects &^ window.Bridged; {
	case bad == window.Settling:
		why = detector.WarmingUp
	case bad == 0 && len(w.Features) > 0:
		m.cur.meter.Add(w.Features)
	}
	detector.Unscored(&h.score, h.stream, w, why)
}

// forget drops what is measured of the parts under way.
func (m *masters) forget() { m.cur, m.last = passage{}, passage{} }

// Refers reports whether a part is a reference part of the stream.
func (h *Chain) Refers(part string) bool { return h.masters.names.Of(part) != "" }

// Measured gives what a part measured that is over, when it is a reference part; why says in words that it could not be measured, and is empty
// when it could.
func (h *Chain) Measured(p *ledger.Part) (m master.Measurement, why string) {
	g := &h.masters.cur
	if h.masters.last.is(p) {
		g = &h.masters.last
	} else if !g.is(p) {
		return m, "no window of it came"
	}
	values, n := g.meter.Take()
	switch {
	case p.Flags&(ledger.BeginUnseen|ledger.EndUnseen) != 0:
		return m, "it was not seen whole"
	case n == 0 || float64(n) < p.Needed*float64(p.Windows.Total+p.Windows.Skipped):
		return m, "too many of its windows have a defect, or were not seen"
	}
	set := h.Conditioner.Features()
	return master.Measurement{
		Stream: h.stream, Master: h.masters.names.Of(p.Part), Part: p.Part, Lot: p.Lot, Run: p.Run, First: p.First, At: p.To,
		Features: set.Names(), Units: set.Units(), Values: values, Windows: n,
	}, ""
}
