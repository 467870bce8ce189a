package demo

import (
	"fmt"

	"crackle/ingest/simulate"
)

// GrinderPart is what is true of one part of the grinder's stream.
type GrinderPart struct {
	Name      string
	Learn     bool           // to learn from
	Clean     bool           // no burn
	Unplugged bool           // the sensor is to be unplugged in its middle, for a while
	Span      simulate.Span  // its samples
	Burn      *simulate.Zone // the burn and the samples under it; nil when clean
}

// GrinderShow is the simulated grinder: a head over a ground shaft at 200 kHz, part after part.
type GrinderShow struct {
	Source *simulate.Barkhausen
	Parts  []GrinderPart // in the order of the stream
}

const (
	grinderLearn   = 6 // clean parts to learn from
	grinderWatch   = 4 // clean parts before the burnt one
	grinderAfter   = 3 // clean parts after it; in the middle one the sensor is unplugged
	grinderSeconds = 2 // two revolutions of a shaft at 0.25 m/s
)

// Grinder sets up the show: six clean parts to learn from, four clean ones to watch, one with a tempered zone of 70 mm, and three clean
// ones after it, in the second of which the sensor is to be unplugged.
// The shaft turns twice under the head; the zone lies in the second turn. The same seed gives the same samples.
func Grinder(seed uint64) (GrinderShow, error) {
	cfg := simulate.DefaultBarkhausen()
	cfg.Seed = seed
	cfg.Lot = "grinder-demo"
	cfg.Parts = nil
	for i := range grinderLearn + grinderWatch + 1 + grinderAfter {
		p := simulate.GroundPart{Name: fmt.Sprintf("shaft-%02d", i+1), Seconds: grinderSeconds}
		if i == grinderLearn+grinderWatch {
			p.Burns = []simulate.Burn{{FromM: 0.32, ToM: 0.39, Class: simulate.Temper, Severity: 0.8}}
		}
		cfg.Parts = append(cfg.Parts, p)
	}
	src, err := simulate.NewBarkhausen(cfg)
	if err != nil {
		return GrinderShow{}, err
	}
	show := GrinderShow{Source: src}
	for i, p := range cfg.Parts {
		show.Parts = append(show.Parts, GrinderPart{Name: p.Name, Learn: i < grinderLearn, Clean: len(p.Burns) == 0, Unplugged: i == grinderLearn+grinderWatch+2, Span: src.PartSpan(i)})
	}
	for _, z := range src.Truth() {
		for i := range show.Parts {
			if show.Parts[i].Name == z.Part {
				show.Parts[i].Burn = &z
			}
		}
	}
	return show, nil
}
