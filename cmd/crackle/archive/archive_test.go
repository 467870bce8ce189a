package archive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"crackle/cmd/crackle/archive"
	"crackle/ingest"
	"crackle/ingest/broker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a real one; the result connects to it.
func server(t testing.TB) jetstream.JetStream {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	b, err := broker.Start(ctx, broker.Config{Dir: t.TempDir(), MaxBytes: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	nc, err := ingest.Connect(ctx, ingest.Options{InProcess: b.InProcess(), Token: b.Token()})
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

func open(t testing.TB, js jetstream.JetStream, b archive.Bounds) *archive.Store {
	t.Helper()
	s, err := archive.Open(t.Context(), js, b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func hash(i int) string { return fmt.Sprintf("%012x", i) }

func put(t *testing.T, s *archive.Store, stream string, i, size int) {
	t.Helper()
	if err := s.Put(t.Context(), stream, hash(i), bytes.Repeat([]byte{byte(i)}, size), []byte(`{"n":1}`)); err != nil {
		t.Fatal(err)
	}
}

// list are the hashes that are kept of a stream, the newest first.
func list(t *testing.T, s *archive.Store, stream string) string {
	t.Helper()
	items, err := s.List(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, it := range items {
		out = append(out, strings.TrimLeft(it.Hash, "0"))
	}
	return strings.Join(out, " ")
}

func TestModelsAreKept(t *testing.T) {
	js := server(t)
	s := open(t, js, archive.Bounds{})
	if got := list(t, s, ""); got != "" {
		t.Errorf("an empty store lists %q", got)
	}
	put(t, s, "hall.motor", 1, 300_000)
	put(t, s, "hall.motor", 2, 10)
	put(t, s, "press", 3, 10)
	again := open(t, js, archive.Bounds{})
	if got := list(t, again, "hall.motor"); got != "2 1" {
		t.Errorf("list %q", got)
	}
	b, err := again.Get(t.Context(), "hall.motor", hash(1))
	if err != nil || len(b) != 300_000 || b[0] != 1 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if _, err := s.Get(t.Context(), "press", hash(1)); !errors.Is(err, archive.ErrNoModel) {
		t.Errorf("another stream's model: %v", err)
	}
	if _, err := s.Get(t.Context(), "press", "../x"); !errors.Is(err, archive.ErrNoModel) {
		t.Errorf("what is no hash: %v", err)
	}
	// What is known of a model can be added to.
	if err := s.Put(t.Context(), "press", hash(3), bytes.Repeat([]byte{3}, 10), []byte(`{"n":2}`)); err != nil {
		t.Fatal(err)
	}
	if items, err := s.List(t.Context(), "press"); err != nil || len(items) != 1 || string(items[0].Info) != `{"n":2}` || items[0].Size != 10 {
		t.Errorf("%+v, %v", items, err)
	}
	for _, bad := range [][2]string{{"", hash(1)}, {"motor", "x"}, {"motor/../a", hash(1)}, {"Motor", hash(1)}} {
		if err := s.Put(t.Context(), bad[0], bad[1], []byte{1}, nil); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// The oldest go when room is needed, but not what is in service, nor what was before it.
func TestSweepSparesWhatIsInService(t *testing.T) {
	s := open(t, server(t), archive.Bounds{MaxBytes: 500_000})
	for i := 1; i <= 3; i++ {
		put(t, s, "motor", i, 100_000)
	}
	for _, v := range []archive.Service{{Hash: hash(1)}, {Hash: hash(2), Before: hash(1)}} {
		v.Stream, v.By = "motor", "anna"
		if err := s.Serve(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	put(t, s, "motor", 4, 100_000)
	put(t, s, "motor", 5, 100_000)
	put(t, s, "motor", 6, 100_000)
	if got := list(t, s, "motor"); got != "6 5 2 1" {
		t.Errorf("kept %q", got)
	}
	if err := s.Put(t.Context(), "motor", hash(7), make([]byte, 400_000), nil); !errors.Is(err, archive.ErrRefused) {
		t.Errorf("a model without room: %v", err)
	}
	if err := s.Put(t.Context(), "motor", hash(7), make([]byte, 600_000), nil); !errors.Is(err, archive.ErrRefused) || !strings.Contains(err.Error(), "models_max_bytes") {
		t.Errorf("a model larger than the store: %v", err)
	}
	if err := s.Sweep(t.Context(), time.Now().Add(401*24*time.Hour), 0); err != nil {
		t.Fatal(err)
	}
	if got := list(t, s, "motor"); got != "2 1" {
		t.Errorf("kept after more than a year %q", got)
	}
}

func TestServiceIsToldToEverybody(t *testing.T) {
	js := server(t)
	s := open(t, js, archive.Bounds{})
	if v, err := s.InService(t.Context(), "motor"); v != nil || err != nil {
		t.Errorf("%+v, %v", v, err)
	}
	if err := s.Serve(t.Context(), archive.Service{Stream: "motor", Hash: hash(1), By: "anna"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	told, ended := make(chan archive.Service, 10), make(chan error)
	go func() { ended <- s.Watch(ctx, func(v archive.Service) { told <- v }) }()
	if v := <-told; v.Hash != hash(1) || v.By != "anna" {
		t.Errorf("at the beginning: %+v", v)
	}
	other := open(t, js, archive.Bounds{})
	if err := other.Serve(t.Context(), archive.Service{Stream: "motor", Hash: hash(2), Before: hash(1), By: "ben", Comment: "quieter"}); err != nil {
		t.Fatal(err)
	}
	if v := <-told; v.Hash != hash(2) || v.Comment != "quieter" {
		t.Errorf("then: %+v", v)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if v, err := s.InService(t.Context(), "motor"); err != nil || v.Hash != hash(2) || v.Before != hash(1) {
		t.Errorf("%+v, %v", v, err)
	}
	if past, err := s.Past(t.Context(), "motor"); err != nil || len(past) != 2 || past[0].By != "anna" || past[1].By != "ben" {
		t.Errorf("%+v, %v", past, err)
	}
	if past, err := s.Past(t.Context(), "press"); err != nil || past != nil {
		t.Errorf("%+v, %v", past, err)
	}
	if a, err := s.LastApplied(t.Context(), "motor"); a.Hash != "" || err != nil {
		t.Errorf("%+v, %v", a, err)
	}
	if err := s.Apply(t.Context(), archive.Service{Stream: "motor", Hash: hash(2), At: time.Unix(5, 0)}); err != nil {
		t.Fatal(err)
	}
	if a, err := s.LastApplied(t.Context(), "motor"); a.At.IsZero() || !a.Of(&archive.Service{Hash: hash(2), At: time.Unix(5, 0)}) || a.Of(&archive.Service{Hash: hash(2), At: time.Unix(6, 0)}) || err != nil {
		t.Errorf("%+v, %v", a, err)
	}
	if err := s.Withdraw(t.Context(), "motor"); err != nil {
		t.Fatal(err)
	}
	if v, err := s.InService(t.Context(), "motor"); v != nil || err != nil {
		t.Errorf("withdrawn: %+v, %v", v, err)
	}
}

func TestJudgements(t *testing.T) {
	s := open(t, server(t), archive.Bounds{})
	for _, j := range [][3]string{{"motor", "a1", "fine"}, {"motor", "a2", "fine"}, {"motor.left", "a3", "bad"}, {"motor", "a2", "bad"}} {
		if err := s.Judge(t.Context(), j[0], j[1], j[1]+j[2]); err != nil {
			t.Fatal(err)
		}
	}
	read := func(stream string) (out []string) {
		if err := s.Judgements(t.Context(), stream, func(b []byte) error { out = append(out, string(b)); return nil }); err != nil {
			t.Fatal(err)
		}
		return out
	}
	if got := strings.Join(read("motor"), " "); got != `"a1fine" "a2bad"` {
		t.Errorf("of motor: %s", got)
	}
	if got := read(""); len(got) != 3 {
		t.Errorf("of all: %q", got)
	}
	if got := read("none"); got != nil {
		t.Errorf("of none: %q", got)
	}
	if err := s.Judge(t.Context(), "motor", "a.b", 1); err == nil {
		t.Error("an id with a dot was taken")
	}
}
