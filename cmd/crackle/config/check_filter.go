package config

import (
	"fmt"
	"math"
	"math/cmplx"
	"slices"

	"crackle/window/filter"
)

var (
	filterKinds = []string{"none", "butterworth", "chebyshev1", "chebyshev2", "elliptic", "bessel", "notch"}
	filterTypes = []string{"band-pass", "low-pass", "high-pass", "band-stop"}
)

// filterKey is a key of [stream.NAME.filter] with a number that only some kinds use.
type filterKey struct {
	name, unit string
	kinds      []string // that use it
	do         string
	of         func(*Filter) float64
}

var filterKeys = []filterKey{
	{"ripple_db", " dB", []string{"chebyshev1", "elliptic"}, "set how far the pass band may ripple; 0.5 is usual", func(f *Filter) float64 { return f.RippleDB }},
	{"stop_db", " dB", []string{"chebyshev2", "elliptic"}, "set how far the stop band is to be down; 60 is usual", func(f *Filter) float64 { return f.StopDB }},
	{"q", "", []string{"notch"}, "set how narrow the notch is, its frequency over its width; 30 is usual", func(f *Filter) float64 { return f.Q }},
}

func (r *report) filter(s *Stream, t keyPath) {
	f := &s.Filter
	r.oneOf(t.with("kind"), f.Kind, filterKinds...)
	r.someOf(t.with("channels"), f.Channels, s, t)
	if !r.good(t, "kind") {
		r.filterShape(f, t)
		r.filterValues(s, t)
		return
	}
	switch f.Kind {
	case "none":
		r.filterShape(f, t)
		r.noFilter(f, t)
		return
	case "notch":
		r.withoutEffect(t, "type", f.Type != "", `kind = "notch"`, "take it out: a notch has no type")
		r.withoutEffect(t, "order", f.Order != 0, `kind = "notch"`, "take it out: a notch is of order 2")
		for _, k := range []string{"low_hz", "high_hz"} {
			r.withoutEffect(t, k, f.edge(k) != 0, `kind = "notch"`, "take it out, and set frequency_hz to what the notch is to take out")
		}
		r.edge(s, t, "frequency_hz", f.FrequencyHz, true, "notch")
	default:
		r.filterShape(f, t)
		r.withoutEffect(t, "frequency_hz", f.FrequencyHz != 0, "kind = "+literal(f.Kind), `take it out, or set kind = "notch"`)
		r.edges(s, t)
	}
	for _, k := range filterKeys {
		at, got := t.with(k.name), k.of(f)
		switch used := slices.Contains(k.kinds, f.Kind); {
		case !used:
			r.withoutEffect(t, k.name, got != 0, "kind = "+literal(f.Kind), "take it out, or set kind to "+alternatives(k.kinds))
		case got == 0 && !r.written(at):
			r.missing(at, "a finite number above 0"+k.unit, k.do)
		default:
			r.above(at, got, 0, k.unit, k.do)
		}
	}
	if f.Kind == "elliptic" && r.good(t, "ripple_db", "stop_db") && f.StopDB <= f.RippleDB {
		r.add(t.with("stop_db"), r.show(t.with("stop_db"), f.StopDB)+" dB with ripple_db = "+number(f.RippleDB), "more than ripple_db", "set how far the stop band is to be down; 60 is usual")
	}
	r.design(s, t)
}

// filterShape checks type and order, whether or not they are used.
func (r *report) filterShape(f *Filter, t keyPath) {
	r.oneOf(t.with("type"), f.Type, filterTypes...)
	r.count(t.with("order"), f.Order, 1, filter.MaxOrder, "set 4, which is usual; the steeper the filter, the longer it settles after a gap")
}

// noFilter finds keys that would make one think that there is a filter.
func (r *report) noFilter(f *Filter, t keyPath) {
	for _, k := range []string{"low_hz", "high_hz"} {
		if at := t.with(k); r.written(at) && f.edge(k) != 0 {
			r.add(at, `an edge with kind = "none"`, `0, or a kind that filters`, `set kind = "butterworth", or take the edge out`)
		}
	}
	const with, do = `kind = "none"`, "take it out, or set the kind of filter"
	r.withoutEffect(t, "frequency_hz", f.FrequencyHz != 0, with, do)
	for _, k := range filterKeys {
		r.withoutEffect(t, k.name, k.of(f) != 0, with, do)
	}
	r.withoutEffect(t, "channels", len(f.Channels) > 0, with, do)
}

// withoutEffect notes a key that the file sets and that nothing reads, because of another key.
func (r *report) withoutEffect(t keyPath, key string, set bool, with, do string) {
	if at := t.with(key); set && r.written(at) {
		r.add(at, key+" with "+with, "no "+key+" there, which would have no effect", do)
	}
}

// edges checks the corner frequencies that the type uses.
func (r *report) edges(s *Stream, t keyPath) {
	f := &s.Filter
	if !r.good(t, "type") {
		r.edgeValues(s, t)
		return
	}
	uses := f.uses()
	for _, k := range []string{"low_hz", "high_hz"} {
		r.edge(s, t, k, f.edge(k), slices.Contains(uses, k), f.Type)
	}
	if len(uses) == 2 {
		r.risingEdges(f, t)
	}
}

func (r *report) risingEdges(f *Filter, t keyPath) {
	if f.LowHz > 0 && f.HighHz > 0 && f.LowHz >= f.HighHz {
		r.add(t.with("low_hz"), fmt.Sprintf("%s Hz with high_hz = %s", number(f.LowHz), number(f.HighHz)), "an edge below high_hz", "swap the two")
	}
}

// filterValues checks the numbers of a filter whose kind is not known.
func (r *report) filterValues(s *Stream, t keyPath) {
	r.edgeValues(s, t)
	if got := s.Filter.FrequencyHz; got != 0 {
		r.edge(s, t, "frequency_hz", got, true, "notch")
	}
	for _, k := range filterKeys {
		if got := k.of(&s.Filter); got != 0 {
			r.above(t.with(k.name), got, 0, k.unit, k.do)
		}
	}
}

// edgeValues checks the edges of a filter of which it is not known which ones it uses.
func (r *report) edgeValues(s *Stream, t keyPath) {
	for _, k := range []string{"low_hz", "high_hz"} {
		if got := s.Filter.edge(k); got != 0 {
			r.edge(s, t, k, got, true, s.Filter.Type)
		}
	}
	r.risingEdges(&s.Filter, t)
}

// uses names the edges of the filter's type.
func (f *Filter) uses() []string {
	switch f.Type {
	case "low-pass":
		return []string{"high_hz"}
	case "high-pass":
		return []string{"low_hz"}
	}
	return []string{"low_hz", "high_hz"}
}

func (f *Filter) edge(key string) float64 {
	if key == "low_hz" {
		return f.LowHz
	}
	return f.HighHz
}

// edge checks one frequency of a filter; typ is what people call the filter.
func (r *report) edge(s *Stream, t keyPath, key string, got float64, used bool, typ string) {
	at := t.with(key)
	half := s.ConditionedHz() / 2
	rateKnown := s.ConditionedHz() > 0 && !math.IsInf(s.ConditionedHz(), 0)
	allowed := "above 0 Hz and below half of rate_hz"
	if rateKnown {
		allowed = fmt.Sprintf("above 0 and below %s Hz, half of %s", number(half), rateWords(s))
	}
	what := "the edge"
	if key == "frequency_hz" {
		what = "the frequency"
	}
	switch {
	case !used && got != 0:
		r.add(at, r.show(at, got)+" in a "+typ+" filter", "no "+key+" there", "take it out, or change type")
	case used && got == 0 && !r.written(at):
		r.missing(at, allowed, "set "+what+" in Hz, since a "+typ+" filter needs it")
	case used && (!(got > 0) || math.IsInf(got, 0) || rateKnown && got >= half):
		do := "lower " + what + ", or correct rate_hz if the signal is sampled faster"
		if !(got > 0) {
			do = "set " + what + " in Hz"
		}
		r.add(at, r.show(at, got)+" Hz", allowed, do)
	}
}

// design makes the filter, when its keys are in order.
func (r *report) design(s *Stream, t keyPath) {
	f := &s.Filter
	if !r.good(t, "type", "order", "low_hz", "high_hz", "ripple_db", "stop_db", "frequency_hz", "q") || !r.rateKnown(s, t[:2]) {
		return
	}
	_, err := f.Design().Sections(s.ConditionedHz())
	switch {
	case err == nil:
	case f.Kind == "notch":
		r.add(t.with("q"), fmt.Sprintf("a filter that cannot be made (%v)", err), "a notch that is narrower than half of rate_hz and accurate in float64", "set 30, which is usual; raise q for a narrower notch, lower it for a wider one")
	default:
		r.add(t.with("order"), fmt.Sprintf("a filter that cannot be made (%v)", err), "a filter that is accurate in float64", "lower the order or move the edges apart")
	}
}

// rateKnown reports whether rate_hz can be worked with.
func (r *report) rateKnown(s *Stream, stream keyPath) bool {
	return r.good(stream, "rate_hz") && s.ConditionedHz() > 0 && !math.IsInf(s.ConditionedHz(), 0)
}

// driveIsLeft finds a filter that takes away the drive whose cycles the windows are to follow. stream is the path of the stream's table.
func (r *report) driveIsLeft(s *Stream, stream keyPath) {
	c, t := &s.Window.Cycle, stream.with("window", "cycle")
	if !c.On() || !r.good(t, "channel", "nominal_hz") || s.Filter.Kind == "none" || r.anyBadUnder(stream.with("filter").id()) || !r.rateKnown(s, stream) {
		return
	}
	if len(s.Filter.Channels) > 0 && !slices.Contains(s.Filter.Channels, c.Channel) {
		return
	}
	sections, err := s.Filter.Design().Sections(s.ConditionedHz())
	if err != nil {
		return
	}
	if gain := cmplx.Abs(sections.Response(c.NominalHz, s.ConditionedHz())); !(gain >= 0.5) {
		r.add(t.with("channel"), fmt.Sprintf("%s, of which the filter leaves %.2g at nominal_hz = %s", r.show(t.with("channel"), c.Channel), gain, number(c.NominalHz)),
			"a channel that the filter leaves alone, or half of it and more", "list the channels that the filter is for in filter.channels, without this one")
	}
}

// rateWords names the rate that filters and windows work at, with its value.
func rateWords(s *Stream) string {
	if s.Decimate > 1 {
		return "rate_hz / decimate = " + number(s.ConditionedHz())
	}
	return "rate_hz = " + number(s.RateHz)
}
