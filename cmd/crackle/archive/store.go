package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Bucket is the name of the object store with the model files, and Notes that of the key-value bucket beside it.
const (
	Bucket = "CRACKLE_MODELS"
	Notes  = "CRACKLE_TEACH"
)

// ErrNoModel is returned for a model that is not kept, ErrRefused for one that cannot be stored now or ever.
var (
	ErrNoModel = errors.New("no such model is kept")
	ErrRefused = errors.New("model refused")
)

// Bounds of the models; zero fields default.
type Bounds struct {
	MaxBytes int64         // of all models; default 1 GiB
	MaxAge   time.Duration // of a model that is not in service; default 400 days
	Replicas int           // of buckets that are made; default 1
}

// Item is a model in the list.
type Item struct {
	Stream string
	Hash   string
	Info   []byte // what Put was given with it
	Size   int64  // bytes of the file
	Stored time.Time
}

// Store keeps models. Its methods are safe from any goroutine.
type Store struct {
	models jetstream.ObjectStore
	notes  jetstream.KeyValue
	bounds Bounds
}

// Open makes the buckets when they are not there. It fails on a server without JetStream, and where it cannot be asked.
func Open(ctx context.Context, js jetstream.JetStream, b Bounds) (*Store, error) {
	if b.MaxBytes == 0 {
		b.MaxBytes = 1 << 30
	}
	if b.MaxAge == 0 {
		b.MaxAge = 400 * 24 * time.Hour
	}
	if b.MaxBytes < 0 || b.MaxAge < 0 {
		return nil, fmt.Errorf("models: store of %d bytes for %s; allowed are positive values", b.MaxBytes, b.MaxAge)
	}
	models, err := js.ObjectStore(ctx, Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		models, err = js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{
			Bucket: Bucket, Description: "models of every stream", Storage: jetstream.FileStorage, Replicas: max(1, b.Replicas),
		})
	}
	if err != nil {
		return nil, fmt.Errorf("models: open bucket %s: %w", Bucket, err)
	}
	notes, err := js.KeyValue(ctx, Notes)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		notes, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: Notes, Description: "models in service, and what people said of alarms", History: 8, Storage: jetstream.FileStorage, Replicas: max(1, b.Replicas),
		})
	}
	if err != nil {
		return nil, fmt.Errorf("models: open bucket %s: %w", Notes, err)
	}
	return &Store{models, notes, b}, nil
}

// Look opens the buckets that are there, to read; without them it fails with ErrNoModel and makes none.
func Look(ctx context.Context, js jetstream.JetStream) (*Store, error) {
	models, err := js.ObjectStore(ctx, Bucket)
	var notes jetstream.KeyValue
	if err == nil {
		notes, err = js.KeyValue(ctx, Notes)
	}
	switch {
	case errors.Is(err, jetstream.ErrBucketNotFound):
		return nil, ErrNoModel
	case err != nil:
		return nil, fmt.Errorf("models: open buckets %s and %s: %w", Bucket, Notes, err)
	}
	return &Store{models, notes, Bounds{MaxBytes: 1 << 30, MaxAge: 400 * 24 * time.Hour}}, nil
}

// overhead is what the store needs beside a file's bytes, generously.
func overhead(size int64) int64 { return size + size/50 + 8<<10 }

var (
	streamRule = regexp.MustCompile(`^[a-z0-9_-]+(\.[a-z0-9_-]+)*$`)
	hashRule   = regexp.MustCompile(`^[0-9a-f]{8,64}$`)
)

func name(stream, hash string) (string, error) {
	if !streamRule.MatchString(stream) || !hashRule.MatchString(hash) {
		return "", fmt.Errorf("models: stream %.100q, model %.100q; allowed are a stream's name and the hexadecimal digits of a hash", stream, hash)
	}
	return stream + "/" + hash, nil
}

// Put keeps a model's file and what is known of it, in place of what was known of the same file before, after making room for it. It fails with
// ErrRefused when the file alone is above Bounds.MaxBytes, or what is in service leaves it no room.
func (s *Store) Put(ctx context.Context, stream, hash string, file, info []byte) error {
	key, err := name(stream, hash)
	if err != nil {
		return err
	}
	meta := jetstream.ObjectMeta{Name: key, Metadata: map[string]string{"stream": stream, "hash": hash, "info": string(info)}}
	if have, err := s.models.GetInfo(ctx, key); err == nil && have.Size == uint64(len(file)) {
		return s.models.UpdateMeta(ctx, key, meta)
	}
	if overhead(int64(len(file))) > s.bounds.MaxBytes {
		return fmt.Errorf("models: %w: file of %d bytes in a store of %d; raise store.models_max_bytes, or teach fewer features", ErrRefused, len(file), s.bounds.MaxBytes)
	}
	if err := s.Sweep(ctx, time.Now(), int64(len(file))); err != nil {
		return err
	}
	if _, err := s.models.Put(ctx, meta, bytes.NewReader(file)); err != nil {
		return fmt.Errorf("models: store model %s of stream %s (%d bytes): %w", hash, stream, len(file), err)
	}
	return nil
}

// Get reads a model's file. It fails with ErrNoModel, or the store's error.
func (s *Store) Get(ctx context.Context, stream, hash string) ([]byte, error) {
	key, err := name(stream, hash)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoModel, err)
	}
	b, err := s.models.GetBytes(ctx, key)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil, fmt.Errorf("models: %w: %s of stream %s", ErrNoModel, hash, stream)
	}
	if err != nil {
		return nil, fmt.Errorf("models: read model %s of stream %s: %w", hash, stream, err)
	}
	return b, nil
}

// List returns the models of a stream, of all streams for an empty name, the newest first.
func (s *Store) List(ctx context.Context, stream string) ([]Item, error) {
	infos, err := s.models.List(ctx)
	if errors.Is(err, jetstream.ErrNoObjectsFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("models: list %s: %w", Bucket, err)
	}
	var items []Item
	for _, o := range infos {
		m := o.Metadata
		if m["hash"] == "" || stream != "" && m["stream"] != stream { // somebody else's
			continue
		}
		items = append(items, Item{m["stream"], m["hash"], []byte(m["info"]), int64(o.Size), o.ModTime.UTC()})
	}
	slices.SortStableFunc(items, func(a, b Item) int { return b.Stored.Compare(a.Stored) })
	return items, nil
}

// Sweep removes the models that are too old and then the oldest, until room more bytes fit, but never one that is in service, or was before it.
func (s *Store) Sweep(ctx context.Context, now time.Time, room int64) error {
	items, err := s.List(ctx, "")
	if err != nil {
		return err
	}
	serving, err := s.services(ctx)
	if err != nil {
		return err
	}
	total := int64(0)
	if room > 0 {
		total = overhead(room)
	}
	for _, it := range items {
		total += overhead(it.Size)
	}
	for _, it := range slices.Backward(items) {
		if total <= s.bounds.MaxBytes && now.Sub(it.Stored) <= s.bounds.MaxAge {
			continue
		}
		if v := serving[it.Stream]; v.Hash == it.Hash || v.Before == it.Hash {
			continue
		}
		key, err := name(it.Stream, it.Hash)
		if err != nil {
			continue
		}
		if err := s.models.Delete(ctx, key); err != nil {
			return fmt.Errorf("models: remove model %s of stream %s: %w", it.Hash, it.Stream, err)
		}
		total -= overhead(it.Size)
	}
	if room > 0 && total > s.bounds.MaxBytes {
		return fmt.Errorf("models: %w: what is in service leaves no room for %d bytes in a store of %d; raise store.models_max_bytes", ErrRefused, room, s.bounds.MaxBytes)
	}
	return nil
}
