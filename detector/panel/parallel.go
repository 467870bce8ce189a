package panel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// each calls f for 0 to n-1, side by side on all cores when so asked, and returns when all calls have.
func each(n int, parallel bool, f func(int)) {
	workers := 1
	if parallel {
		workers = min(n, runtime.GOMAXPROCS(0))
	}
	if workers == 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wait.Wait()
}
