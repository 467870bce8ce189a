package app

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Work in the background has a quarter of a core, and is let go at once when it is to end.
func TestResting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		rest := resting(ctx)
		began, worked := time.Now(), time.Duration(0)
		for i := range 50 {
			work := time.Duration(i) * time.Millisecond
			time.Sleep(work)
			worked += work
			rest()
		}
		if share := float64(worked) / float64(time.Since(began)); share < 0.24 || share > 0.26 {
			t.Errorf("worked for %.3f of the time", share)
		}
		cancel()
		time.Sleep(time.Hour)
		before := time.Now()
		rest()
		if d := time.Since(before); d != 0 {
			t.Errorf("rested for %s after the end", d)
		}
	})
}
