package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Element types of TensorProto.DataType.
const (
	typeFloat    = 1
	typeInt32    = 6
	typeInt64    = 7
	typeBool     = 9
	typeFloat16  = 10
	typeDouble   = 11
	typeBFloat16 = 16
)

var floatWidth = map[int64]int{typeFloat: 4, typeFloat16: 2, typeDouble: 8, typeBFloat16: 2}
var intWidth = map[int64]int{typeInt32: 4, typeInt64: 8, typeBool: 1}

// value reads a tensor: numbers with a fraction as float32, whole numbers (which here are shapes, indices and axes) as a list.
func (t *tensorProto) value() (*value, error) {
	count := int64(1)
	for _, d := range t.dims {
		if d < 0 || d > 0 && count > math.MaxInt32/d {
			return nil, fmt.Errorf("tensor %s has shape %v, each dimension must be at least 0 and the whole below 2^31", quote(t.name), t.dims)
		}
		count *= d
	}
	if t.external != "" {
		return nil, fmt.Errorf("tensor %s has its data in another file (%s): save the model with its data inside", quote(t.name), quote(t.external))
	}
	if w, ok := floatWidth[t.dtype]; ok {
		data, err := t.floatData(w)
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", quote(t.name), err)
		}
		if int64(len(data)) != count {
			return nil, fmt.Errorf("tensor %s has %d values, shape %v needs %d", quote(t.name), len(data), t.dims, count)
		}
		return &value{kind: kindFloats, c: dense(data, t.dims)}, nil
	}
	if w, ok := intWidth[t.dtype]; ok {
		if len(t.dims) > 1 || count > maxList {
			return nil, fmt.Errorf("tensor %s of whole numbers has shape %v, must be a number or a list of at most %d", quote(t.name), t.dims, maxList)
		}
		data := t.intData(w)
		if int64(len(data)) != count {
			return nil, fmt.Errorf("tensor %s has %d values, shape %v needs %d", quote(t.name), len(data), t.dims, count)
		}
		return &value{kind: kindInts, n: sizes(data), scalar: len(t.dims) == 0}, nil
	}
	return nil, fmt.Errorf("tensor %s has element type %d, must be float (1), int32 (6), int64 (7), bool (9), float16 (10), double (11) or bfloat16 (16)", quote(t.name), t.dtype)
}

// floatData converts the values of whichever field holds them; width is that of one in raw_data.
func (t *tensorProto) floatData(width int) ([]float32, error) {
	var out []float32
	switch {
	case t.raw != nil:
		if len(t.raw)%width != 0 {
			return nil, fmt.Errorf("raw_data has %d bytes, must be a multiple of %d", len(t.raw), width)
		}
		out = make([]float32, len(t.raw)/width)
		for i := range out {
			out[i] = decodeFloat(t.dtype, t.raw[i*width:])
		}
	case t.dtype == typeFloat:
		out = t.floats
	case t.dtype == typeDouble:
		out = make([]float32, len(t.doubles))
		for i, v := range t.doubles {
			out[i] = float32(v)
		}
	default: // 16 bits each, in int32_data
		out = make([]float32, len(t.ints))
		for i, v := range t.ints {
			out[i] = decodeFloat(t.dtype, binary.LittleEndian.AppendUint16(nil, uint16(v)))
		}
	}
	for i, v := range out {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("value %d is %v as float32, all must be finite", i, v)
		}
	}
	return out, nil
}

func decodeFloat(dtype int64, b []byte) float32 {
	switch dtype {
	case typeDouble:
		return float32(math.Float64frombits(binary.LittleEndian.Uint64(b)))
	case typeFloat16:
		return half(binary.LittleEndian.Uint16(b))
	case typeBFloat16:
		return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16)
	}
	return math.Float32frombits(binary.LittleEndian.Uint32(b))
}

// half converts an IEEE 754 binary16; each has its float32.
func half(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exp, frac := uint32(h>>10&31), uint32(h&1023)
	switch {
	case exp == 31: // infinity, NaN
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	case exp == 0: // zero, subnormal: frac/2^24
		v := float32(frac) / (1 << 24)
		return math.Float32frombits(sign | math.Float32bits(v))
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
}

func (t *tensorProto) intData(width int) []int64 {
	if t.raw == nil {
		return t.ints
	}
	out := make([]int64, len(t.raw)/width)
	for i := range out {
		switch b := t.raw[i*width:]; width {
		case 1:
			out[i] = int64(b[0])
		case 4:
			out[i] = int64(int32(binary.LittleEndian.Uint32(b)))
		default:
			out[i] = int64(binary.LittleEndian.Uint64(b))
		}
	}
	return out
}

func sizes(v []int64) []size {
	out := make([]size, len(v))
	for i, n := range v {
		out[i] = size{n: n}
	}
	return out
}
