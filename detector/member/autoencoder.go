package member

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"crackle/rnn"
	"crackle/rnn/train"
)

// AutoEncoderConfig of an AutoEncoder. The zero value of a field means its default.
type AutoEncoderConfig struct {
	Hidden   int     // units that have to hold the window, default 8; fewer than Window times channels
	Window   int     // rows to be given back, default 20
	Picks    int     // of those, how many are asked for, evenly spaced; default 5
	Epochs   int     // default 60
	Rate     float64 // learning rate, default 5e-3
	Clip     float64 // default 6
	Seed     uint64
	Progress func(train.Progress)
}

func (c AutoEncoderConfig) withDefaults() AutoEncoderConfig {
	for _, f := range []struct {
		v *int
		d int
	}{{&c.Hidden, 8}, {&c.Window, 20}, {&c.Picks, 5}, {&c.Epochs, 60}} {
		if *f.v == 0 {
			*f.v = f.d
		}
	}
	if c.Rate == 0 {
		c.Rate = 5e-3
	}
	if c.Clip == 0 {
		c.Clip = 6
	}
	c.Picks = min(c.Picks, c.Window)
	return c
}

// AutoEncoder is a recurrent auto-encoder that looks back only: a GRU takes the rows in, and at each row a linear read-out has to give back
// the rows of the last window from a state too small to hold them. What it was not taught to hold it cannot give back. The score is the
// logarithm of the mean absolute error, so that 1 more is e times as much.
type AutoEncoder struct {
	cfg     AutoEncoderConfig
	scaler  *scaler
	weights *rnn.Weights
	net     *rnn.Network
	state   *rnn.State
	lags    []int
	ring    [][]float64 // the last Window scaled rows
	at      int
	seen    int
	row     []float64
	in      []float32
	out     []float32
	result  *train.Result
}

// sequenceRows is the length of the pieces that are trained on.
const sequenceRows = 64

// NewAutoEncoder trains on rows of normal production by backpropagation through time, the last tenth of them held out to stop early. It
// takes seconds; when ctx ends it stops with an error.
func NewAutoEncoder(ctx context.Context, c AutoEncoderConfig, rows [][]float64) (*AutoEncoder, error) {
	c = c.withDefaults()
	if least := 2*sequenceRows + c.Window; len(rows) < least {
		return nil, fmt.Errorf("%d rows to learn from, at least %d are needed: record more normal production", len(rows), least)
	}
	s, err := newScaler(rows, c.Clip)
	if err != nil {
		return nil, err
	}
	d := len(s.mean)
	a := newAutoEncoder(c, s)
	w, err := rnn.NewWeights(rnn.Config{Cell: rnn.GRU, Input: d, Hidden: c.Hidden, Layers: 1, Head: rnn.HeadLinear, Output: d * c.Picks})
	if err != nil {
		return nil, err
	}
	train.Initialise(w, c.Seed)
	scaled := s.all(rows)
	cut := len(rows) * 9 / 10
	a.result, err = train.Fit(ctx, train.Config{LearningRate: c.Rate, Epochs: c.Epochs, Patience: 5, Seed: c.Seed, Progress: c.Progress}, w,
		a.sequences(scaled, 0, cut), a.sequences(scaled, max(cut-c.Window, 0), len(rows)))
	if err != nil {
		return nil, err
	}
	return a, a.SetWeights(a.result.Weights)
}

func newAutoEncoder(c AutoEncoderConfig, s *scaler) *AutoEncoder {
	d := len(s.mean)
	a := &AutoEncoder{cfg: c, scaler: s, row: make([]float64, d), in: make([]float32, d), out: make([]float32, d*c.Picks)}
	for k := range c.Picks {
		a.lags = append(a.lags, k*(c.Window-1)/max(c.Picks-1, 1))
	}
	for range c.Window {
		a.ring = append(a.ring, make([]float64, d))
	}
	return a
}

// sequences cuts rows into pieces that overlap by a window, over which the state fills and nothing is asked.
func (a *AutoEncoder) sequences(rows [][]float64, from, to int) []train.Sequence {
	var out []train.Sequence
	for ; to-from > a.cfg.Window; from += sequenceRows - a.cfg.Window {
		end := min(from+sequenceRows, to)
		var q train.Sequence
		for i := from; i < end; i++ {
			x, y := make([]float32, len(rows[i])), make([]float32, 0, len(a.out))
			for j, v := range rows[i] {
				x[j] = float32(v)
			}
			weight := float32(0)
			if i-from >= a.cfg.Window-1 {
				weight = 1
			}
			for _, lag := range a.lags {
				for _, v := range rows[max(i-lag, from)] {
					y = append(y, float32(v))
				}
			}
			q.X, q.Target, q.Weight = append(q.X, x), append(q.Target, y), append(q.Weight, weight)
		}
		out = append(out, q)
		if end == to {
			break
		}
	}
	return out
}

// Name is "autoencoder".
func (a *AutoEncoder) Name() string { return "autoencoder" }

// Result tells how the training went; nil for a network from a file.
func (a *AutoEncoder) Result() *train.Result { return a.result }

// Reset forgets the past.
func (a *AutoEncoder) Reset() {
	a.state.Reset()
	a.at, a.seen = 0, 0
}

// Score is NaN until the first window is full.
func (a *AutoEncoder) Score(row []float64) float64 {
	if !a.scaler.scale(a.row, row) {
		return math.NaN()
	}
	copy(a.ring[a.at], a.row)
	for j, v := range a.row {
		a.in[j] = float32(v)
	}
	if a.net.Step(a.out, a.in, a.state) != nil { // lengths are fixed when made
		return math.NaN()
	}
	newest := a.at
	a.at = (a.at + 1) % len(a.ring)
	if a.seen = min(a.seen+1, len(a.ring)); a.seen < len(a.ring) {
		return math.NaN()
	}
	sum, d := 0.0, len(a.row)
	for k, lag := range a.lags {
		for j, v := range a.ring[(newest-lag+len(a.ring))%len(a.ring)] {
			sum += math.Abs(float64(a.out[k*d+j]) - v)
		}
	}
	return math.Log(sum/float64(len(a.out)) + 1e-9)
}

// Width is the number of features.
func (a *AutoEncoder) Width() int { return len(a.row) }

// Weights are the network's, nil before it has any.
func (a *AutoEncoder) Weights() *rnn.Weights { return a.weights }

// SetWeights gives the member its network, whose sizes must fit what was learned, and starts fresh.
func (a *AutoEncoder) SetWeights(w *rnn.Weights) error {
	if c := w.Config; a.scaler == nil || c.Input != len(a.row) || c.Width() != len(a.out) || c.Bidirectional {
		return fmt.Errorf("member autoencoder: the network maps %d inputs to %d outputs, bidirectional %v; must map %d to %d, forward in time", c.Input, c.Width(), c.Bidirectional, len(a.row), len(a.out))
	}
	net, err := rnn.New(w)
	if err != nil {
		return fmt.Errorf("member autoencoder: %w", err)
	}
	a.weights, a.net, a.state = w, net, net.NewState()
	a.Reset()
	return nil
}

// Causes gives each feature's part of the error; what was found and what was given back are those of the row that came back worst.
func (a *AutoEncoder) Causes(c *Causes) {
	d := len(a.row)
	newest := (a.at - 1 + len(a.ring)) % len(a.ring)
	for j := range d {
		sum, worst := 0.0, -1.0
		for k, lag := range a.lags {
			v, back := a.ring[(newest-lag+len(a.ring))%len(a.ring)][j], float64(a.out[k*d+j])
			e := math.Abs(back - v)
			if sum += e; e > worst {
				worst = e
				c.Got[j], c.Expected[j] = a.scaler.unscale(v, j), a.scaler.unscale(back, j)
			}
		}
		c.Share[j] = sum / float64(len(a.out))
	}
}

func (a *AutoEncoder) writeState(w *stateWriter) {
	w.network(a.state)
	w.count(a.at)
	w.count(a.seen)
	for _, x := range a.ring {
		w.row(x)
	}
}

func (a *AutoEncoder) readState(r *stateReader) {
	r.network(a.state)
	a.at, a.seen = r.count(len(a.ring)-1), r.count(len(a.ring))
	for _, x := range a.ring {
		r.row(x)
	}
}

type autoEncoderFile struct {
	Hidden int        `json:"hidden"`
	Window int        `json:"window"`
	Picks  int        `json:"picks"`
	Scaler scalerFile `json:"scaler"`
}

// MarshalJSON keeps what was learned beside the network.
func (a *AutoEncoder) MarshalJSON() ([]byte, error) {
	return json.Marshal(autoEncoderFile{a.cfg.Hidden, a.cfg.Window, a.cfg.Picks, a.scaler.file()})
}

// UnmarshalJSON takes what was learned and checks it; SetWeights has to follow. On an error the AutoEncoder is as it was.
func (a *AutoEncoder) UnmarshalJSON(b []byte) error {
	return restore(b, "autoencoder", func(f autoEncoderFile) (*AutoEncoder, error) {
		s, err := f.Scaler.scaler()
		if err != nil {
			return nil, err
		}
		if f.Window < 1 || f.Picks < 1 || f.Picks > f.Window || f.Window > mostRing/len(s.mean) {
			return nil, fmt.Errorf("window of %d rows with %d picks: the window must be 1 to %d, the picks 1 to the window", f.Window, f.Picks, mostRing/len(s.mean))
		}
		return newAutoEncoder(AutoEncoderConfig{Hidden: f.Hidden, Window: f.Window, Picks: f.Picks, Clip: s.clip}, s), nil
	}, a)
}
