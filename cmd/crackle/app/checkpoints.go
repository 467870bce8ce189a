package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/cmd/crackle/config"
	"crackle/ingest/block"
	"crackle/rnn/kernel"
)

// The key-value bucket of the checkpoints: one key a stream, and one for the alarm machine of each worker.
const (
	checkpointBucket = "CRACKLE_CHECKPOINTS"
	streamKey        = "stream."
	machineKey       = "machine."

	checkpointEvery = 5 * time.Second
	checkpointLeast = time.Second      // between two rounds, however many parts end
	checkpointRound = 10 * time.Second // for one
	letGoWithin     = 8 * time.Second  // for another process to let go of its streams
)

// checkpoints writes down where every stream stands, with the alarm machine's state, and holds the streams: each checkpoint is written on the condition
// that nobody else wrote one since, so that a process that takes a stream over stops the one before.
//
// The order within a round makes it safe to be killed at any moment: the streams' states, then the machine's once it has taken all that was scored
// until then, written when the journal holds every transition in it; the streams' last, so that the machine's is never older than theirs. What is
// scored again after a restart the machine then knows, and passes over.
type checkpoints struct {
	app   *App
	js    jetstream.JetStream
	id    string // of this process
	inbox string
	nudge chan struct{} // holds one when a part has ended
	gone  chan struct{} // closed when another process has taken the journal
	log   *slog.Logger

	complete atomic.Int64           // wall time of the last round that was complete, ns; 0: there was none
	trouble  atomic.Pointer[string] // with the newest round; nil: none

	mu         sync.Mutex // held during a round, a claim or a release
	kv         jetstream.KeyValue
	held       map[string]*holding
	machine    *alert.Checkpoint // as found at the start; nil: none
	alarms     *alert.Checkpoint // that the alarm machine went on from, and what came since
	since      []alert.Event
	rev        uint64              // of the machine's checkpoint
	unanswered map[string][][]byte // writes of which it is not known whether they were taken, by key
	deaf       string              // owner that does not answer
}

// holding is a stream that this process holds.
type holding struct {
	found   *checkpoint // when it was claimed
	began   *place      // end of the store from which on its signal is new; nil: not known
	placed  bool
	rev     uint64
	slot    int    // of the newest checkpoint's pieces
	pieces  [2]int // that lie in each slot
	written place
	model   string
}

func newCheckpoints(a *App, js jetstream.JetStream) *checkpoints {
	return &checkpoints{app: a, js: js, id: rand.Text(), inbox: nats.NewInbox(), nudge: make(chan struct{}, 1), gone: make(chan struct{}), held: map[string]*holding{}, unanswered: map[string][][]byte{}, log: a.log}
}

// open makes the bucket or finds it.
func (k *checkpoints) open(ctx context.Context) error {
	if k.kv != nil {
		return nil
	}
	cfg := jetstream.KeyValueConfig{Bucket: checkpointBucket, Description: "where every stream stands", History: 1, Storage: jetstream.FileStorage, MaxBytes: -1}
	if k.app.config().NATS.Embedded() { // an external server's own limits rule there
		cfg.MaxBytes = k.app.config().Store.MaxBytes / 50
	}
	kv, err := k.js.KeyValue(ctx, checkpointBucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = k.js.CreateKeyValue(ctx, cfg)
	}
	if err != nil {
		return fmt.Errorf("checkpoints: open %s: %w", checkpointBucket, err)
	}
	k.kv = kv
	return nil
}

// found says that the store has the bucket.
func (k *checkpoints) found() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.kv != nil
}

// claim takes every stream that is not held yet, and reads where it stands, the alarm machine's state last. A process that holds one is asked to let
// go of it first; when it does not answer it is stopped by its next checkpoint, which is refused.
func (k *checkpoints) claim(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.open(ctx); err != nil {
		return err
	}
	for _, s := range k.app.list() {
		if err := k.claimOne(ctx, &s.cfg, k.app.storeBegan.Load()); err != nil {
			return err
		}
	}
	if k.machine != nil || k.rev > 0 {
		return nil
	}
	k.sweep(ctx)
	e, err := k.kv.Get(ctx, machineKey+k.app.config().Store.Worker)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("checkpoint of the alarms: %w", err)
	}
	k.rev = e.Revision()
	if k.machine, err = readMachine(e.Value()); err != nil {
		k.log.Error("the alarms go on from the journal alone", "err", err)
	}
	return nil
}

// claimOne takes a stream. began is the end of the store from which on its signal is wanted when it was never seen before; nil: where it ends now.
func (k *checkpoints) claimOne(ctx context.Context, s *config.Stream, began *place) error {
	if k.held[s.Name] != nil {
		return nil
	}
	for {
		found, rev, err := k.read(ctx, s, began)
		if err != nil {
			return err
		}
		if found.Owner != "" && found.Owner != k.id && found.Owner != k.deaf && k.askToLetGo(ctx, s.Name, found) {
			if found, rev, err = k.read(ctx, s, began); err != nil {
				return err
			}
		}
		mine := *found
		mine.Slot = 1 - mine.Slot
		k.sign(&mine)
		if rev, err = k.write(ctx, s.Name, &mine, rev); err == nil {
			h := &holding{found: found, began: began, rev: rev, slot: mine.Slot, written: found.place(), model: found.Model}
			h.pieces[found.Slot&1], h.pieces[mine.Slot&1] = found.Pieces, mine.Pieces
			k.held[s.Name] = h
			return nil
		}
		if !conflict(err) {
			return fmt.Errorf("stream %s: claim it: %w", s.Name, err)
		}
	}
}

// read gives a stream's checkpoint, or where it is to begin when there is none: at began, else behind the newest message that the store holds now.
func (k *checkpoints) read(ctx context.Context, s *config.Stream, began *place) (*checkpoint, uint64, error) {
	e, err := k.kv.Get(ctx, streamKey+s.Name)
	if err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, 0, fmt.Errorf("stream %s: checkpoint: %w", s.Name, err)
	}
	rev := uint64(0)
	if err == nil {
		rev = e.Revision()
		c, err := readCheckpoint(s.Name, e.Value(), func(slot, i int) ([]byte, error) {
			e, err := k.kv.Get(ctx, pieceKey(s.Name, slot, i))
			if err != nil {
				return nil, err
			}
			return e.Value(), nil
		})
		switch {
		case err == nil:
			return c, rev, nil
		case s.Start == config.StartResume && errors.Is(err, errLaterCheckpoint):
			return nil, 0, err
		}
		k.log.Error("the stream begins without its checkpoint", "stream", s.Name, "err", err)
	}
	c := &checkpoint{}
	if began != nil {
		c.setPlace(*began)
		return c, rev, nil
	}
	st, err := k.js.Stream(ctx, block.StoreName)
	switch {
	case err == nil:
		c.setPlace(endOf(st))
	case err != nil && !errors.Is(err, jetstream.ErrStreamNotFound):
		return nil, 0, fmt.Errorf("stream %s: look up where the signal store ends: %w", s.Name, err)
	}
	return c, rev, nil
}

// readAgain keeps what the alarm machine goes on from, and notes in it from where the streams' signals are read again.
func (k *checkpoints) readAgain(c *alert.Checkpoint, since []alert.Event) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.alarms, k.since = c, since
	for name, h := range k.held {
		if h.found.Run != 0 {
			c.ReadAgain(name, h.found.Run)
		}
	}
}

// sign says in a checkpoint that it is this process's.
func (k *checkpoints) sign(c *checkpoint) {
	c.Owner, c.Worker, c.Inbox, c.At = k.id, k.app.config().Store.Worker, k.inbox, time.Now().UTC()
	c.Program, c.Kernel = k.app.version, kernel.Name()
}

// write stores a stream's checkpoint, a large state in pieces before it.
func (k *checkpoints) write(ctx context.Context, stream string, c *checkpoint, rev uint64) (uint64, error) {
	b, rest, err := c.encode()
	if err != nil {
		return 0, err
	}
	for i := 0; len(rest) > 0; i++ {
		n := min(pieceMost, len(rest))
		if _, err := k.kv.Put(ctx, pieceKey(stream, c.Slot, i), rest[:n]); err != nil {
			return 0, fmt.Errorf("piece %d of the state: %w", i, err)
		}
		rest = rest[n:]
	}
	return k.put(ctx, streamKey+stream, b, rev)
}

// put writes a key that has the revision; 0: that there is not. Where the answer to an earlier write never came, that may have been taken.
func (k *checkpoints) put(ctx context.Context, key string, b []byte, rev uint64) (uint64, error) {
	write := func(rev uint64) (uint64, error) {
		if rev == 0 {
			return k.kv.Create(ctx, key, b)
		}
		return k.kv.Update(ctx, key, b, rev)
	}
	now, err := write(rev)
	if earlier := k.unanswered[key]; conflict(err) && earlier != nil {
		e, unknown := k.kv.Get(ctx, key)
		switch {
		case unknown != nil: // whose write it is that came first
			return 0, fmt.Errorf("an earlier write was not answered, and cannot be looked up: %w", unknown)
		case slices.ContainsFunc(earlier, func(b []byte) bool { return bytes.Equal(e.Value(), b) }):
			now, err = write(e.Revision())
		}
	}
	switch {
	case err == nil, conflict(err):
		delete(k.unanswered, key)
	default:
		k.unanswered[key] = append(k.unanswered[key], b)
	}
	return now, err
}

// conflict reports whether a write was refused because somebody else has written since.
func conflict(err error) bool {
	var api *jetstream.APIError
	return errors.Is(err, jetstream.ErrKeyExists) ||
		errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// partEnded asks for a checkpoint soon. Without checkpoints it does nothing.
func (k *checkpoints) partEnded() {
	if k == nil {
		return
	}
	select {
	case k.nudge <- struct{}{}:
	default:
	}
}

// run writes checkpoints every few seconds and soon after a part's end, until ctx ends, and then a last one: the streams have stopped by then.
func (k *checkpoints) run(ctx context.Context) error {
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			if k.app.conn.IsConnected() {
				k.round(ctx, true)
			}
			return nil
		case <-tick.C:
		case <-k.nudge:
		case <-k.gone:
			k.app.lost(k.names())
			<-ctx.Done()
			return nil
		}
		if taken := k.round(ctx, false); len(taken) > 0 {
			k.app.lost(taken)
		}
		select {
		case <-ctx.Done():
		case <-time.After(checkpointLeast):
		}
	}
}

// names are the streams that are held.
func (k *checkpoints) names() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Sorted(maps.Keys(k.held))
}

// say keeps the trouble with the newest round, nil for none, and logs one that is another than before.
func (k *checkpoints) say(err error) {
	if err == nil {
		k.complete.Store(time.Now().UnixNano())
		k.trouble.Store(nil)
		return
	}
	text := err.Error()
	if old := k.trouble.Swap(&text); old == nil || *old != text {
		k.log.Warn("checkpoints are not complete; a restart now would score again from the last ones", "err", err)
	}
}

// age is the time since the last round that was complete; 0: there was none.
func (k *checkpoints) age() time.Duration {
	if ns := k.complete.Load(); ns != 0 {
		return time.Since(time.Unix(0, ns))
	}
	return 0
}
