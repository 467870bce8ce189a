package evidence

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/ingest"
	"crackle/ingest/broker"
)

func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func startBroker(t testing.TB) jetstream.JetStream {
	t.Helper()
	b, err := broker.Start(within(t, 20*time.Second), broker.Config{Dir: t.TempDir(), MaxBytes: 256 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := b.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	nc, err := ingest.Connect(within(t, 10*time.Second), ingest.Options{InProcess: b.InProcess(), Token: b.Token()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// sized is a pack of about that many bytes.
func sized(id string, bytes int) *Pack {
	p := full()
	p.Alarm.ID = id
	p.Start.State = make([]byte, bytes)
	return p
}

func ids(t testing.TB, s *Store) []string {
	t.Helper()
	items, err := s.List(within(t, 10*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, it := range items {
		list = append(list, it.ID)
	}
	return list
}

func TestStore(t *testing.T) {
	js := startBroker(t)
	ctx := within(t, 30*time.Second)
	s, err := OpenStore(ctx, js, Bounds{MaxBytes: 1 << 20, MaxAge: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if list := ids(t, s); len(list) != 0 {
		t.Errorf("a new store lists %v", list)
	}
	if _, err := s.Get(ctx, "none"); !errors.Is(err, ErrNoPack) {
		t.Errorf("get of none: %v", err)
	}
	for i := range 6 { // of 200 KiB each: four fit
		if err := s.Put(ctx, sized(fmt.Sprint("a", i), 200<<10)); err != nil {
			t.Fatal(err)
		}
	}
	if list := ids(t, s); !slices.Equal(list, []string{"a2", "a3", "a4", "a5"}) {
		t.Errorf("kept %v", list)
	}
	p, err := s.Get(ctx, "a3")
	if err != nil || p.Alarm.ID != "a3" || len(p.Start.State) != 200<<10 {
		t.Errorf("get: %v", err)
	}
	items, _ := s.List(ctx)
	if it := items[0]; it.Stream != "motor.current" || it.Kind != "score" || it.Kernel != "avx2" || !it.Onset.Equal(p.Alarm.OnsetTime) || it.Size < 200<<10 || time.Since(it.Stored) > time.Minute {
		t.Errorf("item %+v", it)
	}
	if err := s.Put(ctx, sized("huge", 2<<20)); !errors.Is(err, ErrRefused) {
		t.Errorf("a pack larger than the store: %v", err)
	}
	if err := s.Put(ctx, sized("../x", 10)); !errors.Is(err, ErrRefused) {
		t.Errorf("a bad id: %v", err)
	}
	if len(ids(t, s)) != 4 {
		t.Error("what was refused made room for itself")
	}
	if n, err := s.Sweep(ctx, time.Now().Add(2*time.Hour), 0); n != 4 || err != nil {
		t.Errorf("swept %d by age, %v", n, err)
	}
	if list := ids(t, s); len(list) != 0 {
		t.Errorf("kept %v", list)
	}
}

// TestKeeper: packs wait while the store is away, the oldest goes when memory is full, and one that is refused does not hold up the rest.
func TestKeeper(t *testing.T) {
	js := startBroker(t)
	away := make(chan struct{})
	k := NewKeeper(KeeperConfig{
		Open: func(ctx context.Context) (*Store, error) {
			select {
			case <-away:
				return OpenStore(ctx, js, Bounds{MaxBytes: 4 << 20})
			default:
				return nil, errors.New("not there yet")
			}
		},
		MaxBytes: 6 << 20, Retry: 5 * time.Millisecond, Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }()
	for i, size := range []int{2 << 20, 10, 5 << 20, 20, 30} { // the first goes when the third comes, which is larger than the store
		k.Put(sized(fmt.Sprint("b", i), size))
	}
	for end := time.Now().Add(10 * time.Second); !k.Counts().Away && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	close(away)
	for end := time.Now().Add(10 * time.Second); k.Counts().Queued > 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	k.Put(sized("b5", 40)) // on the way when the stop comes
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if c := k.Counts(); c.Stored != 4 || c.Dropped != 2 || c.Queued != 0 || c.Away {
		t.Errorf("counts %+v", c)
	}
	s, err := OpenStore(within(t, 10*time.Second), js, Bounds{})
	if err != nil {
		t.Fatal(err)
	}
	if list := ids(t, s); !slices.Equal(list, []string{"b1", "b3", "b4", "b5"}) {
		t.Errorf("kept %v", list)
	}
}

// TestKeeperStops: with the store away for good the stop does not hang, and what is lost is counted.
func TestKeeperStops(t *testing.T) {
	k := NewKeeper(KeeperConfig{
		Open:  func(context.Context) (*Store, error) { return nil, errors.New("away") },
		Retry: time.Millisecond, Drain: 20 * time.Millisecond, Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(context.Background())
	k.Put(sized("c", 10))
	cancel()
	if err := k.Run(ctx); err != nil {
		t.Error(err)
	}
	if c := k.Counts(); c.Dropped != 1 || c.Queued != 0 {
		t.Errorf("counts %+v", c)
	}
}
