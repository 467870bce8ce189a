package kernel

import "math"

const (
	// Frame is the number of samples that the block form computes at once.
	Frame = 16
	// Lanes is the number of channels that the form over channels computes at once.
	Lanes = 8

	group  = 4 // sections per pass
	states = 2 * group
	matrix = Frame*Frame + Frame*states + states*Frame + states*states
	lane   = (1 + 4*group) * Lanes // coefficients of a group in the form over channels
)

// IIR runs a chain of second-order sections, each b0, b1, b2, a1, a2 with a0 = 1, in transposed direct form II. It holds no state, so that
// several may share it.
//
// Two forms compute the same filter. The block form takes a frame of one channel at a time: with the chain's state s it is
// y = T x + O s, s' = B x + A s, where the matrices are the responses of the chain to each input and each state. The form over
// channels goes row by row, with neighbouring channels in the lanes of a vector.
type IIR struct {
	sections [][5]float64
	groups   int
	frames   []float64 // [groups][matrix], nil when the block form is not in use
	coef     []float64 // [groups][lane], nil when the form over channels is not in use
	unit     []bool    // [groups] b2 / b0 is 1 in every section
	scale    []float64 // [sections] what the form over channels scales a section's state by
	loops    loops
}

// NewIIR prepares the kernel in use for a chain of sections. Where the block form would differ from the plain recursion by more than
// 1e-10 of the largest output, on noise with a step, the plain recursion is used instead.
func NewIIR(sections [][5]float64) *IIR {
	p := &IIR{sections: sections, groups: (len(sections) + group - 1) / group, loops: inUse}
	for g := range p.groups {
		p.frames = append(p.frames, frameMatrix(sections[g*group:min(len(sections), (g+1)*group)])...)
	}
	p.normalise()
	if p.loops.frames == nil || !p.blockFormHolds() {
		p.frames = nil
	}
	return p
}

// step runs one sample through a chain with state [section][2].
func step(sections [][5]float64, s []float64, v float64) float64 {
	for k := range sections {
		c := &sections[k]
		o := c[0]*v + s[2*k]
		s[2*k] = c[1]*v - c[3]*o + s[2*k+1]
		s[2*k+1] = c[2]*v - c[4]*o
		v = o
	}
	return v
}

// normalise lays out the form over channels: sections with b0 = 1 behind one gain. It is left out where there is no vector loop, where a b0 is 0, and
// where the gain leaves too little range.
func (p *IIR) normalise() {
	n := len(p.sections)
	p.scale = make([]float64, n)
	gain := 1.0
	for k := n - 1; k >= 0; k-- {
		p.scale[k] = gain
		gain *= p.sections[k][0]
	}
	if p.loops.lanes64 == nil || !(math.Abs(gain) > 1e-200 && math.Abs(gain) < 1e200) {
		return
	}
	for g := range p.groups {
		c := []float64{1}
		if g == 0 {
			c[0] = gain
		}
		unit := true
		for k := g * group; k < (g+1)*group; k++ {
			if k >= n {
				c = append(c, 0, 1, 0, 1) // passes its input on and keeps no state
				continue
			}
			s := p.sections[k]
			c = append(c, s[1]/s[0], s[2]/s[0], s[3], s[4])
			unit = unit && s[2] == s[0]
		}
		p.unit = append(p.unit, unit)
		for _, v := range c {
			for range Lanes {
				p.coef = append(p.coef, v)
			}
		}
	}
}

func (p *IIR) blockFormHolds() bool {
	const n, allowed = 512 * Frame, 1e-10
	x, y := make([]float64, n), make([]float64, n)
	seed := uint64(1)
	for i := range x {
		seed = seed*6364136223846793005 + 1442695040888963407 // Knuth's MMIX
		x[i] = float64(int64(seed)>>11) / (1 << 52)
		if i >= n/2 {
			x[i]++
		}
	}
	copy(y, x)
	s := make([]float64, p.States())
	p.plain(x, s)
	clear(s)
	p.block(y, s)
	worst, peak := 0.0, 0.0
	for i := range x {
		if d := math.Abs(y[i] - x[i]); !(d <= worst) {
			worst = d
		}
		peak = max(peak, math.Abs(x[i]))
	}
	return worst <= allowed*peak
}

// States is the length of one channel's state in the block form.
func (p *IIR) States() int { return p.groups * states }

// Granule is the number of samples that Block takes at once: Frame, or 1 where the plain recursion is used.
func (p *IIR) Granule() int {
	if p.frames == nil {
		return 1
	}
	return Frame
}

// Block filters samples of one channel in place; their number must be a multiple of Granule. State is [section][2], padded to States.
func (p *IIR) Block(x, state []float64) {
	if p.frames == nil {
		p.plain(x, state)
		return
	}
	p.block(x, state)
}

func (p *IIR) block(x, state []float64) {
	for g := range p.groups {
		p.loops.frames(x, p.frames[g*matrix:(g+1)*matrix], state[g*states:(g+1)*states])
	}
}

// HasLanes tells whether the form over channels is in use.
func (p *IIR) HasLanes() bool { return p.coef != nil }

// LaneStates is the length of the state of Lanes channels in the form over channels: [groups][group][2][Lanes].
func (p *IIR) LaneStates() int { return p.groups * states * Lanes }

// LaneScale is what the form over channels scales the state of a section by.
func (p *IIR) LaneScale(section int) float64 { return p.scale[section] }

// Rows filters rows of interleaved channels, a multiple of Lanes of them, from x into y, which may be the same. State is
// [channels/Lanes][LaneStates].
func (p *IIR) Rows(y, x []float64, channels int, state []float64) {
	rows, n := len(x)/channels, p.LaneStates()
	if rows == 0 {
		return
	}
	for g := range p.groups {
		coef, z := p.coef[g*lane:], state[g*states*Lanes:]
		for c := 0; c < channels; c += Lanes {
			at := c / Lanes * n
			if p.unit[g] && p.loops.pair64 != nil && c+2*Lanes <= channels {
				p.loops.pair64(y[c:], x[c:], rows, channels, coef, z[at:], z[at+n:])
				c += Lanes
				continue
			}
			p.loops.lanes64(y[c:], x[c:], rows, channels, p.unit[g], coef, z[at:])
		}
		x = y
	}
}

// Rows32 is Rows for float32 samples; the chain must fit into one group, which OneGroup tells.
func (p *IIR) Rows32(y, x []float32, channels int, state []float64) {
	rows, n := len(x)/channels, p.LaneStates()
	if rows == 0 {
		return
	}
	for c := 0; c < channels; c += Lanes {
		at := c / Lanes * n
		if p.unit[0] && p.loops.pair32 != nil && c+2*Lanes <= channels {
			p.loops.pair32(y[c:], x[c:], rows, channels, p.coef, state[at:], state[at+n:])
			c += Lanes
			continue
		}
		p.loops.lanes32(y[c:], x[c:], rows, channels, p.unit[0], p.coef, state[at:])
	}
}

// OneGroup tells whether the chain has at most four sections.
func (p *IIR) OneGroup() bool { return p.groups == 1 }

// Widen turns float32 into float64; dst must be at least as long as src.
func (p *IIR) Widen(dst []float64, src []float32) { widen(p.loops, dst, src) }

// Narrow rounds float64 to float32; dst must be at least as long as src.
func (p *IIR) Narrow(dst []float32, src []float64) {
	n := len(src) &^ 7
	p.loops.narrow(dst, src[:n])
	for i := n; i < len(src); i++ {
		dst[i] = float32(src[i])
	}
}

func widen(l loops, dst []float64, src []float32) {
	n := len(src) &^ 7
	l.widen(dst, src[:n])
	for i := n; i < len(src); i++ {
		dst[i] = float64(src[i])
	}
}

// Widen turns float32 into float64 with the kernel in use; dst must be at least as long as src.
func Widen(dst []float64, src []float32) { widen(inUse, dst, src) }
