package rnn

import "fmt"

// Seq2SeqConfig is an encoder-decoder: the encoder reads a sequence of rows, the decoder starts from the encoder's final states (both
// directions added) and writes Output values a step, each step reading its previous output and, with attention, a context of the encoder's
// rows chosen by the decoder's previous top state.
type Seq2SeqConfig struct {
	Cell          Cell          `json:"cell"`
	Input         int           `json:"input"`  // width of the encoder's rows
	Output        int           `json:"output"` // width of the decoder's rows
	Hidden        int           `json:"hidden"`
	Layers        int           `json:"layers"` // of encoder and decoder each
	Bidirectional bool          `json:"bidirectional,omitempty"`
	Attention     AttentionKind `json:"attention,omitempty"`
	Width         int           `json:"width,omitempty"` // of the attention
}

// EncoderConfig is the encoder's network.
func (c Seq2SeqConfig) EncoderConfig() Config {
	return Config{Cell: c.Cell, Input: c.Input, Hidden: c.Hidden, Layers: c.Layers, Bidirectional: c.Bidirectional}
}

// DecoderConfig is the decoder's network: its input is the previous output and, with attention, the context.
func (c Seq2SeqConfig) DecoderConfig() Config {
	in := c.Output
	if c.Attention != AttentionNone {
		in += c.keyWidth()
	}
	return Config{Cell: c.Cell, Input: in, Hidden: c.Hidden, Layers: c.Layers, Head: HeadLinear, Output: c.Output}
}

func (c Seq2SeqConfig) keyWidth() int { return c.EncoderConfig().Width() }

// Seq2SeqWeights are the parameters of an encoder-decoder.
type Seq2SeqWeights struct {
	Config    Seq2SeqConfig
	Encoder   *Weights
	Decoder   *Weights
	Attention AttentionWeights
}

// NewSeq2SeqWeights gives zero weights.
func NewSeq2SeqWeights(c Seq2SeqConfig) (*Seq2SeqWeights, error) {
	e, err := NewWeights(c.EncoderConfig())
	if err != nil {
		return nil, fmt.Errorf("encoder: %w", err)
	}
	d, err := NewWeights(c.DecoderConfig())
	if err != nil {
		return nil, fmt.Errorf("decoder: %w", err)
	}
	w := &Seq2SeqWeights{Config: c, Encoder: e, Decoder: d}
	if c.Attention != AttentionNone {
		if err := checkAttention(c.Attention, c.Width); err != nil {
			return nil, err
		}
		w.Attention = newAttentionWeights(c.Attention, c.Width, c.Hidden, c.keyWidth())
	}
	return w, nil
}

// Params lists encoder.*, decoder.* and attention.* in a fixed order.
func (w *Seq2SeqWeights) Params() []Param {
	var ps []Param
	for _, part := range []struct {
		name string
		w    *Weights
	}{{"encoder.", w.Encoder}, {"decoder.", w.Decoder}} {
		for _, p := range part.w.Params() {
			p.Name = part.name + p.Name
			ps = append(ps, p)
		}
	}
	if w.Config.Attention != AttentionNone {
		ps = append(ps, w.Attention.params([]int{w.Config.Width, w.Config.Hidden}, w.Config.keyWidth())...)
	}
	return ps
}

// Seq2Seq is a packed encoder-decoder. It is immutable and shared.
type Seq2Seq struct {
	config  Seq2SeqConfig
	encoder *Network
	decoder *Network
	look    *attention // nil without attention
}

// NewSeq2Seq packs w.
func NewSeq2Seq(w *Seq2SeqWeights) (*Seq2Seq, error) {
	if err := checkParams(w.Params()); err != nil {
		return nil, err
	}
	e, err := New(w.Encoder)
	if err != nil {
		return nil, fmt.Errorf("encoder: %w", err)
	}
	d, err := New(w.Decoder)
	if err != nil {
		return nil, fmt.Errorf("decoder: %w", err)
	}
	n := &Seq2Seq{config: w.Config, encoder: e, decoder: d}
	if w.Config.Attention != AttentionNone {
		if n.look, err = newAttention(w.Attention, w.Config.Hidden, w.Config.keyWidth()); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// Seq2SeqState is the state of one user of a Seq2Seq network.
type Seq2SeqState struct {
	encoder, decoder *State
	rows             []float32 // [steps][key width], the encoder's outputs
	gaze             gaze
	in               []float32 // [decoder input]
	seen             []float32 // [decoded steps][encoded steps]
	encoded          int
}

// NewState gives a state for Encode and what follows.
func (n *Seq2Seq) NewState() *Seq2SeqState {
	return &Seq2SeqState{encoder: n.encoder.NewState(), decoder: n.decoder.NewState(), in: make([]float32, n.decoder.config.Input)}
}

// Encode reads a whole sequence x [steps][Input] and readies the decoder.
func (n *Seq2Seq) Encode(x []float32, s *Seq2SeqState) error {
	if s.encoder.net != n.encoder {
		return errForeignState
	}
	steps := len(x) / n.config.Input
	s.encoded = 0
	s.encoder.Reset()
	s.rows = resized(s.rows, steps*n.config.keyWidth())
	if err := n.encoder.Forward(s.rows, x, s.encoder); err != nil {
		return err
	}
	dirs := n.encoder.config.Directions()
	for l := range n.config.Layers {
		sumInto(s.decoder.hidden(l), s.encoder.hidden, l*dirs, dirs)
		if s.decoder.c != nil {
			sumInto(s.decoder.cell(l), s.encoder.cell, l*dirs, dirs)
		}
	}
	if n.look != nil {
		n.look.open(&s.gaze, s.rows, steps)
	}
	s.encoded = steps
	s.seen = s.seen[:0]
	return nil
}

func sumInto(dst []float32, src func(int) []float32, first, count int) {
	copy(dst, src(first))
	for i := first + 1; i < first+count; i++ {
		for k, v := range src(i) {
			dst[k] += v
		}
	}
}

// Decode writes one output row from the previous one: the true one (teacher forcing) or the decoder's own. dst [Output] may be previous.
func (n *Seq2Seq) Decode(dst, previous []float32, s *Seq2SeqState) error {
	if s.encoded == 0 {
		return fmt.Errorf("nothing is encoded: call Encode with at least one row first")
	}
	if len(dst) != n.config.Output || len(previous) != n.config.Output {
		return fmt.Errorf("output row has %d places and the previous one %d, the network gives %d", len(dst), len(previous), n.config.Output)
	}
	copy(s.in, previous)
	if n.look != nil {
		n.look.look(s.in[n.config.Output:], s.decoder.hidden(n.config.Layers-1), &s.gaze)
		s.seen = append(s.seen, s.gaze.alpha...)
	}
	n.decoder.step(dst, s.in, s.decoder)
	return nil
}

// Forecast encodes x and runs the decoder freely from the row start: dst [steps][Output], each row fed back as the next one's previous.
func (n *Seq2Seq) Forecast(dst, x, start []float32, s *Seq2SeqState) error {
	o := n.config.Output
	if len(dst) == 0 || len(dst)%o != 0 {
		return fmt.Errorf("output has %d places, must be at least one row of %d and a multiple of it", len(dst), o)
	}
	if err := n.Encode(x, s); err != nil {
		return err
	}
	for t := 0; t < len(dst); t += o {
		if err := n.Decode(dst[t:t+o], start, s); err != nil {
			return err
		}
		start = dst[t : t+o]
	}
	return nil
}

// Attention gives the weights of the encoder's rows at each decoded step since Encode, [decoded][encoded], each row summing to 1; empty
// without attention. The slice is valid until the next Encode.
func (s *Seq2SeqState) Attention() []float32 { return s.seen }
