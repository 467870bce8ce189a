package master

import (
	"fmt"
	"math"
	"slices"
)

// Defaults of a Config.
const (
	DefaultLearn       = 20
	DefaultFalseAlarms = 0.0027
	DefaultWeight      = 0.2
)

// LeastLearn is the fewest measurements that limits can rest on.
const LeastLearn = 5

// most bounds the measurements that a chart remembers behind those that set its limits; 10,000 daily ones are 27 years.
const most = 10_000

// Config of a Chart. The zero value of Learn, FalseAlarms and Weight means the default.
type Config struct {
	Name        string    // of the reference part or pattern
	Learn       int       // measurements that set the limits, 5 or more
	FalseAlarms float64   // share of measurements of an unchanged sensor that may alarm, above 0 and below 1; 0.0027 is that of three sigmas
	Weight      float64   // of the newest measurement in the slow mean, above 0 up to 1
	MinChange   []float64 // per feature, in its unit: a smaller change is never an alarm; nil: none
}

// Range is what a value may be.
type Range struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

func (r Range) holds(v float64) bool { return v >= r.Low && v <= r.High }

// Finding is one feature out of its limits.
type Finding struct {
	Feature int     `json:"feature"`
	Name    string  `json:"name"`
	Unit    string  `json:"unit,omitempty"`
	Slow    bool    `json:"slow"` // it is the slow mean that is out, not the value
	Got     float64 `json:"got"`
	Allowed Range   `json:"allowed"`
	Beyond  float64 `json:"beyond"` // how far from the middle, in half widths of what is allowed; above 1
}

// Point is a measurement on the chart.
type Point struct {
	Measurement
	Number      int       `json:"number"` // from 1
	Learns      bool      `json:"learns"` // it is one of those that set the limits, and is not judged
	Slow        []float64 `json:"slow,omitempty"`
	Allowed     []Range   `json:"allowed,omitempty"`      // per feature; nil while learning
	AllowedSlow []Range   `json:"allowed_slow,omitempty"` // of the slow mean
	Out         []Finding `json:"out,omitempty"`          // the farthest out first
	Blind       bool      `json:"blind,omitempty"`        // no feature has limits: nothing can be told from it
}

// Chart is the control chart of one reference part on one stream. It is for one goroutine.
type Chart struct {
	cfg      Config
	features []string
	learnt   []Measurement
	mean, sd []float64 // of the measurements learnt from; sd 0: the feature did not move, and only min_change can give it limits
	t        float64   // two-sided quantile of the Student distribution at the share of each feature and chart
	slow     []float64
	since    int // measurements judged
	points   []Point
	seen     map[[2]uint64]bool
}

// New makes a chart without a measurement.
func New(cfg Config) (*Chart, error) {
	if cfg.Learn == 0 {
		cfg.Learn = DefaultLearn
	}
	if cfg.FalseAlarms == 0 {
		cfg.FalseAlarms = DefaultFalseAlarms
	}
	if cfg.Weight == 0 {
		cfg.Weight = DefaultWeight
	}
	switch {
	case cfg.Learn < LeastLearn || cfg.Learn > most:
		return nil, fmt.Errorf("chart of %s: %d measurements to learn from, allowed are %d to %d", cfg.Name, cfg.Learn, LeastLearn, most)
	case !(cfg.FalseAlarms > 0 && cfg.FalseAlarms < 1):
		return nil, fmt.Errorf("chart of %s: a share of false alarms of %g, allowed are shares above 0 and below 1", cfg.Name, cfg.FalseAlarms)
	case !(cfg.Weight > 0 && cfg.Weight <= 1):
		return nil, fmt.Errorf("chart of %s: a weight of %g, allowed are those above 0 up to 1", cfg.Name, cfg.Weight)
	}
	return &Chart{cfg: cfg, seen: map[[2]uint64]bool{}}, nil
}

// Add takes the next measurement and gives its point; fresh is false, and the point the earlier one, where it is on the chart already. Of
// other features than those before, as after a change of the stream's configuration, the chart begins anew. It fails on a measurement
// that is not whole.
func (c *Chart) Add(m Measurement) (p Point, fresh bool, err error) {
	if err := m.check(); err != nil {
		return Point{}, false, fmt.Errorf("chart of %s: %w", c.cfg.Name, err)
	}
	key := [2]uint64{m.Run, m.First}
	if c.seen[key] {
		i := slices.IndexFunc(c.points, func(p Point) bool { return p.Run == m.Run && p.First == m.First })
		if i < 0 {
			return Point{Measurement: m}, false, nil // on the chart once, and left it behind most others
		}
		return c.points[i], false, nil
	}
	if len(c.points) > 0 && !slices.Equal(m.Features, c.features) {
		*c = Chart{cfg: c.cfg, seen: c.seen}
	}
	c.seen[key] = true
	c.features = m.Features
	p = Point{Measurement: m, Number: len(c.learnt) + c.since + 1}
	if len(c.learnt) < c.cfg.Learn {
		p.Learns = true
		c.learnt = append(c.learnt, m)
		if len(c.learnt) == c.cfg.Learn {
			c.settle()
		}
	} else {
		c.judge(&p)
	}
	if c.points = append(c.points, p); len(c.points) > c.cfg.Learn+most {
		c.points = slices.Delete(c.points, c.cfg.Learn, c.cfg.Learn+most/10)
	}
	return p, true, nil
}

func (m *Measurement) check() error {
	if len(m.Values) == 0 || len(m.Values) != len(m.Features) {
		return fmt.Errorf("measurement of part %s at sample %d has %d values for %d features", m.Part, m.First, len(m.Values), len(m.Features))
	}
	for j, v := range m.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("measurement of part %s at sample %d: %s is %v, must be finite", m.Part, m.First, m.Features[j], v)
		}
	}
	return nil
}

// Points are those on the chart, the oldest first. The slice is not to be changed.
func (c *Chart) Points() []Point { return c.points }

// Left is how many measurements are still needed for limits.
func (c *Chart) Left() int { return max(0, c.cfg.Learn-len(c.learnt)) }

// Last is the newest point; ok is false without one.
func (c *Chart) Last() (p Point, ok bool) {
	if len(c.points) == 0 {
		return Point{}, false
	}
	return c.points[len(c.points)-1], true
}
