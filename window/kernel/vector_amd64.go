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
	lanes64: func(x []float64, rows, stride int, c, z []float64) {
		iirLanes64AVX512(&x[0], rows, 8*stride, &c[0], &z[0])
	},
	lanes32: func(x []float32, rows, stride int, c, z []float64) {
		iirLanes32AVX512(&x[0], rows, 4*stride, &c[0], &z[0])
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
	lanes64: func(x []float64, rows, stride int, c, z []float64) {
		for _, at := range []int{0, 4} {
			iirLanes64AVX2(&x[at], rows, 8*stride, &c[0], &z[at])
		}
	},
	lanes32: func(x []float32, rows, stride int, c, z []float64) {
		for _, at := range []int{0, 4} {
			iirLanes32AVX2(&x[at], rows, 4*stride, &c[0], &z[at])
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
