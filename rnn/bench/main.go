// Command bench times the recurrent networks against C references in one sitting and prints medians and ratios.
//
//	go run ./rnn/bench -c rnn/bench/testdata [-only step,batch,quantised,scale,train,blas,lag] [-kernel avx512]
//
// testdata holds gru.c, gru_batch.c, peak.c and gru_torch.py; gcc builds the first three for this machine, python3 with torch runs the fourth where
// it is installed. Without -c the Go side is timed alone. Times are process CPU time, medians of repeated runs, so that a busy machine disturbs
// them less. Pin it to one core: taskset -c 0 go run ...
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"crackle/rnn/kernel"
)

func main() { os.Exit(run()) }

func run() int {
	dir := flag.String("c", "", "folder with the C references")
	list := flag.String("only", "step,batch,quantised,scale,train,blas", "what to time, a list of step, batch, quantised, scale, train, blas, lag")
	flag.StringVar(&only, "kernel", "", "time this kernel only, of generic, avx2, avx512")
	plot := flag.String("plot", filepath.Join(os.TempDir(), "lag.svg"), "where the long-lag plot goes")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	runtime.LockOSThread()
	want := strings.Split(*list, ",")
	ref := &reference{dir: *dir}
	defer ref.close()
	fmt.Printf("%s, kernels %s\n", runtime.Version(), strings.Join(kernel.Available(), ", "))
	parts := []struct {
		name string
		do   func(*reference) error
	}{
		{"step", benchStep}, {"batch", benchBatch}, {"quantised", benchQuantised}, {"scale", benchScale}, {"train", benchTrain}, {"blas", benchBLAS},
		{"lag", func(*reference) error { return benchLag(*plot) }},
	}
	for _, p := range parts {
		if !slices.Contains(want, p.name) {
			continue
		}
		if err := p.do(ref); err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", p.name, err)
			return 1
		}
	}
	return 0
}
