package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"crackle/cmd/crackle/archive"
)

// ErrNotFollowed is returned when no program has put a model in service that was chosen for it.
var ErrNotFollowed = errors.New("no crackle that runs has followed")

// ServeModel puts a model in service from outside of the program that watches: it writes the choice into the store, and waits until a program has
// followed it. It fails with ErrNotFollowed when none has within wait; the choice stands nevertheless, and holds from the next start on. That the model
// fits the stream is for the caller to see to, with StoredModel.
func ServeModel(ctx context.Context, store *archive.Store, stream, hash, by, comment string, wait time.Duration) error {
	v := archive.Service{Stream: stream, Hash: hash, By: by, Comment: comment, At: time.Now().UTC()}
	before, err := store.InService(ctx, stream)
	if err != nil {
		return err
	}
	if before != nil {
		if v.Before = before.Hash; v.Before == hash {
			v.Before = before.Before
		}
	}
	if err := store.Serve(ctx, v); err != nil {
		return err
	}
	for until := time.Now().Add(wait); time.Now().Before(until); {
		now, err := store.LastApplied(ctx, stream)
		if err != nil {
			return err
		}
		if now.Of(&v) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("stream %s: %w within %s", stream, ErrNotFollowed, wait)
}
