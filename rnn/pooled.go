package rnn

import "fmt"

// PooledConfig is a recurrent network whose hidden states over a whole sequence are pooled by attention into one row for the head: one
// answer per sequence.
type PooledConfig struct {
	Network   Config        `json:"network"` // with a head, which reads the pooled row
	Attention AttentionKind `json:"attention"`
	Width     int           `json:"width"` // of the attention
}

// PooledWeights are the parameters of a pooled network.
type PooledWeights struct {
	Config    PooledConfig
	Network   *Weights
	Attention AttentionWeights // Query is [Width]
}

// NewPooledWeights gives zero weights.
func NewPooledWeights(c PooledConfig) (*PooledWeights, error) {
	if err := checkAttention(c.Attention, c.Width); err != nil {
		return nil, err
	}
	if c.Network.Head == HeadNone {
		return nil, fmt.Errorf("a pooled network needs a head")
	}
	w, err := NewWeights(c.Network)
	if err != nil {
		return nil, err
	}
	return &PooledWeights{Config: c, Network: w, Attention: newAttentionWeights(c.Attention, c.Width, 1, c.keyWidth())}, nil
}

func (c PooledConfig) keyWidth() int { return c.Network.Hidden * c.Network.Directions() }

// Params lists the network's parameters and then attention.query.weight, attention.key.weight and attention.score.weight.
func (w *PooledWeights) Params() []Param {
	return append(w.Network.Params(), w.Attention.params([]int{w.Config.Width}, w.Config.keyWidth())...)
}

// Pooled is a packed pooled network. It is immutable and shared.
type Pooled struct {
	config PooledConfig
	body   *Network // without the head
	full   *Network // for its head
	look   *attention
}

// NewPooled packs w.
func NewPooled(w *PooledWeights) (*Pooled, error) {
	full, err := New(w.Network)
	if err != nil {
		return nil, err
	}
	body, err := New(w.Network.withoutHead())
	if err != nil {
		return nil, err
	}
	if err := checkParams(w.Params()); err != nil {
		return nil, err
	}
	a, err := newAttention(w.Attention, 0, w.Config.keyWidth())
	if err != nil {
		return nil, err
	}
	return &Pooled{config: w.Config, body: body, full: full, look: a}, nil
}

// withoutHead shares everything but the head.
func (w *Weights) withoutHead() *Weights {
	b := *w
	b.Config.Head, b.Config.Output, b.Head = HeadNone, 0, DenseWeights{}
	return &b
}

// PooledState is the scratch of one user of a Pooled network.
type PooledState struct {
	state   *State
	rows    []float32
	gaze    gaze
	context []float32
}

// NewState gives scratch for Forward.
func (p *Pooled) NewState() *PooledState {
	return &PooledState{state: p.body.NewState(), context: make([]float32, p.config.keyWidth())}
}

// Forward reads a whole sequence x [steps][Input] from the initial state and writes the head's answer to dst [Width]. It allocates nothing
// once s has seen a sequence as long.
func (p *Pooled) Forward(dst, x []float32, s *PooledState) error {
	if len(dst) != p.full.width {
		return fmt.Errorf("output row has %d places, the network gives %d", len(dst), p.full.width)
	}
	steps := len(x) / p.config.Network.Input
	s.state.Reset()
	s.rows = resized(s.rows, steps*p.config.keyWidth())
	if err := p.body.Forward(s.rows, x, s.state); err != nil {
		return err
	}
	p.look.open(&s.gaze, s.rows, steps)
	p.look.look(s.context, nil, &s.gaze)
	p.full.head.Apply(dst, s.context)
	p.config.Network.finish(dst)
	return nil
}

// Attention is the weight of each row in the latest answer, summing to 1. The slice is valid until the next Forward.
func (s *PooledState) Attention() []float32 { return s.gaze.alpha }
