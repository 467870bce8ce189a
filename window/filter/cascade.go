package filter

import "fmt"

// Sample is a type of samples. State and arithmetic are float64 for both.
type Sample interface{ float32 | float64 }

// Cascade runs sections over interleaved blocks of a fixed number of channels. It is not safe for concurrent use.
type Cascade[T Sample] struct {
	sections Sections
	channels int
	steady   [][2]float64
	z        []float64 // [channel][section][2], transposed direct form II
	primed   bool      // the state has been set from a first row
	phase    int       // rows since the state was last looked over for denormals
	skip     []bool    // [channels] passed through; nil: none
}

// sweep is the number of rows between two looks for dying state. It counts from the reset, so block cuts do not move it.
const sweep = 64

// tiny is far below the rounding error of any sample that is not itself negligible; smaller state is set to 0 before it turns
// denormal, which would cost a hundred times the time of a normal number.
const tiny = 1e-100

// NewCascade prepares state for a number of channels.
func NewCascade[T Sample](s Sections, channels int) (*Cascade[T], error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if channels < 1 {
		return nil, fmt.Errorf("filter: %d channels: give 1 or more", channels)
	}
	return &Cascade[T]{sections: s, channels: channels, steady: s.Steady(), z: make([]float64, 2*len(s)*channels)}, nil
}

// Channels is the number of interleaved channels.
func (c *Cascade[T]) Channels() int { return c.channels }

// Select tells for each channel whether it is to be filtered; the others pass unchanged. It is meant to be called once, before the first
// row.
func (c *Cascade[T]) Select(filtered []bool) {
	c.skip = nil
	for i, f := range filtered {
		if !f && c.skip == nil {
			c.skip = make([]bool, c.channels)
		}
		if !f {
			c.skip[i] = true
		}
	}
}

// Reset forgets all input: the next row is taken as if its values had stood for ever, so that an offset makes no jump. A new
// cascade begins so, too.
func (c *Cascade[T]) Reset() {
	clear(c.z)
	c.primed, c.phase = false, 0
}

// Rest forgets all input and starts from rest: as if all samples before the next row had been 0.
func (c *Cascade[T]) Rest() {
	c.Reset()
	c.primed = true
}

// Process filters src, a whole number of rows of interleaved channels, into dst and returns dst. A nil dst is allocated, any
// other must be as long as src; dst may be src. Any cutting of a stream into calls gives the same bits. Samples must be finite:
// a NaN would stay in the state. Nothing is allocated unless dst is nil.
func (c *Cascade[T]) Process(dst, src []T) []T {
	if dst == nil {
		dst = make([]T, len(src))
	}
	dst = dst[:len(src)]
	if len(src) < c.channels {
		return dst
	}
	if !c.primed {
		c.prime(src)
	}
	rows := len(src) / c.channels
	for at := 0; at < rows; {
		n := min(rows-at, sweep-c.phase)
		part := src[at*c.channels : (at+n)*c.channels]
		for ch := range c.channels {
			if c.skip != nil && c.skip[ch] {
				for i := ch; i < len(part); i += c.channels {
					dst[at*c.channels+i] = part[i]
				}
				continue
			}
			c.run(ch, dst[at*c.channels:], part)
		}
		at += n
		if c.phase += n; c.phase == sweep {
			c.phase = 0
			c.flush()
		}
	}
	return dst
}

func (c *Cascade[T]) prime(row []T) {
	n := len(c.sections)
	for ch := range c.channels {
		x := float64(row[ch])
		for k := range n {
			c.z[2*(ch*n+k)] = c.steady[k][0] * x
			c.z[2*(ch*n+k)+1] = c.steady[k][1] * x
		}
	}
	c.primed = true
}

func (c *Cascade[T]) flush() {
	for i, v := range c.z {
		if v < tiny && v > -tiny {
			c.z[i] = 0
		}
	}
}

// run takes one channel of at most sweep rows through all sections.
func (c *Cascade[T]) run(ch int, dst, src []T) {
	n, step := len(c.sections), c.channels
	z := c.z[2*ch*n : 2*(ch+1)*n]
	var tmp [sweep]float64
	m := 0
	for i := ch; i < len(src); i += step {
		tmp[m] = float64(src[i])
		m++
	}
	v := tmp[:m]
	for k := range c.sections {
		s := &c.sections[k]
		b0, b1, b2, a1, a2 := s[0], s[1], s[2], s[4], s[5]
		z0, z1 := z[2*k], z[2*k+1]
		for i, x := range v {
			o := b0*x + z0
			z0 = b1*x - a1*o + z1
			z1 = b2*x - a2*o
			v[i] = o
		}
		z[2*k], z[2*k+1] = z0, z1
	}
	for i, j := ch, 0; j < m; i, j = i+step, j+1 {
		dst[i] = T(v[j])
	}
}
