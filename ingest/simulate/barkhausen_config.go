package simulate

import (
	"fmt"
	"math"
	"time"
)

// BarkhausenConfig configures Barkhausen; start from DefaultBarkhausen.
type BarkhausenConfig struct {
	Seed            uint64
	RateHz          float64
	BlockSamples    int
	Start           time.Time // wall time of the first sample; zero counts from 1970
	Lot             string
	Parts           []GroundPart
	Material        Material
	PartSpread      float64 // relative standard deviation between sound parts of Hc and, doubled, of the gain
	FieldAPerM      float64 // amplitude of the triangular field, A/m
	FieldHz         float64
	SpeedMPerS      float64 // of the surface under the head
	CircumferenceM  float64 // path of one revolution
	LiftOffM        float64 // smallest distance of the head
	RunOutM         float64 // added to it and taken away once per revolution
	NoiseV          float64 // rms of white noise
	HumV            float64 // amplitude of the mains hum's fundamental; half and a third of it at the 3rd and 5th harmonic
	HumHz           float64
	DriveChannel    bool    // add the channel drive_a
	DriveAPerKAPerM float64 // magnetising current per field, A per kA/m
}

// DefaultBarkhausen is a hardened steel at 200 kHz under a field of 100 Hz, one sound part of 2 s.
func DefaultBarkhausen() BarkhausenConfig {
	return BarkhausenConfig{
		Seed: 1, RateHz: 200e3, BlockSamples: 10e3,
		Parts:      []GroundPart{{Name: "part-1", Seconds: 2}},
		Material:   Material{CoerciveAPerM: 1900, WidthAPerM: 700, C0: 1, DemagHz: 60e3, CorrelationXi: 30, GainV: 0.021},
		PartSpread: 0.02,
		FieldAPerM: 4000, FieldHz: 100,
		SpeedMPerS: 0.25, CircumferenceM: 0.25, LiftOffM: 40e-6, RunOutM: 20e-6,
		NoiseV: 1.2e-3, HumV: 1e-3, HumHz: 50,
		DriveAPerKAPerM: 0.25,
	}
}

// Material is how a surface answers to the field.
type Material struct {
	CoerciveAPerM float64 // field at which walls move most, A/m
	WidthAPerM    float64 // half width of that region, A/m
	C0            float64 // greatest driving rate, in units of the demagnetising time
	DemagHz       float64 // inverse of the demagnetising time, 1/s
	CorrelationXi float64 // memory length of the pinning field in units of wall travel; 0 for unlimited memory
	GainV         float64 // volts in the coil per unit of wall velocity, before lift-off
}

func (c *BarkhausenConfig) check() error {
	const huge = math.MaxFloat32
	for _, k := range []struct {
		name      string
		v, lo, hi float64
	}{
		{"RateHz", c.RateHz, 1, 1e8},
		{"Material.CoerciveAPerM", c.Material.CoerciveAPerM, -c.FieldAPerM, c.FieldAPerM},
		{"Material.WidthAPerM", c.Material.WidthAPerM, 1e-6, huge},
		{"Material.C0", c.Material.C0, 0, 1e3},
		{"Material.DemagHz", c.Material.DemagHz, c.RateHz * 1e-6, c.RateHz * 50},
		{"Material.CorrelationXi", c.Material.CorrelationXi, 0, huge},
		{"Material.GainV", c.Material.GainV, 0, huge},
		{"PartSpread", c.PartSpread, 0, 0.15},
		{"FieldAPerM", c.FieldAPerM, 1e-6, huge},
		{"FieldHz", c.FieldHz, c.RateHz * 1e-9, c.RateHz / 8},
		{"SpeedMPerS", c.SpeedMPerS, 1e-9, huge},
		{"CircumferenceM", c.CircumferenceM, 1e-9, huge},
		{"LiftOffM", c.LiftOffM, 0, huge},
		{"RunOutM", c.RunOutM, 0, huge},
		{"NoiseV", c.NoiseV, 0, huge},
		{"HumV", c.HumV, 0, huge},
		{"HumHz", c.HumHz, 0, c.RateHz / 12},
		{"DriveAPerKAPerM", c.DriveAPerKAPerM, -huge, huge},
	} {
		if !(k.v >= k.lo && k.v <= k.hi) {
			return fmt.Errorf("simulate barkhausen: %s is %v; give %v to %v", k.name, k.v, k.lo, k.hi)
		}
	}
	for _, p := range c.Parts {
		if err := p.check(c.SpeedMPerS); err != nil {
			return fmt.Errorf("simulate barkhausen: part %q: %w", p.Name, err)
		}
	}
	return nil
}
