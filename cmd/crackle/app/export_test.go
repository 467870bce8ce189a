package app

import (
	"context"
	"time"

	"crackle/alert"
	"crackle/alert/health"
)

// SetReconcile is for tests that do not want to wait as long as people do. It is to be called before any App is made.
func SetReconcile(d time.Duration) { reconcileAfter = d }

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
