package kernel

import (
	"fmt"
	"math"
	"slices"
)

// Store is how a layer's weights are kept.
type Store uint8

const (
	Float32 Store = iota
	BF16          // 8 bits of significand, in places with last bits that are a neighbour's: see roundBF16
	Int8          // a whole number from -127 to 127 times a power of two per gate row, and values rounded to 16 bits: see fixed
)

// NewStored is NewLayer with the weights rounded to what the store can hold. With BF16, AVX-512 kernels of GRU and LSTM read half the bytes in
// Step, and everything else computes with the same rounded weights in float32, to the same bits. With Int8, a GRU or LSTM of at most 512 inputs
// and 512 hidden units sums in whole numbers (see fixed); other layers compute with the rounded weights in float32.
func NewStored(store Store, cell Cell, in, hidden int, wih, whh, bih, bhh []float32) (*Layer, error) {
	var scale []float32
	switch store {
	case Float32:
		return NewLayer(cell, in, hidden, wih, whh, bih, bhh)
	case BF16:
		wih, whh = roundBF16(wih, in, hidden), roundBF16(whh, hidden, hidden)
	case Int8:
		wih, whh = slices.Clone(wih), slices.Clone(whh)
		scale = make([]float32, cell.Gates()*hidden)
		if len(wih) == len(scale)*in && len(whh) == len(scale)*hidden {
			for r := range scale {
				scale[r] = roundInt8(wih[r*in:(r+1)*in], whh[r*hidden:(r+1)*hidden])
			}
		}
	default:
		return nil, fmt.Errorf("weight store %d, must be Float32, BF16 or Int8", store)
	}
	l, err := NewLayer(cell, in, hidden, wih, whh, bih, bhh)
	if err != nil || (cell != GRU && cell != LSTM) {
		return l, err
	}
	switch {
	case store == Int8 && in <= fixedLimit && hidden <= fixedLimit:
		l.fixed = newFixed(l, scale, wih, whh)
	case store == BF16 && l.step != nil:
		l.halves = l.packHalves(wih, whh)
	}
	return l, nil
}

// roundBF16 rounds w [gates*hidden][cols] to nearest, ties to even. In a block of 32 units the weights of units i and 16+i share a 32-bit
// word. Taking the upper one out of it would cost an instruction for every weight, so it keeps the lower one's bits as its last, and its
// own 16 bits are chosen to come nearest with them: the rounding error is the same.
func roundBF16(w []float32, cols, hidden int) []float32 {
	out := make([]float32, len(w))
	for i, v := range w {
		u := i / cols % hidden
		lower := uint32(0)
		if first := u / 32 * 32; hidden-first > 16 && u-first >= 16 {
			lower = math.Float32bits(out[i-16*cols]) >> 16
		}
		out[i] = nearest(v, lower)
	}
	return out
}

// nearest is the float32 closest to v whose lower 16 bits are those given.
func nearest(v float32, lower uint32) float32 {
	b := math.Float32bits(v)&^0xffff | lower
	best := math.Float32frombits(b)
	for _, c := range []uint32{b + 0x10000, b - 0x10000} {
		if x := math.Float32frombits(c); math.Abs(float64(x)-float64(v)) < math.Abs(float64(best)-float64(v)) {
			best = x
		}
	}
	return best
}

// packHalves gives rounded weights in the order of Layer.step, two bytes each; in a block of 32 units, unit i and unit
// 16+i are neighbours.
func (l *Layer) packHalves(wih, whh []float32) []uint16 {
	plain, halves := make([]float32, len(l.step)), make([]uint16, len(l.step))
	for u := range l.Hidden {
		first, width := l.block(u)
		l.packStep(plain[first*l.weightsPerUnit()+u-first:], width, u, wih, whh)
	}
	for first := 0; first < l.Hidden; first += 32 {
		_, width := l.block(first)
		for i := range width * l.weightsPerUnit() {
			at := first*l.weightsPerUnit() + i
			to := at
			if width == 32 {
				to = at - i%32 + i%16*2 + i%32/16
			}
			halves[to] = uint16(math.Float32bits(plain[at]) >> 16)
		}
	}
	return halves
}

// RoundingError gives the sum of the squares of the weights given, and of their distances to those that the layer holds.
func (l *Layer) RoundingError(wih, whh []float32) (square, wrong float64) {
	for u := range l.Hidden {
		pair := l.tile[u/2*2*l.unitSize()+2*l.Cell.biasRows()+u%2:]
		for r := range l.In + l.Hidden {
			for g := range l.gates {
				row := g*l.Hidden + u
				v := float64(0)
				if r < l.In {
					v = float64(wih[row*l.In+r])
				} else {
					v = float64(whh[row*l.Hidden+r-l.In])
				}
				d := float64(pair[2*(r*l.gates+g)]) - v
				square, wrong = square+v*v, wrong+d*d
			}
		}
	}
	return square, wrong
}
