package member

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"crackle/rnn"
)

// ForecasterConfig of a Forecaster. The zero value of a field means its default.
type ForecasterConfig struct {
	Hidden int     // random units, default 150
	Input  float64 // scale of the input weights, default 0.8
	Radius float64 // spectral radius of the recurrent weights, default 0.9
	Smooth float64 // weight of the newest row in the score's moving average, default 1: none
	Clip   float64 // inputs are held within that many standard deviations, default 6
	Seed   uint64
}

// warmRows are given to the network to settle before anything is learned or scored.
const warmRows = 30

// Forecaster predicts each row from those before with a GRU whose weights are random and fixed; only the read-out is learned, by ridge
// regression in closed form. It is a working model within a second. The score is the root mean square over channels of the prediction error,
// in standard deviations of the errors held out.
type Forecaster struct {
	cfg     ForecasterConfig
	scaler  *scaler
	net     *rnn.Network
	state   *rnn.State
	readout []float64 // [channels][hidden+channels+1]
	sd      []float64 // of held-out errors; 0 leaves the channel out

	row, predicted []float64
	expected       []float64 // of the last row: what was predicted before it
	error          []float64 // of the last row, in deviations
	features       []float64
	in, h          []float32
	seen           int
	average        float64
}

// NewForecaster learns the read-out from rows of normal production, at least 120 of them.
func NewForecaster(c ForecasterConfig, rows [][]float64) (*Forecaster, error) {
	c = c.withDefaults()
	if len(rows) < 4*warmRows {
		return nil, fmt.Errorf("%d rows to learn from, at least %d are needed: record more normal production", len(rows), 4*warmRows)
	}
	s, err := newScaler(rows, c.Clip)
	if err != nil {
		return nil, err
	}
	d := len(s.mean)
	w, err := randomGRU(c, d)
	if err != nil {
		return nil, err
	}
	net, err := rnn.New(w)
	if err != nil {
		return nil, err
	}
	f := &Forecaster{
		cfg: c, scaler: s, net: net, state: net.NewState(), readout: make([]float64, d*(c.Hidden+d+1)), sd: make([]float64, d),
		row: make([]float64, d), predicted: make([]float64, d), features: make([]float64, c.Hidden+d+1), in: make([]float32, d), h: make([]float32, c.Hidden),
		expected: make([]float64, d), error: make([]float64, d),
	}
	if err := f.learn(rows); err != nil {
		return nil, err
	}
	f.Reset()
	return f, nil
}

func (c ForecasterConfig) withDefaults() ForecasterConfig {
	if c.Hidden == 0 {
		c.Hidden = 150
	}
	for _, f := range []struct {
		v *float64
		d float64
	}{{&c.Input, 0.8}, {&c.Radius, 0.9}, {&c.Smooth, 1}, {&c.Clip, 6}} {
		if *f.v == 0 {
			*f.v = f.d
		}
	}
	return c
}

// randomGRU draws the fixed weights. A matrix of independent normal numbers has the spectral radius that the circular law says, so none has to
// be computed. The biases of the update gate are spread so that the units forget at different speeds.
func randomGRU(c ForecasterConfig, d int) (*rnn.Weights, error) {
	w, err := rnn.NewWeights(rnn.Config{Cell: rnn.GRU, Input: d, Hidden: c.Hidden, Layers: 1})
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(c.Seed, 0x6372616b))
	l := w.Layers[0]
	for i := range l.WeightIH {
		l.WeightIH[i] = float32(r.NormFloat64() * c.Input / math.Sqrt(float64(d)))
	}
	for i := range l.WeightHH {
		l.WeightHH[i] = float32(r.NormFloat64() * c.Radius / math.Sqrt(float64(c.Hidden)))
	}
	for i := range l.BiasIH {
		b := 2*r.Float64() - 1
		if gate := i / c.Hidden; gate == 1 { // r z n
			b = 5*r.Float64() - 2
		}
		l.BiasIH[i] = float32(b)
	}
	return w, nil
}

// moments are sums of products for the regression.
type moments struct {
	xx *mat.SymDense
	xy *mat.Dense
	yy []float64
	n  float64
}

// learn fits the read-out on the first three quarters, takes the ridge and the error's deviation from the last, and fits again on all.
func (f *Forecaster) learn(rows [][]float64) error {
	n, d, p := len(rows), len(f.sd), len(f.features)
	x, y := mat.NewDense(n-1-warmRows, p, nil), mat.NewDense(n-1-warmRows, d, nil)
	f.Reset()
	for i, r := range rows[:n-1] {
		f.scaler.scale(f.row, r)
		if err := f.advance(); err != nil {
			return err
		}
		if i < warmRows {
			continue
		}
		x.SetRow(i-warmRows, f.features)
		f.scaler.scale(f.row, rows[i+1])
		y.SetRow(i-warmRows, f.row)
	}
	cut := (n - 1 - warmRows) * 3 / 4
	fit, held := momentsOf(x, y, 0, cut), momentsOf(x, y, cut, n-1-warmRows)
	best, ridge := math.Inf(1), 0.0
	for lambda := 1e-4; lambda < 2e3; lambda *= 10 {
		b, err := fit.solve(lambda)
		if err != nil {
			continue
		}
		errors, total := held.errors(b), 0.0
		for j, e := range errors {
			if f.scaler.sd[j] > 0 {
				total += e
			}
		}
		if total < best {
			best, ridge = total, lambda
			for j, e := range errors {
				f.sd[j] = 0
				if f.scaler.sd[j] > 0 {
					f.sd[j] = math.Sqrt(max(e, 1e-6)) // rows have unit deviation
				}
			}
		}
	}
	if math.IsInf(best, 1) {
		return errors.New("no ridge makes the regression solvable: look for channels that repeat each other")
	}
	fit.add(held)
	b, err := fit.solve(ridge)
	if err != nil {
		return err
	}
	for j := range d {
		for k := range p {
			f.readout[j*p+k] = b.At(k, j)
		}
	}
	return nil
}

func momentsOf(x, y *mat.Dense, from, to int) *moments {
	_, p := x.Dims()
	_, d := y.Dims()
	xs, ys := x.Slice(from, to, 0, p), y.Slice(from, to, 0, d)
	m := &moments{xx: mat.NewSymDense(p, nil), xy: mat.NewDense(p, d, nil), yy: make([]float64, d), n: float64(to - from)}
	m.xx.SymOuterK(1, xs.T())
	m.xy.Mul(xs.T(), ys)
	for i := range to - from {
		for j := range d {
			m.yy[j] += ys.At(i, j) * ys.At(i, j)
		}
	}
	return m
}

func (m *moments) add(o *moments) {
	m.xx.AddSym(m.xx, o.xx)
	m.xy.Add(m.xy, o.xy)
	m.n += o.n
}

func (m *moments) solve(lambda float64) (*mat.Dense, error) {
	p := m.xx.SymmetricDim()
	a := mat.NewSymDense(p, nil)
	a.CopySym(m.xx)
	for k := range p {
		a.SetSym(k, k, a.At(k, k)+lambda)
	}
	var chol mat.Cholesky
	if !chol.Factorize(a) {
		return nil, fmt.Errorf("ridge %g leaves the regression singular", lambda)
	}
	var b mat.Dense
	if err := chol.SolveTo(&b, m.xy); err != nil {
		return nil, err
	}
	return &b, nil
}

// errors are the mean squared errors per output of a read-out on these rows.
func (m *moments) errors(b *mat.Dense) []float64 {
	var xb mat.Dense
	xb.Mul(m.xx, b)
	p, d := b.Dims()
	out := make([]float64, d)
	for j := range d {
		e := m.yy[j]
		for k := range p {
			e += b.At(k, j) * (xb.At(k, j) - 2*m.xy.At(k, j))
		}
		out[j] = e / m.n
	}
	return out
}

// Name is "forecaster".
func (f *Forecaster) Name() string { return "forecaster" }

// Reset forgets the past.
func (f *Forecaster) Reset() {
	f.state.Reset()
	f.seen, f.average = 0, 0
}

// advance feeds the scaled row to the network and gathers the read-out's features.
func (f *Forecaster) advance() error {
	for j, v := range f.row {
		f.in[j] = float32(v)
	}
	if err := f.net.Step(f.h, f.in, f.state); err != nil {
		return err
	}
	n := len(f.h)
	for k, v := range f.h {
		f.features[k] = float64(v)
	}
	copy(f.features[n:], f.row)
	f.features[len(f.features)-1] = 1
	return nil
}

// Score is NaN for the first 30 rows.
func (f *Forecaster) Score(row []float64) float64 {
	if !f.scaler.scale(f.row, row) {
		return math.NaN()
	}
	score := math.NaN()
	if f.seen > warmRows {
		sum, count := 0.0, 0.0
		for j, p := range f.predicted {
			f.expected[j], f.error[j] = p, 0
			if f.sd[j] > 0 {
				e := (f.row[j] - p) / f.sd[j]
				f.error[j] = e
				sum += e * e
				count++
			}
		}
		s := math.Sqrt(sum / count)
		if f.seen == warmRows+1 {
			f.average = s
		}
		f.average += f.cfg.Smooth * (s - f.average)
		score = f.average
	}
	f.seen = min(f.seen+1, warmRows+2)
	if f.advance() != nil { // lengths are fixed when made
		return math.NaN()
	}
	p := len(f.features)
	for j := range f.predicted {
		f.predicted[j] = dot(f.readout[j*p:(j+1)*p], f.features)
	}
	return score
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

// Width is the number of features.
func (f *Forecaster) Width() int { return len(f.row) }

// Causes gives each feature's error of prediction.
func (f *Forecaster) Causes(c *Causes) {
	count := 0.0
	for _, sd := range f.sd {
		if sd > 0 {
			count++
		}
	}
	for j, e := range f.error {
		c.Share[j] = math.Abs(e) / math.Sqrt(count)
		c.Got[j], c.Expected[j] = f.scaler.unscale(f.row[j], j), f.scaler.unscale(f.expected[j], j)
	}
}

func (f *Forecaster) writeState(w *stateWriter) {
	w.network(f.state)
	w.count(f.seen)
	w.number(f.average)
	w.row(f.predicted)
}

func (f *Forecaster) readState(r *stateReader) {
	r.network(f.state)
	f.seen = r.count(warmRows + 2)
	f.average = r.number()
	r.row(f.predicted)
}
