package filter

import "crackle/window/kernel"

// frames filters channel by channel in the block form.
type frames[T Sample] struct {
	plan     *kernel.IIR
	channels int
	sections int
	granule  int
	z        []float64 // [channels][States]
	pending  []float64 // [channels][Frame] samples of a frame that is not yet full
	x        []float64 // [tile + 2 Frame] one channel
	tail     [kernel.Frame]float64
	spare    []float64 // [States]
}

func newFrames[T Sample](p *kernel.IIR, channels, sections, tile int) *frames[T] {
	return &frames[T]{plan: p, channels: channels, sections: sections, granule: p.Granule(), z: make([]float64, channels*p.States()),
		pending: make([]float64, channels*kernel.Frame), x: make([]float64, tile+2*kernel.Frame), spare: make([]float64, p.States())}
}

func (f *frames[T]) prime(steady [][2]float64, row []T) {
	clear(f.z)
	n := f.plan.States()
	for ch, v := range row {
		for k, z := range steady {
			f.z[ch*n+2*k], f.z[ch*n+2*k+1] = z[0]*float64(v), z[1]*float64(v)
		}
	}
}

func (f *frames[T]) flush() { flush(f.z) }

func (f *frames[T]) process(dst, src []T, phase int) {
	held := phase % f.granule
	n := f.plan.States()
	rows := len(src) / f.channels
	full := (held + rows) / f.granule * f.granule
	for ch := range f.channels {
		z := f.z[ch*n : (ch+1)*n]
		pending := f.pending[ch*kernel.Frame : (ch+1)*kernel.Frame]
		x := f.x[:held+rows]
		copy(x, pending[:held])
		f.gather(x[held:], src, ch)
		rest := x[full:]
		copy(pending, rest)
		f.plan.Block(x[:full], z)
		if len(rest) > 0 {
			clear(f.tail[copy(f.tail[:], rest):])
			copy(f.spare, z)
			f.plan.Block(f.tail[:], f.spare)
			copy(rest, f.tail[:])
		}
		f.scatter(dst, x[held:], ch)
	}
}

func (f *frames[T]) gather(x []float64, src []T, ch int) {
	if f.channels == 1 {
		switch s := any(src).(type) {
		case []float32:
			f.plan.Widen(x, s)
		case []float64:
			copy(x, s)
		}
		return
	}
	for i, j := 0, ch; i < len(x); i, j = i+1, j+f.channels {
		x[i] = float64(src[j])
	}
}

func (f *frames[T]) scatter(dst []T, x []float64, ch int) {
	if f.channels == 1 {
		switch d := any(dst).(type) {
		case []float32:
			f.plan.Narrow(d, x)
		case []float64:
			copy(d, x)
		}
		return
	}
	for i, j := 0, ch; i < len(x); i, j = i+1, j+f.channels {
		dst[j] = T(x[i])
	}
}

func (f *frames[T]) state(e *snapshot, phase int, set bool) {
	held, n, m := phase%f.granule, f.plan.States(), 2*f.sections
	if !set {
		e.Held = held
	}
	for ch := range f.channels {
		z := f.z[ch*n : ch*n+m]
		pending := f.pending[ch*kernel.Frame:]
		if !set {
			e.Z = append(e.Z, z...)
			e.Pending = append(e.Pending, pending[:held]...)
			continue
		}
		copy(z, e.Z[ch*m:])
		for k := range f.sections {
			if e.Scaled {
				z[2*k] /= f.plan.LaneScale(k)
				z[2*k+1] /= f.plan.LaneScale(k)
			}
		}
		samples := e.Pending[ch*e.Held : (ch+1)*e.Held]
		if f.granule == 1 { // there are no frames here: the samples are taken at once
			f.plan.Block(append(f.x[:0], samples...), f.z[ch*n:(ch+1)*n])
		}
		copy(pending, samples)
	}
}
