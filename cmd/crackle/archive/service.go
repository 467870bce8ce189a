package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Service says which model of a stream is in service, and by whom. Without a record the program's own file is.
type Service struct {
	Stream  string    `json:"stream"`
	Hash    string    `json:"hash"`
	Before  string    `json:"before,omitempty"` // that was in service until then
	By      string    `json:"by"`
	Comment string    `json:"comment,omitempty"`
	At      time.Time `json:"at"`
}

const (
	serviceKey = "service."
	appliedKey = "applied."
)

// Serve records what is in service from now on.
func (s *Store) Serve(ctx context.Context, v Service) error {
	if _, err := name(v.Stream, v.Hash); err != nil {
		return err
	}
	return s.note(ctx, serviceKey+v.Stream, v)
}

// Withdraw takes the record of a stream away: the program's own file is in service again.
func (s *Store) Withdraw(ctx context.Context, stream string) error {
	if err := s.notes.Delete(ctx, serviceKey+stream); err != nil {
		return fmt.Errorf("models: change what is in service on stream %s: %w", stream, err)
	}
	return nil
}

// InService reads the record of a stream; nil when there is none.
func (s *Store) InService(ctx context.Context, stream string) (*Service, error) {
	var v Service
	found, err := s.read(ctx, serviceKey+stream, &v)
	if err != nil || !found {
		return nil, err
	}
	return &v, nil
}

// Past are the newest records of a stream, the oldest first, at most as many as the bucket remembers of a key.
func (s *Store) Past(ctx context.Context, stream string) ([]Service, error) {
	all, err := s.notes.History(ctx, serviceKey+stream)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("models: read what was in service on stream %s: %w", stream, err)
	}
	var out []Service
	for _, e := range all {
		var v Service
		if e.Operation() == jetstream.KeyValuePut && json.Unmarshal(e.Value(), &v) == nil {
			out = append(out, v)
		}
	}
	return out, nil
}

// Applied says which record of service a program has followed.
type Applied struct {
	Hash string    `json:"hash"`
	Told time.Time `json:"told"` // Service.At of the record
	At   time.Time `json:"at"`   // by the program's clock
}

// Of reports whether it is a record that was followed.
func (a *Applied) Of(v *Service) bool { return a.Hash == v.Hash && a.Told.Equal(v.At) }

// Apply records that a program has followed a record of service, now.
func (s *Store) Apply(ctx context.Context, v Service) error {
	return s.note(ctx, appliedKey+v.Stream, Applied{v.Hash, v.At, time.Now().UTC()})
}

// LastApplied is the newest record of Apply on a stream; the zero value when there is none.
func (s *Store) LastApplied(ctx context.Context, stream string) (a Applied, err error) {
	_, err = s.read(ctx, appliedKey+stream, &a)
	return a, err
}

// services are the records of all streams, by stream.
func (s *Store) services(ctx context.Context) (map[string]Service, error) {
	out := map[string]Service{}
	err := s.each(ctx, serviceKey+">", func(e jetstream.KeyValueEntry) error {
		var v Service
		if err := json.Unmarshal(e.Value(), &v); err != nil {
			return err
		}
		out[v.Stream] = v
		return nil
	})
	return out, err
}

// Watch calls told with what is put in service on any stream, by any program, from now on, until ctx ends; and with each record that there is when it
// begins. It returns nil when ctx has ended, and an error when the store cannot be watched.
func (s *Store) Watch(ctx context.Context, told func(Service)) error {
	w, err := s.notes.Watch(ctx, serviceKey+">", jetstream.IgnoreDeletes())
	if err != nil {
		return fmt.Errorf("models: watch %s: %w", Notes, err)
	}
	defer w.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-w.Updates():
			if !ok {
				return fmt.Errorf("models: watch %s: it has ended", Notes)
			}
			if e == nil { // the records that there are have come
				continue
			}
			var v Service
			if json.Unmarshal(e.Value(), &v) == nil && serviceKey+v.Stream == e.Key() {
				told(v)
			}
		}
	}
}

func (s *Store) note(ctx context.Context, key string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := s.notes.Put(ctx, key, b); err != nil {
		return fmt.Errorf("models: write %s in %s: %w", key, Notes, err)
	}
	return nil
}

func (s *Store) read(ctx context.Context, key string, v any) (found bool, err error) {
	e, err := s.notes.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(e.Value(), v)
	}
	if err != nil {
		return false, fmt.Errorf("models: read %s in %s: %w", key, Notes, err)
	}
	return true, nil
}

// each visits the newest value of every key that a filter takes.
func (s *Store) each(ctx context.Context, filter string, visit func(jetstream.KeyValueEntry) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := s.notes.Watch(ctx, filter, jetstream.IgnoreDeletes())
	if err != nil {
		return fmt.Errorf("models: read %s in %s: %w", filter, Notes, err)
	}
	defer w.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e, ok := <-w.Updates():
			if !ok {
				return fmt.Errorf("models: read %s in %s: cut off", filter, Notes)
			}
			if e == nil { // that was all
				return nil
			}
			if err := visit(e); err != nil {
				return fmt.Errorf("models: read %s in %s: %w", e.Key(), Notes, err)
			}
		}
	}
}
