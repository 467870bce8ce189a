package train

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"crackle/rnn"
	"crackle/rnn/kernel"
)

// FitSeq2Seq is Fit for an encoder-decoder: X is what the encoder reads, Target what the decoder is to write, of any lengths; Start is the
// row before the first target. Config.TeacherForcing says how often the decoder is fed the true previous row; validation always runs freely.
// Initialise with InitialiseSeq2Seq first. The loss must be MSE, MAE or Huber. The weights returned are those of the best epoch.
func FitSeq2Seq(ctx context.Context, cfg Config, w *rnn.Seq2SeqWeights, seqs, valid []Sequence) (*rnn.Seq2SeqWeights, *Result, error) {
	cfg = cfg.withDefaults()
	m, err := newSeq2SeqModel(cfg, w, seqs, valid)
	if err != nil {
		return nil, nil, fmt.Errorf("train: %w", err)
	}
	f, err := newFitter(cfg, m, seqs, valid)
	if err != nil {
		return nil, nil, fmt.Errorf("train: %w", err)
	}
	err = f.run(ctx)
	best, e := rnn.NewSeq2SeqWeights(w.Config)
	if e != nil {
		return nil, nil, fmt.Errorf("train: %w", e)
	}
	f.keepBest(best.Params())
	return best, f.res, err
}

// InitialiseSeq2Seq is Initialise for an encoder-decoder.
func InitialiseSeq2Seq(w *rnn.Seq2SeqWeights, seed uint64) {
	Initialise(w.Encoder, seed)
	Initialise(w.Decoder, seed+1)
	if w.Config.Attention != rnn.AttentionNone {
		initialiseAttention(&w.Attention, seed+2)
	}
}

func initialiseAttention(a *rnn.AttentionWeights, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 0xa77e))
	glorot(r, a.Query, len(a.Query)/a.Width, a.Width)
	glorot(r, a.Key, len(a.Key)/a.Width, a.Width)
	glorot(r, a.Score, a.Width, 1)
}

type seq2seqModel struct {
	w                *rnn.Seq2SeqWeights
	encoder, decoder *packed
	look             *attend // nil without attention
}

func newSeq2SeqModel(cfg Config, w *rnn.Seq2SeqWeights, seqs, valid []Sequence) (*seq2seqModel, error) {
	if _, err := rnn.NewSeq2Seq(w); err != nil {
		return nil, err
	}
	if err := cfg.check(w.Decoder.Config); err != nil {
		return nil, err
	}
	if cfg.Truncate > 0 {
		return nil, fmt.Errorf("truncate is %d, but an encoder-decoder needs whole sequences: set it to 0", cfg.Truncate)
	}
	for _, list := range [][]Sequence{seqs, valid} {
		for i := range list {
			q := &list[i]
			if err := q.checkParts(w.Encoder.Config, w.Config.Output, len(q.Target)); err != nil {
				return nil, fmt.Errorf("sequence %d: %w", i, err)
			}
			if q.Start != nil && len(q.Start) != w.Config.Output {
				return nil, fmt.Errorf("sequence %d: start row has %d values, must be %d", i, len(q.Start), w.Config.Output)
			}
		}
	}
	if err := checkMemory(cfg, w.Encoder.Config, seqs, valid); err != nil {
		return nil, err
	}
	m := &seq2seqModel{w: w}
	var err error
	if m.encoder, err = newPacked(w.Encoder); err != nil {
		return nil, err
	}
	if m.decoder, err = newPacked(w.Decoder); err != nil {
		return nil, err
	}
	if w.Config.Attention != rnn.AttentionNone {
		m.look, err = newAttend(&w.Attention, w.Encoder.Config.Width(), w.Config.Hidden)
	}
	return m, err
}

func (m *seq2seqModel) params() []rnn.Param { return m.w.Params() }

func (m *seq2seqModel) refresh() {
	m.encoder.set(m.w.Encoder)
	m.decoder.set(m.w.Decoder)
	if m.look != nil {
		m.look.set()
	}
}

func (m *seq2seqModel) newRunner(cfg *Config) runner {
	r := &seq2seqRunner{m: m, cfg: cfg, enc: newPass(m.encoder, m.w.Encoder.Params()), dec: newPass(m.decoder, m.w.Decoder.Params())}
	r.list = append(append(r.list, r.enc.grads...), r.dec.grads...)
	if m.look != nil {
		r.g = newGaze(m.look)
		r.list = append(r.list, r.g.grads()...)
	}
	size := m.w.Config.Hidden * lanes
	for range m.w.Encoder.Layers {
		r.finalH = append(r.finalH, make([]float32, size))
		r.finalC = append(r.finalC, make([]float32, size))
	}
	r.dout, r.din = make([]float32, size), make([]float32, max(size, m.w.Decoder.Config.Input*lanes))
	return r
}

type seq2seqRunner struct {
	m              *seq2seqModel
	cfg            *Config
	enc, dec       *pass
	g              *gaze       // nil without attention
	own            []bool      // [steps][lanes]: the decoder was fed its own previous output
	in             []float32   // [steps][decoder input][lanes]
	finalH, finalC [][]float32 // per encoder layer and direction: gradients of the final states
	dout, din      []float32   // of one decoder step
	inputs         bool        // ask for the gradient of what the encoder read, left in enc.next
	list           [][]float32
}

func (r *seq2seqRunner) gradients() [][]float32 { return r.list }

func (r *seq2seqRunner) flow() Flow { return r.enc.gradientFlow() }

func (r *seq2seqRunner) train(j job) float64 {
	for _, g := range r.list {
		clear(g)
	}
	r.enc.watch = j.watch
	loss := r.forward(j, max(j.weight, math.SmallestNonzeroFloat64), true)
	if j.weight > 0 {
		r.backward()
	}
	return loss
}

func (r *seq2seqRunner) evaluate(seqs []*Sequence) float64 {
	return r.forward(job{seqs: seqs}, 1, false)
}

// forward encodes the tile, then runs the decoder step by step.
func (r *seq2seqRunner) forward(j job, total float64, back bool) float64 {
	r.enc.load(r.m.w.Encoder, j.seqs, 0, math.MaxInt, false)
	r.enc.forward(nil)
	d, c := r.dec, r.m.w.Decoder.Config
	d.n, d.steps = r.enc.n, 0
	for _, q := range j.seqs {
		d.steps = max(d.steps, len(q.Target))
	}
	r.start()
	if r.g != nil {
		r.g.open(r.enc, d.steps)
	}
	clear(grow(&r.in, d.steps*c.Input*lanes))
	if n := d.steps * lanes; cap(r.own) < n {
		r.own = make([]bool, n)
	}
	clear(r.own[:cap(r.own)])
	y, rows := grow(&d.y, d.steps*c.Output*lanes), c.Output*lanes
	clear(grow(&d.dy, d.steps*rows))
	top, size := &d.dirs[c.Layers-1], c.Hidden*lanes
	var loss float64
	for t := range d.steps {
		in := r.in[t*c.Input*lanes:]
		r.feed(j, t, in)
		if r.g != nil {
			r.g.look(t, in[rows:], top.hs[t*size:])
		}
		r.step(t, in)
		d.p.head.ApplyTile(y[t*rows:], top.hs[(t+1)*size:], d.n)
		loss += lossRow(r.cfg, y[t*rows:], d.dy[t*rows:], c.Output, j.seqs, t, total, back)
	}
	return loss
}

// start sizes the decoder's buffers and gives it the encoder's final states, directions added.
func (r *seq2seqRunner) start() {
	d, c := r.dec, r.m.w.Decoder.Config
	size, dirs := c.Hidden*lanes, r.m.w.Encoder.Config.Directions()
	last := func(dst []float32, states func(*direction) []float32, l int) {
		clear(dst[:size])
		for k := range dirs {
			from := states(&r.enc.dirs[l*dirs+k])
			for j := range d.n {
				at := r.enc.length[j] * size
				for i := j; i < size; i += lanes {
					dst[i] += from[at+i]
				}
			}
		}
	}
	for l := range d.dirs {
		s := &d.dirs[l]
		grow(&s.hs, (d.steps+1)*size)
		grow(&s.save, d.steps*d.p.cell.Saved()*size)
		grow(&s.dg, d.steps*d.p.cell.GateRows()*size)
		s.flow = nil
		last(s.hs, func(e *direction) []float32 { return e.hs }, l)
		if d.p.cell == kernel.LSTM {
			grow(&s.cs, (d.steps+1)*size)
			last(s.cs, func(e *direction) []float32 { return e.cs }, l)
		}
	}
}

// feed writes the previous output into the decoder's input: the true one, or by lot its own.
func (r *seq2seqRunner) feed(j job, t int, in []float32) {
	o := r.m.w.Config.Output
	for lane, q := range j.seqs {
		switch {
		case t == 0:
			for k, v := range q.Start {
				in[k*lanes+lane] = v
			}
		case j.drop == nil || j.drop.Float64() >= j.forcing:
			r.own[t*lanes+lane] = true
			for k := range o {
				in[k*lanes+lane] = r.dec.y[((t-1)*o+k)*lanes+lane]
			}
		case t <= len(q.Target):
			for k, v := range q.Target[t-1] {
				in[k*lanes+lane] = v
			}
		}
	}
}

// step runs the decoder's layers at step t.
func (r *seq2seqRunner) step(t int, in []float32) {
	d := r.dec
	size := r.m.w.Config.Hidden * lanes
	saved := d.p.cell.Saved() * size
	for l := range d.dirs {
		s := &d.dirs[l]
		var cn, c []float32
		if d.p.cell == kernel.LSTM {
			cn, c = s.cs[(t+1)*size:], s.cs[t*size:]
		}
		d.p.layers[l].StepTile(s.save[t*saved:], s.hs[(t+1)*size:], cn, in, s.hs[t*size:], c, d.n)
		in = s.hs[(t+1)*size:]
	}
}

// backward takes the decoder back step by step, then the encoder as a whole.
func (r *seq2seqRunner) backward() {
	d, c := r.dec, r.m.w.Decoder.Config
	size, rows := c.Hidden*lanes, c.Output*lanes
	top := &d.dirs[c.Layers-1]
	for l := range d.dirs {
		clear(d.dirs[l].dh)
		clear(d.dirs[l].dc)
	}
	for t := d.steps - 1; t >= 0; t-- {
		clear(r.dout)
		d.p.backY.AddTranspose(r.dout, d.dy[t*rows:], 0, c.Output, d.n)
		for l := c.Layers - 1; l >= 0; l-- {
			d.backStep(l, t, r.dout)
			stride := d.p.cell.GateRows() * size
			clear(r.din)
			d.inputGrad(l, r.din, d.dirs[l].dg[t*stride:(t+1)*stride])
			copy(r.dout, r.din)
		}
		if t > 0 {
			r.feedBack(t)
		}
		if r.g != nil {
			r.g.back(t, r.din[rows:], top.dh)
		}
	}
	r.decoderGrads(top, size, rows)
	r.encoderGrads(size)
}

// feedBack adds the gradient of an output that was fed back to that output's own.
func (r *seq2seqRunner) feedBack(t int) {
	o := r.m.w.Config.Output
	for lane := range r.dec.n {
		if !r.own[t*lanes+lane] {
			continue
		}
		for k := range o {
			r.dec.dy[((t-1)*o+k)*lanes+lane] += r.din[k*lanes+lane]
		}
	}
}

func (r *seq2seqRunner) decoderGrads(top *direction, size, rows int) {
	d, c := r.dec, r.m.w.Decoder.Config
	at := 4 * len(d.dirs)
	kernel.AddOuter(d.grads[at], c.Output, c.Hidden, d.dy, rows, top.hs[size:], size, d.steps, d.n)
	kernel.AddRows(d.grads[at+1], c.Output, d.dy, rows, d.steps, d.n)
	for l := range d.dirs {
		d.dirs[l].in = r.in
		if l > 0 {
			d.dirs[l].in = d.dirs[l-1].hs[size:]
		}
		d.weightGrads(l, d.dirs[l].dg, d.p.cell.GateRows()*size)
	}
	if r.g != nil {
		r.g.close(d.steps, top.hs)
	}
}

// encoderGrads gives each direction the gradient of the decoder's initial state, and the rows attention's.
func (r *seq2seqRunner) encoderGrads(size int) {
	e, dirs := r.enc, r.m.w.Encoder.Config.Directions()
	for i := range r.finalH {
		copy(r.finalH[i], r.dec.dirs[i/dirs].dh)
		copy(r.finalC[i], r.dec.dirs[i/dirs].dc)
	}
	e.finalH, e.finalC = r.finalH, r.finalC
	n := e.steps * dirs * size
	if r.g != nil {
		e.dy = r.g.dvalues[:n]
	} else {
		clear(grow(&e.dy, n))
	}
	e.backward(r.inputs)
}
