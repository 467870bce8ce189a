package filter_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"crackle/window/filter"
	"crackle/window/kernel"
)

// cCascade compiles and runs the yardstick in C, once; without gcc there are no ratios.
var cCascade = sync.OnceValues(func() (single, double float64) {
	dir, err := filepath.Abs("testdata/c")
	if err != nil {
		return 0, 0
	}
	out := filepath.Join(benchDir, "cascade")
	if err := exec.Command("gcc", "-O3", "-march=native", "-ffast-math", filepath.Join(dir, "cascade.c"), "-o", out).Run(); err != nil {
		return 0, 0
	}
	text, err := exec.Command(out).Output()
	if err != nil {
		return 0, 0
	}
	if _, err := fmt.Sscan(string(text), &single, &double); err != nil {
		return 0, 0
	}
	return single, double
})

var benchDir string

// BenchmarkCascade filters with four sections in blocks of 1,024 rows: processor time per sample and channel, and its ratio to the C cascade in
// the same run. Goals for the ratio: one channel 0.20 in float32 and 0.40 in float64, 16 channels 0.065 and 0.09.
func BenchmarkCascade(b *testing.B) {
	benchDir = b.TempDir()
	s := mustSections(b, filter.Design{Family: filter.Butterworth, Kind: filter.BandPass, Order: 4, EdgesHz: []float64{0.025, 0.1}}, 1)
	single, double := cCascade()
	for _, name := range kernel.Available() {
		for _, channels := range []int{1, 3, 8, 16, 32} {
			b.Run(fmt.Sprintf("%s/float32/%d", name, channels), func(b *testing.B) { benchCascade[float32](b, name, s, channels, single) })
			b.Run(fmt.Sprintf("%s/float64/%d", name, channels), func(b *testing.B) { benchCascade[float64](b, name, s, channels, double) })
		}
	}
}

func benchCascade[T filter.Sample](b *testing.B, name string, s filter.Sections, channels int, yardstick float64) {
	use(b, name)
	c, err := filter.NewCascade[T](s, channels)
	if err != nil {
		b.Fatal(err)
	}
	x := make([]T, 1024*channels)
	for i, v := range noise(1, len(x)) {
		x[i] = T(v)
	}
	y := make([]T, len(x))
	c.Process(y, x)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start, rounds := threadTime(), 0
	for b.Loop() {
		c.Process(y, x)
		rounds++
	}
	each := float64(threadTime()-start) / float64(rounds) / float64(len(x))
	b.ReportMetric(each, "cpu-ns/sample")
	if yardstick > 0 {
		b.ReportMetric(each/yardstick, "of_C_cascade")
	}
}
