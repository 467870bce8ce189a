package config

import (
	"fmt"
	"math"
	"slices"
	"strings"

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
	switch with := "window.cycle"; {
	case cycle && event:
		r.add(t.with("event", "channel"), "also window.cycle", "one of window.cycle and window.event", "take one of the two tables out")
	case event:
		with = "window.event"
		fallthrough
	case cycle:
		for _, k := range []string{"hop", "hop_s"} {
			r.withoutEffect(t, k, w.written(k), with, "take it out: windows lie where the signal puts them")
		}
	default:
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

// inSamples checks a duration that either has found in order. It is said in the unit that it is written in.
func (r *report) inSamples(s *Stream, t keyPath, key string, samples int, seconds float64, low, high int, allowed, do string) {
	if !r.good(t, key, key+"_s") || !r.rateKnown(s, t[:2]) {
		return
	}
	at, found := t.with(key), literal(samples)+" samples"
	if seconds > 0 {
		samples = inSamples(samples, seconds, s.RateHz)
		at, found = t.with(key+"_s"), fmt.Sprintf("%s s, which is %d samples at %s Hz", number(seconds), samples, number(s.RateHz))
	}
	if samples < low || samples > high {
		r.add(at, found, allowed, do)
	}
}

func (r *report) windowLength(s *Stream, t keyPath) {
	r.inSamples(s, t, "length", s.Window.Length, s.Window.LengthS, 2, windowMost, fmt.Sprintf("a window of 2 to %d samples", windowMost), "change the length, or rate_hz if it is wrong")
}

func (r *report) hop(s *Stream, t keyPath) {
	w := &s.Window
	if !r.good(t, "length", "length_s") || w.Hop == 0 && w.HopS == 0 {
		return
	}
	length, _ := w.Samples(s.RateHz)
	r.inSamples(s, t, "hop", w.Hop, w.HopS, 1, length, fmt.Sprintf("1 to %d samples, so that no sample falls between two windows, or 0 for half the length", length),
		"set half the length, which is usual, or the whole length to score each sample once")
}

// cycle checks the table [stream.NAME.window.cycle].
func (r *report) cycle(s *Stream, t keyPath) {
	c := &s.Window.Cycle
	if !c.On() {
		if *c != DefaultStream("").Window.Cycle {
			r.missing(t.with("channel"), "a channel of the stream", "name the channel of the drive or the trigger, or take the table out")
		}
		return
	}
	r.channelOf(t.with("channel"), c.Channel, s, t)
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
	if c.Against == "field" && !c.Half {
		r.add(t.with("against"), `"field" with half = false`, `"phase", or half cycles, since a full cycle passes each field twice`, "set half = true")
	}
	r.either(t, "hold_off", c.HoldOff, c.HoldOffS)
	if r.good(t, "nominal_hz", "tolerance") && r.rateKnown(s, t[:2]) {
		most := max(int(s.RateHz/c.perSecond()*(1-c.Tolerance)), 0)
		r.inSamples(s, t, "hold_off", c.HoldOff, c.HoldOffS, 0, most, fmt.Sprintf("0 to %d samples, less than the shortest cycle that counts", most), "set a quarter of a cycle, or 0 for none")
	}
}

// nominal checks the drive's frequency.
func (r *report) nominal(s *Stream, t keyPath) {
	c, at := &s.Window.Cycle, t.with("nominal_hz")
	const least = 8 // samples in a cycle
	allowed, do := "a finite number above 0 Hz", "set the frequency of the full cycle, also when half is true"
	if r.rateKnown(s, t[:2]) {
		allowed = fmt.Sprintf("%.6g to %s Hz, which make %d to %d samples a cycle at rate_hz = %s", s.RateHz/windowMost, number(s.RateHz/least), windowMost, least, number(s.RateHz))
	}
	switch {
	case c.NominalHz == 0 && !r.written(at):
		r.missing(at, allowed, do)
	case !(c.NominalHz > 0) || math.IsInf(c.NominalHz, 0) || r.rateKnown(s, t[:2]) && !(c.NominalHz <= s.RateHz/least && s.RateHz/c.NominalHz <= windowMost):
		r.add(at, r.show(at, c.NominalHz)+" Hz", allowed, do)
	}
}

// event checks the table [stream.NAME.window.event].
func (r *report) event(s *Stream, t keyPath) {
	e := &s.Window.Event
	if !e.On() {
		if *e != (Event{}) {
			r.missing(t.with("channel"), "a channel of the stream", "name the channel whose bursts make the windows, or take the table out")
		}
		return
	}
	r.channelOf(t.with("channel"), e.Channel, s, t)
	at, do := t.with("threshold"), "set it well above the noise, in the unit of the channel as conditioned"
	if e.Threshold == 0 && !r.written(at) {
		r.missing(at, "a finite number above 0 in the channel's unit", do)
	} else {
		r.above(at, e.Threshold, 0, " in the channel's unit", do)
	}
	r.either(t, "pre_trigger", e.PreTrigger, e.PreTriggerS)
	r.either(t, "dead_time", e.DeadTime, e.DeadTimeS)
	if w := t[:3]; r.good(w, "length", "length_s") && r.rateKnown(s, t[:2]) {
		length, _ := s.Window.Samples(s.RateHz)
		r.inSamples(s, t, "pre_trigger", e.PreTrigger, e.PreTriggerS, 0, length-1, fmt.Sprintf("0 to %d samples, less than the window", length-1), "set a quarter of the window, or make the window longer")
	}
	const most = 1 << 26
	r.inSamples(s, t, "dead_time", e.DeadTime, e.DeadTimeS, 0, most, fmt.Sprintf("0 to %d samples", most), "set how long a burst rings, or 0 for none")
}

// channelOf checks the name of one of the stream's channels. t is a path inside the stream.
func (r *report) channelOf(at keyPath, name string, s *Stream, t keyPath) {
	if !r.good(t[:2], "channels") || len(s.Channels) == 0 || slices.Contains(s.Channels, name) {
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

func (r *report) defects(s *Stream, t keyPath) {
	d := &s.Defects
	r.count(t.with("bridge_samples"), d.BridgeSamples, 0, 1<<16, "set 8, which is usual, or 0 to bridge nothing")
	r.oneOf(t.with("bridge"), d.Bridge, window.BridgeLinear, window.BridgeCubic, window.BridgeLast)
	r.oneOf(t.with("beyond"), d.Beyond, window.BadBreak, window.BadMask)
	if features := t[:2].with("features"); d.Beyond == window.BadMask && r.good(features, "list") && !r.fragment && !r.measuresShare(s) {
		r.add(t.with("beyond"), `"mask" without the feature valid_share`, `"break", or "mask" with valid_share in features.list, which tells the network how much of a window was measured`, `add "valid_share" to features.list, or set beyond = "break"`)
	}
	at := t.with("saturation")
	if n := len(d.Saturation); n > 1 && n != len(s.Channels) {
		r.add(at, fmt.Sprintf("%d limits for %d channels", n, len(s.Channels)), "one per channel, one for all, or none", "write them in the channels' order")
	}
	for _, v := range d.Saturation {
		r.atLeast(at, v, 0, " in the channel's unit", "write the largest value that the converter can give, or 0 for a channel without a limit")
	}
}

// measuresShare reports whether valid_share is among the stream's features.
func (r *report) measuresShare(s *Stream) bool {
	return slices.ContainsFunc(expandSets(s.Features.List, r.sets), func(entry string) bool {
		return strings.TrimSpace(entry[strings.LastIndexByte(entry, '.')+1:]) == "valid_share"
	})
}
