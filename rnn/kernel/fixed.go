package kernel

import (
	"math"
	"unsafe"
)

// fixed holds the weights of an Int8 layer. Its step rounds x and h to 16 bits, each with a power of two of its own as the unit, and sums
// whole numbers: with q the rounded values and W the weights in units of their row's scale,
//
//	gate = (float32(Σ W[k] qx[k])·px + float32(Σ U[k] qh[k])·ph)·scale + b
//
// Sums of whole numbers do not depend on their order, and products with powers of two are exact, so every kernel gives the gates the same
// bits. (A kernel whose h differs in the last place may round it to the next whole number, though.) Where a value of x or h is 2^100 or more, infinite or no number, the step is the generic one with the rounded weights in float32.
type fixed struct {
	weights []int8    // in the blocks of Layer.step: [groups of four inputs][gates][block][4], then the same of the hidden state; lacking inputs weigh 0
	bias    []float32 // per block [biasRows][block] and [gates][block], the scales
	start   []int32   // per block [gates][block] for x and for h: -32768·ΣW, for kernels whose rounded values are unsigned
}

const (
	fixedLimit = 512       // 127·32768·512 is below 2^31
	tooLarge   = 227 << 23 // the bits of 2^100: sums of such values might leave float32; an infinity's and a NaN's are larger still
)

// places is the room for n rounded values, of two bytes each.
func places(n int) int { return (n + 15) / 16 * 16 }

// places is the room for the rounded values of a step, in float32s.
func (f *fixed) places(l *Layer) int { return (places(l.In) + places(l.Hidden)) / 2 }

// roundInt8 rounds a row's weights to whole multiples of its scale, the least power of two that needs no more than 127 of them.
func roundInt8(parts ...[]float32) float32 {
	var top float64
	for _, p := range parts {
		for _, v := range p {
			top = max(top, math.Abs(float64(v)))
		}
	}
	if top == 0 {
		return 1
	}
	scale := math.Ldexp(1, int(math.Ceil(math.Log2(top/127))))
	for _, p := range parts {
		for i, v := range p {
			p[i] = float32(math.RoundToEven(float64(v)/scale) * scale)
		}
	}
	return float32(scale)
}

// newFixed packs weights that are multiples of their row's scale.
func newFixed(l *Layer, scale, wih, whh []float32) *fixed {
	units, rows, g := (l.Hidden+15)/16*16, l.Cell.biasRows(), l.gates
	f := &fixed{
		weights: make([]int8, units*l.groups()*g*4),
		bias:    make([]float32, units*(rows+g)),
		start:   make([]int32, units*2*g),
	}
	for u := range l.Hidden {
		first, width := l.block(u)
		bias, start := f.bias[first*(rows+g)+u-first:], f.start[first*2*g+u-first:]
		for r := range rows {
			bias[r*width] = l.tile[u/2*2*l.unitSize()+2*r+u%2]
		}
		for q := range g {
			row := q*l.Hidden + u
			bias[(rows+q)*width] = scale[row]
			pack := func(group, part int, w []float32) {
				for k, v := range w {
					b := int8(v / scale[row])
					f.weights[first*l.groups()*g*4+(((group+k/4)*g+q)*width+u-first)*4+k%4] = b
					start[(part*g+q)*width] -= 32768 * int32(b)
				}
			}
			pack(0, 0, wih[row*l.In:(row+1)*l.In])
			pack((l.In+3)/4, 1, whh[row*l.Hidden:(row+1)*l.Hidden])
		}
	}
	return f
}

// groups is the number of groups of four values that an Int8 step reads.
func (l *Layer) groups() int { return (l.In+3)/4 + (l.Hidden+3)/4 }

// unitOf is the power of two that one step of the rounded values stands for, where the largest value's bits are top.
func unitOf(top uint32) float32 { return math.Float32frombits((exponent(top) - 14) << 23) }

// exponent is the biased exponent of the largest value, held where neither unitOf nor its inverse leaves the normal numbers.
func exponent(top uint32) uint32 { return max(top>>23, 27) }

// quantise rounds v to q, and gives the bits of the largest magnitude. From tooLarge on q is left alone.
func quantise(q []int16, v []float32) (top uint32) {
	for _, x := range v {
		top = max(top, math.Float32bits(x)&0x7fffffff)
	}
	if top >= tooLarge {
		return top
	}
	factor := math.Float32frombits((268 - exponent(top)) << 23)
	for i, x := range v {
		q[i] = int16(min(math.RoundToEven(float64(x*factor)), 32767))
	}
	clear(q[len(v):])
	return top
}

// stepFixedGeneric is a step with Int8 weights in plain Go; false, with nothing done, when a value is too large.
func (l *Layer) stepFixedGeneric(h, c, x, buffer []float32) bool {
	q := unsafe.Slice((*int16)(unsafe.Pointer(ptr(buffer))), 2*l.fixed.places(l))
	qx, qh := q[:places(l.In)], q[places(l.In):]
	topX, topH := quantise(qx, x), quantise(qh, h)
	if topX >= tooLarge || topH >= tooLarge {
		return false
	}
	px, ph := unitOf(topX), unitOf(topH)
	perBlock := l.groups() * l.gates * 4
	for first := 0; first < l.Hidden; first += 32 {
		_, width := l.block(first)
		w := l.fixed.weights[first*perBlock : (first+width)*perBlock]
		var sx, sh [4 * 32]int32
		split := (l.In + 3) / 4 * l.gates * width * 4
		sumGroups(sx[:l.gates*width], w[:split], qx)
		sumGroups(sh[:l.gates*width], w[split:], qh)
		l.finishFixed(h, c, &sx, &sh, px, ph, first, width)
	}
	return true
}

// sumGroups adds to each sum its products with the rounded values, four at a time.
func sumGroups(sums []int32, w []int8, q []int16) {
	for len(w) >= 4*len(sums) && len(q) >= 4 {
		q0, q1, q2, q3 := int32(q[0]), int32(q[1]), int32(q[2]), int32(q[3])
		row := w[:4*len(sums)]
		for i := range sums {
			b := row[4*i : 4*i+4 : 4*i+4]
			sums[i] += int32(b[0])*q0 + int32(b[1])*q1 + int32(b[2])*q2 + int32(b[3])*q3
		}
		w, q = w[len(row):], q[4:]
	}
}

// finishFixed turns the sums of a block of units into their new states.
func (l *Layer) finishFixed(h, c []float32, sx, sh *[4 * 32]int32, px, ph float32, first, width int) {
	rows := l.Cell.biasRows()
	bias := l.fixed.bias[first*(rows+l.gates):]
	var kept [5]float32
	for u := first; u < min(first+width, l.Hidden); u++ {
		i := u - first
		var a [8]float32
		var nx, cu float32
		for g := range l.gates {
			scale, b := bias[(rows+g)*width+i], bias[g*width+i]
			x, y := float32(float32(sx[g*width+i])*px), float32(float32(sh[g*width+i])*ph)
			if l.Cell == GRU && g == 2 {
				nx = float32(x*scale) + b
				a[4] = float32(y*scale) + bias[3*width+i]
				continue
			}
			a[2*g] = float32((x+y)*scale) + b
		}
		if c != nil {
			cu = c[u]
		}
		h[u], cu = l.unit(&kept, &a, nx, 0, h[u], cu)
		if c != nil {
			c[u] = cu
		}
	}
}
