package train

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"crackle/rnn"
)

// Fit trains w, which it changes, on seqs, watching the loss on valid (which may be empty) after each epoch. The result holds the weights of
// the best epoch; w is left at those of the last. Initialise w first, or go on from earlier weights.
//
// When ctx ends, training stops before the next update and Fit returns the result so far together with an error that wraps the context's.
// When the loss or a gradient leaves the finite numbers, training stops and the result says at which step; the best weights so far are kept.
// The outcome depends on the data, cfg and the kernel, not on cfg.Threads.
func Fit(ctx context.Context, cfg Config, w *rnn.Weights, seqs, valid []Sequence) (*Result, error) {
	cfg = cfg.withDefaults()
	m, err := checkedNetwork(cfg, w, seqs, valid)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	f, err := newFitter(cfg, m, seqs, valid)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	err = f.run(ctx)
	f.res.Weights = w.Clone()
	f.keepBest(f.res.Weights.Params())
	return f.res, err
}

func checkedNetwork(cfg Config, w *rnn.Weights, seqs, valid []Sequence) (*networkModel, error) {
	if err := w.Check(); err != nil {
		return nil, err
	}
	if err := cfg.check(w.Config); err != nil {
		return nil, err
	}
	if err := checkSequences("training", w.Config, seqs); err != nil {
		return nil, err
	}
	if err := checkSequences("validation", w.Config, valid); err != nil {
		return nil, err
	}
	if err := checkMemory(cfg, w.Config, seqs, valid); err != nil {
		return nil, err
	}
	return newNetworkModel(w)
}

// maxBytes bounds what the passes keep for the way back.
const maxBytes = 4 << 30

// checkMemory refuses sequences whose states do not fit into memory: they grow with the longest one, for 32 of them at a time.
func checkMemory(cfg Config, n rnn.Config, lists ...[]Sequence) error {
	longest := 0
	for i, list := range lists {
		for _, q := range list {
			steps := len(q.X)
			if i == 0 && cfg.Truncate > 0 {
				steps = min(steps, cfg.Truncate)
			}
			longest = max(longest, steps)
		}
	}
	cell := cellOf(n.Cell)
	rows := n.Layers * n.Directions() * n.Hidden * (4 + cell.Saved() + cell.GateRows()) // states, cells, inputs, their gradients
	need := int64(longest) * int64(rows+2*n.Input+2*n.Width()) * lanes * 4 * int64((cfg.Batch+lanes-1)/lanes)
	if need > maxBytes {
		return fmt.Errorf("the longest sequence has %d rows between updates, which needs %d MiB: cut the sequences, set Truncate (validation sequences run whole), or make the batch smaller", longest, need>>20)
	}
	return nil
}

type fitter struct {
	cfg        Config
	m          model
	params     []rnn.Param
	runners    []runner // one per tile of a batch
	grads      [][]float64
	update     *updater
	pace       *pacer
	train      []*Sequence
	valid      []*Sequence
	order      *rand.Rand
	steps      uint64 // calls of step, each with a random stream of its own
	res        *Result
	kept       [][]float32 // the best parameters
	best       float64
	since      int
	lastNorm   float64
	rowsPassed int
}

func newFitter(cfg Config, m model, seqs, valid []Sequence) (*fitter, error) {
	if len(seqs) == 0 {
		return nil, fmt.Errorf("no training sequence given")
	}
	f := &fitter{cfg: cfg, m: m, params: m.params(), best: math.Inf(1)}
	for range (cfg.Batch + lanes - 1) / lanes {
		f.runners = append(f.runners, m.newRunner(&f.cfg))
	}
	for _, q := range f.params {
		f.grads = append(f.grads, make([]float64, len(q.Data)))
		f.kept = append(f.kept, slices.Clone(q.Data))
	}
	f.update = newUpdater(&f.cfg, f.params)
	f.pace = newPacer(cfg.Schedule, cfg.LearningRate, cfg.Epochs)
	f.train, f.valid = pointers(seqs), pointers(valid)
	if weightOf(f.train, 0, math.MaxInt) == 0 {
		return nil, fmt.Errorf("every training row has weight 0: nothing to learn from")
	}
	f.order = rand.New(rand.NewPCG(cfg.Seed, 0x0bde5))
	f.res = &Result{Valid: math.NaN(), Train: math.NaN(), Stopped: "epochs"}
	return f, nil
}

// keepBest copies the best parameters to params.
func (f *fitter) keepBest(params []rnn.Param) {
	for i, p := range params {
		copy(p.Data, f.kept[i])
	}
}

func pointers(s []Sequence) []*Sequence {
	p := make([]*Sequence, len(s))
	for i := range s {
		p[i] = &s[i]
	}
	return p
}

func (f *fitter) run(ctx context.Context) error {
	for epoch := range f.cfg.Epochs {
		start := time.Now()
		f.rowsPassed = 0
		rate := f.pace.rate(epoch)
		loss, ok := f.epoch(ctx, rate)
		if !ok && f.res.Stopped == "cancelled" {
			return fmt.Errorf("train: stopped after %d epochs: %w", f.res.Epochs, context.Cause(ctx))
		}
		if !ok {
			return nil
		}
		f.res.Epochs = epoch + 1
		valid := f.evaluate()
		better := f.judge(epoch+1, loss, valid)
		f.pace.note(better)
		f.report(epoch+1, loss, valid, rate, time.Since(start))
		if f.cfg.Patience > 0 && f.since >= f.cfg.Patience {
			f.res.Stopped = "patience"
			return nil
		}
	}
	return nil
}

// judge keeps the weights when they are the best so far.
func (f *fitter) judge(epoch int, loss, valid float64) bool {
	f.res.TrainLosses = append(f.res.TrainLosses, loss)
	f.res.GradNorms = append(f.res.GradNorms, f.lastNorm)
	v := loss
	if len(f.valid) > 0 {
		v = valid
		f.res.ValidLosses = append(f.res.ValidLosses, valid)
	}
	f.since++
	if !(v < f.best) {
		return false
	}
	f.best, f.since = v, 0
	f.res.BestEpoch, f.res.Train, f.res.Valid = epoch, loss, valid
	for i, p := range f.params {
		copy(f.kept[i], p.Data)
	}
	return true
}

func (f *fitter) report(epoch int, loss, valid, rate float64, took time.Duration) {
	if f.cfg.Progress == nil {
		return
	}
	f.cfg.Progress(Progress{
		Epoch: epoch, Epochs: f.cfg.Epochs, Train: loss, Valid: valid, Best: f.best, BestEpoch: f.res.BestEpoch,
		LearningRate: rate, GradNorm: f.lastNorm, RowsPerSecond: float64(f.rowsPassed) / took.Seconds(),
		Left: time.Duration(f.cfg.Epochs-epoch) * took,
	})
}

// epoch trains on every sequence once; ok is false when training must end.
func (f *fitter) epoch(ctx context.Context, rate float64) (loss float64, ok bool) {
	f.order.Shuffle(len(f.train), func(i, j int) { f.train[i], f.train[j] = f.train[j], f.train[i] })
	var sum, weight float64
	for at := 0; at < len(f.train); at += f.cfg.Batch {
		batch := f.train[at:min(at+f.cfg.Batch, len(f.train))]
		longest := 0
		for _, q := range batch {
			longest = max(longest, len(q.Target))
		}
		span := longest
		if f.cfg.Truncate > 0 {
			span = f.cfg.Truncate
		}
		for from := 0; from < longest; from += span {
			if ctx.Err() != nil {
				f.res.Stopped = "cancelled"
				return 0, false
			}
			l, w := f.step(batch, from, from+span, at == 0 && from == 0 && f.res.Epochs%flowEvery == 0)
			sum, weight = sum+l, weight+w
			if w == 0 {
				continue
			}
			f.lastNorm = f.update.apply(f.params, f.grads, rate)
			f.res.Steps++
			if bad := l/w + f.lastNorm; math.IsNaN(bad) || math.IsInf(bad, 0) {
				f.res.Stopped = "diverged"
				f.res.Diverged = fmt.Sprintf("step %d (epoch %d): loss %v, gradient norm %v: lower the learning rate (%v) or clip", f.res.Steps, f.res.Epochs+1, l/w, f.lastNorm, rate)
				return 0, false
			}
			f.m.refresh()
		}
	}
	return sum / weight, true
}

// flowEvery is the number of epochs between looks at the gradient flow, which cost as much as a tenth of an update.
const flowEvery = 8

// step computes the loss sum, the weight and the mean gradient of rows from..to of a batch.
func (f *fitter) step(batch []*Sequence, from, to int, keepFlow bool) (loss, weight float64) {
	weight = weightOf(batch, from, to)
	tiles := (len(batch) + lanes - 1) / lanes
	losses := make([]float64, tiles)
	f.steps++
	f.parallel(tiles, func(i int) {
		losses[i] = f.runners[i].train(job{
			seqs: tileOf(batch, i), from: from, to: to, weight: weight, watch: keepFlow && i == 0,
			drop: rand.New(rand.NewPCG(f.cfg.Seed^f.steps<<20, uint64(i))), forcing: f.cfg.forcing(f.res.Epochs),
		})
	})
	for i, g := range f.grads {
		clear(g)
		for _, r := range f.runners[:tiles] {
			for j, v := range r.gradients()[i] {
				g[j] += float64(v)
			}
		}
	}
	for _, l := range losses {
		loss += l
	}
	for _, q := range batch {
		f.rowsPassed += max(0, min(to, len(q.X))-from)
	}
	if keepFlow {
		f.res.Flow = f.runners[0].flow()
	}
	return loss, weight
}

func tileOf(batch []*Sequence, i int) []*Sequence {
	return batch[i*lanes : min((i+1)*lanes, len(batch))]
}

// parallel calls do for 0 to n-1 from up to Threads goroutines.
func (f *fitter) parallel(n int, do func(int)) {
	workers := min(f.cfg.Threads, n)
	if workers <= 1 {
		for i := range n {
			do(i)
		}
		return
	}
	var wg sync.WaitGroup
	for k := range workers {
		wg.Go(func() {
			for i := k; i < n; i += workers {
				do(i)
			}
		})
	}
	wg.Wait()
}

// evaluate is the mean loss on the validation set, NaN without one.
func (f *fitter) evaluate() float64 {
	if len(f.valid) == 0 {
		return math.NaN()
	}
	sum := 0.0
	tiles := (len(f.valid) + lanes - 1) / lanes
	for at := 0; at < tiles; at += len(f.runners) {
		n := min(len(f.runners), tiles-at)
		losses := make([]float64, n)
		f.parallel(n, func(i int) { losses[i] = f.runners[i].evaluate(tileOf(f.valid, at+i)) })
		for _, l := range losses {
			sum += l
		}
	}
	return sum / weightOf(f.valid, 0, math.MaxInt)
}
