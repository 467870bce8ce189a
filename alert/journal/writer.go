package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
)

// ring is the number of entries kept in memory after they were stored, for a store that loses its youngest in a crash.
const ring = 1024

// writer appends entries, each on the condition that the one before it is the newest. It belongs to one goroutine.
type writer struct {
	js      jetstream.JetStream
	subject string
	bounds  Bounds
	id      string
	before  string // the writer from which this one took over
	last    uint64 // sequence of the newest entry
	n       uint64 // number of this writer's newest stored entry
	stored  [][]byte
	book    *alert.Book // as stored
}

// opened makes the entry that holds the book.
func (w *writer) opened(program string) (*Opened, error) {
	b, err := pack(w.book.Checkpoint())
	if err != nil {
		return nil, fmt.Errorf("journal: pack the alarm book: %w", err)
	}
	return &Opened{Program: program, Book: b}, nil
}

// open writes the first entry. ErrTaken says that it is not the newest entry that was read.
func (w *writer) open(ctx context.Context, program string) error {
	o, err := w.opened(program)
	if err != nil {
		return err
	}
	for {
		_, err := w.write(ctx, &Entry{At: time.Now().UTC(), Opened: o})
		if err == nil || errors.Is(err, ErrTaken) || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// write stores an entry, or finds that an earlier attempt has. It reports how many older entries it had to give the store again. Any error but
// ErrTaken leaves it open whether the entry is stored; the next attempt with the same entry finds out.
func (w *writer) write(ctx context.Context, e *Entry) (restored int, err error) {
	e.Version, e.Writer, e.N = version, w.id, w.n+1
	data, err := json.Marshal(e)
	if err != nil { // numbers in events are finite, so this is a mistake in the program: it must not stop what follows
		e.Event, e.Note, e.Told, e.Opened = nil, &Note{What: "unwritable", By: "crackle", Comment: err.Error()}, nil, nil
		if data, err = json.Marshal(e); err != nil {
			return 0, fmt.Errorf("journal: encode: %w", err)
		}
	}
	err = w.publish(ctx, data)
	var api *jetstream.APIError
	switch {
	case err == nil:
	case errors.Is(err, jetstream.ErrNoStreamResponse):
		if _, err := Ensure(ctx, w.js, w.bounds); err != nil {
			return 0, err
		}
		fallthrough
	case errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant):
		there := false
		if restored, there, err = w.agree(ctx, e.N); err != nil {
			return restored, err
		}
		if there {
			break
		}
		if err := w.publish(ctx, data); err != nil {
			return restored, fmt.Errorf("journal: store entry %d: %w", e.N, err)
		}
	default:
		return 0, fmt.Errorf("journal: store entry %d: %w", e.N, err)
	}
	w.n = e.N
	w.stored = append(w.stored, data)
	if len(w.stored) > ring {
		w.stored = append(w.stored[:0:0], w.stored[len(w.stored)-ring/2:]...)
	}
	if e.Event != nil {
		w.book.Apply(e.Event)
	}
	return restored, nil
}

func (w *writer) publish(ctx context.Context, data []byte) error {
	ack, err := w.js.Publish(ctx, w.subject, data, jetstream.WithExpectLastSequencePerSubject(w.last), jetstream.WithExpectStream(Stream), jetstream.WithRetryAttempts(0))
	if err == nil {
		w.last = ack.Sequence
	}
	return err
}

// agree finds out why the newest entry is not the one that was expected: there says that entry n is stored already; otherwise the store is put
// in a state in which it can be, or the journal is another writer's (ErrTaken).
func (w *writer) agree(ctx context.Context, n uint64) (restored int, there bool, err error) {
	st, err := w.js.Stream(ctx, Stream)
	if err != nil {
		return 0, false, fmt.Errorf("journal: look up stream %s: %w", Stream, err)
	}
	newest, err := st.GetLastMsgForSubject(ctx, w.subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		if st.CachedInfo().State.LastSeq >= w.last { // all entries were older than the stream keeps them
			w.last = 0
			return 0, false, nil
		}
		w.last = 0
		restored, err = w.again(ctx, 0)
		return restored, false, err
	}
	if err != nil {
		return 0, false, fmt.Errorf("journal: read the newest entry of %s: %w", w.subject, err)
	}
	e, err := Decode(newest.Data)
	switch {
	case err == nil && e.Writer == w.id && e.N == n:
		w.last = newest.Sequence
		return 0, true, nil
	case err == nil && e.Writer == w.id && e.N < n:
		w.last = newest.Sequence
		restored, err = w.again(ctx, e.N)
		return restored, false, err
	case err == nil && e.Writer == w.before && w.n > 0 && newest.Sequence < w.last:
		w.last = newest.Sequence // a crash took everything of this writer
		restored, err = w.again(ctx, 0)
		return restored, false, err
	}
	return 0, false, fmt.Errorf("journal: %w: entry %d of %s is by writer %s", ErrTaken, newest.Sequence, w.subject, e.Writer)
}

// again stores what came after this writer's entry number have once more.
func (w *writer) again(ctx context.Context, have uint64) (int, error) {
	missing := min(w.n-min(have, w.n), uint64(len(w.stored)))
	for i, data := range w.stored[uint64(len(w.stored))-missing:] {
		if err := w.publish(ctx, data); err != nil {
			return i, fmt.Errorf("journal: store again: %w", err)
		}
	}
	return int(missing), nil
}
