package demo

import (
	"errors"
	"io"
	"math"
	"testing"

	"crackle/ingest/block"
)

// The truth must be true: the burn raises the level where it says, and nothing else comes near.
func TestGrinderTruth(t *testing.T) {
	show, err := Grinder(1)
	if err != nil {
		t.Fatal(err)
	}
	var all []float32
	var b block.Block
	for {
		if err := show.Source.Read(&b); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if b.Flags&block.Simulated == 0 || b.Channels != 1 || b.RateHz != 200e3 {
			t.Fatalf("block %d: flags %b, %d channels, %v Hz", b.First, b.Flags, b.Channels, b.RateHz)
		}
		all = append(all, b.Samples...)
	}
	// Levels over 50 ms, five field cycles.
	const n = 10_000
	level := func(first uint64) float64 {
		s := 0.0
		for _, v := range all[first : first+n] {
			s += float64(v) * float64(v)
		}
		return math.Sqrt(s / n)
	}
	learn, clean, burnt := 0, 0, 0
	highest := 0.0
	var zone []float64
	for _, p := range show.Parts {
		switch {
		case p.Learn:
			learn++
		case p.Clean:
			clean++
		default:
			burnt++
		}
		if p.Clean != (p.Burn == nil) || p.Learn && !p.Clean || p.Span.End-p.Span.First != 400_000 {
			t.Errorf("part %+v", p)
		}
		for first := p.Span.First; first+n <= p.Span.End; first += n {
			switch {
			case p.Burn == nil || first+n <= p.Burn.First || first >= p.Burn.End:
				highest = max(highest, level(first))
			case first >= p.Burn.First+n && first+2*n <= p.Burn.End:
				zone = append(zone, level(first))
			}
		}
	}
	if learn != 6 || clean != 7 || burnt != 1 || !show.Parts[12].Unplugged || len(zone) < 3 || uint64(len(all)) != show.Parts[13].Span.End {
		t.Fatalf("%d parts to learn, %d clean, %d burnt, %d stretches in the zone, %d samples", learn, clean, burnt, len(zone), len(all))
	}
	strongest := 0.0
	for _, z := range zone {
		strongest = max(strongest, z)
	}
	t.Logf("highest clean level %.2f mV, strongest in the burn %.2f mV", highest*1e3, strongest*1e3)
	if strongest < 1.2*highest {
		t.Errorf("the burn reaches %.2f mV, clean surfaces %.2f mV", strongest*1e3, highest*1e3)
	}
}
