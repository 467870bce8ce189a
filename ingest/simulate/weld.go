package simulate

import (
	"fmt"
	"math"
	"time"

	"crackle/ingest/block"
)

// Weld makes electrode current and voltage of a resistance spot welder with a medium-frequency inverter; every part is one weld.
//
// The current rises within the up-slope to its set value and falls at the end of the weld time. The dynamic resistance starts high on the cold contact,
// falls as that collapses, rises while the metal heats, and falls again as the nugget grows:
//
//	R(t) = Contact e^(-t/3 ms) + Bulk + Heating x e^(1-x),   x = t / 60 ms.
//
// Voltage is R times the current. The sizes are usual for mild steel sheet; the shape is assumed, not measured.
type Weld struct {
	cfg   WeldConfig
	sched schedule
	rnd   random
	spot  WeldPart
	ohms  float64 // scatter of this weld's resistance, as a factor
	n     uint64
}

// WeldFault says what went wrong with a weld.
type WeldFault string

const (
	NoFault   WeldFault = ""
	Expulsion WeldFault = "expulsion"   // metal spurts out at two thirds of the weld time: the resistance drops within a millisecond
	Worn      WeldFault = "worn"        // mushroomed electrodes: a lower resistance throughout
	LowHeat   WeldFault = "low_current" // a fifth less current: little nugget
)

// WeldPart is one weld.
type WeldPart struct {
	Name  string
	Fault WeldFault
}

// WeldConfig configures Weld; start from DefaultWeld.
type WeldConfig struct {
	Seed         uint64
	RateHz       float64
	BlockSamples int
	Start        time.Time
	Lot          string
	Parts        []WeldPart
	CurrentA     float64
	SqueezeS     float64 // before the current
	UpSlopeS     float64
	WeldS        float64 // current time, up-slope included
	HoldS        float64 // after the current
	InverterHz   float64 // the ripple has twice this frequency
	ContactOhm   float64
	BulkOhm      float64
	HeatingOhm   float64
	Spread       float64 // relative standard deviation of the resistance between sound welds
	NoiseA       float64 // rms
	NoiseV       float64 // rms
}

// DefaultWeld is one sound weld of 8 kA and 200 ms, sampled at 10 kHz.
func DefaultWeld() WeldConfig {
	return WeldConfig{
		Seed: 1, RateHz: 10e3, BlockSamples: 500, Parts: []WeldPart{{Name: "weld-1"}},
		CurrentA: 8000, SqueezeS: 0.1, UpSlopeS: 0.02, WeldS: 0.2, HoldS: 0.1, InverterHz: 1000,
		ContactOhm: 150e-6, BulkOhm: 90e-6, HeatingOhm: 60e-6, Spread: 0.02, NoiseA: 20, NoiseV: 0.005,
	}
}

// NewWeld checks the configuration; its error names the first value that is out of range.
func NewWeld(cfg WeldConfig) (*Weld, error) {
	for _, k := range []struct {
		name      string
		v, lo, hi float64
	}{
		{"CurrentA", cfg.CurrentA, 0, 1e6},
		{"SqueezeS", cfg.SqueezeS, 0, 60},
		{"UpSlopeS", cfg.UpSlopeS, 0, cfg.WeldS},
		{"WeldS", cfg.WeldS, 1e-6, 60},
		{"HoldS", cfg.HoldS, 0, 60},
		{"InverterHz", cfg.InverterHz, 0, cfg.RateHz / 4},
		{"ContactOhm", cfg.ContactOhm, 0, 1},
		{"BulkOhm", cfg.BulkOhm, 0, 1},
		{"HeatingOhm", cfg.HeatingOhm, 0, 1},
		{"Spread", cfg.Spread, 0, 0.2},
		{"NoiseA", cfg.NoiseA, 0, 1e6},
		{"NoiseV", cfg.NoiseV, 0, 1e6},
	} {
		if !(k.v >= k.lo && k.v <= k.hi) {
			return nil, fmt.Errorf("simulate weld: %s is %v; give %v to %v", k.name, k.v, k.lo, k.hi)
		}
	}
	var names []string
	var seconds []float64
	for _, p := range cfg.Parts {
		switch p.Fault {
		case NoFault, Expulsion, Worn, LowHeat:
		default:
			return nil, fmt.Errorf("simulate weld: part %q: fault %q; give %q, %q, %q or none", p.Name, p.Fault, Expulsion, Worn, LowHeat)
		}
		names, seconds = append(names, p.Name), append(seconds, cfg.SqueezeS+cfg.WeldS+cfg.HoldS)
	}
	sched, err := newSchedule(stream{"weld", cfg.RateHz, 2, cfg.BlockSamples, cfg.Lot, cfg.Start}, names, seconds)
	if err != nil {
		return nil, err
	}
	return &Weld{cfg: cfg, sched: sched, rnd: newRandom()}, nil
}

// Channels names the channels.
func (w *Weld) Channels() []string { return []string{"current_a", "voltage_v"} }

// PartSpan is the samples of part i.
func (w *Weld) PartSpan(i int) Span { return w.sched.pieces[i].span }

// Read fills dst with the next block, as Barkhausen.Read does.
func (w *Weld) Read(dst *block.Block) error {
	part := w.sched.part
	begin, err := w.sched.next(dst)
	if err != nil {
		return err
	}
	if begin {
		w.rnd.seed(w.cfg.Seed, part)
		w.spot = w.cfg.Parts[part]
		w.ohms = 1 + w.cfg.Spread*max(-3, min(3, w.rnd.NormFloat64()))
		w.n = 0
	}
	for i := 0; i < len(dst.Samples); i += 2 {
		t := float64(w.n)/w.cfg.RateHz - w.cfg.SqueezeS
		amps := w.current(t)
		dst.Samples[i] = float32(amps + w.cfg.NoiseA*w.rnd.NormFloat64())
		dst.Samples[i+1] = float32(amps*w.resistance(t) + w.cfg.NoiseV*w.rnd.NormFloat64())
		w.n++
	}
	return nil
}

// current is the electrode current t seconds into the weld.
func (w *Weld) current(t float64) float64 {
	if t < 0 || t >= w.cfg.WeldS {
		return 0
	}
	amps := w.cfg.CurrentA
	if w.spot.Fault == LowHeat {
		amps *= 0.8
	}
	if t < w.cfg.UpSlopeS {
		amps *= t / w.cfg.UpSlopeS
	}
	return amps * (1 + 0.03*math.Sin(2*math.Pi*2*w.cfg.InverterHz*t))
}

// resistance is the dynamic resistance t seconds into the weld.
func (w *Weld) resistance(t float64) float64 {
	if t < 0 {
		return 0
	}
	x := t / 0.06
	heating := w.cfg.HeatingOhm * x * math.Exp(1-x)
	if w.spot.Fault == LowHeat {
		heating *= 0.64 // heat goes with the square of the current
	}
	r := w.ohms * (w.cfg.ContactOhm*math.Exp(-t/0.003) + w.cfg.BulkOhm + heating)
	switch w.spot.Fault {
	case Worn:
		r *= 0.85
	case Expulsion:
		if since := t - w.cfg.WeldS*2/3; since > 0 {
			r *= 1 - 0.2*(1-math.Exp(-since/0.0005))
		}
	}
	return r
}
