package config

import (
	"fmt"
	"math"
	"slices"

	"crackle/window"
	"crackle/window/taper"
)

const windowMost = 1 << 20 // samples

func (r *report) window(s *Stream, t keyPath) {
	w := &s.Window
	if _, err := taper.New(w.Taper, 2); err != nil {
		r.wrongWord(t.with("taper"), w.Taper, taper.Names)
	}
	r.either(t, "length", w.Length, w.LengthS)
	r.either(t, "hop", w.Hop, w.HopS)
	cycle, event := w.Cycle.On(), w.Event.On()
	if cycle {
		for _, k := range []string{"length", "length_s"} {
			r.withoutEffect(t, k, w.written(k), "window.cycle", "take it out; points in window.cycle says how many a cycle is resampled to")
		}
	} else {
		r.windowLength(s, t)
	}
	if cycle && event {
		r.add(t.with("event", "channel"), "also window.cycle", "one of window.cycle and window.event", "take one of the two tables out")
	}
	if cycle || event {
		with := "window.cycle"
		if !cycle {
			with = "window.event"
		}
		for _, k := range []string{"hop", "hop_s"} {
			r.withoutEffect(t, k, w.written(k), with, "take it out: windows lie where the signal puts them")
		}
	} else {
		r.hop(s, t)
	}
	r.cycle(s, t.with("cycle"))
	r.event(s, t.with("event"))
}

// written tells whether a key of length and hop has a value.
func (w *Window) written(key string) bool {
	switch key {
	case "length":
		return w.Length != 0
	case "length_s":
		return w.LengthS != 0
	case "hop":
		return w.Hop != 0
	}
	return w.HopS != 0
}

// either checks a duration that may be given in samples, under the key, or in seconds, under the key with _s.
func (r *report) either(t keyPath, key string, samples int, seconds float64) {
	if r.written(t.with(key)) && samples != 0 && seconds != 0 {
		r.add(t.with(key+"_s"), "both "+key+" and "+key+"_s", "one of them", "keep the one you mean: samples or seconds")
	}
	r.atLeast(t.with(key+"_s"), seconds, 0, " seconds", "write the time, or 0 to use "+key)
}

// inSamples checks a duration that either has found in order. It is said in the unit that it is written in. In samples it needs no rate.
func (r *report) inSamples(s *Stream, t keyPath, key string, samples int, seconds float64, low, high int, allowed, do string) {
	if at := t.with(key); r.good(t, key) && (!(seconds > 0) || r.written(at)) && (samples < low || samples > high) {
		r.add(at, literal(samples)+" samples", allowed, do)
	}
	at := t.with(key + "_s")
	if !(seconds > 0) || !r.good(t, key+"_s") || !r.rateKnown(s, t[:2]) {
		return
	}
	if samples = inSamples(samples, seconds, s.ConditionedHz()); samples < low || samples > high {
		r.add(at, fmt.Sprintf("%s s, which is %d samples at %s Hz", number(seconds), samples, number(s.ConditionedHz())), allowed, do)
	}
}

func (r *report) windowLength(s *Stream, t keyPath) {
	r.inSamples(s, t, "length", s.Window.Length, s.Window.LengthS, 2, windowMost, fmt.Sprintf("a window of 2 to %d samples", windowMost), "change the length, or rate_hz if it is wrong")
}

// hop checks the distance of windows, against the length when that can be compared with it.
func (r *report) hop(s *Stream, t keyPath) {
	w := &s.Window
	if w.Hop == 0 && !(w.HopS > 0) {
		return
	}
	length, upTo, do := windowMost, "1 sample to the length of the window", "set half the length, which is usual, or the whole length to score each sample once"
	if r.lengthKnown(s, t[:2]) {
		length, _ = w.Samples(s.ConditionedHz())
		upTo = fmt.Sprintf("1 to %d samples", length)
	}
	r.inSamples(s, t, "hop", w.Hop, w.HopS, 1, length, upTo+", so that no sample falls between two windows, or 0 for half the length", do)
	if !r.rateKnown(s, t[:2]) && r.good(t, "length_s", "hop_s") && w.LengthS > 0 && w.HopS >= 2*w.LengthS { // beyond what rounding may hide at any rate
		r.add(t.with("hop_s"), number(w.HopS)+" s with length_s = "+number(w.LengthS), "at most length_s, so that no sample falls between two windows, or 0 for half the length", do)
	}
}

// cycle checks the table [stream.NAME.window.cycle].
func (r *report) cycle(s *Stream, t keyPath) {
	c := &s.Window.Cycle
	if !c.On() {
		if *c == DefaultStream("").Window.Cycle {
			return
		}
		r.missing(t.with("channel"), "a channel of the stream", "name the channel of the drive or the trigger, or take the table out")
	} else {
		r.channelOf(t.with("channel"), c.Channel, s, t)
	}
	r.nominal(s, t)
	if at := t.with("level"); math.IsNaN(c.Level) || math.IsInf(c.Level, 0) {
		r.add(at, r.show(at, c.Level), "a finite number in the channel's unit", "set 0 for a drive that swings about 0, or half the height of a trigger's pulses")
	}
	r.atLeast(t.with("hysteresis"), c.Hysteresis, 0, " in the channel's unit", "set a tenth of the drive's amplitude, which is usual, or 0 for none")
	if at := t.with("tolerance"); !(c.Tolerance > 0 && c.Tolerance < 1) {
		r.add(at, r.show(at, c.Tolerance), "above 0 and below 1", "set 0.1, which is usual: a cycle that is a tenth longer or shorter than nominal is left out")
	}
	r.count(t.with("average_cycles"), c.AverageCycles, 1, 1<<20, "set 1 to look at each cycle by itself")
	r.count(t.with("points"), c.Points, 2, windowMost, "set 1024, which is usual; about as many as a cycle has samples lose nothing")
	r.oneOf(t.with("against"), c.Against, "phase", "field")
	if c.Against == "field" && !c.Half && r.good(t, "half") {
		r.add(t.with("against"), `"field" with half = false`, `"phase", or half cycles, since a full cycle passes each field twice`, "set half = true")
	}
	r.either(t, "hold_off", c.HoldOff, c.HoldOffS)
	r.holdOff(s, t)
}

func (r *report) holdOff(s *Stream, t keyPath) {
	c := &s.Window.Cycle
	most, upTo, do := windowMost, "0 samples or more", "set a quarter of a cycle, or 0 for none"
	shortest := r.good(t, "nominal_hz", "tolerance", "half") && c.NominalHz > 0
	if shortest && r.rateKnown(s, t[:2]) {
		most = max(int(s.ConditionedHz()/c.perSecond()*(1-c.Tolerance)), 0)
		upTo = fmt.Sprintf("0 to %d samples", most)
	}
	r.inSamples(s, t, "hold_off", c.HoldOff, c.HoldOffS, 0, most, upTo+", less than the shortest cycle that counts", do)
	// A cycle has 8 samples or more, so that rounding hides less than 1.5 of them.
	if least := (1 - c.Tolerance) / c.perSecond(); shortest && !r.rateKnown(s, t[:2]) && r.good(t, "hold_off_s") && c.HoldOffS > least+1.5/(8*c.NominalHz) {
		r.add(t.with("hold_off_s"), number(c.HoldOffS)+" s", fmt.Sprintf("less than the shortest cycle that counts, %.6g s", least), do)
	}
}

// nominal checks the drive's frequency.
func (r *report) nominal(s *Stream, t keyPath) {
	c, at := &s.Window.Cycle, t.with("nominal_hz")
	const least = 8 // samples in a cycle
	allowed, do := "a finite number above 0 Hz", "set the frequency of the full cycle, also when half is true"
	if r.rateKnown(s, t[:2]) {
		allowed = fmt.Sprintf("%.6g to %s Hz, which make %d to %d samples a cycle at rate_hz = %s", s.ConditionedHz()/windowMost, number(s.ConditionedHz()/least), windowMost, least, number(s.ConditionedHz()))
	}
	switch {
	case c.NominalHz == 0 && !r.written(at):
		r.missing(at, allowed, do)
	case !(c.NominalHz > 0) || math.IsInf(c.NominalHz, 0) || r.rateKnown(s, t[:2]) && !(c.NominalHz <= s.ConditionedHz()/least && s.ConditionedHz()/c.NominalHz <= windowMost):
		r.add(at, r.show(at, c.NominalHz)+" Hz", allowed, do)
	}
}

// event checks the table [stream.NAME.window.event].
func (r *report) event(s *Stream, t keyPath) {
	e := &s.Window.Event
	if !e.On() {
		if *e == (Event{}) {
			return
		}
		r.missing(t.with("channel"), "a channel of the stream", "name the channel whose bursts make the windows, or take the table out")
	} else {
		r.channelOf(t.with("channel"), e.Channel, s, t)
	}
	at, do := t.with("threshold"), "set it well above the noise, in the unit of the channel as conditioned"
	if e.Threshold == 0 && !r.written(at) {
		r.missing(at, "a finite number above 0 in the channel's unit", do)
	} else {
		r.above(at, e.Threshold, 0, " in the channel's unit", do)
	}
	r.either(t, "pre_trigger", e.PreTrigger, e.PreTriggerS)
	r.either(t, "dead_time", e.DeadTime, e.DeadTimeS)
	r.preTrigger(s, t)
	const most = 1 << 26
	r.inSamples(s, t, "dead_time", e.DeadTime, e.DeadTimeS, 0, most, fmt.Sprintf("0 to %d samples", most), "set how long a burst rings, or 0 for none")
}

func (r *report) preTrigger(s *Stream, t keyPath) {
	e, w := &s.Window.Event, &s.Window
	most, upTo, do := windowMost, "0 samples or more", "set a quarter of the window, or make the window longer"
	if r.lengthKnown(s, t[:2]) {
		length, _ := w.Samples(s.ConditionedHz())
		most, upTo = length-1, fmt.Sprintf("0 to %d samples", length-1)
	}
	r.inSamples(s, t, "pre_trigger", e.PreTrigger, e.PreTriggerS, 0, most, upTo+", less than the window", do)
	if !r.rateKnown(s, t[:2]) && !w.Cycle.On() && r.good(t[:3], "length_s") && r.good(t, "pre_trigger_s") && w.LengthS > 0 && e.PreTriggerS >= w.LengthS {
		r.add(t.with("pre_trigger_s"), number(e.PreTriggerS)+" s with length_s = "+number(w.LengthS), "less than the window", do)
	}
}

// channelOf checks the name of one of the stream's channels. t is a path inside the stream.
func (r *report) channelOf(at keyPath, name string, s *Stream, t keyPath) {
	if !r.channelsKnown(s, t[:2]) || slices.Contains(s.Channels, name) {
		return
	}
	do := "choose one of them"
	if near := nearest(name, s.Channels); near != "" {
		do = "write " + literal(near) + ", if that is what is meant"
	}
	r.addItem(at, r.show(at, name)+", which is no channel of the stream", alternatives(s.Channels), do)
}

// someOf checks a list of the stream's channels.
func (r *report) someOf(at keyPath, names []string, s *Stream, t keyPath) {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			r.addItem(at, literal(name)+" twice", "each channel once", "take one of them out")
		} else {
			r.channelOf(at, name, s, t)
		}
	}
}

func (r *report) defects(s *Stream, t keyPath, l listing) {
	d := &s.Defects
	r.count(t.with("bridge_samples"), d.BridgeSamples, 0, 1<<16, "set 8, which is usual, or 0 to bridge nothing")
	r.oneOf(t.with("bridge"), d.Bridge, window.BridgeLinear, window.BridgeCubic, window.BridgeLast)
	r.oneOf(t.with("beyond"), d.Beyond, window.BadBreak, window.BadMask)
	const share = "valid_share"
	if d.Beyond == window.BadMask && l.whole && !slices.Contains(l.words, share) && nearest(share, l.unsure) == "" {
		r.add(t.with("beyond"), `"mask" without the feature valid_share`, `"break", or "mask" with valid_share in features.list, which tells the network how much of a window was measured`, `add "valid_share" to features.list, or set beyond = "break"`)
	}
	at := t.with("saturation")
	if n := len(d.Saturation); n > 1 && n != len(s.Channels) && len(s.Channels) > 0 && !r.partial[at.id()] && !r.partial[t[:2].with("channels").id()] {
		r.add(at, fmt.Sprintf("%d limits for %d channels", n, len(s.Channels)), "one per channel, one for all, or none", "write them in the channels' order")
	}
	for _, v := range d.Saturation {
		if !(v >= 0) || math.IsInf(v, 0) {
			r.addItem(at, literal(v), "a finite number of at least 0 in the channel's unit", "write the largest value that the converter can give, or 0 for a channel without a limit")
		}
	}
}
