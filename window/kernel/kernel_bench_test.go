package kernel

import (
	"runtime"
	"testing"

	"gonum.org/v1/gonum/dsp/fourier"
)

// butter4 is scipy.signal.butter(4, [0.05, 0.2], "bandpass"), the filter of the reference benchmarks in C.
var butter4 = [][5]float64{
	{0.0017826099919254052, 0.0035652199838508104, 0.0017826099919254052, -1.3837376849231693, 0.54503165415216559},
	{1, 2, 1, -1.7093596638014648, 0.75044041949556406},
	{1, -2, 1, -1.4417529515240448, 0.76004160790281117},
	{1, -2, 1, -1.9010403228977193, 0.92621594574238075},
}

// perSample reports the thread's own time for each of n samples a round, which a busy machine disturbs less than the clock does.
func perSample(b *testing.B, n int, f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	f()
	start, rounds := threadTime(), 0
	for b.Loop() {
		f()
		rounds++
	}
	b.ReportMetric(float64(threadTime()-start)/float64(rounds)/float64(n), "cpu-ns/sample")
}

func BenchmarkBlock(b *testing.B) {
	for _, name := range Available() {
		b.Run(name, func(b *testing.B) {
			use(b, name)
			p := NewIIR(butter4)
			x, s := noise(1, 1024), make([]float64, p.States())
			perSample(b, 1024, func() { p.Block(x, s) })
		})
	}
}

func BenchmarkRows(b *testing.B) {
	for _, name := range Available()[1:] {
		use(b, name)
		p := NewIIR(butter4)
		x, x32 := noise(1, 256*16), make([]float32, 256*16)
		p.Narrow(x32, x)
		s := make([]float64, 2*p.LaneStates())
		b.Run(name+"/float64", func(b *testing.B) {
			perSample(b, 256*16, func() { p.Rows(x, x, 16, s) })
		})
		clear(s)
		b.Run(name+"/float32", func(b *testing.B) {
			perSample(b, 256*16, func() { p.Rows32(x32, x32, 16, s) })
		})
	}
}

func BenchmarkFFT1024(b *testing.B) {
	x, re, im := noise(1, 1024), make([]float64, 513), make([]float64, 513)
	for _, name := range Available() {
		b.Run(name, func(b *testing.B) {
			use(b, name)
			f, err := NewFFT(1024)
			if err != nil {
				b.Fatal(err)
			}
			perSample(b, 1024, func() { f.Forward(re, im, x, x) })
		})
	}
	b.Run("gonum", func(b *testing.B) {
		f, dst := fourier.NewFFT(1024), make([]complex128, 513)
		perSample(b, 1024, func() { f.Coefficients(dst, x) })
	})
}
