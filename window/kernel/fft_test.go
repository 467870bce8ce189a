package kernel

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/dsp/fourier"
)

func transform(t testing.TB, x, w []float64) (re, im []float64) {
	t.Helper()
	f, err := NewFFT(len(x))
	if err != nil {
		t.Fatal(err)
	}
	re, im = make([]float64, len(x)/2+1), make([]float64, len(x)/2+1)
	f.Forward(re, im, x, w)
	return re, im
}

func TestFFTEqualsGonum(t *testing.T) {
	for _, name := range Available() {
		t.Run(name, func(t *testing.T) {
			use(t, name)
			for n := minFFT; n <= 1<<16; n *= 2 {
				x, w := noise(uint64(n), n), noise(uint64(n)+1, n)
				re, im := transform(t, x, w)
				tapered := make([]float64, n)
				for i := range x {
					tapered[i] = x[i] * w[i]
				}
				var got, want []float64
				for k, c := range fourier.NewFFT(n).Coefficients(nil, tapered) {
					got, want = append(got, re[k], im[k]), append(want, real(c), imag(c))
				}
				if e := worst(got, want); e > 1e-13*math.Log2(float64(n)) {
					t.Errorf("%d samples: off by %.1e of the largest value", n, e)
				}
			}
		})
	}
}

func TestVectorFFTsAgree(t *testing.T) {
	var first []float64
	for _, l := range available()[1:] {
		use(t, l.name)
		var all []float64
		for n := minFFT; n <= 1<<14; n *= 2 {
			re, im := transform(t, noise(uint64(n), n), noise(5, n))
			all = append(append(all, re...), im...)
		}
		if first == nil {
			first = all
		}
		for i := range all {
			if math.Float64bits(all[i]) != math.Float64bits(first[i]) {
				t.Fatalf("%s differs at value %d: %g, %g", l.name, i, all[i], first[i])
			}
		}
	}
}

func TestFFTLengths(t *testing.T) {
	for _, n := range []int{0, 1, 64, 100, 129, 1000, 1 << 21} {
		if _, err := NewFFT(n); err == nil || FFTFits(n) {
			t.Errorf("%d samples were accepted", n)
		}
	}
}

func TestFFTAllocatesNothing(t *testing.T) {
	f, err := NewFFT(1024)
	if err != nil {
		t.Fatal(err)
	}
	x, re, im := noise(1, 1024), make([]float64, 513), make([]float64, 513)
	if n := testing.AllocsPerRun(10, func() { f.Forward(re, im, x, x) }); n != 0 {
		t.Errorf("%g allocations a transform, want 0", n)
	}
}
