package kernel

// Channel is the state of one channel in one layer, with what its steps need. One goroutine uses it at a time.
type Channel struct {
	layer   *Layer
	h, c    []float32 // [Hidden]; c of the LSTM, else nil
	scratch []float32 // the new state while the old one is still read, and an Int8 layer's rounded values behind it
	plan    plan
}

// NewChannel gives a channel whose state is kept in h [Hidden] and, for the LSTM, c [Hidden]; other cells leave c alone.
func (l *Layer) NewChannel(h, c []float32) *Channel {
	s := &Channel{layer: l, h: h[:l.Hidden:l.Hidden]}
	if l.HasCell() {
		s.c = c[:l.Hidden:l.Hidden]
	}
	room := l.Hidden
	switch {
	case l.Cell == GRUBefore:
		room = 3 * l.Hidden
	case l.fixed != nil:
		room += l.fixed.places(l)
	}
	s.scratch = make([]float32, room)
	s.prepare()
	return s
}

// Step advances the channel by one row x [In] and gives its new hidden state, which is the slice that NewChannel was given. It allocates nothing.
func (s *Channel) Step(x []float32) []float32 {
	x = x[:s.layer.In]
	if !hasVectors || !s.stepVector(ptr(x)) {
		s.stepGeneric(x)
	}
	return s.h
}

func (s *Channel) stepGeneric(x []float32) {
	l := s.layer
	switch {
	case l.Cell == GRUBefore:
		l.stepBefore(s.h, x, s.scratch)
		return
	case l.fixed != nil && l.stepFixedGeneric(s.h, s.c, x, s.scratch[l.Hidden:]):
		return
	}
	hn := s.scratch[:l.Hidden]
	l.stepGeneric(hn, s.h, s.c, x)
	copy(s.h, hn)
}
