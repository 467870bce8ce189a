package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"crackle/cmd/crackle/archive"
	"crackle/detector"
)

// ErrNotFollowed is returned when no program has put a model in service that was chosen for it.
var ErrNotFollowed = errors.New("no crackle that runs has followed")

// KeepModel keeps a model that came from a file with the store, under the name of who brought it, so that it can be put in service. One that is kept already
// stays as it is.
func KeepModel(ctx context.Context, store *archive.Store, stream string, m *detector.Model, by string) error {
	known, err := findInfo(ctx, store, stream, m.Hash())
	if err != nil || known != nil {
		return err
	}
	info := infoOf(m, by, "file")
	info.Stream = stream
	return keepModel(ctx, store, m, &info)
}

// overruled says, once at the start, that the stream's file holds a model that is younger than the one in service: it does not take its place by itself.
func (s *stream) overruled(m *detector.Model) {
	path := ModelPath(s.app.config(), &s.cfg)
	file, err := LoadModel(path, &s.cfg)
	if err != nil || file.Hash() == m.Hash() || !file.Record.Created.After(m.Record.Created) {
		return
	}
	s.log.Warn("the stream's file holds a younger model than the one that was put in service, which goes on; `crackle model use FILE` puts the file's in service",
		"file", path, "model", file.Hash(), "in_service", m.Hash())
}

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
