package app

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/ingest"
	"crackle/ingest/broker"
)

// A checkpoint comes back as it was, in one message or in pieces.
func TestCheckpointComesBack(t *testing.T) {
	for _, size := range []int{0, 1, 1000, pieceMost, 3*pieceMost + 7} {
		c := &checkpoint{Owner: "me", Model: "m", Slot: 1, state: make([]byte, size)}
		c.setPlace(place{1, 2, 1 << 63, 4})
		for i := range c.state {
			c.state[i] = byte(rand.Uint32()) // cannot be packed
		}
		b, rest, err := c.encode()
		if err != nil || len(b) > pieceMost+1000 {
			t.Fatalf("%d bytes: %d in one message, %v", size, len(b), err)
		}
		pieces := 0
		piece := func(slot, i int) ([]byte, error) {
			pieces++
			return rest[i*pieceMost : min((i+1)*pieceMost, len(rest))], nil
		}
		got, err := readCheckpoint("s", b, piece)
		if err != nil || got.place() != c.place() || string(got.state) != string(c.state) || got.Owner != "me" || pieces != c.Pieces {
			t.Errorf("%d bytes came back as %d in %d pieces, %v", size, len(got.state), pieces, err)
		}
		if len(rest) == 0 {
			continue
		}
		if _, err := readCheckpoint("s", b, func(slot, i int) ([]byte, error) { return []byte("other"), nil }); err == nil || !strings.Contains(err.Error(), "do not fit together") {
			t.Errorf("pieces of another state: %v", err)
		}
	}
}

func TestCheckpointRefused(t *testing.T) {
	none := func(slot, i int) ([]byte, error) { return nil, errors.New("gone") }
	for text, want := range map[string]string{
		"":                                "cannot be read",
		"{}":                              "cannot be read",
		"{}\nx":                           "cannot be read",
		`{"version":2}` + "\n":            `it is of version 2`,
		`{"version":1,"pieces":1}\n`:      "cannot be read",
		`{"version":1,"pieces":1}` + "\n": "gone",
	} {
		if _, err := readCheckpoint("s", []byte(text), none); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := readMachine([]byte("x")); err == nil {
		t.Error("a damaged state of the alarms is read")
	}
	b, err := encodeMachine(alert.Checkpoint{Version: 2, Events: 7, History: []alert.Alarm{{ID: "a"}}})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := readMachine(b); err != nil || c.Events != 7 || c.History != nil {
		t.Errorf("%+v, %v", c, err)
	}
}

// busyBucket is a bucket whose answers may get lost on the way.
type busyBucket struct {
	jetstream.KeyValue
	loseWrite, loseRead bool
}

func (b *busyBucket) Update(ctx context.Context, key string, value []byte, last uint64) (uint64, error) {
	rev, err := b.KeyValue.Update(ctx, key, value, last)
	if b.loseWrite {
		return 0, context.DeadlineExceeded
	}
	return rev, err
}

func (b *busyBucket) Get(ctx context.Context, key string) (jetstream.KeyValueEntry, error) {
	if b.loseRead {
		return nil, context.DeadlineExceeded
	}
	return b.KeyValue.Get(ctx, key)
}

// A write whose answer was lost is not taken for somebody else's, also where it cannot be looked up at once; somebody else's is.
func TestUnansweredWriteIsOurs(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	srv, err := broker.Start(ctx, broker.Config{Dir: t.TempDir(), MaxBytes: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Stop(ctx)
	nc, err := ingest.Connect(ctx, ingest.Options{URL: srv.URL(), Token: srv.Token()})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "B"})
	if err != nil {
		t.Fatal(err)
	}
	b := &busyBucket{KeyValue: kv}
	k := &checkpoints{kv: b, unanswered: map[string][][]byte{}}
	rev, err := k.put(ctx, "k", []byte("one"), 0)
	if err != nil {
		t.Fatal(err)
	}
	b.loseWrite = true
	for _, value := range []string{"two", "three"} { // the first of them is taken
		if _, err := k.put(ctx, "k", []byte(value), rev); err == nil || conflict(err) {
			t.Fatalf("%s: %v", value, err)
		}
	}
	b.loseWrite, b.loseRead = false, true
	if _, err := k.put(ctx, "k", []byte("four"), rev); err == nil || conflict(err) {
		t.Fatalf("a write that cannot be looked up: %v", err)
	}
	b.loseRead = false
	if rev, err = k.put(ctx, "k", []byte("five"), rev); err != nil {
		t.Fatalf("our own write was taken for somebody else's: %v", err)
	}
	if _, err := kv.PutString(ctx, "k", "theirs"); err != nil {
		t.Fatal(err)
	}
	if _, err := k.put(ctx, "k", []byte("six"), rev); !conflict(err) {
		t.Errorf("over somebody else's write: %v", err)
	}
}
