package config

import (
	"fmt"
	"slices"

	"crackle/detector/ledger"
	"crackle/ingest/block"
	"crackle/window"
	"crackle/window/filter"
)

// Decoding is how the stream's messages are read, in the words of package block. As Conditioning, it is complete only for a Config that was accepted.
func (s *Stream) Decoding() block.DecoderConfig {
	t, err := block.ParseSampleType(s.RawType)
	if err != nil {
		t = 0 // never in a Config that was accepted
	}
	return block.DecoderConfig{Encoding: s.Encoding, Names: s.Channels, RateHz: s.RateHz, Type: t, Scale: s.RawScale}
}

// Conditioning is what happens to the stream's samples up to the feature vector, in the words of package window.
// It is complete only for a Config that Load, Parse or Validate accepted.
func (s *Stream) Conditioning() window.Config {
	length, hop := s.Window.Samples(s.ConditionedHz())
	c := window.Config{
		Channels: s.Channels, RateHz: s.ConditionedHz(), Length: length, Hop: hop, Taper: s.Window.Taper, Features: s.Features.List,
		Cycle: s.Window.cycle(s.ConditionedHz()), Event: s.Window.event(s.ConditionedHz()),
		MaxBridge: s.Defects.BridgeSamples, BridgeBy: s.Defects.Bridge, Bad: s.Defects.Beyond,
		Saturation: s.Defects.Saturation, ResetAtPart: s.PartResets,
	}
	if len(c.Saturation) == 1 {
		c.Saturation = slices.Repeat(c.Saturation, len(s.Channels))
	}
	if s.Filter.Kind != "none" {
		d := s.Filter.Design()
		c.Filter, c.Filtered = &d, s.Filter.Channels
	}
	return c
}

// Account is how the stream's samples are booked, in the words of package ledger. As Conditioning, it is complete only for a Config that was accepted.
func (s *Stream) Account() ledger.Config {
	length, hop := s.Window.Samples(s.ConditionedHz())
	a := ledger.Config{Stream: s.Name, RateHz: s.RateHz, Saturation: s.Conditioning().Saturation, Coverage: s.Coverage, Events: s.Window.Event.On()}
	rest := float64(length)
	if s.Window.Cycle.On() { // up to the first crossing, and from the last one on
		rest = 2 * float64(hop) * (1 + s.Window.Cycle.Tolerance)
	}
	a.Rest = uint64(rest+1) * uint64(max(1, s.Decimate))
	return a
}

// ConditionedHz is the rate that filter, windows and features work at: rate_hz, brought down by decimate.
func (s *Stream) ConditionedHz() float64 { return s.RateHz / float64(max(1, s.Decimate)) }

// Fingerprint is a stable JSON text of everything that happens to the samples up to the feature vector: a model fits a stream that has the same.
func (s *Stream) Fingerprint() string {
	text := s.Conditioning().Fingerprint()
	if s.Decimate > 1 {
		text = fmt.Sprintf(`{"decimate":%d,%s`, s.Decimate, text[1:])
	}
	return text
}

// Design is the filter in the words of window/filter. It must not be called when Kind is "none".
func (f Filter) Design() filter.Design {
	if f.Kind == "notch" {
		return filter.Design{Kind: filter.Notch, EdgesHz: []float64{f.FrequencyHz}, Q: f.Q}
	}
	d := filter.Design{Family: filter.Family(f.Kind), Order: f.Order, RippleDB: f.RippleDB, StopDB: f.StopDB}
	switch f.Type {
	case "low-pass":
		d.Kind, d.EdgesHz = filter.LowPass, []float64{f.HighHz}
	case "high-pass":
		d.Kind, d.EdgesHz = filter.HighPass, []float64{f.LowHz}
	case "band-stop":
		d.Kind, d.EdgesHz = filter.BandStop, []float64{f.LowHz, f.HighHz}
	default:
		d.Kind, d.EdgesHz = filter.BandPass, []float64{f.LowHz, f.HighHz}
	}
	return d
}
