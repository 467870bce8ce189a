package simulate

import (
	"math"

	"crackle/ingest/block"
)

// Barkhausen makes magnetic Barkhausen noise as a sensor head picks it up while it passes over ground surfaces, part after part.
//
// A triangular field of the given amplitude magnetises the surface; in each half cycle, domain walls move in jumps where the field s*H (s the direction
// of the sweep) nears the coercive field Hc, so that the driving rate of the walls is
//
//	c = C0 sech^2((s H - Hc)/Width).
//
// Their velocity v follows the ABBM model (see abbm.go). The coil sees s*Gain*v through its own pass band; lift-off weakens and dulls it; amplifier noise and mains hum come on top.
// How burn and lift-off act is assumed, in directions usually described for steel, and fitted to no material.
type Barkhausen struct {
	cfg   BarkhausenConfig
	sched schedule
	rnd   random
	wall  abbm
	steps int // of the wall model per sample

	// The part at hand.
	part     int
	from     uint64 // stream index of its first sample
	basis    Material
	runOut   float64 // phase of the lift-off, rad
	phase    float64 // of the half cycle, 0 to 1
	sign     float64 // direction of the sweep
	local    Material
	gain     float64 // local, lift-off included, V
	dull     onePole
	high     onePole
	low      onePole
	humPhase float64 // cycles
}

// Pass band of coil and amplifier, and how lift-off acts.
const (
	coilLowHz   = 1e3
	coilHighHz  = 70e3
	decayM      = 0.18e-3 // lift-off that weakens by 1/e
	dullHz      = 60e3    // corner of the low-pass at no lift-off
	dullingM    = 0.15e-3 // lift-off that halves that corner
	sech2Limit  = 12.0
	wallStepMax = 0.5 // demagnetising times per step
)

// NewBarkhausen checks the configuration; its error names the first value that is out of range.
func NewBarkhausen(cfg BarkhausenConfig) (*Barkhausen, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	var names []string
	var seconds []float64
	for _, p := range cfg.Parts {
		names, seconds = append(names, p.Name), append(seconds, p.Seconds)
	}
	channels := 1
	if cfg.DriveChannel {
		channels = 2
	}
	sched, err := newSchedule(stream{"barkhausen", cfg.RateHz, channels, cfg.BlockSamples, cfg.Lot, cfg.Start}, names, seconds)
	if err != nil {
		return nil, err
	}
	b := &Barkhausen{cfg: cfg, sched: sched, rnd: newRandom(), high: newOnePole(coilLowHz, cfg.RateHz), low: newOnePole(coilHighHz, cfg.RateHz)}
	d := cfg.Material.DemagHz / cfg.RateHz
	b.steps = int(math.Ceil(d / wallStepMax))
	b.wall = newABBM(d/float64(b.steps), cfg.Material.CorrelationXi)
	return b, nil
}

// Channels names the channels: mbn in volts and, when asked for, drive_a in ampere.
func (b *Barkhausen) Channels() []string {
	if b.cfg.DriveChannel {
		return []string{"mbn", "drive_a"}
	}
	return []string{"mbn"}
}

// PartSpan is the samples of part i.
func (b *Barkhausen) PartSpan(i int) Span { return b.sched.pieces[i].span }

// Truth lists the burnt zones in the order of the stream.
func (b *Barkhausen) Truth() []Zone {
	var zones []Zone
	for i, p := range b.cfg.Parts {
		span := b.PartSpan(i)
		at := func(m float64) uint64 {
			return min(span.End, span.First+uint64(math.Round(m/b.cfg.SpeedMPerS*b.cfg.RateHz)))
		}
		for _, burn := range p.Burns {
			zones = append(zones, Zone{p.Name, Span{at(burn.FromM), at(burn.ToM)}, burn})
		}
	}
	return zones
}

// Read fills dst with the next block: its samples, indices, time, part and flags; Run and Seq are the publisher's and stay as they are.
// It reuses dst.Samples and returns io.EOF after the last part.
func (b *Barkhausen) Read(dst *block.Block) error {
	part := b.sched.part
	begin, err := b.sched.next(dst)
	if err != nil {
		return err
	}
	if begin {
		b.beginPart(part, dst.First)
	}
	b.fill(dst.Samples)
	return nil
}

// beginPart sets the head down on a new part: its own material, everything at rest, random phases of hum and run-out.
func (b *Barkhausen) beginPart(part int, first uint64) {
	b.rnd.seed(b.cfg.Seed, part)
	b.part, b.from = part, first
	b.basis = b.cfg.Material
	b.basis.CoerciveAPerM *= 1 + b.cfg.PartSpread*b.bounded()
	b.basis.GainV *= 1 + 2*b.cfg.PartSpread*b.bounded()
	b.runOut = 2 * math.Pi * b.rnd.Float64()
	b.humPhase = b.rnd.Float64()
	b.wall.reset()
	b.high.reset()
	b.low.reset()
	b.dull.reset()
	b.phase, b.sign = 0, 1
	b.passOver(0)
}

// bounded is a standard normal number kept within +-3.
func (b *Barkhausen) bounded() float64 { return max(-3, min(3, b.rnd.NormFloat64())) }

// passOver sets the material under the head for the half cycle that begins at the given time within the part.
func (b *Barkhausen) passOver(seconds float64) {
	m := seconds * b.cfg.SpeedMPerS
	b.local = b.basis
	for _, burn := range b.cfg.Parts[b.part].Burns {
		if s := burn.at(m); s > 0 {
			burn.act(&b.local, s)
		}
	}
	d := b.cfg.LiftOffM + b.cfg.RunOutM*0.5*(1+math.Sin(2*math.Pi*m/b.cfg.CircumferenceM+b.runOut))
	b.gain = b.local.GainV * math.Exp(-d/decayM)
	b.dull.tune(dullHz/(1+d/dullingM), b.cfg.RateHz)
}

// fill makes the samples; the state it carries does not know of blocks, so that their size changes nothing.
func (b *Barkhausen) fill(out []float32) {
	cfg := &b.cfg
	step := 2 * cfg.FieldHz / cfg.RateHz
	hum := cfg.HumHz / cfg.RateHz
	stride := b.sched.channels
	at := b.sched.at - uint64(len(out)/stride) - b.from
	for i := 0; i < len(out); i += stride {
		field := cfg.FieldAPerM * (2*b.phase - 1) // s*H
		c := b.local.C0 * sech2((field-b.local.CoerciveAPerM)/b.local.WidthAPerM)
		for range b.steps {
			b.wall.step(c, b.rnd)
		}
		e := b.sign * b.gain * b.wall.v
		e = b.dull.lowPass(b.low.lowPass(b.high.highPass(e)))
		e += cfg.NoiseV*b.rnd.NormFloat64() + cfg.HumV*humShape(b.humPhase)
		out[i] = float32(e)
		if stride == 2 {
			out[i+1] = float32(b.sign * field * 1e-3 * cfg.DriveAPerKAPerM)
		}
		at++
		if b.humPhase += hum; b.humPhase >= 1 {
			b.humPhase--
		}
		if b.phase += step; b.phase >= 1 {
			b.phase--
			b.sign = -b.sign
			b.passOver(float64(at) / cfg.RateHz)
		}
	}
}
