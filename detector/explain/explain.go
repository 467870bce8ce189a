package explain

import (
	"errors"
	"fmt"
	"math"

	"crackle/detector/member"
)

// Method is how a score is explained.
type Method string

const (
	Auto          Method = ""              // exact contributions where there are, else integrated gradients, else masking
	Contributions Method = "contributions" // exact
	Integrated    Method = "integrated"    // integrated gradients
	Saliency      Method = "saliency"      // gradient times usual deviation
	Masking       Method = "masking"       // the score's fall when values are replaced
	Attention     Method = "attention"     // how much each window weighs, for what has attention
)

// Methods lists them by name.
var Methods = []Method{Contributions, Integrated, Saliency, Masking, Attention}

// Caution goes with every explanation.
const Caution = "An explanation says what the score rests on, not what caused it: a feature that follows a fault is named as readily as one that leads to it."

// Config of an explanation. The zero value of a field means its default.
type Config struct {
	Method   Method
	Member   string    // for Windows: of the model's panel, the one to explain; default the one that spoke
	Rows     int       // how many rows up to the one explained to look at, default 256; those before are context
	Usual    []float64 // per feature, what stands in for a value that is taken away; needed
	Spread   []float64 // per feature, a usual deviation, for saliency; needed there
	Features []string  // names; default feature 0, ...
	Units    []string  // of the features, as feature.Set.Units; may be empty
	Channels []string  // of the stream, so that features are summed by channel; may be empty
	Control  bool      // explain a member with a random network too, where there is a network
	Seed     uint64    // of that network
}

// Explanation of one score.
type Explanation struct {
	Member   string      `json:"member"`
	Method   Method      `json:"method"`
	Features []string    `json:"features"`
	Units    []string    `json:"units,omitempty"`
	First    int         `json:"first"`    // which of the rows given Map begins with
	Score    float64     `json:"score"`    // raw, of the last row, as explained
	Streamed float64     `json:"streamed"` // raw, with all rows before it; gradients see the rows of Map only
	Usual    *float64    `json:"usual"`    // raw score of usual rows, which gradients start from; null for others
	Map      [][]float64 `json:"map"`      // [rows][features], in raw score: what each value gave
	ByFeat   []float64   `json:"by_feature"`
	ByChan   []Channel   `json:"by_channel,omitempty"`
	Sums     *Sum        `json:"completeness,omitempty"` // whether the map sums to what it should; null where nothing need
	Control  *Control    `json:"control,omitempty"`
	Top      []Reason    `json:"top"` // at most three, largest first
	Caution  string      `json:"caution"`

	rows     [][]float64 // those of Map
	expected []float64   // of the last row; nil when the member expects nothing
}

// Channel is what all features of a channel gave.
type Channel struct {
	Name string  `json:"name"`
	Gave float64 `json:"gave"`
}

// Sum holds a map against what it is to sum to.
type Sum struct {
	Want     float64 `json:"want"`
	Got      float64 `json:"got"`
	Error    float64 `json:"relative_error"`
	Complete bool    `json:"complete"` // within 1 %
	Points   int     `json:"points,omitempty"`
}

// within is how nearly integrated gradients have to sum to the difference.
const within = 0.01

func newSum(want, got float64, points int) *Sum {
	s := &Sum{Want: want, Got: got, Error: math.Abs(got-want) / max(math.Abs(want), 1e-12), Points: points}
	s.Complete = s.Error <= within
	return s
}

// Control is how like the explanation is to that of the same member with a random network.
type Control struct {
	RankCorrelation float64 `json:"rank_correlation"` // of the sizes in both maps
	Differs         bool    `json:"differs"`          // it is below 0.9
}

const alike = 0.9

// Member explains the raw score that m gives the last of rows. Rows are finite, in order and unbroken, the first one the first since the stream
// started anew. m is reset and left as after the last row.
func Member(m member.Member, rows [][]float64, c Config) (*Explanation, error) {
	if err := c.check(m, rows); err != nil {
		return nil, fmt.Errorf("explain %s: %w", m.Name(), err)
	}
	if c.Rows == 0 {
		c.Rows = 256
	}
	first := max(0, len(rows)-c.Rows)
	x := &Explanation{Member: m.Name(), Method: c.method(m), Features: c.names(), Units: c.Units, First: first, Caution: Caution, rows: rows[first:]}
	if len(x.Units) != len(x.Features) {
		x.Units = nil
	}
	x.Map = grid(len(rows)-first, len(rows[0]))
	x.stream(m, rows)
	if math.IsNaN(x.Streamed) || math.IsInf(x.Streamed, 0) {
		return nil, fmt.Errorf("explain %s: the last of the %d rows has no score: give more rows before it", m.Name(), len(rows))
	}
	x.Score = x.Streamed
	if err := x.by(m, rows, c); err != nil {
		return nil, fmt.Errorf("explain %s by %s: %w", m.Name(), x.Method, err)
	}
	if x.Method != Attention { // which says nothing of features
		x.sum(c.Channels)
		x.reasons(c.Usual)
	}
	if d, ok := m.(member.Differentiable); ok && c.Control {
		if err := x.control(d, rows, c); err != nil {
			return nil, fmt.Errorf("explain %s, control: %w", m.Name(), err)
		}
	}
	return x, nil
}

// stream runs the member over all rows and notes what it expected of the last.
func (x *Explanation) stream(m member.Member, rows [][]float64) {
	if w, ok := m.(whole); ok {
		x.Streamed = w.scoreOf(rows)
		return
	}
	m.Reset()
	last := len(rows) - 1
	for _, r := range rows[:last] {
		m.Score(r)
	}
	if e, ok := m.(member.Expecting); ok {
		if expected := make([]float64, len(rows[0])); e.Expect(expected) {
			x.expected = expected
		}
	}
	x.Streamed = m.Score(rows[last])
}

func (x *Explanation) by(m member.Member, rows [][]float64, c Config) error {
	switch x.Method {
	case Contributions:
		m.(member.Additive).Contributions(x.Map, x.rows)
		x.ByFeat = columns(x.Map)
		x.Sums = newSum(x.Score, total(x.ByFeat), 0)
		return nil
	case Masking:
		return x.mask(m, rows, c.Usual)
	case Attention:
		x.attend(m.(Attentive))
		return nil
	}
	g, err := gradientsOf(m)
	if err != nil {
		return err
	}
	if x.Method == Saliency {
		return x.saliency(g, c.Spread)
	}
	return x.integrate(g, c.Usual)
}

func (c *Config) method(m member.Member) Method {
	if c.Method != Auto {
		return c.Method
	}
	if _, ok := m.(member.Additive); ok {
		return Contributions
	}
	if hasGradients(m) {
		return Integrated
	}
	return Masking
}

func hasGradients(m member.Member) bool {
	if a, ok := m.(*answer); ok {
		return a.Attends()
	}
	_, ok := m.(member.Differentiable)
	return ok
}

func (c *Config) check(m member.Member, rows [][]float64) error {
	if len(rows) == 0 {
		return errors.New("no rows: give those since the stream started anew, up to the one to explain")
	}
	d := len(rows[0])
	if len(c.Usual) != d {
		return fmt.Errorf("%d usual values for rows of %d features", len(c.Usual), d)
	}
	if c.Features != nil && len(c.Features) != d {
		return fmt.Errorf("%d names for rows of %d features", len(c.Features), d)
	}
	if c.Rows < 0 {
		return fmt.Errorf("%d rows to look at, must be 1 or more", c.Rows)
	}
	for t, r := range rows {
		if len(r) != d {
			return fmt.Errorf("row %d has %d features, the first has %d", t, len(r), d)
		}
		for j, v := range r {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("row %d, feature %d is %v: a detector forgets the past there, so begin behind it", t, j, v)
			}
		}
	}
	_, additive := m.(member.Additive)
	differentiable := hasGradients(m)
	switch c.Method {
	case Auto, Masking:
	case Contributions:
		if !additive {
			return errors.New("its score does not fall apart into contributions: use masking, or integrated gradients of a network")
		}
	case Integrated, Saliency:
		if !differentiable {
			return errors.New("it has no gradient worth having, since it rests on no network: use masking")
		}
		if c.Method == Saliency && len(c.Spread) != d {
			return fmt.Errorf("%d usual deviations for rows of %d features", len(c.Spread), d)
		}
	case Attention:
		if a, ok := m.(Attentive); !ok || !a.Attends() {
			return fmt.Errorf("member %s has no attention, so it cannot be explained by it: use auto or masking; a head with the encoder gru has attention", m.Name())
		}
	default:
		return fmt.Errorf("method %q is unknown, must be one of %v", c.Method, Methods)
	}
	return nil
}

func (c *Config) names() []string {
	if c.Features != nil {
		return c.Features
	}
	names := make([]string, len(c.Usual))
	for j := range names {
		names[j] = fmt.Sprintf("feature %d", j)
	}
	return names
}

func grid(rows, width int) [][]float64 {
	flat := make([]float64, rows*width)
	out := make([][]float64, rows)
	for t := range out {
		out[t] = flat[t*width : (t+1)*width : (t+1)*width]
	}
	return out
}

func columns(m [][]float64) []float64 {
	out := make([]float64, len(m[0]))
	for _, r := range m {
		for j, v := range r {
			out[j] += v
		}
	}
	return out
}

func total(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s
}
