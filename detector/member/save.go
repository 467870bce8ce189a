package member

import (
	"encoding/json"
	"fmt"
	"math"

	"crackle/rnn"
)

// What was learned is kept as JSON, whose numbers come back to the bit; the past is not part of it. A file is hostile until it is checked:
// every length and every number that a step relies on.

// Bounds of what a file may ask for beyond its own size.
const (
	mostChannels = 1 << 12
	mostHidden   = 1 << 10
	mostRing     = 1 << 20 // values in the last rows kept
)

type scalerFile struct {
	Mean []float64 `json:"mean"`
	SD   []float64 `json:"sd"`
	Clip float64   `json:"clip"`
}

func (s *scaler) file() scalerFile { return scalerFile{s.mean, s.sd, s.clip} }

func (f scalerFile) scaler() (*scaler, error) {
	d := len(f.Mean)
	if d == 0 || d > mostChannels || len(f.SD) != d {
		return nil, fmt.Errorf("%d means and %d deviations, must be as many, 1 to %d", d, len(f.SD), mostChannels)
	}
	for j, v := range f.SD {
		if !(v >= 0) {
			return nil, fmt.Errorf("deviation %d is %v, must be at least 0", j, v)
		}
	}
	if !(f.Clip > 0) {
		return nil, fmt.Errorf("clip is %v, must be above 0", f.Clip)
	}
	return &scaler{mean: f.Mean, sd: f.SD, clip: f.Clip}, nil
}

type metricFile struct {
	Scale     []float64 `json:"scale"`
	Precision []float64 `json:"precision"`
}

func (m *metric) file() metricFile { return metricFile{m.scale, m.precision} }

func (f metricFile) metric(d int) (*metric, error) {
	if len(f.Scale) != d || len(f.Precision) != d*d {
		return nil, fmt.Errorf("%d scales and a precision of %d, %d channels need %d and %d", len(f.Scale), len(f.Precision), d, d, d*d)
	}
	for j, v := range f.Scale {
		if !(v >= 0) {
			return nil, fmt.Errorf("scale %d is %v, must be at least 0", j, v)
		}
	}
	return &metric{scale: f.Scale, precision: f.Precision, scaled: make([]float64, d), weighed: make([]float64, d)}, nil
}

type levelFile struct {
	Name   string      `json:"name"`
	Config LevelConfig `json:"config"`
	Scaler scalerFile  `json:"scaler"`
	Metric metricFile  `json:"metric"`
	Unit   float64     `json:"unit"`
	Edge   []float64   `json:"edge"`
	Wander []float64   `json:"wander"`
	Onward *onwardFile `json:"onward,omitempty"`
}

func (l *Level) file() levelFile {
	f := levelFile{l.name, l.cfg, l.scaler.file(), l.metric.file(), l.unit, l.edge, l.wander, l.onward.file()}
	if l.onward != nil {
		f.Metric.Scale, f.Unit = l.onward.learned, l.onward.unit
	}
	return f
}

func (f levelFile) level() (*Level, error) {
	s, err := f.Scaler.scaler()
	if err != nil {
		return nil, err
	}
	d := len(s.mean)
	m, err := f.Metric.metric(d)
	if err != nil {
		return nil, err
	}
	if len(f.Edge) != d || len(f.Wander) != d {
		return nil, fmt.Errorf("%d edges and %d shares of wander for %d channels", len(f.Edge), len(f.Wander), d)
	}
	c := f.Config
	for name, v := range map[string]float64{"alpha": c.Alpha, "track": c.Track, "return": c.Return, "wander": c.Wander} {
		if !(v >= 0 && v <= 1) {
			return nil, fmt.Errorf("%s is %v, must be from 0 to 1", name, v)
		}
	}
	if !(f.Unit > 0) {
		return nil, fmt.Errorf("unit is %v, must be above 0", f.Unit)
	}
	l := &Level{
		name: f.Name, cfg: c, scaler: s, metric: m, unit: f.Unit, edge: f.Edge, wander: f.Wander,
		row: make([]float64, d), mean: make([]float64, d), base: make([]float64, d), direction: make([]float64, d),
	}
	if l.onward, err = f.Onward.onward(c, f.Metric.Scale, f.Unit); err != nil {
		return nil, err
	}
	l.Reset()
	return l, nil
}

type shiftFile struct {
	Rows   int        `json:"rows"`
	Scaler scalerFile `json:"scaler"`
	Metric metricFile `json:"metric"`
	Unit   float64    `json:"unit"`
}

func (s *Shift) file() shiftFile {
	return shiftFile{s.rows, s.scaler.file(), s.metric.file(), s.unit}
}

func (f shiftFile) shift() (*Shift, error) {
	sc, err := f.Scaler.scaler()
	if err != nil {
		return nil, err
	}
	d := len(sc.mean)
	m, err := f.Metric.metric(d)
	if err != nil {
		return nil, err
	}
	if f.Rows < 1 || f.Rows > mostRing/d || !(f.Unit > 0) {
		return nil, fmt.Errorf("rows %d, unit %v: rows must be 1 to %d and the unit above 0", f.Rows, f.Unit, mostRing/d)
	}
	s := &Shift{rows: f.Rows, scaler: sc, metric: m, unit: f.Unit, diff: make([]float64, d), zero: make([]float64, d)}
	for range 2 * f.Rows {
		s.ring = append(s.ring, make([]float64, d))
	}
	return s, nil
}

type spreadFile struct {
	Floor []float64 `json:"floor"`
	Level levelFile `json:"level"`
}

func (s *Spread) file() spreadFile { return spreadFile{s.turn.floor, s.level.file()} }

func (f spreadFile) spread() (*Spread, error) {
	l, err := f.Level.level()
	if err != nil {
		return nil, err
	}
	d := len(l.base)
	if len(f.Floor) != d {
		return nil, fmt.Errorf("%d floors for %d channels", len(f.Floor), d)
	}
	for j, v := range f.Floor {
		if !(v >= 0) {
			return nil, fmt.Errorf("floor %d is %v, must be at least 0", j, v)
		}
	}
	return &Spread{level: l, turn: emptyTexture(f.Floor), row: make([]float64, d)}, nil
}

// MarshalJSON keeps what was learned.
func (l *Level) MarshalJSON() ([]byte, error) { return json.Marshal(l.file()) }

// UnmarshalJSON takes what was learned, checks it and starts fresh. On an error the Level is as it was.
func (l *Level) UnmarshalJSON(b []byte) error {
	return restore(b, "level", func(f levelFile) (*Level, error) { return f.level() }, l)
}

// MarshalJSON keeps what was learned.
func (s *Shift) MarshalJSON() ([]byte, error) { return json.Marshal(s.file()) }

// UnmarshalJSON takes what was learned, checks it and starts fresh. On an error the Shift is as it was.
func (s *Shift) UnmarshalJSON(b []byte) error {
	return restore(b, "shift", func(f shiftFile) (*Shift, error) { return f.shift() }, s)
}

// MarshalJSON keeps what was learned.
func (s *Spread) MarshalJSON() ([]byte, error) { return json.Marshal(s.file()) }

// UnmarshalJSON takes what was learned, checks it and starts fresh. On an error the Spread is as it was.
func (s *Spread) UnmarshalJSON(b []byte) error {
	return restore(b, "spread", func(f spreadFile) (*Spread, error) { return f.spread() }, s)
}

// restore decodes a file, makes the member of it, and puts it in place only when all is well.
func restore[F, M any](b []byte, name string, make func(F) (*M, error), into *M) error {
	var f F
	if err := json.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("member %s: %w", name, err)
	}
	m, err := make(f)
	if err != nil {
		return fmt.Errorf("member %s: %w", name, err)
	}
	*into = *m
	return nil
}

type forecasterFile struct {
	Config  ForecasterConfig `json:"config"` // the fixed weights follow from it
	Scaler  scalerFile       `json:"scaler"`
	Readout []float64        `json:"readout"`
	SD      []float64        `json:"sd"`
}

// MarshalJSON keeps what was learned; the fixed weights follow from the seed.
func (f *Forecaster) MarshalJSON() ([]byte, error) {
	return json.Marshal(forecasterFile{f.cfg, f.scaler.file(), f.readout, f.sd})
}

// UnmarshalJSON takes what was learned, checks it and starts fresh. On an error the Forecaster is as it was.
func (f *Forecaster) UnmarshalJSON(b []byte) error {
	return restore(b, "forecaster", func(f forecasterFile) (*Forecaster, error) { return f.forecaster() }, f)
}

func (f forecasterFile) forecaster() (*Forecaster, error) {
	s, err := f.Scaler.scaler()
	if err != nil {
		return nil, err
	}
	d, h := len(s.mean), f.Config.Hidden
	if h < 1 || h > mostHidden || len(f.Readout) != d*(h+d+1) || len(f.SD) != d {
		return nil, fmt.Errorf("hidden %d, a read-out of %d and %d deviations do not fit %d channels", h, len(f.Readout), len(f.SD), d)
	}
	left := false
	for j, v := range f.SD {
		if !(v >= 0) {
			return nil, fmt.Errorf("deviation %d is %v, must be at least 0", j, v)
		}
		left = left || v > 0
	}
	if c := f.Config; !left || !(c.Smooth > 0 && c.Smooth <= 1) || math.Abs(c.Input) > 1e3 || math.Abs(c.Radius) > 1e3 {
		return nil, fmt.Errorf("smooth %v, input %v, radius %v, or no channel with a deviation", c.Smooth, c.Input, c.Radius)
	}
	w, err := randomGRU(f.Config, d)
	if err != nil {
		return nil, err
	}
	net, err := rnn.New(w)
	if err != nil {
		return nil, err
	}
	m := &Forecaster{
		cfg: f.Config, scaler: s, net: net, state: net.NewState(), readout: f.Readout, sd: f.SD,
		row: make([]float64, d), predicted: make([]float64, d), features: make([]float64, h+d+1), in: make([]float32, d), h: make([]float32, h),
		expected: make([]float64, d), error: make([]float64, d),
	}
	m.Reset()
	return m, nil
}
