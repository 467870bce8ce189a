package evidence

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

// Bucket is the name of the object store.
const Bucket = "CRACKLE_EVIDENCE"

// ErrNoPack is returned for an alarm of which there is no pack.
var ErrNoPack = errors.New("no evidence of this alarm")

// ErrRefused is returned for a pack that cannot be stored now or ever: it contradicts itself, or is too large for the store.
var ErrRefused = errors.New("evidence refused")

// Bounds of the store; zero fields default.
type Bounds struct {
	MaxBytes int64         // of all packs; default 4 GiB. Above it the oldest go
	MaxAge   time.Duration // default 90 days
	Replicas int           // of a bucket that is made; default 1
}

// Item is a pack in the list.
type Item struct {
	ID     string    `json:"id"` // of the alarm
	Stream string    `json:"stream"`
	Kind   string    `json:"kind"`
	Onset  time.Time `json:"onset"`
	Part   string    `json:"part,omitempty"`
	Lot    string    `json:"lot,omitempty"`
	Kernel string    `json:"kernel,omitempty"`
	Size   int64     `json:"size"` // bytes
	Stored time.Time `json:"stored"`
}

// Store keeps packs. Its methods are safe from any goroutine.
type Store struct {
	os     jetstream.ObjectStore
	bounds Bounds
}

// overhead is what the store needs beside a pack's bytes, generously.
func overhead(size int64) int64 { return size + size/50 + 8<<10 }

// OpenStore makes the bucket when it is not there. The bucket's own bound is above MaxBytes, so that it is Sweep that makes room.
func OpenStore(ctx context.Context, js jetstream.JetStream, b Bounds) (*Store, error) {
	if b.MaxBytes == 0 {
		b.MaxBytes = 4 << 30
	}
	if b.MaxAge == 0 {
		b.MaxAge = 90 * 24 * time.Hour
	}
	if b.MaxBytes < 0 || b.MaxAge < 0 {
		return nil, fmt.Errorf("evidence: store of %d bytes for %s; allowed are positive values", b.MaxBytes, b.MaxAge)
	}
	os, err := js.ObjectStore(ctx, Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		os, err = js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{
			Bucket: Bucket, Description: "evidence packs of alarms", Storage: jetstream.FileStorage, Replicas: max(1, b.Replicas),
		})
	}
	if err != nil {
		return nil, fmt.Errorf("evidence: open bucket %s: %w", Bucket, err)
	}
	return &Store{os, b}, nil
}

var idRule = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// Put stores a pack under its alarm's id, in place of one that is there, after making room for it. It fails with ErrRefused when the pack
// alone is above Bounds.MaxBytes, or contradicts itself.
func (s *Store) Put(ctx context.Context, p *Pack) error {
	b, err := Encode(p)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if !idRule.MatchString(p.Alarm.ID) {
		return fmt.Errorf("evidence: %w: alarm id %.140q; allowed are letters, digits, _ and -", ErrRefused, p.Alarm.ID)
	}
	if overhead(int64(len(b))) > s.bounds.MaxBytes {
		return fmt.Errorf("evidence: %w: pack of %d bytes in a store of %d; raise the bound of the store, or record less", ErrRefused, len(b), s.bounds.MaxBytes)
	}
	if _, err := s.Sweep(ctx, time.Now(), int64(len(b))); err != nil {
		return err
	}
	meta := jetstream.ObjectMeta{Name: p.Alarm.ID, Metadata: map[string]string{
		"stream": p.Alarm.Stream, "kind": string(p.Alarm.Kind), "onset": p.Alarm.OnsetTime.UTC().Format(time.RFC3339Nano),
		"part": p.Alarm.Part, "lot": p.Alarm.Lot, "kernel": p.Kernel,
	}}
	if _, err := s.os.Put(ctx, meta, bytes.NewReader(b)); err != nil {
		return fmt.Errorf("evidence: store the pack of alarm %s (%d bytes): %w", p.Alarm.ID, len(b), err)
	}
	return nil
}

// Get reads the pack of an alarm, and Bytes the file as it is stored. They fail with ErrNoPack, ErrFormat or the store's error.
func (s *Store) Get(ctx context.Context, id string) (*Pack, error) {
	b, err := s.Bytes(ctx, id)
	if err != nil {
		return nil, err
	}
	return Decode(b)
}

// Bytes is described with Get.
func (s *Store) Bytes(ctx context.Context, id string) ([]byte, error) {
	b, err := s.os.GetBytes(ctx, id)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil, fmt.Errorf("evidence: %w: %.140q; it is written a while after the alarm's onset, and goes when it is too old or the store is full ([evidence] max_age_s, max_bytes)", ErrNoPack, id)
	}
	if err != nil {
		return nil, fmt.Errorf("evidence: read the pack of alarm %.140s: %w", id, err)
	}
	return b, nil
}

// Has says whether a pack of an alarm is kept.
func (s *Store) Has(ctx context.Context, id string) (bool, error) {
	_, err := s.os.GetInfo(ctx, id)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("evidence: look for the pack of alarm %.140s: %w", id, err)
	}
	return true, nil
}

// List returns what is kept, the oldest first.
func (s *Store) List(ctx context.Context) ([]Item, error) {
	infos, err := s.os.List(ctx)
	if errors.Is(err, jetstream.ErrNoObjectsFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("evidence: list %s: %w", Bucket, err)
	}
	items := make([]Item, 0, len(infos))
	for _, o := range infos {
		m := o.Metadata
		onset, _ := time.Parse(time.RFC3339Nano, m["onset"]) // an object that somebody else put there has none
		items = append(items, Item{o.Name, m["stream"], m["kind"], onset, m["part"], m["lot"], m["kernel"], int64(o.Size), o.ModTime.UTC()})
	}
	slices.SortFunc(items, func(a, b Item) int { return a.Stored.Compare(b.Stored) })
	return items, nil
}

// Sweep removes the packs that are too old and then the oldest, until room more bytes fit. It returns how many went.
func (s *Store) Sweep(ctx context.Context, now time.Time, room int64) (int, error) {
	items, err := s.List(ctx)
	if err != nil {
		return 0, err
	}
	total := int64(0)
	if room > 0 {
		total = overhead(room)
	}
	for _, it := range items {
		total += overhead(it.Size)
	}
	gone := 0
	for _, it := range items {
		if total <= s.bounds.MaxBytes && now.Sub(it.Stored) <= s.bounds.MaxAge {
			break
		}
		if err := s.os.Delete(ctx, it.ID); err != nil {
			return gone, fmt.Errorf("evidence: remove the pack of alarm %s: %w", it.ID, err)
		}
		total -= overhead(it.Size)
		gone++
	}
	return gone, nil
}
