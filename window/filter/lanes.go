package filter

import "crackle/window/kernel"

// lanes filters row by row, channels side by side.
type lanes[T Sample] struct {
	plan     *kernel.IIR
	channels int
	sections int
	padded   int       // channels, up to a whole number of vectors
	z        []float64 // [padded/Lanes][LaneStates]
	x        []float64 // [tile][padded]
}

func newLanes[T Sample](p *kernel.IIR, channels, sections, tile int) *lanes[T] {
	padded := (channels + kernel.Lanes - 1) / kernel.Lanes * kernel.Lanes
	return &lanes[T]{plan: p, channels: channels, sections: sections, padded: padded,
		z: make([]float64, padded/kernel.Lanes*p.LaneStates()), x: make([]float64, tile*padded)}
}

// at is the place of a channel's state in section k: of its first number, the second lies Lanes on.
func (l *lanes[T]) at(ch, k int) int {
	return ch/kernel.Lanes*l.plan.LaneStates() + k*2*kernel.Lanes + ch%kernel.Lanes
}

func (l *lanes[T]) prime(steady [][2]float64, row []T) {
	clear(l.z)
	for ch, v := range row {
		for k, z := range steady {
			i, by := l.at(ch, k), float64(v)*l.plan.LaneScale(k)
			l.z[i], l.z[i+kernel.Lanes] = z[0]*by, z[1]*by
		}
	}
}

func (l *lanes[T]) flush() { flush(l.z) }

func (l *lanes[T]) process(dst, src []T, _ int) {
	rows := len(src) / l.channels
	if l.padded == l.channels {
		switch d := any(dst).(type) {
		case []float64:
			l.plan.Rows(d, any(src).([]float64), l.padded, l.z)
			return
		case []float32:
			if l.plan.OneGroup() {
				l.plan.Rows32(d, any(src).([]float32), l.padded, l.z)
				return
			}
		}
	}
	x := l.x[:rows*l.padded]
	for i := range rows {
		for c, v := range src[i*l.channels : (i+1)*l.channels] {
			x[i*l.padded+c] = float64(v)
		}
	}
	l.plan.Rows(x, x, l.padded, l.z)
	for i := range rows {
		out := dst[i*l.channels : (i+1)*l.channels]
		for c := range out {
			out[c] = T(x[i*l.padded+c])
		}
	}
}

func (l *lanes[T]) state(e *snapshot, _ int, set bool) {
	for ch := range l.channels {
		for k := range l.sections {
			i := l.at(ch, k)
			if set {
				j, by := 2*(ch*l.sections+k), 1.0
				if !e.Scaled {
					by = l.plan.LaneScale(k)
				}
				l.z[i], l.z[i+kernel.Lanes] = e.Z[j]*by, e.Z[j+1]*by
				continue
			}
			e.Scaled = true
			e.Z = append(e.Z, l.z[i], l.z[i+kernel.Lanes])
		}
	}
	if set && e.Held > 0 { // saved in frames: the samples since are taken at once
		x := l.x[:e.Held*l.padded]
		clear(x)
		for ch := range l.channels {
			for i := range e.Held {
				x[i*l.padded+ch] = e.Pending[ch*e.Held+i]
			}
		}
		l.plan.Rows(x, x, l.padded, l.z)
	}
}
