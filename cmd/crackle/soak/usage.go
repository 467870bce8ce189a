package soak

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Usage is what the process holds at a moment. Files and ResidentMiB are -1 where the system does not tell.
type Usage struct {
	At          time.Duration `json:"at_ns"` // since the start
	HeapMiB     float64       `json:"heap_mib"`
	ResidentMiB float64       `json:"resident_mib"`
	Goroutines  int           `json:"goroutines"`
	Files       int           `json:"files"`
}

// look measures after a collection, so that what is held is told from what is not swept yet.
func look(start time.Time) Usage {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := Usage{At: time.Since(start), HeapMiB: float64(m.HeapAlloc) / (1 << 20), ResidentMiB: -1, Goroutines: runtime.NumGoroutine(), Files: -1}
	if list, err := os.ReadDir("/proc/self/fd"); err == nil {
		u.Files = len(list) - 1 // without the one that reads the list
	}
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 1 {
			if pages, err := strconv.ParseFloat(fields[1], 64); err == nil {
				u.ResidentMiB = pages * float64(os.Getpagesize()) / (1 << 20)
			}
		}
	}
	return u
}

// What may be more in the last quarter than in the second one, on the mean: what grows does not stop at it.
const (
	moreHeap     = 1.1 // times, and so many MiB
	moreHeapMiB  = 24
	moreResident = 1.25
	moreResMiB   = 64
	moreHandles  = 8
)

// compare gives the means of the second and the last quarter of the run, and what grew.
func compare(all []Usage) (before, after Usage, grew []string) {
	n := len(all)
	if n < 8 {
		return before, after, []string{"too few looks at memory, goroutines and files: run for longer"}
	}
	before, after = mean(all[n/4:n/2]), mean(all[n*3/4:])
	if after.HeapMiB > moreHeap*before.HeapMiB+moreHeapMiB {
		grew = append(grew, "memory in use")
	}
	if after.ResidentMiB > moreResident*before.ResidentMiB+moreResMiB {
		grew = append(grew, "resident memory")
	}
	if after.Goroutines > before.Goroutines+moreHandles {
		grew = append(grew, "goroutines")
	}
	if after.Files > before.Files+moreHandles {
		grew = append(grew, "open files")
	}
	return before, after, grew
}

func mean(all []Usage) (m Usage) {
	for _, u := range all {
		m.HeapMiB += u.HeapMiB
		m.ResidentMiB += u.ResidentMiB
		m.Goroutines += u.Goroutines
		m.Files += u.Files
	}
	n := len(all)
	m.At = all[n-1].At
	m.HeapMiB, m.ResidentMiB, m.Goroutines, m.Files = m.HeapMiB/float64(n), m.ResidentMiB/float64(n), m.Goroutines/n, m.Files/n
	return m
}
