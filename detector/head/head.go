package head

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"crackle/rnn"
)

// Encoder is how windows become an answer.
type Encoder string

const (
	Auto   Encoder = "auto"   // the better of the others on specimens left out
	Linear Encoder = "linear" // ridge or logistic regression on means and deviations of the features
	GRU    Encoder = "gru"    // recurrent networks pooled by attention
)

// Config of a head. The zero value of a field means its default.
type Config struct {
	Stream       string
	Target       string // what is asked for
	Unit         string
	Classes      []string // of a classification, in order; none: a regression
	Features     []string
	Conditioning json.RawMessage // as detector.Meta.Conditioning
	Coverage     float64         // how often a range or set is to hold the truth, default 0.9
	Encoder      Encoder         // default Auto
	Hidden       int             // units of the network, default 12
	Epochs       int             // at most, default 60
	LearningRate float64         // default 0.01
	Seed         uint64
	Code         string // version of the program
	Now          time.Time
}

func (c *Config) defaults() {
	if c.Coverage == 0 {
		c.Coverage = 0.9
	}
	if c.Encoder == "" {
		c.Encoder = Auto
	}
	if c.Hidden == 0 {
		c.Hidden = 12
	}
	if c.Epochs == 0 {
		c.Epochs = 60
	}
	if c.LearningRate == 0 {
		c.LearningRate = 0.01
	}
}

func (c *Config) check() error {
	var errs []error
	bad := func(f string, args ...any) { errs = append(errs, fmt.Errorf(f, args...)) }
	if c.Target == "" {
		bad("no target: name the column of the labels that is to be learnt")
	}
	if len(c.Features) == 0 {
		bad("no features to learn from")
	}
	if !(c.Coverage >= 0.5 && c.Coverage < 1) {
		bad("coverage is %g, must be 0.5 or more and below 1", c.Coverage)
	}
	if len(c.Classes) == 1 {
		bad("every label of %s is %q: label parts of another class", c.Target, c.Classes[0])
	}
	if !slices.Contains([]Encoder{Auto, Linear, GRU}, c.Encoder) {
		bad("encoder is %q, must be %q, %q or %q", c.Encoder, Auto, Linear, GRU)
	}
	if c.Hidden < 1 || c.Hidden > 256 || c.Epochs < 1 || !(c.LearningRate > 0) {
		bad("hidden %d, epochs %d, learning rate %g: must be 1 to 256, 1 or more, above 0", c.Hidden, c.Epochs, c.LearningRate)
	}
	return errors.Join(errs...)
}

// Record says what a head rests on. Errors are of specimens left out: mean absolute errors of a regression in the target's unit, shares of
// wrong classes of a classification.
type Record struct {
	Created   time.Time          `json:"created"`
	Code      string             `json:"code"`
	Kernel    string             `json:"kernel"`
	Seed      uint64             `json:"seed"`
	Parts     int                `json:"parts"`
	Windows   int                `json:"windows"`
	Dropped   int                `json:"dropped"` // windows that were not finite
	Specimens []string           `json:"specimens"`
	Folds     int                `json:"folds"`
	Errors    map[string]float64 `json:"errors"`            // by "mean" or "commonest", "linear", "gru"
	Covered   *float64           `json:"covered,omitempty"` // share of parts of specimens left out that the others' ranges held; null where too few
	Width     float64            `json:"width"`             // of a range of ordinary difficulty, in the unit; for classes the mean size of a set
	Notes     []string           `json:"notes,omitempty"`
}

// Head answers for parts. It is for one goroutine.
type Head struct {
	Stream       string          `json:"stream"`
	Target       string          `json:"target"`
	Unit         string          `json:"unit,omitempty"`
	Classes      []string        `json:"classes,omitempty"`
	Features     []string        `json:"features"`
	Conditioning json.RawMessage `json:"conditioning"`
	Coverage     float64         `json:"coverage"`
	Encoder      Encoder         `json:"encoder"`
	Quantile     float64         `json:"quantile"` // of the residuals, at the coverage
	Fitted       fitted          `json:"fitted"`
	Record       Record          `json:"record"`

	weights []*rnn.PooledWeights // of the encoder GRU
	net     *pooled
}

// Estimate is the answer for one part.
type Estimate struct {
	Target      string             `json:"target"`
	Unit        string             `json:"unit,omitempty"`
	Value       float64            `json:"value"`
	Low         float64            `json:"low"`
	High        float64            `json:"high"`
	Class       string             `json:"class,omitempty"`
	Set         []string           `json:"set,omitempty"` // classes that may be, the likeliest first
	Probability map[string]float64 `json:"probability,omitempty"`
	Coverage    float64            `json:"coverage"`
	Difficulty  float64            `json:"difficulty"`
	Beyond      bool               `json:"beyond"` // the part is farther out than any learnt from
	Windows     int                `json:"windows"`
	Attention   []float64          `json:"attention,omitempty"` // weight of each sound window; null without attention
}

// Estimate answers for a part from its windows. It fails, and the part is not assessed, when more than half of them have features that are not
// finite.
func (h *Head) Estimate(rows [][]float32) (*Estimate, error) {
	sound, _, err := finite(rows, len(h.Features))
	if err != nil {
		return nil, fmt.Errorf("%s not assessed: %w", h.Target, err)
	}
	a, err := h.Fitted.answer(sound, h.net)
	if err != nil {
		return nil, fmt.Errorf("%s not assessed: %w", h.Target, err)
	}
	e := &Estimate{Target: h.Target, Unit: h.Unit, Coverage: h.Coverage, Difficulty: a.difficulty, Windows: len(sound), Beyond: a.difficulty > h.Fitted.Difficulty.Far}
	if h.net != nil {
		e.Attention = h.net.attention(len(sound))
	}
	if len(h.Classes) == 0 {
		half := h.Quantile * a.difficulty
		e.Value, e.Low, e.High = a.out[0], a.out[0]-half, a.out[0]+half
		return e, nil
	}
	order := make([]int, len(h.Classes))
	e.Probability = map[string]float64{}
	for c, name := range h.Classes {
		order[c] = c
		e.Probability[name] = a.out[c]
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case a.out[i] > a.out[j]:
			return -1
		case a.out[i] < a.out[j]:
			return 1
		}
		return 0
	})
	e.Class = h.Classes[order[0]]
	for k, c := range order {
		if k == 0 || 1-a.out[c] <= h.Quantile { // a set is never empty
			e.Set = append(e.Set, h.Classes[c])
		}
	}
	return e, nil
}

// Networks are those of the encoder GRU, whose mean answer is the head's; none for a linear one. They are not to be changed.
func (h *Head) Networks() []*rnn.PooledWeights { return h.weights }

// Scaled is a part's windows as the networks read them; it fails on a part so long that they read means of several.
func (h *Head) Scaled(rows [][]float32) ([][]float32, error) {
	if len(rows) > mostSteps {
		return nil, fmt.Errorf("the part has %d windows, and of more than %d the networks read means", len(rows), mostSteps)
	}
	return h.Fitted.Scaler.rows(rows), nil
}

// Learnt reports whether a specimen was learnt from: a figure of merit on it would flatter.
func (h *Head) Learnt(specimen string) bool { return slices.Contains(h.Record.Specimens, specimen) }

// finite64 reports whether all of v are.
func finite64(v ...float64) bool {
	return !slices.ContainsFunc(v, func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) })
}
