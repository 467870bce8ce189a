package simulate

import (
	"fmt"
	"math"
	"time"

	"crackle/ingest/block"
)

// Motor makes the three phase currents of an induction motor: a positive-sequence fundamental, a small standing unbalance, harmonics, white noise, and
// for a winding fault what shorted turns do: more current and a negative-sequence component whose phase tells the faulty phase.
// The sizes follow what inter-turn faults of 10 to 40 % show on a small idling motor: per share of shorted turns, 0.8 of it more current and 0.75 of it negative sequence.
type Motor struct {
	cfg      MotorConfig
	sched    schedule
	rnd      random
	mains    float64 // phase, cycles
	positive float64 // amplitude, A
	negative [2]complexWave
	harmonic []float64 // phase of each harmonic, rad
}

// complexWave is a negative-sequence component: amplitude in A and phase in rad.
type complexWave struct{ amplitude, phase float64 }

// Harmonic is one multiple of the mains frequency as a share of the fundamental.
type Harmonic struct {
	Order int
	Share float64
}

// MotorPart is one run of the motor.
type MotorPart struct {
	Name    string
	Seconds float64
	Turns   float64 // share of one phase's turns that are shorted, 0 (sound) to 0.9
	Phase   int     // the faulty phase, 0 to 2
}

// MotorConfig configures Motor; start from DefaultMotor.
type MotorConfig struct {
	Seed         uint64
	RateHz       float64
	BlockSamples int
	Start        time.Time
	Lot          string
	Parts        []MotorPart
	MainsHz      float64
	CurrentA     float64 // amplitude of the fundamental
	Unbalance    float64 // negative sequence of a sound motor, as a share of the fundamental; its phase is drawn per part
	Harmonics    []Harmonic
	NoiseA       float64 // rms
}

// DefaultMotor is a small idling motor on 60 Hz, sampled at 1 kHz, sound for 10 s.
func DefaultMotor() MotorConfig {
	return MotorConfig{
		Seed: 1, RateHz: 1000, BlockSamples: 100, Parts: []MotorPart{{Name: "run-1", Seconds: 10}},
		MainsHz: 60, CurrentA: 2.8, Unbalance: 0.02, Harmonics: []Harmonic{{3, 0.01}, {5, 0.03}, {7, 0.015}}, NoiseA: 0.02,
	}
}

// NewMotor checks the configuration; its error names the first value that is out of range.
func NewMotor(cfg MotorConfig) (*Motor, error) {
	for _, k := range []struct {
		name      string
		v, lo, hi float64
	}{
		{"MainsHz", cfg.MainsHz, 0, cfg.RateHz / 2},
		{"CurrentA", cfg.CurrentA, 0, math.MaxFloat32},
		{"Unbalance", cfg.Unbalance, 0, 1},
		{"NoiseA", cfg.NoiseA, 0, math.MaxFloat32},
	} {
		if !(k.v >= k.lo && k.v <= k.hi) {
			return nil, fmt.Errorf("simulate motor: %s is %v; give %v to %v", k.name, k.v, k.lo, k.hi)
		}
	}
	for _, h := range cfg.Harmonics {
		if !(h.Order >= 2 && float64(h.Order)*cfg.MainsHz < cfg.RateHz/2 && h.Share >= 0 && h.Share <= 1) {
			return nil, fmt.Errorf("simulate motor: harmonic %d with share %v; give an order from 2 that stays below half the rate of %v Hz, and a share of 0 to 1", h.Order, h.Share, cfg.RateHz)
		}
	}
	var names []string
	var seconds []float64
	for _, p := range cfg.Parts {
		if !(p.Turns >= 0 && p.Turns <= 0.9) || p.Phase < 0 || p.Phase > 2 {
			return nil, fmt.Errorf("simulate motor: part %q: %v of the turns in phase %d; give 0 to 0.9 and phase 0, 1 or 2", p.Name, p.Turns, p.Phase)
		}
		names, seconds = append(names, p.Name), append(seconds, p.Seconds)
	}
	sched, err := newSchedule(stream{"motor", cfg.RateHz, 3, cfg.BlockSamples, cfg.Lot, cfg.Start}, names, seconds)
	if err != nil {
		return nil, err
	}
	return &Motor{cfg: cfg, sched: sched, rnd: newRandom(), harmonic: make([]float64, len(cfg.Harmonics))}, nil
}

// Channels names the channels, in ampere.
func (m *Motor) Channels() []string { return []string{"phase_a_a", "phase_b_a", "phase_c_a"} }

// PartSpan is the samples of part i.
func (m *Motor) PartSpan(i int) Span { return m.sched.pieces[i].span }

// Read fills dst with the next block, as Barkhausen.Read does.
func (m *Motor) Read(dst *block.Block) error {
	part := m.sched.part
	begin, err := m.sched.next(dst)
	if err != nil {
		return err
	}
	if begin {
		m.beginPart(part)
	}
	step := m.cfg.MainsHz / m.cfg.RateHz
	for i := 0; i < len(dst.Samples); i += 3 {
		m.row(dst.Samples[i : i+3])
		if m.mains += step; m.mains >= 1 {
			m.mains--
		}
	}
	return nil
}

func (m *Motor) beginPart(part int) {
	p := m.cfg.Parts[part]
	m.rnd.seed(m.cfg.Seed, part)
	m.mains = m.rnd.Float64()
	m.positive = m.cfg.CurrentA * (1 + 0.8*p.Turns)
	m.negative[0] = complexWave{m.cfg.CurrentA * m.cfg.Unbalance, 2 * math.Pi * m.rnd.Float64()}
	m.negative[1] = complexWave{m.positive * 0.75 * p.Turns, 2 * math.Pi / 3 * float64(p.Phase)}
	for i := range m.harmonic {
		m.harmonic[i] = 2 * math.Pi * m.rnd.Float64()
	}
}

// row makes one sample of each phase.
func (m *Motor) row(out []float32) {
	w := 2 * math.Pi * m.mains
	for k := range out {
		shift := 2 * math.Pi / 3 * float64(k)
		i := m.positive * math.Cos(w-shift)
		for _, n := range m.negative {
			i += n.amplitude * math.Cos(w+shift+n.phase)
		}
		for j, h := range m.cfg.Harmonics {
			i += m.cfg.CurrentA * h.Share * math.Cos(float64(h.Order)*(w-shift)+m.harmonic[j])
		}
		out[k] = float32(i + m.cfg.NoiseA*m.rnd.NormFloat64())
	}
}
