package block

import (
	"encoding/binary"
	"math"
)

// limit is the largest value of an integer type, 0 for a floating one. The smallest is -limit-1.
func (t SampleType) limit() float64 {
	switch t {
	case I16:
		return math.MaxInt16
	case I24:
		return 1<<23 - 1
	case I32:
		return math.MaxInt32
	}
	return 0
}

// fitScale is the smallest scale at which every sample of s fits within ±limit; 1 for silence.
func fitScale(s []float32, limit float64) float64 {
	var top float32
	for _, v := range s {
		if v < 0 {
			v = -v
		}
		if v > top {
			top = v
		}
	}
	if top == 0 || math.IsInf(float64(top), 0) { // the latter is refused sample by sample
		return 1
	}
	return float64(top) / limit
}

// appendSamples writes s / scale as type t.
func appendSamples(dst []byte, s []float32, t SampleType, scale float64) ([]byte, error) {
	le := binary.LittleEndian
	switch {
	case t == F32 && scale == 1:
		for _, v := range s {
			dst = le.AppendUint32(dst, math.Float32bits(v))
		}
		return dst, nil
	case t == F32:
		for _, v := range s {
			dst = le.AppendUint32(dst, math.Float32bits(float32(float64(v)/scale)))
		}
		return dst, nil
	case t == F64:
		for _, v := range s {
			dst = le.AppendUint64(dst, math.Float64bits(float64(v)/scale))
		}
		return dst, nil
	}
	limit := t.limit()
	for i, v := range s {
		x := math.RoundToEven(float64(v) / scale)
		if !(x >= -limit-1 && x <= limit) {
			return dst, fault(KindValue, "sample %d is %v, which %v cannot hold at scale %v", i, v, t, scale)
		}
		n := uint32(int32(x))
		switch t {
		case I16:
			dst = append(dst, byte(n), byte(n>>8))
		case I24:
			dst = append(dst, byte(n), byte(n>>8), byte(n>>16))
		default:
			dst = le.AppendUint32(dst, n)
		}
	}
	return dst, nil
}

// readSamples fills dst with the values in p times scale and returns it; len(p) = len(dst) * t.Size(). The product is taken in float64, so
// that a value is rounded to single precision once.
func readSamples(dst []float32, p []byte, t SampleType, scale float64) []float32 {
	le := binary.LittleEndian
	switch {
	case t == I16:
		for i := range dst {
			dst[i] = float32(float64(int16(le.Uint16(p[2*i:]))) * scale)
		}
	case t == I24:
		for i := range dst {
			q := p[3*i : 3*i+3]
			n := int32(uint32(q[0])<<8|uint32(q[1])<<16|uint32(q[2])<<24) >> 8
			dst[i] = float32(float64(n) * scale)
		}
	case t == I32:
		for i := range dst {
			dst[i] = float32(float64(int32(le.Uint32(p[4*i:]))) * scale)
		}
	case t == F32 && scale == 1:
		for i := range dst {
			dst[i] = math.Float32frombits(le.Uint32(p[4*i:]))
		}
	case t == F32:
		for i := range dst {
			dst[i] = float32(float64(math.Float32frombits(le.Uint32(p[4*i:]))) * scale)
		}
	case t == F64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(le.Uint64(p[8*i:])) * scale)
		}
	}
	return dst
}
