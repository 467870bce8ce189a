package kernel

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// current is the kernel in use; it is set when the program starts and by Select.
var current = "generic"

func init() {
	available := Available()
	best := available[len(available)-1]
	current = best
	use(best)
	if want := os.Getenv("CRACKLE_KERNEL"); want != "" {
		startError = Select(want)
	}
}

var startError error

// StartError says why the kernel named by CRACKLE_KERNEL is not in use; nil when it is, or when the variable is not set. A program calls it once at start.
func StartError() error { return startError }

// Name is the kernel in use: "generic", "avx2" or "avx512". It belongs beside every stored result.
func Name() string { return current }

// Available lists the kernels that this machine can run, slowest first.
func Available() []string { return append([]string{"generic"}, vectorKernels()...) }

// Select puts a kernel into use for the whole process. It is meant for program start and for tests, and must not run while another goroutine computes.
func Select(name string) error {
	if !slices.Contains(Available(), name) {
		return fmt.Errorf("kernel %q cannot run here, this machine has %s: set CRACKLE_KERNEL to one of them or leave it out", name, strings.Join(Available(), ", "))
	}
	current = name
	use(name)
	return nil
}
