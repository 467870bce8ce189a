package rnn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"crackle/rnn/kernel"
)

var (
	errBidirectional = errors.New("a bidirectional network reads whole sequences: use Forward")
	errForeignState  = errors.New("the state belongs to another network: make one with this network's NewState")
)

// State is the recurrent state of one channel, with the scratch that a step needs. One goroutine uses it at a time.
type State struct {
	net    *Network
	h      []float32         // [layers*directions][hidden]
	c      []float32         // likewise for LSTM, else nil
	layers []*kernel.Channel // over h and c
	rows   [2][]float32
}

// NewState gives a channel at its initial state.
func (n *Network) NewState() *State {
	size := len(n.layers) * n.config.Hidden
	s := &State{net: n, h: make([]float32, size)}
	if n.config.Cell == LSTM {
		s.c = make([]float32, size)
	}
	for i, l := range n.layers {
		s.layers = append(s.layers, l.NewChannel(s.hidden(i), s.cell(i)))
	}
	s.Reset()
	return s
}

// Reset puts the channel back to its initial state: zero, or what was learned.
func (s *State) Reset() {
	clear(s.h)
	copy(s.h, s.net.h0)
	clear(s.c)
	copy(s.c, s.net.c0)
}

func (s *State) hidden(layer int) []float32 {
	n := s.net.config.Hidden
	return s.h[layer*n : (layer+1)*n : (layer+1)*n]
}

func (s *State) cell(layer int) []float32 {
	if s.c == nil {
		return nil
	}
	n := s.net.config.Hidden
	return s.c[layer*n : (layer+1)*n : (layer+1)*n]
}

// Hidden is the state as PyTorch gives it: h [layers*directions][hidden]. The slice is the state itself; writing to it sets the state.
func (s *State) Hidden() []float32 { return s.h }

// Cell is c [layers*directions][hidden] of an LSTM, nil for other cells. The slice is the state itself.
func (s *State) Cell() []float32 { return s.c }

// CopyFrom makes s the state of o, which must belong to the same network.
func (s *State) CopyFrom(o *State) error {
	if s.net != o.net {
		return errForeignState
	}
	copy(s.h, o.h)
	copy(s.c, o.c)
	return nil
}

// Size is the number of bytes that AppendBinary adds.
func (s *State) Size() int { return 4 + 4*(len(s.h)+len(s.c)) }

// AppendBinary appends the state, little-endian float32 after a count of values, so that UnmarshalBinary restores the same bits.
func (s *State) AppendBinary(b []byte) ([]byte, error) {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(s.h)+len(s.c)))
	for _, part := range [][]float32{s.h, s.c} {
		for _, v := range part {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	}
	return b, nil
}

// MarshalBinary is AppendBinary to a new slice.
func (s *State) MarshalBinary() ([]byte, error) { return s.AppendBinary(make([]byte, 0, s.Size())) }

// UnmarshalBinary restores what AppendBinary wrote, into a State made by NewState of a network of the same shape. On an error s is as it was.
func (s *State) UnmarshalBinary(b []byte) error {
	want := len(s.h) + len(s.c)
	if len(b) != s.Size() {
		return fmt.Errorf("saved state has %d bytes, this network's has %d: it belongs to another model", len(b), s.Size())
	}
	if got := binary.LittleEndian.Uint32(b); got != uint32(want) {
		return fmt.Errorf("saved state says %d values, this network's has %d: it belongs to another model", got, want)
	}
	b = b[4:]
	for _, part := range [][]float32{s.h, s.c} {
		for i := range part {
			part[i] = math.Float32frombits(binary.LittleEndian.Uint32(b))
			b = b[4:]
		}
	}
	return nil
}
