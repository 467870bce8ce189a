package kernel

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// loops are the inner loops of one instruction set.
type loops struct {
	name string
	// frames runs one group of sections over whole frames in place; nil: there is no block form.
	frames func(x, matrix, state []float64)
	// lanes64 and lanes32 run one group over 8 neighbouring channels; stride counts samples from row to row.
	lanes64 func(y, x []float64, rows, stride int, unit bool, coef, state []float64)
	lanes32 func(y, x []float32, rows, stride int, unit bool, coef, state []float64)
	// pair64 and pair32 run one group in the unit form over 16 channels, of which the second eight have their state in z2; nil: there is none.
	pair64 func(y, x []float64, rows, stride int, coef, z, z2 []float64)
	pair32 func(y, x []float32, rows, stride int, coef, z, z2 []float64)
	widen  func(dst []float64, src []float32)
	narrow func(dst []float32, src []float64)
	fft    fftLoops
}

// inUse is set when the program starts and by Select.
var inUse = generic

var startError error

func init() {
	all := available()
	inUse = all[len(all)-1]
	if want := os.Getenv("CRACKLE_KERNEL"); want != "" {
		startError = Select(want)
	}
}

func available() []loops { return append([]loops{generic}, vectorLoops()...) }

// StartError says why the kernel named by CRACKLE_KERNEL is not in use; nil when it is, or when the variable is not set. A program calls
// it once at start.
func StartError() error { return startError }

// Name is the kernel in use: generic, avx2 or avx512.
func Name() string { return inUse.name }

// Available lists the kernels that this machine can run, slowest first.
func Available() []string {
	var names []string
	for _, l := range available() {
		names = append(names, l.name)
	}
	return names
}

// Select puts a kernel into use for plans made from then on. It is meant for program start and for tests, and must not run while
// another goroutine makes a plan.
func Select(name string) error {
	for _, l := range available() {
		if l.name == name {
			inUse = l
			return nil
		}
	}
	return fmt.Errorf("kernel %q cannot run here, this machine has %s: set CRACKLE_KERNEL to one of them or leave it out", name, strings.Join(slices.Clip(Available()), ", "))
}
