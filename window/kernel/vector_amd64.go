package kernel

import "golang.org/x/sys/cpu"

func vectorLoops() []loops {
	var out []loops
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		out = append(out, avx2)
		if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL {
			out = append(out, avx512)
		}
	}
	return out
}

var avx512 = loops{
	name: "avx512",
	frames: func(x, m, s []float64) {
		if n := len(x) / Frame; n > 0 {
			iirFramesAVX512(&x[0], n, &m[0], &s[0])
		}
	},
	lanes64: func(y, x []float64, rows, stride int, unit bool, c, z []float64) {
		if unit {
			iirLanes64UnitAVX512(&y[0], &x[0], rows, 8*stride, &c[0], &z[0])
		} else {
			iirLanes64AVX512(&y[0], &x[0], rows, 8*stride, &c[0], &z[0])
		}
	},
	lanes32: func(y, x []float32, rows, stride int, unit bool, c, z []float64) {
		if unit {
			iirLanes32UnitAVX512(&y[0], &x[0], rows, 4*stride, &c[0], &z[0])
		} else {
			iirLanes32AVX512(&y[0], &x[0], rows, 4*stride, &c[0], &z[0])
		}
	},
	pair64: func(y, x []float64, rows, stride int, c, z, z2 []float64) {
		iirPair64AVX512(&y[0], &x[0], rows, 8*stride, &c[0], &z[0], &z2[0])
	},
	pair32: func(y, x []float32, rows, stride int, c, z, z2 []float64) {
		iirPair32AVX512(&y[0], &x[0], rows, 4*stride, &c[0], &z[0], &z2[0])
	},
	widen: func(dst []float64, src []float32) {
		if n := len(src) / 8; n > 0 {
			widenAVX512(&dst[0], &src[0], n)
		}
	},
	narrow: func(dst []float32, src []float64) {
		if n := len(src) / 8; n > 0 {
			narrowAVX512(&dst[0], &src[0], n)
		}
	},
	fft: fftLoops{fftPackAVX512, fftRadix4AVX512, fftRadix2AVX512, fftTransposeAVX512, fftUnpackAVX512},
}

var avx2 = loops{
	name: "avx2",
	frames: func(x, m, s []float64) {
		if n := len(x) / Frame; n > 0 {
			iirFramesAVX2(&x[0], n, &m[0], &s[0])
		}
	},
	lanes64: func(y, x []float64, rows, stride int, unit bool, c, z []float64) {
		for _, at := range []int{0, 4} {
			if unit {
				iirLanes64UnitAVX2(&y[at], &x[at], rows, 8*stride, &c[0], &z[at])
			} else {
				iirLanes64AVX2(&y[at], &x[at], rows, 8*stride, &c[0], &z[at])
			}
		}
	},
	lanes32: func(y, x []float32, rows, stride int, unit bool, c, z []float64) {
		for _, at := range []int{0, 4} {
			if unit {
				iirLanes32UnitAVX2(&y[at], &x[at], rows, 4*stride, &c[0], &z[at])
			} else {
				iirLanes32AVX2(&y[at], &x[at], rows, 4*stride, &c[0], &z[at])
			}
		}
	},
	widen: func(dst []float64, src []float32) {
		if n := len(src) / 8; n > 0 {
			widenAVX2(&dst[0], &src[0], n)
		}
	},
	narrow: func(dst []float32, src []float64) {
		if n := len(src) / 8; n > 0 {
			narrowAVX2(&dst[0], &src[0], n)
		}
	},
	fft: fftLoops{fftPackAVX2, fftRadix4AVX2, fftRadix2AVX2, fftTransposeAVX2, fftUnpackAVX2},
}
