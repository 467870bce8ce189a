package head

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"crackle/rnn"
	"crackle/rnn/kernel"
	"crackle/rnn/train"
)

const (
	outerFolds = 10 // at most
	innerFolds = 4  // at most, to choose a penalty or when to stop
)

// unseen bounds the loss of a class that no specimen learnt from shows, which no penalty can mend.
const unseen = 1e-3

// fitted is one encoder fitted to some parts.
type fitted struct {
	Scaler     scaler     `json:"scaler"`
	Difficulty difficulty `json:"difficulty"`
	Linear     *linear    `json:"linear,omitempty"`
	Middle     float64    `json:"middle"` // of the target
	Spread     float64    `json:"spread"`
	Classes    int        `json:"classes"`
}

// answers are those for one part.
type answers struct {
	out        []float64 // the value in its unit, or the probability of each class
	difficulty float64
}

// answer runs a part through; net are those of the encoder GRU, nil for the linear one.
func (f *fitted) answer(rows [][]float32, net *pooled) (a answers, err error) {
	z := f.Scaler.rows(rows)
	x := summary(z)
	a.difficulty = f.Difficulty.of(x)
	switch {
	case net != nil:
		a.out, err = net.answer(z)
	case f.Classes > 0:
		a.out = softmax(f.Linear.answer(x))
	default:
		a.out = f.Linear.answer(x)
	}
	if err != nil {
		return a, err
	}
	if f.Classes == 0 {
		a.out = []float64{f.Middle + f.Spread*a.out[0]}
	}
	if !finite64(a.out...) {
		return a, fmt.Errorf("the answer is not a number")
	}
	return a, nil
}

// fold is the work on some parts to learn from.
type fold struct {
	fitted
	cfg     *Config
	p       *prepared
	z       [][][]float32
	x       [][]float64
	y       []float64 // standardised; class numbers of a classification
	weights []*rnn.PooledWeights
	net     *pooled
}

// newFold scales the parts.
func newFold(cfg *Config, samples []Sample) (*fold, error) {
	f := &fold{cfg: cfg, p: &prepared{samples: samples}}
	for _, s := range samples {
		if !slices.Contains(f.p.specimens, s.Specimen) {
			f.p.specimens = append(f.p.specimens, s.Specimen)
		}
	}
	var err error
	if f.Scaler, err = newScaler(samples, len(cfg.Features)); err != nil {
		return nil, err
	}
	for _, s := range samples {
		z := f.Scaler.rows(s.Rows)
		f.z, f.x = append(f.z, z), append(f.x, summary(z))
	}
	f.Difficulty = newDifficulty(f.x)
	f.Spread, f.Classes = 1, len(cfg.Classes)
	if f.Classes > 0 {
		for _, s := range samples {
			f.y = append(f.y, float64(slices.Index(cfg.Classes, s.Class)))
		}
		return f, nil
	}
	n := float64(len(samples))
	for _, s := range samples {
		f.Middle += s.Value / n
	}
	v := 0.0
	for _, s := range samples {
		v += (s.Value - f.Middle) * (s.Value - f.Middle) / n
	}
	if v > 0 {
		f.Spread = math.Sqrt(v)
	}
	for _, s := range samples {
		f.y = append(f.y, (s.Value-f.Middle)/f.Spread)
	}
	return f, nil
}

// fit fits one encoder.
func (f *fold) fit(ctx context.Context, e Encoder) error {
	inner, err := f.p.folds(innerFolds, f.cfg.Seed+17)
	if err != nil {
		return err
	}
	if e == Linear {
		f.weights, f.net = nil, nil
		return f.fitLinear(inner)
	}
	f.weights = nil
	for k := range networks {
		var seqs [2][]train.Sequence
		for side, list := range [][]int{inner[k%len(inner)].Train, inner[k%len(inner)].Test} {
			for _, i := range list {
				seqs[side] = append(seqs[side], train.Sequence{X: thin(f.z[i]), Target: [][]float32{{float32(f.y[i])}}})
			}
		}
		w, err := fitPooled(ctx, f.cfg, f.cfg.Seed+uint64(k), seqs[0], seqs[1])
		if err != nil {
			return err
		}
		f.weights = append(f.weights, w)
	}
	f.net, err = newPooled(f.weights, f.Classes)
	return err
}

// fitLinear chooses the penalty by specimens, then fits to all.
func (f *fold) fitLinear(inner []train.Split) error {
	best, least := penalties[0], math.Inf(1)
	for _, penalty := range penalties {
		loss := 0.0
		for _, s := range inner {
			l, err := f.linearOf(s.Train, penalty)
			if err != nil {
				loss = math.Inf(1)
				break
			}
			for _, i := range s.Test {
				out := l.answer(f.x[i])
				if f.Classes > 0 {
					loss -= math.Log(max(softmax(out)[int(f.y[i])], unseen))
				} else {
					loss += (out[0] - f.y[i]) * (out[0] - f.y[i])
				}
			}
		}
		if loss < least {
			best, least = penalty, loss
		}
	}
	all := make([]int, len(f.x))
	for i := range all {
		all[i] = i
	}
	var err error
	f.Linear, err = f.linearOf(all, best)
	return err
}

func (f *fold) linearOf(list []int, penalty float64) (*linear, error) {
	x := make([][]float64, len(list))
	y, class := make([]float64, len(list)), make([]int, len(list))
	for k, i := range list {
		x[k], y[k], class[k] = f.x[i], f.y[i], int(f.y[i])
	}
	if f.Classes > 0 {
		return logistic(x, class, f.Classes, penalty)
	}
	return ridge(x, y, penalty)
}

// trial is what one encoder did on specimens left out.
type trial struct {
	residuals []residual
	errors    float64 // sum of absolute errors, or of wrong classes
	loss      float64 // that the choice goes by
}

func (t *trial) note(s *Sample, cfg *Config, a answers) {
	if len(cfg.Classes) == 0 {
		e := math.Abs(a.out[0] - s.Value)
		t.residuals = append(t.residuals, residual{s.Specimen, e / a.difficulty})
		t.errors += e
		t.loss += e
		return
	}
	c := slices.Index(cfg.Classes, s.Class)
	top := 0
	for k, v := range a.out {
		if v > a.out[top] {
			top = k
		}
	}
	if top != c {
		t.errors++
	}
	t.loss -= math.Log(max(a.out[c], unseen))
	t.residuals = append(t.residuals, residual{s.Specimen, 1 - a.out[c]})
}

// Fit learns a head from labelled parts. It refuses labels that cannot carry what is asked: too few parts or specimens, a part of two specimens, a
// coverage that so many specimens cannot give. Progress, when not nil, is told how far it is.
func Fit(ctx context.Context, cfg Config, samples []Sample, progress func(done, of int)) (*Head, error) {
	cfg.defaults()
	fail := func(err error) (*Head, error) { return nil, fmt.Errorf("head %s: %w", cfg.Target, err) }
	if err := cfg.check(); err != nil {
		return fail(err)
	}
	p, err := prepare(&cfg, samples)
	if err != nil {
		return fail(err)
	}
	if k := len(p.specimens); mostCoverage(k) < cfg.Coverage {
		return fail(fmt.Errorf("a coverage of %g needs %d specimens, the labels have %d: measure more, or ask for at most %.2f", cfg.Coverage, needed(cfg.Coverage), k, math.Floor(100*mostCoverage(k))/100))
	}
	encoders := []Encoder{Linear, GRU}
	if cfg.Encoder == Linear {
		encoders = encoders[:1]
	}
	trials, baseline, folds, err := try(ctx, &cfg, p, encoders, progress)
	if err != nil {
		return fail(err)
	}
	chosen := Linear
	if cfg.Encoder == GRU || cfg.Encoder == Auto && trials[GRU].loss < trials[Linear].loss {
		chosen = GRU
	}
	f, err := newFold(&cfg, p.samples)
	if err != nil {
		return fail(err)
	}
	if err := f.fit(ctx, chosen); err != nil {
		return fail(err)
	}
	if chosen == GRU {
		f.Linear = nil
	}
	h := &Head{
		Stream: cfg.Stream, Target: cfg.Target, Unit: cfg.Unit, Classes: cfg.Classes, Features: cfg.Features, Conditioning: cfg.Conditioning,
		Coverage: cfg.Coverage, Encoder: chosen, Fitted: f.fitted, weights: f.weights, net: f.net,
		Quantile: weigh(trials[chosen].residuals, cfg.Coverage),
	}
	h.record(&cfg, p, trials, baseline, folds)
	b, err := h.Encode()
	if err != nil {
		return fail(err)
	}
	return Parse(b) // what answers is what the file holds
}

// try fits the encoders to all but a fold's specimens and lets them answer for those.
func try(ctx context.Context, cfg *Config, p *prepared, encoders []Encoder, progress func(done, of int)) (map[Encoder]*trial, float64, int, error) {
	splits, err := p.folds(outerFolds, cfg.Seed)
	if err != nil {
		return nil, 0, 0, err
	}
	trials := map[Encoder]*trial{}
	for _, e := range encoders {
		trials[e] = &trial{}
	}
	for i, s := range splits {
		if progress != nil {
			progress(i, len(splits))
		}
		f, err := newFold(cfg, p.pick(s.Train))
		if err != nil {
			return nil, 0, 0, err
		}
		for _, e := range encoders {
			if err := f.fit(ctx, e); err != nil {
				return nil, 0, 0, err
			}
			for _, k := range s.Test {
				a, err := f.answer(p.samples[k].Rows, f.net)
				if err != nil {
					return nil, 0, 0, fmt.Errorf("part %s: %w", p.samples[k].Part, err)
				}
				trials[e].note(&p.samples[k], cfg, a)
			}
		}
	}
	return trials, naive(cfg, p, splits), len(splits), nil
}

// naive is the sum of errors of saying the mean of the others always, or the class that is commonest over all.
func naive(cfg *Config, p *prepared, splits []train.Split) (sum float64) {
	if len(cfg.Classes) > 0 {
		count := map[string]int{}
		most := 0
		for _, s := range p.samples {
			count[s.Class]++
			most = max(most, count[s.Class])
		}
		return float64(len(p.samples) - most)
	}
	for _, split := range splits {
		mean := 0.0
		for _, i := range split.Train {
			mean += p.samples[i].Value / float64(len(split.Train))
		}
		for _, i := range split.Test {
			sum += math.Abs(p.samples[i].Value - mean)
		}
	}
	return sum
}

// record fills in what the head rests on.
func (h *Head) record(cfg *Config, p *prepared, trials map[Encoder]*trial, baseline float64, folds int) {
	n := float64(len(p.samples))
	always := "mean"
	if len(cfg.Classes) > 0 {
		always = "commonest"
	}
	h.Record = Record{
		Created: cfg.Now.UTC().Truncate(time.Second), Code: cfg.Code, Kernel: kernel.Name(), Seed: cfg.Seed, Parts: len(p.samples), Dropped: p.dropped,
		Specimens: p.specimens, Folds: folds, Errors: map[string]float64{always: baseline / n},
	}
	r := &h.Record
	for _, s := range p.samples {
		r.Windows += len(s.Rows)
	}
	for e, t := range trials {
		r.Errors[string(e)] = t.errors / n
	}
	t := trials[h.Encoder]
	if share := covered(t.residuals, cfg.Coverage); finite64(share) {
		r.Covered = &share
	}
	r.Width = 2 * h.Quantile
	if !(t.errors < baseline) {
		r.Notes = append(r.Notes, fmt.Sprintf("it is no better than saying the %s always: do not use it", always))
	}
	if len(cfg.Classes) == 0 {
		return
	}
	r.Width = 0
	for _, s := range p.samples {
		if e, err := h.Estimate(s.Rows); err == nil {
			r.Width += float64(len(e.Set)) / n
		}
	}
	for _, c := range cfg.Classes {
		of := map[string]bool{}
		for _, s := range p.samples {
			if s.Class == c {
				of[s.Specimen] = true
			}
		}
		if len(of) < 2 {
			r.Notes = append(r.Notes, fmt.Sprintf("class %s stands on %d specimen: nothing shows that it is the class and not the specimen", c, len(of)))
		}
	}
}
