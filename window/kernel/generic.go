package kernel

import "unsafe"

// generic is the plain Go of every loop. There is no block form: the recursion itself is faster than its matrices without vectors.
var generic = loops{
	name: "generic",
	widen: func(dst []float64, src []float32) {
		for i, v := range src {
			dst[i] = float64(v)
		}
	},
	narrow: func(dst []float32, src []float64) {
		for i, v := range src {
			dst[i] = float32(v)
		}
	},
	fft: fftLoops{fftPack, fftRadix4, fftRadix2, fftTranspose, fftUnpack},
}

// slice looks at n values behind a pointer, which the FFT hands over as it would to assembly.
func slice(p *float64, n int) []float64 { return unsafe.Slice(p, n) }

// framesGeneric is what the assembly's iirFrames computes, for its test.
func framesGeneric(x, m, s []float64) {
	t, b := m[:Frame*Frame], m[Frame*Frame:Frame*Frame+Frame*states]
	o, a := m[Frame*Frame+Frame*states:matrix-states*states], m[matrix-states*states:]
	for at := 0; at+Frame <= len(x); at += Frame {
		in := x[at : at+Frame]
		var y [Frame]float64
		var next [states]float64
		for k, v := range in {
			for i := range y {
				y[i] += t[k*Frame+i] * v
			}
			for i := range next {
				next[i] += b[k*states+i] * v
			}
		}
		for j, v := range s[:states] {
			for i := range y {
				y[i] += o[j*Frame+i] * v
			}
			for i := range next {
				next[i] += a[j*states+i] * v
			}
		}
		copy(in, y[:])
		copy(s, next[:])
	}
}

func fftPack(re, im, x, w *float64, sixteens int) {
	n := 8 * sixteens
	r, i, v, t := slice(re, n), slice(im, n), slice(x, 2*n), slice(w, 2*n)
	for k := range r {
		r[k], i[k] = v[2*k]*t[2*k], v[2*k+1]*t[2*k+1]
	}
}

func fftRadix4(yre, yim, xre, xim, tw *float64, m, s int) {
	n := 4 * m * s
	yr, yi, xr, xi, t := slice(yre, n), slice(yim, n), slice(xre, n), slice(xim, n), slice(tw, 6*m)
	for p := range m {
		w := t[6*p : 6*p+6]
		for q := range s {
			i0 := s*p + q
			i1, i2, i3 := i0+m*s, i0+2*m*s, i0+3*m*s
			acr, aci := xr[i0]+xr[i2], xi[i0]+xi[i2]
			dar, dai := xr[i0]-xr[i2], xi[i0]-xi[i2]
			bdr, bdi := xr[i1]+xr[i3], xi[i1]+xi[i3]
			dbr, dbi := xr[i1]-xr[i3], xi[i1]-xi[i3]
			o := 4*s*p + q
			yr[o], yi[o] = acr+bdr, aci+bdi
			cr, ci := dar+dbi, dai-dbr
			yr[o+s], yi[o+s] = cr*w[0]-ci*w[1], cr*w[1]+ci*w[0]
			cr, ci = acr-bdr, aci-bdi
			yr[o+2*s], yi[o+2*s] = cr*w[2]-ci*w[3], cr*w[3]+ci*w[2]
			cr, ci = dar-dbi, dai+dbr
			yr[o+3*s], yi[o+3*s] = cr*w[4]-ci*w[5], cr*w[5]+ci*w[4]
		}
	}
}

func fftRadix2(yre, yim, xre, xim *float64, s int) {
	yr, yi, xr, xi := slice(yre, 2*s), slice(yim, 2*s), slice(xre, 2*s), slice(xim, 2*s)
	for q := range s {
		yr[q], yi[q] = xr[q]+xr[q+s], xi[q]+xi[q+s]
		yr[q+s], yi[q+s] = xr[q]-xr[q+s], xi[q]-xi[q+s]
	}
}

func fftTranspose(yre, yim, xre, xim, wre, wim *float64, rows int) {
	n := 8 * rows
	yr, yi, xr, xi, wr, wi := slice(yre, n), slice(yim, n), slice(xre, n), slice(xim, n), slice(wre, n), slice(wim, n)
	for k := range rows {
		for c := range 8 {
			i := 8*k + c
			yr[c*rows+k], yi[c*rows+k] = xr[i]*wr[i]-xi[i]*wi[i], xr[i]*wi[i]+xi[i]*wr[i]
		}
	}
}

func fftUnpack(ore, oim, zre, zim, rre, rim, wre, wim *float64, eights int) {
	n := 8 * eights
	or, oi, zr, zi, wr, wi := slice(ore, n), slice(oim, n), slice(zre, n), slice(zim, n), slice(wre, n), slice(wim, n)
	// The partners lie below, the first at the end of the eight that r points to.
	back := func(p *float64) []float64 {
		return slice((*float64)(unsafe.Add(unsafe.Pointer(p), -8*8*(eights-1))), n)
	}
	if n == 0 {
		return
	}
	rr, ri := back(rre), back(rim)
	for k := range n {
		a, b, c, d := zr[k], zi[k], rr[n-1-k], ri[n-1-k]
		e, f := a-c, b+d
		or[k], oi[k] = (a+c)/2+(e*wr[k]-f*wi[k]), (b-d)/2+(e*wi[k]+f*wr[k])
	}
}
