package app

import (
	"context"
	"time"

	"crackle/alert"
	"crackle/alert/health"
)

// SetReconcile is for tests that do not want to wait as long as people do. It is to be called before any App is made.
func SetReconcile(d time.Duration) { reconcileAfter = d }

// SetWaits is for tests in which all waits of the way to the server are to pass: between two pings, and for the server to forget a reader. It is to be
// called before any App is made.
func SetWaits(ping, unused time.Duration) { pingEvery, consumerUnused = ping, unused }

// Answer acknowledges an alarm.
func (a *App) Answer(ctx context.Context, id, by, comment string) error {
	return a.machine.Acknowledge(ctx, alert.Acknowledgement{ID: id, By: by, Comment: comment})
}

// Drift is whether a stream's model is found to drift.
func (a *App) Drift(stream string) health.Drift {
	s := a.stream(stream)
	s.status.mu.Lock()
	defer s.status.mu.Unlock()
	return s.status.drift
}
