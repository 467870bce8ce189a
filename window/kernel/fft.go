package kernel

import (
	"fmt"
	"math"
)

const (
	minFFT = 128
	maxFFT = 1 << 20
)

// fftLoops are the passes of the FFT; pointers go to planar arrays. See their comments in the generated files and in fft_generic.go.
type fftLoops struct {
	pack      func(re, im, x, w *float64, sixteens int)
	radix4    func(yre, yim, xre, xim, tw *float64, m, s int)
	radix2    func(yre, yim, xre, xim *float64, s int)
	transpose func(yre, yim, xre, xim, wre, wim *float64, rows int)
	unpack    func(ore, oim, zre, zim, rre, rim, wre, wim *float64, eights int)
}

// FFT is the discrete Fourier transform of n real samples, n a power of two from 128 to 1,048,576. It owns its scratch and is not safe for
// concurrent use.
//
// The samples are packed in pairs into n/2 complex numbers, seen as a matrix of n/16 rows and 8 columns. Columns are transformed in
// vectors (Stockham's autosort, radix 4), multiplied by their twiddles, transposed, and the rows of 8 are transformed in vectors again
// (Bailey's four steps, J. Supercomputing 4, 1990). Unpacking gives the spectrum of the real samples.
type FFT struct {
	n        int
	loops    fftLoops
	re, im   [2][]float64 // [n/2] each, used in turn
	columns  []fftPass
	rows     []fftPass
	wre, wim []float64 // [n/16][8] twiddles between the two
	ure, uim []float64 // [n/2] -i w^(k+1) / 2
}

// fftPass is one Stockham pass: radix 4 with its twiddles, or radix 2.
type fftPass struct {
	radix, m, s int
	tw          []float64 // [m][6]
}

// FFTFits tells whether NewFFT takes a length.
func FFTFits(n int) bool { return n >= minFFT && n <= maxFFT && n&(n-1) == 0 }

// NewFFT prepares a transform with the kernel in use.
func NewFFT(n int) (*FFT, error) {
	if !FFTFits(n) {
		return nil, fmt.Errorf("kernel: FFT of %d samples: must be a power of two from %d to %d", n, minFFT, maxFFT)
	}
	half := n / 2
	f := &FFT{n: n, loops: inUse.fft}
	for i := range f.re {
		f.re[i], f.im[i] = make([]float64, half), make([]float64, half)
	}
	count := half / Lanes // rows of the matrix
	f.columns = fftPasses(count, Lanes)
	f.rows = fftPasses(Lanes, count)
	f.wre, f.wim = make([]float64, half), make([]float64, half)
	for k := range count {
		for c := range Lanes {
			f.wim[k*Lanes+c], f.wre[k*Lanes+c] = turn(k*c, half)
		}
	}
	f.ure, f.uim = make([]float64, half), make([]float64, half)
	for k := range half {
		sin, cos := turn(k+1, n)
		f.ure[k], f.uim[k] = sin/2, -cos/2 // -i (cos + i sin) / 2
	}
	return f, nil
}

// turn is sin and cos of -2 pi k / n.
func turn(k, n int) (sin, cos float64) { return math.Sincos(-2 * math.Pi * float64(k%n) / float64(n)) }

// fftPasses are the passes for transforms of length n, of which batch lie side by side.
func fftPasses(n, batch int) []fftPass {
	var out []fftPass
	s := batch
	for left := n; left > 1; {
		if left == 2 {
			out = append(out, fftPass{radix: 2, m: 1, s: s})
			break
		}
		p := fftPass{radix: 4, m: left / 4, s: s}
		for k := range p.m {
			for j := 1; j <= 3; j++ {
				sin, cos := turn(j*k, left)
				p.tw = append(p.tw, cos, sin)
			}
		}
		out = append(out, p)
		left /= 4
		s *= 4
	}
	return out
}

// Forward transforms x times weights w, both of length n, into the values k = 0 to n/2 of sum over i of w[i] x[i] e^(-2 pi i k/n), of which re
// and im take n/2+1 each. Nothing is allocated.
func (f *FFT) Forward(re, im, x, w []float64) {
	half := f.n / 2
	x, w, re, im = x[:f.n], w[:f.n], re[:half+1], im[:half+1]
	at := 0
	f.loops.pack(&f.re[0][0], &f.im[0][0], &x[0], &w[0], f.n/16)
	at = f.run(f.columns, at)
	f.loops.transpose(&f.re[1-at][0], &f.im[1-at][0], &f.re[at][0], &f.im[at][0], &f.wre[0], &f.wim[0], half/Lanes)
	at = f.run(f.rows, 1-at)
	zre, zim := f.re[at], f.im[at]
	// Values 1 to half-1 in eights; the last eight reaches to half, whose partner is 0, so it is taken over again one by one.
	eights := half/8 - 1
	f.loops.unpack(&re[1], &im[1], &zre[1], &zim[1], &zre[half-8], &zim[half-8], &f.ure[0], &f.uim[0], eights)
	for k := eights*8 + 1; k < half; k++ {
		a, b, c, d := zre[k], zim[k], zre[half-k], zim[half-k]
		ore, oim := a-c, b+d
		wr, wi := f.ure[k-1], f.uim[k-1]
		re[k], im[k] = (a+c)/2+(ore*wr-oim*wi), (b-d)/2+(ore*wi+oim*wr)
	}
	re[0], im[0] = zre[0]+zim[0], 0
	re[half], im[half] = zre[0]-zim[0], 0
}

func (f *FFT) run(passes []fftPass, at int) int {
	for i := range passes {
		p := &passes[i]
		if p.radix == 4 {
			f.loops.radix4(&f.re[1-at][0], &f.im[1-at][0], &f.re[at][0], &f.im[at][0], &p.tw[0], p.m, p.s)
		} else {
			f.loops.radix2(&f.re[1-at][0], &f.im[1-at][0], &f.re[at][0], &f.im[at][0], p.s)
		}
		at = 1 - at
	}
	return at
}
