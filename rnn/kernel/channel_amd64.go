package kernel

import "unsafe"

// nearBytes is a little less than the nearest cache holds.
const nearBytes = 44 << 10

// plan is how a Channel steps with one kernel. It is made beforehand: between a short step's activations and the next one's first sums lies all
// the Go of both, and the less there is of it, the further the processor gets with the sums while the activations run.
type plan struct {
	set   set // the kernel that it is for
	code  code
	apart bool // the new state goes to scratch, since h is read until the end
	back  bool // the next step takes the runs from the last to the first
	runs  []run
}

// run is one call of a step's assembly: units of them get a new state, from first on, which is a block's first. w, b, c and hn begin there.
type run struct {
	w            unsafe.Pointer
	b, h, c, hn  *float32
	in, hidden   int
	first, units int
}

// code is the assembly that a plan calls.
type code uint8

const (
	codeGo code = iota
	codeInt8
	codeAVX512 // and one for each cell, in their order
	codeAVX2   = codeAVX512 + code(ElmanReLU) + 1
	codeBF16   = codeAVX2 + code(ElmanReLU) + 1
)

// prepare makes the plan for the kernel in use.
func (s *Channel) prepare() {
	l, p := s.layer, &s.plan
	*p = plan{set: inUse, runs: p.runs[:0]}
	wide := inUse == setAVX512
	switch {
	case inUse == setGeneric || l.step == nil:
		return
	case l.fixed != nil:
		p.code = codeInt8
		return
	case wide && l.halves != nil && l.Hidden > 32:
		p.code = codeBF16 + code(l.Cell)
	case wide:
		p.code = codeAVX512 + code(l.Cell)
	default:
		p.code = codeAVX2 + code(l.Cell)
	}
	p.apart = l.Hidden > 32 || l.Hidden > 16 && !wide
	units := l.Hidden
	if l.takeTurns(p.code >= codeBF16) {
		units = 32
	}
	for first := 0; first < l.Hidden; first += units {
		r := run{h: ptr(s.h), hn: &s.h[first], in: l.In, hidden: l.Hidden, first: first, units: min(units, l.Hidden-first)}
		at := first * l.weightsPerUnit()
		r.w, r.b = unsafe.Pointer(&l.step[at]), &l.bias[first*l.Cell.biasRows()]
		if p.code >= codeBF16 {
			r.w = unsafe.Pointer(&l.halves[at])
		}
		if p.apart {
			r.hn = &s.scratch[first]
		}
		if s.c != nil {
			r.c = &s.c[first]
		}
		p.runs = append(p.runs, r)
	}
}

// takeTurns says that a step goes through the blocks of units forwards, and the next one backwards: the weights read last are still near when
// they are read first. That helps where one block's fit the nearest cache and those of all do not; what a block gives does not depend on when.
func (l *Layer) takeTurns(halves bool) bool {
	bytes, blocks := 4*l.weightsPerUnit(), (l.Hidden+31)/32
	if halves {
		bytes /= 2
		if l.Cell == GRU && blocks > 4 {
			return false // more is gained by two blocks at once
		}
	}
	return bytes*l.Hidden > nearBytes && bytes*32 <= nearBytes
}

// stepVector is Step with a vector kernel; false, with nothing done, when the generic one is in use or has to do it.
func (s *Channel) stepVector(x *float32) bool {
	p := &s.plan
	if p.set != inUse {
		s.prepare()
	}
	for i := range p.runs {
		if p.back {
			i = len(p.runs) - 1 - i
		}
		r := &p.runs[i]
		switch p.code {
		case codeAVX512 + code(GRU):
			stepGRUAVX512((*float32)(r.w), r.b, x, r.h, r.c, r.hn, r.in, r.hidden, r.first, r.units)
		case codeAVX512 + code(LSTM):
			stepLSTMAVX512((*float32)(r.w), r.b, x, r.h, r.c, r.hn, r.in, r.hidden, r.first, r.units)
		case codeAVX512 + code(ElmanTanh):
			stepElmanTanhAVX512((*float32)(r.w), r.b, x, r.h, r.c, r.hn, r.in, r.hidden, r.first, r.units)
		case codeAVX512 + code(ElmanReLU):
			stepElmanReLUAVX512((*float32)(r.w), r.b, x, r.h, r.c, r.hn, r.in, r.hidden, r.first, r.units)
		case codeAVX2 + code(GRU):
			stepGRUAVX2((*float32)(r.w), r.b, x, r.h, r.c, r.hn, r.in, r.hidden, r.first, r.units)
		case codeAVX2 + code(LSTM):
			stepLSTMAVX2((*float32)(r.w), r.b, x, r.h, r.c, r.hn, r.in, r.hidden, r.first, r.units)
		case codeAVX2 + code(ElmanTanh):
			stepElmanTanhAVX2((*float32)(r.w), r.b, x, r.h, r.c, r.hn, r.in, r.hidden, r.first, r.units)
		case codeAVX2 + code(ElmanReLU):
			stepElmanReLUAVX2((*float32)(r.w), r.b, x, r.h, r.c, r.hn, r.in, r.hidden, r.first, r.units)
		case codeBF16 + code(GRU):
			stepGRUBF16AVX512((*uint16)(r.w), r.b, x, r.h, r.c, r.hn, r.in, r.hidden, r.first, r.units)
		case codeBF16 + code(LSTM):
			stepLSTMBF16AVX512((*uint16)(r.w), r.b, x, r.h, r.c, r.hn, r.in, r.hidden, r.first, r.units)
		}
	}
	if p.apart {
		p.back = !p.back
		copy(s.h, s.scratch)
	}
	return p.code > codeInt8 || p.code == codeInt8 && s.stepFixed(x)
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
