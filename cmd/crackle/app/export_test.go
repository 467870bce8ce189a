package app

import (
	"context"
	"time"

	"crackle/alert"
)

// SetReconcile is for tests that do not want to wait as long as people do. It is to be called before any App is made.
func SetReconcile(d time.Duration) { reconcileAfter = d }

// Answer acknowledges an alarm.
func (a *App) Answer(ctx context.Context, id, by, comment string) error {
	return a.machine.Acknowledge(ctx, alert.Acknowledgement{ID: id, By: by, Comment: comment})
}
