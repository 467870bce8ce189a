package onnx

import (
	"fmt"
	"math/bits"
	"strings"
)

// size is the length of an axis, or a number computed from such lengths: n times the product of the unknown lengths in the set of.
type size struct {
	n  int64
	of uint32 // bit k: the unknown length k of the input, as the batch and the time
}

// mostSize keeps products of sizes far from overflow.
const mostSize = 1 << 31

func (s size) known() bool { return s.of == 0 }

func (s size) String() string {
	if s.known() {
		return fmt.Sprint(s.n)
	}
	var b strings.Builder
	if s.n != 1 {
		fmt.Fprintf(&b, "%d*", s.n)
	}
	for m := s.of; m != 0; m &= m - 1 {
		fmt.Fprintf(&b, "?%d", bits.TrailingZeros32(m))
	}
	return b.String()
}

// times is the product, if it can be told.
func (s size) times(t size) (size, bool) {
	if s.of&t.of != 0 {
		return size{}, false
	}
	n := s.n * t.n
	if abs(s.n) > mostSize || abs(t.n) > mostSize || abs(n) > mostSize {
		return size{}, false
	}
	return size{n, s.of | t.of}, true
}

// over is the quotient, if it can be told and leaves no remainder.
func (s size) over(t size) (size, bool) {
	if t.n == 0 || s.n%t.n != 0 || s.of&t.of != t.of {
		return size{}, false
	}
	return size{s.n / t.n, s.of &^ t.of}, true
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

func product(s []size) (size, bool) {
	p, ok := size{n: 1}, true
	for _, v := range s {
		if p, ok = p.times(v); !ok {
			return size{}, false
		}
	}
	return p, true
}

// place turns an axis number, which may count from the end, into 0 to rank-1.
func place(axis int64, rank int) (int, error) {
	if axis < -int64(rank) || axis >= int64(rank) {
		return 0, fmt.Errorf("axis %d, must be %d to %d", axis, -rank, rank-1)
	}
	if axis < 0 {
		axis += int64(rank)
	}
	return int(axis), nil
}

// reshaped works out the target of a Reshape: 0 copies the length of that axis (unless literal), -1 takes what is left.
func reshaped(from, target []size, literal bool) ([]size, error) {
	out := make([]size, len(target))
	rest, known := -1, size{n: 1}
	for i, t := range target {
		switch {
		case t == size{n: -1} && rest >= 0:
			return nil, fmt.Errorf("shape %v has two open lengths", target)
		case t == size{n: -1}:
			rest = i
			continue
		case t == size{} && !literal:
			if i >= len(from) {
				return nil, fmt.Errorf("shape %v copies axis %d of a tensor of %d axes", target, i, len(from))
			}
			out[i] = from[i]
		default:
			out[i] = t
		}
		var ok bool
		if known, ok = known.times(out[i]); !ok || out[i].n < 0 {
			return nil, fmt.Errorf("shape %v cannot be worked out", target)
		}
	}
	whole, ok := product(from)
	if !ok {
		return nil, fmt.Errorf("shape %v cannot be worked out", from)
	}
	if rest >= 0 {
		if out[rest], ok = whole.over(known); !ok {
			return nil, fmt.Errorf("shape %v does not fit a tensor of shape %v", target, from)
		}
		known = whole
	}
	if known != whole {
		return nil, fmt.Errorf("shape %v does not fit a tensor of shape %v", target, from)
	}
	return out, nil
}

// stretch is a Slice along one axis: first, one past the last, step.
type stretch struct{ axis, from, to, step int }

// stretchOf clamps a slice of a known length as ONNX does.
func stretchOf(axis int, length, from, to, step int64) (stretch, error) {
	if step < 1 {
		return stretch{}, fmt.Errorf("step %d of a slice, must be 1 or more", step)
	}
	clamp := func(v int64) int {
		if v < 0 {
			v += length
		}
		return int(min(max(v, 0), length))
	}
	s := stretch{axis, clamp(from), clamp(to), int(min(step, mostSize))}
	s.to = max(s.to, s.from)
	return s, nil
}
