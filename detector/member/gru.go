package member

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"crackle/rnn"
	"crackle/rnn/train"
)

// GRUConfig of a GRU.
type GRUConfig struct {
	Hidden    int
	Epochs    int
	Rate      float64 // learning rate
	Seed      uint64
	Warmup    int  // rows that only prime the network, at least 1
	Increment bool // the network predicts the change of the row, not the row
	Quick     bool // a closed form in place of training: the network is random and fixed but for its read-out; Epochs and Rate are unused
	Progress  func(train.Progress)
}

// gruClip holds scaled rows within what does not drive the gates into saturation, where the network forgets; the error is never clipped.
const gruClip = 6

// GRU predicts the next row from those so far with a network trained by backpropagation through time, or found in closed form. The score is the largest error of a
// feature, in units of the largest that rows not trained on had.
type GRU struct {
	middle, width []float64 // per feature: z = (x - middle) / width
	unit          []float64 // of the error, in the feature's unit
	warmup        int
	increment     bool
	weights       *rnn.Weights
	net           *rnn.Network
	state         *rnn.State
	epochs        int     // of the training that was kept, 0 for a closed form
	loss          float64 // on the rows trained on

	z, out          []float32
	row             []float64 // the last one
	predicted       []float64 // the row expected next
	expected, error []float64 // of the last row
	seen            int
}

// NewGRU trains on runs of rows whose scaled values (x - middle) / width are of about unit deviation. The units of the errors are 1 until
// Measure.
func NewGRU(ctx context.Context, c GRUConfig, middle, width []float64, runs [][][]float64) (*GRU, error) {
	m := newGRU(middle, width, c.Warmup, c.Increment)
	data := make([][][]float32, len(runs))
	for i, run := range runs {
		for _, r := range run {
			z := make([]float32, len(r))
			m.scale(z, r)
			data[i] = append(data[i], z)
		}
	}
	if c.Quick {
		return m, m.solve(c, data)
	}
	r, err := train.Forecaster(ctx, train.ForecastConfig{
		Hidden: c.Hidden, Residual: c.Increment, Warmup: c.Warmup,
		Train: train.Config{LearningRate: c.Rate, Epochs: c.Epochs, Seed: c.Seed, Progress: c.Progress},
	}, data, nil)
	if err != nil {
		return nil, err
	}
	if r.Diverged != "" {
		return nil, fmt.Errorf("training diverged: %s; lower network.learning_rate, now %g", r.Diverged, c.Rate)
	}
	m.epochs, m.loss = r.BestEpoch, r.Train
	return m, m.SetWeights(r.Weights)
}

// quickUnits is the least number of units of a network that is found in closed form: they are random, and it takes more of them than of learnt ones.
const quickUnits = 48

// solve finds the network in closed form: a fixed random GRU whose read-out is the ridge regression of each row on the state before it (an echo state
// network; Jaeger 2001, GMD report 148).
func (m *GRU) solve(c GRUConfig, data [][][]float32) error {
	var seqs []train.Sequence
	for _, rows := range data {
		if len(rows) > c.Warmup+1 {
			seqs = append(seqs, train.Sequence{X: rows[:len(rows)-1], Target: following(rows, c.Increment)})
		}
	}
	r, err := train.Reservoir(train.ReservoirConfig{Hidden: max(c.Hidden, quickUnits), Warmup: c.Warmup, Seed: c.Seed}, seqs)
	if err != nil {
		return err
	}
	m.loss = r.Train
	return m.SetWeights(r.Weights)
}

// following is what each row but the last is followed by, or by how much that differs from it.
func following(rows [][]float32, increment bool) [][]float32 {
	if !increment {
		return rows[1:]
	}
	out := make([][]float32, len(rows)-1)
	for i := range out {
		d := make([]float32, len(rows[i]))
		for j := range d {
			d[j] = rows[i+1][j] - rows[i][j]
		}
		out[i] = d
	}
	return out
}

// RestoreGRU makes a member of a network that was trained elsewhere. Units are those of the errors, per feature.
func RestoreGRU(c GRUConfig, middle, width, unit []float64, w *rnn.Weights) (*GRU, error) {
	f := gruFile{middle, width, unit, c.Warmup, c.Increment}
	m, err := f.gru()
	if err != nil {
		return nil, fmt.Errorf("member gru: %w", err)
	}
	return m, m.SetWeights(w)
}

func newGRU(middle, width []float64, warmup int, increment bool) *GRU {
	d := len(middle)
	m := &GRU{
		middle: middle, width: width, unit: make([]float64, d), warmup: warmup, increment: increment,
		z: make([]float32, d), out: make([]float32, d), row: make([]float64, d), predicted: make([]float64, d), expected: make([]float64, d), error: make([]float64, d),
	}
	for j := range m.unit {
		m.unit[j] = 1
	}
	return m
}

// Measure takes the units of the errors from runs of rows that were not trained on; none becomes smaller than floor.
func (m *GRU) Measure(runs [][][]float64, floor []float64) {
	largest := make([]float64, len(m.unit))
	for _, run := range runs {
		m.Reset()
		for _, r := range run {
			if s := m.Score(r); s == s {
				for j, e := range m.error {
					largest[j] = max(largest[j], math.Abs(e*m.unit[j]))
				}
			}
		}
	}
	for j := range m.unit {
		m.unit[j] = max(largest[j], floor[j], math.SmallestNonzeroFloat32)
	}
	m.Reset()
}

// Name is "gru".
func (m *GRU) Name() string { return "gru" }

// Width is the number of features.
func (m *GRU) Width() int { return len(m.unit) }

// Training tells which epoch was kept, 0 for a closed form, and the mean squared error there on the rows learned from; both are 0 for a network
// from a file.
func (m *GRU) Training() (epoch int, loss float64) { return m.epochs, m.loss }

// Weights are the network's.
func (m *GRU) Weights() *rnn.Weights { return m.weights }

// SetWeights gives the member its network, whose sizes must fit what was learned, and starts fresh.
func (m *GRU) SetWeights(w *rnn.Weights) error {
	d := len(m.unit)
	if c := w.Config; c.Input != d || c.Width() != d || c.Head != rnn.HeadLinear || c.Bidirectional {
		return fmt.Errorf("member gru: the network maps %d inputs to %d outputs (head %q, bidirectional %v), must map its %d features to themselves, linearly and forward in time",
			c.Input, c.Width(), c.Head, c.Bidirectional, d)
	}
	net, err := rnn.New(w)
	if err != nil {
		return fmt.Errorf("member gru: %w", err)
	}
	m.weights, m.net, m.state = w, net, net.NewState()
	m.Reset()
	return nil
}

// Reset forgets the past.
func (m *GRU) Reset() {
	m.state.Reset()
	m.seen = 0
}

// scale writes the clipped z of a row and reports whether all of it is finite.
func (m *GRU) scale(dst []float32, row []float64) bool {
	for j, v := range row {
		z := (v - m.middle[j]) / m.width[j]
		if math.IsNaN(z) || math.IsInf(z, 0) {
			return false
		}
		dst[j] = float32(max(-gruClip, min(gruClip, z)))
	}
	return true
}

// Score is NaN during the warm-up.
func (m *GRU) Score(row []float64) float64 {
	if len(row) != len(m.z) || !m.scale(m.z, row) {
		return nan
	}
	score := nan
	if m.seen >= m.warmup {
		score = 0
		for j, v := range row {
			m.expected[j], m.error[j] = m.predicted[j], (v-m.predicted[j])/m.unit[j]
			score = max(score, math.Abs(m.error[j])) // NaN is kept
		}
	}
	copy(m.row, row)
	m.seen = min(m.seen+1, m.warmup+1)
	if m.net.Step(m.out, m.z, m.state) != nil { // lengths are fixed when made
		return nan
	}
	for j, o := range m.out {
		if m.increment {
			o += m.z[j]
		}
		m.predicted[j] = m.middle[j] + m.width[j]*float64(o)
	}
	return score
}

// Causes gives each feature's error of prediction.
func (m *GRU) Causes(c *Causes) {
	for j, e := range m.error {
		c.Share[j], c.Got[j], c.Expected[j] = math.Abs(e), m.row[j], m.expected[j]
	}
}

func (m *GRU) writeState(w *stateWriter) {
	w.network(m.state)
	w.count(m.seen)
	w.row(m.predicted)
}

func (m *GRU) readState(r *stateReader) {
	r.network(m.state)
	m.seen = r.count(m.warmup + 1)
	r.row(m.predicted)
}

type gruFile struct {
	Middle    []float64 `json:"middle"`
	Width     []float64 `json:"width"`
	Unit      []float64 `json:"unit"`
	Warmup    int       `json:"warmup"`
	Increment bool      `json:"increment"`
}

// MarshalJSON keeps what was learned beside the network.
func (m *GRU) MarshalJSON() ([]byte, error) {
	return json.Marshal(gruFile{m.middle, m.width, m.unit, m.warmup, m.increment})
}

// UnmarshalJSON takes what was learned and checks it; SetWeights has to follow. On an error the GRU is as it was.
func (m *GRU) UnmarshalJSON(b []byte) error {
	return restore(b, "gru", func(f gruFile) (*GRU, error) { return f.gru() }, m)
}

func (f gruFile) gru() (*GRU, error) {
	d := len(f.Middle)
	if d < 1 || d > mostChannels || len(f.Width) != d || len(f.Unit) != d || f.Warmup < 1 || f.Warmup > mostRing {
		return nil, fmt.Errorf("%d middles, %d widths, %d units and a warm-up of %d rows: must be as many, 1 to %d, and the warm-up at least 1", d, len(f.Width), len(f.Unit), f.Warmup, mostChannels)
	}
	for j := range d {
		if !(f.Width[j] > 0) || !(f.Unit[j] > 0) {
			return nil, errors.New("a width or unit is not above 0")
		}
	}
	g := newGRU(f.Middle, f.Width, f.Warmup, f.Increment)
	g.unit = f.Unit
	return g, nil
}
