package config

import (
	"math"

	"crackle/window"
)

// Filter is the table [stream.NAME.filter]. Kind and Type decide which numbers are used; those that are not are 0.
type Filter struct {
	Kind        string   `toml:"kind"` // none, butterworth, chebyshev1, chebyshev2, elliptic, bessel or notch
	Type        string   `toml:"type"` // band-pass, low-pass, high-pass or band-stop; unused by a notch
	Order       int      `toml:"order"`
	LowHz       float64  `toml:"low_hz"`
	HighHz      float64  `toml:"high_hz"`
	RippleDB    float64  `toml:"ripple_db"`    // in the pass band, of chebyshev1 and elliptic
	StopDB      float64  `toml:"stop_db"`      // least attenuation in the stop band, of chebyshev2 and elliptic
	FrequencyHz float64  `toml:"frequency_hz"` // that a notch takes out
	Q           float64  `toml:"q"`            // of a notch: its frequency over its width at -3 dB
	Channels    []string `toml:"channels"`     // that the filter is for; none named: all
}

// Window is the table [stream.NAME.window]. Length and hop are given in samples or in seconds; see Samples.
type Window struct {
	Length  int     `toml:"length"`
	LengthS float64 `toml:"length_s"` // above 0 it takes the place of Length
	Hop     int     `toml:"hop"`      // 0 means half the length
	HopS    float64 `toml:"hop_s"`    // above 0 it takes the place of Hop
	Taper   string  `toml:"taper"`    // of what is measured in the spectrum: a name that package taper knows
	Cycle   Cycle   `toml:"cycle"`    // windows are excitation cycles; length and hop are then unused
	Event   Event   `toml:"event"`    // windows are bursts; hop is then unused
}

// Cycle is the table [stream.NAME.window.cycle]. It is on when Channel is set.
type Cycle struct {
	Channel       string  `toml:"channel"` // drive current, drive voltage or trigger
	NominalHz     float64 `toml:"nominal_hz"`
	Half          bool    `toml:"half"`       // windows are half cycles
	Level         float64 `toml:"level"`      // that the channel crosses, in its unit
	Hysteresis    float64 `toml:"hysteresis"` // around the level, in the channel's unit
	HoldOff       int     `toml:"hold_off"`   // samples after a crossing in which no other one counts
	HoldOffS      float64 `toml:"hold_off_s"` // above 0 it takes the place of HoldOff
	Tolerance     float64 `toml:"tolerance"`  // share of the nominal length by which a cycle may differ
	AverageCycles int     `toml:"average_cycles"`
	Points        int     `toml:"points"`  // that a cycle is resampled to
	Against       string  `toml:"against"` // phase or field
}

// On reports whether windows are excitation cycles.
func (c Cycle) On() bool { return c.Channel != "" }

// perSecond is how many windows there are in a second at the nominal frequency, before averaging.
func (c Cycle) perSecond() float64 {
	if c.Half {
		return 2 * c.NominalHz
	}
	return c.NominalHz
}

// holdOff is in samples.
func (c Cycle) holdOff(rateHz float64) int { return inSamples(c.HoldOff, c.HoldOffS, rateHz) }

// Event is the table [stream.NAME.window.event]. It is on when Channel is set.
type Event struct {
	Channel     string  `toml:"channel"`
	Threshold   float64 `toml:"threshold"`     // of the conditioned magnitude, in the channel's unit
	PreTrigger  int     `toml:"pre_trigger"`   // samples of a window before the one that reached the threshold
	PreTriggerS float64 `toml:"pre_trigger_s"` // above 0 it takes the place of PreTrigger
	DeadTime    int     `toml:"dead_time"`     // samples from one trigger to the next at the least
	DeadTimeS   float64 `toml:"dead_time_s"`   // above 0 it takes the place of DeadTime
}

// On reports whether windows are bursts.
func (e Event) On() bool { return e.Channel != "" }

func (e Event) preTrigger(rateHz float64) int { return inSamples(e.PreTrigger, e.PreTriggerS, rateHz) }
func (e Event) deadTime(rateHz float64) int   { return inSamples(e.DeadTime, e.DeadTimeS, rateHz) }

// Samples gives the window's length and hop in samples at a rate in Hz, each rounded to the nearest whole sample. Of cycles the length is
// the number of points, and the hop what the samples from one window to the next are at the nominal frequency; of events the hop is the least
// distance, which is the length.
func (w Window) Samples(rateHz float64) (length, hop int) {
	if w.Cycle.On() {
		return w.Cycle.Points, max(1, wholeSamples(rateHz/w.Cycle.perSecond()*float64(w.Cycle.AverageCycles)))
	}
	length = inSamples(w.Length, w.LengthS, rateHz)
	switch {
	case w.Event.On():
		hop = length
	case w.HopS > 0 || w.Hop != 0:
		hop = inSamples(w.Hop, w.HopS, rateHz)
	default:
		hop = (length + 1) / 2
	}
	return length, hop
}

// featureRate is the rate at which features see the points of a window, as package window has it.
func (w Window) featureRate(rateHz float64) float64 {
	if w.Cycle.On() {
		return float64(w.Cycle.Points) * w.Cycle.perSecond()
	}
	return rateHz
}

// inSamples gives a duration that is written in seconds or, when those are 0, in samples.
func inSamples(samples int, seconds, rateHz float64) int {
	if seconds > 0 {
		return wholeSamples(seconds * rateHz)
	}
	return samples
}

// wholeSamples rounds a count of samples, and keeps one that no signal can have within an int.
func wholeSamples(n float64) int {
	if !(n <= math.MaxInt32) {
		return math.MaxInt32
	}
	return int(math.Round(n))
}

// cycle gives the table in the words of package window, nil when it is off.
func (w Window) cycle(rateHz float64) *window.Cycle {
	c := w.Cycle
	if !c.On() {
		return nil
	}
	return &window.Cycle{Channel: c.Channel, NominalHz: c.NominalHz, Half: c.Half, Level: c.Level, Hysteresis: c.Hysteresis, HoldOff: c.holdOff(rateHz),
		Tolerance: c.Tolerance, Average: c.AverageCycles, Against: c.Against}
}

// event gives the table in the words of package window, nil when it is off.
func (w Window) event(rateHz float64) *window.Event {
	e := w.Event
	if !e.On() {
		return nil
	}
	return &window.Event{Channel: e.Channel, Threshold: e.Threshold, PreTrigger: e.preTrigger(rateHz), DeadTime: e.deadTime(rateHz)}
}
