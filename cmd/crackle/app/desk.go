package app

import (
	"context"
	"time"

	"crackle/alert"
	"crackle/web/api"
)

// Shelve implements api.Desk.
func (m monitor) Shelve(ctx context.Context, id, by, comment string, d time.Duration, oneShot bool) error {
	a, ok := m.machine.Alarm(id)
	if !ok {
		return api.ErrUnknownAlarm
	}
	return m.machine.Shelve(ctx, alert.Shelving{Stream: a.Stream, Kind: a.Kind, By: by, Comment: comment, For: d, OneShot: oneShot})
}

// Unshelve implements api.Desk.
func (m monitor) Unshelve(ctx context.Context, id, by, comment string) error {
	a, ok := m.machine.Alarm(id)
	if !ok {
		return api.ErrUnknownAlarm
	}
	return m.machine.Unshelve(ctx, alert.Shelving{Stream: a.Stream, Kind: a.Kind, By: by, Comment: comment})
}
