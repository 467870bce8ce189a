package suite

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"
)

// A suite reads a folder and measures.
type runner func(ctx context.Context, root fs.FS) (*Report, error)

var suites = []struct {
	name, about string
	run         runner
}{
	{"skab", "SKAB: faults of a pump and valve loop, 8 channels; outliers and changepoints", runSKAB},
	{"nab", "NAB: single-channel logs, its own score with a threshold fixed in advance", runNAB},
	{"itsc", "ITSC: inter-turn short circuits in motor currents, healthy recordings learnt, one left out in turn", runITSC},
	{"mbn-burn", "Barkhausen noise over grinding burn (simulated), clean parts learnt", runBurn},
	{"telemanom", "SMAP and MSL: spacecraft telemetry, sequences", runTelemanom},
	{"ucr-anomaly", "UCR anomaly archive: one anomaly a file, to be named", runUCR},
	{"normal-drift", "SKAB's recording without faults: what share of rows raises an alarm, and against a stated rate", runDrift},
}

// Names lists the suites.
func Names() []string {
	var out []string
	for _, s := range suites {
		out = append(out, s.name)
	}
	return out
}

// About tells what a suite is, in a line.
func About(name string) string {
	for _, s := range suites {
		if s.name == name {
			return s.about
		}
	}
	return ""
}

// Run runs a suite on a folder. When ctx ends it stops before the next file.
func Run(ctx context.Context, name, dir string) (*Report, error) {
	for _, s := range suites {
		if s.name != name {
			continue
		}
		info, err := os.Stat(dir)
		if err != nil {
			return nil, fmt.Errorf("suite %s: %w", name, err)
		}
		if !info.IsDir() {
			return nil, fmt.Errorf("suite %s: %s is a file, a folder in the benchmark's layout is needed", name, dir)
		}
		r, err := s.run(ctx, os.DirFS(dir))
		if err != nil {
			return nil, fmt.Errorf("suite %s in %s: %w", name, dir, err)
		}
		r.Suite = name
		return r, nil
	}
	return nil, fmt.Errorf("no suite is named %q: there are %s", name, strings.Join(Names(), ", "))
}

// each calls do for 0..n-1 on all cores and returns the first error by index. Results go to places of their own, so the order of the calls
// does not matter.
func each(ctx context.Context, n int, do func(i int) error) error {
	errs := make([]error, n)
	next := make(chan int)
	var wait sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := range next {
				if errs[i] = context.Cause(ctx); errs[i] == nil {
					errs[i] = do(i)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
