//go:build !linux

package filter_test

import "time"

var began = time.Now()

// threadTime is the time since the start, in ns: there is no portable clock of a thread.
func threadTime() int64 { return int64(time.Since(began)) }
