package window

import (
	"encoding/binary"
	"math"
)

type stateWriter struct{ b []byte }

func (w *stateWriter) put(v uint64) { w.b = binary.LittleEndian.AppendUint64(w.b, v) }

func (w *stateWriter) u64(v *uint64) { w.put(*v) }

func (w *stateWriter) i64(v *int64) { w.put(uint64(*v)) }

func (w *stateWriter) int(v *int, _ int) { w.put(uint64(*v)) }

func (w *stateWriter) flag(v *bool) {
	x := byte(0)
	if *v {
		x = 1
	}
	w.b = append(w.b, x)
}

func (w *stateWriter) flags(v []bool) {
	for i := range v {
		w.flag(&v[i])
	}
}

func (w *stateWriter) text(v *string) {
	w.put(uint64(len(*v)))
	w.b = append(w.b, *v...)
}

func (w *stateWriter) f64(v []float64) {
	for _, x := range v {
		w.b = binary.LittleEndian.AppendUint64(w.b, math.Float64bits(x))
	}
}

func (w *stateWriter) f32(v []float32) {
	for _, x := range v {
		w.b = binary.LittleEndian.AppendUint32(w.b, math.Float32bits(x))
	}
}

// stateReader reads what stateWriter wrote; bad is set by the first thing amiss, and nothing is read after it.
type stateReader struct {
	b   []byte
	bad bool
}

func (r *stateReader) take(n int) []byte {
	if r.bad || n < 0 || n > len(r.b) {
		r.bad = true
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *stateReader) u64(v *uint64) {
	if b := r.take(8); b != nil {
		*v = binary.LittleEndian.Uint64(b)
	}
}

func (r *stateReader) i64(v *int64) {
	if b := r.take(8); b != nil {
		*v = int64(binary.LittleEndian.Uint64(b))
	}
}

// int reads a number from 0 to most; a larger one is amiss and reads as 0.
func (r *stateReader) int(v *int, most int) {
	var x uint64
	r.u64(&x)
	if x > uint64(most) {
		r.bad, x = true, 0
	}
	*v = int(x)
	if r.bad {
		*v = 0
	}
}

func (r *stateReader) flag(v *bool) {
	if b := r.take(1); b != nil {
		*v = b[0] == 1
	}
}

func (r *stateReader) flags(v []bool) {
	for i := range v {
		r.flag(&v[i])
	}
}

func (r *stateReader) text(v *string) {
	var n uint64
	r.u64(&n)
	if n > uint64(len(r.b)) {
		r.bad = true
		return
	}
	*v = string(r.take(int(n)))
}

func (r *stateReader) f64(v []float64) {
	for i := range v {
		if b := r.take(8); b != nil {
			v[i] = math.Float64frombits(binary.LittleEndian.Uint64(b))
			r.bad = r.bad || v[i]-v[i] != 0
		}
	}
}

// f32 lets NaN pass: among held rows it marks a bad sample.
func (r *stateReader) f32(v []float32) {
	for i := range v {
		if b := r.take(4); b != nil {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b))
		}
	}
}
