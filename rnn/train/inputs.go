package train

import (
	"fmt"
	"math"

	"crackle/rnn"
)

// Lanes is the number of sequences that Inputs and PooledInputs take at once; fewer take as long.
const Lanes = lanes

// Inputs takes gradients from a network's outputs back to its inputs, whole sequences, with fixed weights: what an explanation needs. The
// caller says what the gradient of the outputs is, so that any function of them can be followed.
//
//	in.Forward(seqs, nil, nil)       // up to Lanes sequences
//	in.Output(y, 0, last)            // of sequence 0 at its last row
//	in.Pull(0, last, dy)             // d(what is explained)/dy, as often as rows matter
//	in.Backward()
//	in.Gradient(dx, 0, t)            // d(what is explained)/d(row t of sequence 0)
//
// It is for one goroutine and allocates nothing once it has seen sequences as long.
type Inputs struct {
	w    *rnn.Weights
	s    *pass
	rows int // of an output
	list []Sequence
	seqs []*Sequence
}

// NewInputs packs w. Later changes of w do not reach it.
func NewInputs(w *rnn.Weights) (*Inputs, error) {
	if err := w.Check(); err != nil {
		return nil, fmt.Errorf("gradients of inputs: %w", err)
	}
	if w.Config.Cell == rnn.GRUBefore {
		return nil, fmt.Errorf("gradients of inputs: cell %q has none here: use %q", w.Config.Cell, rnn.GRU)
	}
	p, err := newPacked(w)
	if err != nil {
		return nil, fmt.Errorf("gradients of inputs: %w", err)
	}
	s := newPass(p, nil)
	s.fixed = true
	rows := w.Config.Hidden * w.Config.Directions()
	if p.head != nil {
		rows = p.head.Out
	}
	return &Inputs{w: w, s: s, rows: rows, list: make([]Sequence, lanes), seqs: make([]*Sequence, 0, lanes)}, nil
}

// Width is the length of an output row: for HeadGaussian means and then log-variances, for HeadClass the values before the softmax, without a
// head the top layer's states.
func (p *Inputs) Width() int { return p.rows }

// Forward runs 1 to Lanes sequences, each [steps][Input], from the initial states h0 and c0, [layers*directions][hidden], nil for the network's
// own. Their rows must be finite.
func (p *Inputs) Forward(seqs [][][]float32, h0, c0 []float32) error {
	if err := p.load(seqs, h0, c0); err != nil {
		return err
	}
	p.s.load(p.w, p.seqs, 0, math.MaxInt, false)
	p.s.forward(nil)
	clear(grow(&p.s.dy, p.s.steps*p.rows*lanes))
	return nil
}

// Again is Forward for sequences that differ from those of the last Forward or Again from row from on only, as many and as long: what comes before
// is not computed again. The network must not be bidirectional, for there what is before depends on what comes.
func (p *Inputs) Again(seqs [][][]float32, from int) error {
	s, c := p.s, p.w.Config
	if c.Bidirectional {
		return fmt.Errorf("gradients of inputs: a bidirectional network has no rows that later ones leave alone: use Forward")
	}
	if len(seqs) != s.n || from < 0 || from > s.steps {
		return fmt.Errorf("gradients of inputs: %d sequences from row %d on, the last time there were %d of up to %d rows", len(seqs), from, s.n, s.steps)
	}
	for j, rows := range seqs {
		if len(rows) != s.length[j] {
			return fmt.Errorf("gradients of inputs: sequence %d has %d rows, the last time it had %d", j, len(rows), s.length[j])
		}
		for t := from; t < len(rows); t++ {
			if len(rows[t]) != c.Input {
				return fmt.Errorf("gradients of inputs: sequence %d, row %d has %d values, the network takes %d", j, t, len(rows[t]), c.Input)
			}
			for k, v := range rows[t] {
				s.x[(t*c.Input+k)*lanes+j] = v
			}
		}
	}
	s.start = from
	s.forward(nil)
	s.start = 0
	clear(s.dy)
	return nil
}

func (p *Inputs) load(seqs [][][]float32, h0, c0 []float32) error {
	if len(seqs) < 1 || len(seqs) > lanes {
		return fmt.Errorf("gradients of inputs: %d sequences, must be 1 to %d", len(seqs), lanes)
	}
	p.seqs = p.seqs[:0]
	c := p.w.Config
	for i, x := range seqs {
		if len(x) == 0 {
			return fmt.Errorf("gradients of inputs: sequence %d has no rows", i)
		}
		for t, r := range x {
			if len(r) != c.Input {
				return fmt.Errorf("gradients of inputs: sequence %d, row %d has %d values, the network takes %d", i, t, len(r), c.Input)
			}
		}
		p.list[i] = Sequence{X: x, H0: h0, C0: c0}
		p.seqs = append(p.seqs, &p.list[i])
	}
	states := c.Layers * c.Directions() * c.Hidden
	if h0 != nil && len(h0) != states || c0 != nil && len(c0) != states {
		return fmt.Errorf("gradients of inputs: initial states of %d and %d values, must be none or %d", len(h0), len(c0), states)
	}
	return nil
}

// Output copies an output row of the last Forward to dst [Width].
func (p *Inputs) Output(dst []float32, seq, step int) {
	for k := range dst[:p.rows] {
		dst[k] = p.s.y[(step*p.rows+k)*lanes+seq]
	}
}

// Pull adds dy [Width] to the gradient of an output row.
func (p *Inputs) Pull(seq, step int, dy []float32) {
	for k, v := range dy[:p.rows] {
		p.s.dy[(step*p.rows+k)*lanes+seq] += v
	}
}

// Backward takes what was pulled back to the inputs.
func (p *Inputs) Backward() { p.s.backward(true) }

// Gradient copies the gradient of an input row to dst [Input].
func (p *Inputs) Gradient(dst []float32, seq, step int) { p.s.gradientOf(dst, seq, step) }

// gradientOf copies the gradient of an input row after backward(true).
func (s *pass) gradientOf(dst []float32, seq, step int) {
	in := s.p.cfg.Input
	for k := range dst[:in] {
		dst[k] = s.next[(step*in+k)*lanes+seq]
	}
}

// PooledInputs is Inputs for a network pooled by attention, which has one output row per sequence.
type PooledInputs struct {
	in *Inputs // of the network without its head
	r  *pooledRunner
}

// NewPooledInputs packs w. Later changes of w do not reach it.
func NewPooledInputs(w *rnn.PooledWeights) (*PooledInputs, error) {
	cfg := Config{Loss: MSE}.withDefaults()
	switch w.Network.Config.Head {
	case rnn.HeadClass:
		cfg.Loss = CrossEntropy
	case rnn.HeadGaussian:
		cfg.Loss = GaussianNLL
	}
	m, err := newPooledModel(cfg, w, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("gradients of inputs: %w", err)
	}
	in, err := NewInputs(m.body)
	if err != nil {
		return nil, err
	}
	r := m.newRunner(&cfg).(*pooledRunner)
	r.s, r.inputs = in.s, true
	return &PooledInputs{in: in, r: r}, nil
}

// Width is the length of an output row, as that of Inputs.
func (p *PooledInputs) Width() int { return p.r.m.head.Out }

// Forward runs 1 to Lanes sequences, each [steps][Input] and finite, from the network's initial state.
func (p *PooledInputs) Forward(seqs [][][]float32) error {
	if err := p.in.Forward(seqs, nil, nil); err != nil {
		return err
	}
	p.r.g.open(p.r.s, 1)
	p.r.g.look(0, p.r.context, nil)
	p.r.m.head.ApplyTile(p.r.y, p.r.context, p.r.s.n)
	clear(p.r.dy)
	return nil
}

// Output copies a sequence's output row to dst [Width].
func (p *PooledInputs) Output(dst []float32, seq int) {
	for k := range dst[:p.Width()] {
		dst[k] = p.r.y[k*lanes+seq]
	}
}

// Attention copies the weight of each row of a sequence to dst [steps]; they sum to 1.
func (p *PooledInputs) Attention(dst []float32, seq int) {
	for t := range dst[:p.r.s.length[seq]] {
		dst[t] = p.r.g.alpha[t*lanes+seq]
	}
}

// Pull adds dy [Width] to the gradient of a sequence's output row.
func (p *PooledInputs) Pull(seq int, dy []float32) {
	for k, v := range dy[:p.Width()] {
		p.r.dy[k*lanes+seq] += v
	}
}

// Backward takes what was pulled back to the inputs.
func (p *PooledInputs) Backward() { p.r.backward() }

// Gradient copies the gradient of an input row to dst [Input].
func (p *PooledInputs) Gradient(dst []float32, seq, step int) { p.r.s.gradientOf(dst, seq, step) }

// Seq2SeqInputs gives the loss of each sequence of an encoder-decoder, whose decoder runs freely as in use, and its gradient with respect to what the
// encoder read: per sequence [steps][Input]. It changes nothing.
func Seq2SeqInputs(cfg Config, w *rnn.Seq2SeqWeights, seqs []Sequence) (loss []float64, dx [][][]float32, err error) {
	cfg = cfg.withDefaults()
	m, err := newSeq2SeqModel(cfg, w, seqs, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("gradients of inputs: %w", err)
	}
	r := m.newRunner(&cfg).(*seq2seqRunner)
	r.inputs = true
	for i := range seqs {
		one := []*Sequence{&seqs[i]}
		weight := weightOf(one, 0, math.MaxInt)
		if weight == 0 {
			return nil, nil, fmt.Errorf("gradients of inputs: sequence %d has weight 0 in every row: there is no loss", i)
		}
		// Without a source of randomness a decoder runs freely, as where it is used.
		loss = append(loss, r.train(job{seqs: one, to: math.MaxInt, weight: weight})/weight)
		rows := make([][]float32, len(seqs[i].X))
		for t := range rows {
			rows[t] = make([]float32, w.Config.Input)
			r.enc.gradientOf(rows[t], 0, t)
		}
		dx = append(dx, rows)
	}
	return loss, dx, nil
}
