package kernel

import "unsafe"

// nearBytes is a little less than the nearest cache holds.
const nearBytes = 44 << 10

// stepVector is Step with a vector kernel; false, with nothing done, when the generic one is in use or has to do it. Between a short step's
// activations and the next one's first sums lies all the Go of both: there is as little of it as there can be.
func (s *Channel) stepVector(x *float32) bool {
	l := s.layer
	if inUse == setGeneric || l.step == nil {
		return false
	}
	if l.fixed != nil {
		return s.stepFixed(x)
	}
	wide := inUse == setAVX512
	if wide && l.Hidden > 32 && l.halves != nil {
		s.stepHalves(x)
		copy(s.h, s.scratch)
		return true
	}
	h, hn := ptr(s.h), ptr(s.h)
	atOnce := l.Hidden <= 16 || l.Hidden <= 32 && wide // all of h is read before any is written
	if !atOnce {
		hn = ptr(s.scratch)
	}
	for i := range l.turns {
		w, b, c, first, units := ptr(l.step), ptr(l.bias), ptr(s.c), 0, l.Hidden
		if l.turns > 1 {
			first = 32 * i
			if s.back {
				first = 32 * (l.turns - 1 - i)
			}
			units = min(32, l.Hidden-first)
			w, b, hn = &l.step[first*l.weightsPerUnit()], &l.bias[first*l.Cell.biasRows()], &s.scratch[first]
			if s.c != nil {
				c = &s.c[first]
			}
		}
		switch {
		case wide && l.Cell == GRU:
			stepGRUAVX512(w, b, x, h, c, hn, l.In, l.Hidden, first, units)
		case wide && l.Cell == LSTM:
			stepLSTMAVX512(w, b, x, h, c, hn, l.In, l.Hidden, first, units)
		case wide && l.Cell == ElmanTanh:
			stepElmanTanhAVX512(w, b, x, h, c, hn, l.In, l.Hidden, first, units)
		case wide:
			stepElmanReLUAVX512(w, b, x, h, c, hn, l.In, l.Hidden, first, units)
		case l.Cell == GRU:
			stepGRUAVX2(w, b, x, h, c, hn, l.In, l.Hidden, first, units)
		case l.Cell == LSTM:
			stepLSTMAVX2(w, b, x, h, c, hn, l.In, l.Hidden, first, units)
		case l.Cell == ElmanTanh:
			stepElmanTanhAVX2(w, b, x, h, c, hn, l.In, l.Hidden, first, units)
		default:
			stepElmanReLUAVX2(w, b, x, h, c, hn, l.In, l.Hidden, first, units)
		}
	}
	if !atOnce {
		s.back = !s.back
		copy(s.h, s.scratch)
	}
	return true
}

// stepHalves is the AVX-512 form for BF16.
func (s *Channel) stepHalves(x *float32) {
	l := s.layer
	w, b, h, hn := ptr(l.halves), ptr(l.bias), ptr(s.h), ptr(s.scratch)
	if l.Cell == GRU {
		stepGRUBF16AVX512(w, b, x, h, nil, hn, l.In, l.Hidden, 0, l.Hidden)
	} else {
		stepLSTMBF16AVX512(w, b, x, h, ptr(s.c), hn, l.In, l.Hidden, 0, l.Hidden)
	}
}

// stepFixed is the form for Int8; false, with nothing done, when a value is too large.
func (s *Channel) stepFixed(x *float32) bool {
	l := s.layer
	f, h, c := l.fixed, ptr(s.h), ptr(s.c)
	xs := unsafe.Pointer(&s.scratch[l.Hidden])
	hs := unsafe.Add(xs, 2*places(l.In))
	var topX, topH uint32
	if inUse == setAVX512 && hasVNNI {
		topX, topH = quantiseAVX512((*uint8)(xs), x, l.In, places(l.In)), quantiseAVX512((*uint8)(hs), h, l.Hidden, places(l.Hidden))
	} else {
		topX, topH = quantiseAVX2((*int16)(xs), x, l.In), quantiseAVX2((*int16)(hs), h, l.Hidden)
	}
	if topX >= tooLarge || topH >= tooLarge {
		return false
	}
	px, ph := unitOf(topX), unitOf(topH)
	switch {
	case inUse == setAVX512 && hasVNNI && l.Cell == GRU:
		stepGRUInt8AVX512(ptr(f.weights), ptr(f.bias), ptr(f.start), (*uint8)(xs), h, nil, px, ph, l.In, l.Hidden)
	case inUse == setAVX512 && hasVNNI:
		stepLSTMInt8AVX512(ptr(f.weights), ptr(f.bias), ptr(f.start), (*uint8)(xs), h, c, px, ph, l.In, l.Hidden)
	case l.Cell == GRU:
		stepGRUInt8AVX2(ptr(f.weights), ptr(f.bias), ptr(f.start), (*uint8)(xs), h, nil, px, ph, l.In, l.Hidden)
	default:
		stepLSTMInt8AVX2(ptr(f.weights), ptr(f.bias), ptr(f.start), (*uint8)(xs), h, c, px, ph, l.In, l.Hidden)
	}
	return true
}
