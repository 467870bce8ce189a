package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"crackle/window/feature"
)

// trial makes single entries of a feature list. What is not known of the stream, because its keys have mistakes of their own, is taken by stand-ins
// that differ from variant to variant: an entry that each variant refuses in the same words is wrong whatever the stream will be.
type trial struct {
	variants []feature.Config
	channels bool // are the stream's own
}

// Rates and lengths that stand in: usual ones, high ones for bands far up, and a low rate at which every duration is a sample.
var (
	standInRates   = []float64{1e3, 1e6, 1}
	standInLengths = []int{1 << 10, 1 << 14, 1 << 12}
)

// anyStream is the trial of a list that belongs to no stream.
func anyStream() trial {
	var t trial
	for i, hz := range standInRates {
		t.variants = append(t.variants, feature.Config{RateHz: hz, Length: standInLengths[i]})
	}
	return t
}

// trial is the stream's own, with stand-ins where its keys have mistakes.
func (r *report) trial(s *Stream, stream keyPath) trial {
	t := anyStream()
	t.channels = r.channelsKnown(s, stream)
	length, rate := r.lengthKnown(s, stream), r.featureRateKnown(s, stream)
	for i := range t.variants {
		v := &t.variants[i]
		if t.channels {
			v.Channels = s.Channels
		}
		if length {
			v.Length, _ = s.Window.Samples(s.ConditionedHz())
		}
		if rate {
			v.RateHz = s.Window.featureRate(s.ConditionedHz())
		}
		if r.good(stream.with("window"), "taper") {
			v.Taper = s.Window.Taper
		}
	}
	if t.channels && length && rate {
		t.variants = t.variants[:1]
	}
	return t
}

// names gives the numbers of an entry, or the error of the first variant. An error that is not sure may be due to a stand-in.
func (t trial) names(entry string) (names []string, sure bool, err error) {
	sure = true
	for i, cfg := range t.variants {
		if !t.channels {
			cfg.Channels = standInChannels(entry, 3+i) // 3, so that features of three phases are taken
		}
		cfg.List = []string{entry}
		names, one := feature.Names(cfg)
		switch {
		case one == nil && !t.channels:
			return []string{entry}, true, nil
		case one == nil:
			return names, true, nil
		case err == nil:
			err = one
		default:
			sure = sure && one.Error() == err.Error()
		}
	}
	return nil, sure, err
}

// standInChannels are the channels that an entry names, and others up to a number.
func standInChannels(entry string, least int) []string {
	var out []string
	head, args, _ := strings.Cut(entry, "(")
	if i := strings.LastIndexByte(head, '.'); i > 0 {
		out = append(out, strings.TrimSpace(head)[:strings.LastIndexByte(strings.TrimSpace(head), '.')])
	}
	for a := range strings.SplitSeq(strings.TrimSuffix(args, ")"), ",") {
		if a = strings.TrimSpace(a); a != "" && !slices.Contains(out, a) {
			if _, err := strconv.ParseFloat(a, 64); err != nil {
				out = append(out, a)
			}
		}
	}
	for i := 0; len(out) < least; i++ {
		if name := fmt.Sprintf("channel%d", i); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// channelsKnown reports whether the names of the stream's channels can be relied on: a name that must be changed may become any other.
func (r *report) channelsKnown(s *Stream, stream keyPath) bool {
	at := stream.with("channels")
	if len(s.Channels) == 0 || r.partial[at.id()] {
		return false
	}
	for i, name := range s.Channels {
		if !channelName(name) || slices.Contains(s.Channels[:i], name) {
			return false
		}
	}
	return true
}

// lengthKnown reports whether the length of the stream's windows can be worked with.
func (r *report) lengthKnown(s *Stream, stream keyPath) bool {
	w := stream.with("window")
	cycle := w.with("cycle")
	switch {
	case s.Window.Cycle.On() && s.Window.Event.On() || !s.Window.Cycle.On() && !r.good(cycle, "channel"):
		return false // which of the two is meant
	case s.Window.Cycle.On():
		return r.good(cycle, "points")
	}
	return r.good(w, "length", "length_s") && (!(s.Window.LengthS > 0) || r.rateKnown(s, stream))
}

// featureRateKnown reports whether the rate at which features see the points of a window can be worked with.
func (r *report) featureRateKnown(s *Stream, stream keyPath) bool {
	cycle := stream.with("window", "cycle")
	switch {
	case s.Window.Cycle.On():
		return !s.Window.Event.On() && r.good(cycle, "nominal_hz", "half", "points") && s.Window.Cycle.NominalHz > 0
	case !r.good(cycle, "channel"):
		return false
	}
	return r.rateKnown(s, stream)
}
