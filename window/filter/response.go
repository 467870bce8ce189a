package filter

import (
	"math"
	"math/cmplx"
)

// at evaluates the sections at a point of the z plane.
func (s Sections) at(z complex128) complex128 {
	h, w := complex(1, 0), 1/z
	for _, c := range s {
		num := complex(c[0], 0) + w*(complex(c[1], 0)+w*complex(c[2], 0))
		den := complex(c[3], 0) + w*(complex(c[4], 0)+w*complex(c[5], 0))
		h *= num / den
	}
	return h
}

// Response is the complex gain at a frequency in Hz.
func (s Sections) Response(freqHz, rateHz float64) complex128 {
	return s.at(cmplx.Exp(complex(0, 2*math.Pi*freqHz/rateHz)))
}

// GroupDelay is the delay, in samples, of an envelope at a frequency in Hz: -d(phase)/d(angular frequency), by each section's
// closed form. At a zero on the unit circle it is not finite.
func (s Sections) GroupDelay(freqHz, rateHz float64) float64 {
	w := cmplx.Exp(complex(0, -2*math.Pi*freqHz/rateHz))
	// For a polynomial P(w) in w = e^(-i omega), -d arg P / d omega = Re(w P'(w) / P(w)).
	of := func(c0, c1, c2 float64) float64 {
		p := complex(c0, 0) + w*(complex(c1, 0)+w*complex(c2, 0))
		return real(w * (complex(c1, 0) + 2*w*complex(c2, 0)) / p)
	}
	d := 0.0
	for _, c := range s {
		d += of(c[0], c[1], c[2]) - of(c[3], c[4], c[5])
	}
	return d
}

// maxSettling bounds the impulse response that Settling follows.
const maxSettling = 1 << 22

// Settling is the number of samples after which what came before no longer matters: the impulse response beyond it sums, in
// magnitude, to at most share of the whole sum. So after a fresh start the output differs from that of a filter that has always
// run by at most share times the largest output that the input's peak could cause. It is bounded to 4,194,304 samples.
func (s Sections) Settling(share float64) int {
	radius := 0.0
	for _, c := range s {
		radius = max(radius, poleRadius(c[4], c[5]))
	}
	// Long enough for the slowest pole to fall far below the share asked for, repeated poles included.
	n := maxSettling
	if radius < 1 && radius > 0 {
		n = int(min(maxSettling, math.Ceil((math.Log(share)-30)/math.Log(radius))+float64(8*len(s))))
	} else if radius == 0 {
		n = 3 * len(s)
	}
	z := make([][2]float64, len(s))
	total := 0.0
	for i := range n {
		total += math.Abs(s.step(z, impulse(i)))
	}
	clear(z)
	sum := 0.0
	for i := range n {
		if sum >= (1-share)*total {
			return i
		}
		sum += math.Abs(s.step(z, impulse(i)))
	}
	return n
}

func impulse(i int) float64 {
	if i == 0 {
		return 1
	}
	return 0
}

// step runs one sample through the chain in transposed direct form II.
func (s Sections) step(z [][2]float64, v float64) float64 {
	for k := range s {
		c := &s[k]
		o := c[0]*v + z[k][0]
		z[k][0] = c[1]*v - c[4]*o + z[k][1]
		z[k][1] = c[2]*v - c[5]*o
		v = o
	}
	return v
}

// poleRadius is the magnitude of the larger root of z^2 + a1 z + a2.
func poleRadius(a1, a2 float64) float64 {
	disc := a1*a1 - 4*a2
	if disc < 0 {
		return math.Sqrt(a2)
	}
	r := math.Sqrt(disc)
	return max(math.Abs(-a1+r), math.Abs(-a1-r)) / 2
}

// Steady is the state of each section, in transposed direct form II, that a constant input of 1 leads to: with it a filter starts
// without a jump. It equals SciPy's sosfilt_zi.
func (s Sections) Steady() [][2]float64 {
	zi := make([][2]float64, len(s))
	scale := 1.0
	for k, c := range s {
		z0, z1 := steadySection(c)
		zi[k] = [2]float64{z0 * scale, z1 * scale}
		scale *= (c[0] + c[1] + c[2]) / (1 + c[4] + c[5])
	}
	return zi
}

// steadySection solves (1+a1) z0 - z1 = b1 - a1 b0, a2 z0 + z1 = b2 - a2 b0 by elimination with pivoting. With poles near 1 the system is so
// nearly singular that the order of operations shows in the ninth digit: it is LAPACK's, and so SciPy's.
func steadySection(c [6]float64) (z0, z1 float64) {
	m, r := 1+c[4], c[5]
	y1, y2 := c[1]-c[4]*c[0], c[2]-c[5]*c[0]
	if math.Abs(m) >= math.Abs(r) {
		l := r * (1 / m)
		z1 = (y2 - l*y1) / (1 + l)
		return (y1 + z1) / m, z1
	}
	l := m * (1 / r)
	z1 = (y1 - l*y2) / (-1 - l)
	return (y2 - z1) / r, z1
}
