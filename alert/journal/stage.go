package journal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
)

// ErrTaken is returned when another writer has taken the journal over: whoever gets it must stop acting on these streams at once.
var ErrTaken = errors.New("another process has taken the journal over")

// Config of a Journal. Times default when zero.
type Config struct {
	Name     string            // of this journal, one token; default "main". Workers that share streams out have one each
	Bounds   Bounds            // of the stream
	Book     alert.BookConfig  // as the alarm machine's
	From     *alert.Checkpoint // that the program goes on from; nil: there is none
	Program  string            // version, for the record
	Queue    int               // entries kept in memory while the store is away; default 10000
	Timeout  time.Duration     // of one attempt to store; default 5 s
	MinRetry time.Duration     // before the second attempt; doubles from there; default 100 ms
	MaxRetry time.Duration     // default 5 s
	Renew    time.Duration     // between two entries that hold the alarm book; default 24 h
	Drain    time.Duration     // for what is waiting when the events end; default 10 s
	Log      *slog.Logger      // default slog.Default()
}

func (c *Config) defaults() error {
	set := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	set(&c.Timeout, 5*time.Second)
	set(&c.MinRetry, 100*time.Millisecond)
	set(&c.MaxRetry, max(5*time.Second, c.MinRetry))
	set(&c.Renew, 24*time.Hour)
	set(&c.Drain, 10*time.Second)
	if c.Name == "" {
		c.Name = "main"
	}
	if c.Queue == 0 {
		c.Queue = 10_000
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Queue < 1 || c.Timeout < 0 || c.MinRetry < 0 || c.MaxRetry < c.MinRetry || c.Renew < 0 || c.Drain < 0 {
		return fmt.Errorf("journal: queue %d, timeout %s, retries %s to %s, renewal %s, drain %s; allowed are a queue of 1 or more and positive times in this order",
			c.Queue, c.Timeout, c.MinRetry, c.MaxRetry, c.Renew, c.Drain)
	}
	return nil
}

// Counts are a journal's totals since it was opened.
type Counts struct {
	Written   uint64 `json:"written"`
	Queued    int    `json:"queued"`   // entries that wait for the store
	Lost      uint64 `json:"lost"`     // entries that a full queue or the stop cost
	Retried   uint64 `json:"retried"`  // attempts after the first
	Restored  uint64 `json:"restored"` // entries given again to a store that had lost them
	Away      bool   `json:"away"`     // the last attempt failed
	Taken     bool   `json:"taken"`    // another writer has it
	LastError string `json:"last_error,omitempty"`
}

// Journal writes. Run is its goroutine and one more; the other methods are safe from any goroutine and never wait for the store.
type Journal struct {
	cfg  Config
	w    *writer
	wake chan struct{} // holds one when something was queued

	mu      sync.Mutex
	queue   []Entry
	lost    uint64 // not yet journalled
	counts  Counts
	settled uint64 // number of the newest event that is stored, or given up
	flying  bool   // an entry is on its way
}

// Open reads a journal back and takes it over: from then on a writer before this one is stopped by its next entry. It fails when the store
// cannot be reached until ctx ends, or holds entries of a later version (ErrVersion).
func Open(ctx context.Context, js jetstream.JetStream, cfg Config) (*Journal, *State, error) {
	if err := cfg.defaults(); err != nil {
		return nil, nil, err
	}
	subj, err := subject(cfg.Name)
	if err != nil {
		return nil, nil, err
	}
	if _, err := Ensure(ctx, js, cfg.Bounds); err != nil {
		return nil, nil, err
	}
	for {
		f, err := newFold(cfg.Book, cfg.From)
		if err != nil {
			return nil, nil, err
		}
		last, err := Read(ctx, js, cfg.Name, time.Time{}, func(seq uint64, data []byte) error {
			e, err := Decode(data)
			if errors.Is(err, ErrVersion) {
				return err
			}
			if err == nil {
				err = f.add(&e)
			}
			if err != nil {
				f.state.Unreadable++
				cfg.Log.Warn("journal entry passed over", "seq", seq, "err", err)
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
		w := &writer{js: js, subject: subj, bounds: cfg.Bounds, id: rand.Text(), before: f.last.Writer, last: last, book: f.book}
		state := f.finish()
		switch err := w.open(ctx, cfg.Program); {
		case err == nil:
			j := &Journal{cfg: cfg, w: w, wake: make(chan struct{}, 1), settled: state.Book.Events}
			if cfg.From != nil { // what led to it was stored, though a journal that was purged does not show it any more
				j.settled = max(j.settled, cfg.From.Events)
			}
			j.counts.Written = 1
			return j, &state, nil
		case !errors.Is(err, ErrTaken): // somebody wrote between reading and opening: read again
			return nil, nil, err
		}
	}
}

// Note journals a change made at run time.
func (j *Journal) Note(n Note) { j.put(Entry{Note: &n}) }

// Told journals that a sink is done with an event: it was taken, or given up for the reason in failed.
func (j *Journal) Told(sink, event, failed string) {
	j.put(Entry{Told: &Told{Event: event, Sink: sink, Failed: failed}})
}

// Joined journals that a sink is there from now on, so that it is told after a restart of what has happened since. Of one that the journal knows it says
// nothing new.
func (j *Journal) Joined(sink string) { j.put(Entry{Told: &Told{Sink: sink}}) }

// Settled reports whether every event up to that number is stored, or was lost and counted.
func (j *Journal) Settled(number uint64) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.settled >= number
}

// Counts are the totals so far.
func (j *Journal) Counts() Counts {
	j.mu.Lock()
	defer j.mu.Unlock()
	c := j.counts
	c.Queued = len(j.queue)
	if j.flying {
		c.Queued++
	}
	return c
}

func (j *Journal) put(e Entry) {
	e.At = time.Now().UTC()
	j.mu.Lock()
	if len(j.queue) >= j.cfg.Queue {
		j.drop(&j.queue[0])
		j.queue = j.queue[1:]
	}
	j.queue = append(j.queue, e)
	j.mu.Unlock()
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// drop counts a lost entry.
func (j *Journal) drop(e *Entry) {
	if j.lost == 0 {
		j.cfg.Log.Error("journal entries are lost: the store has been away for too long", "queue", j.cfg.Queue)
	}
	j.lost++
	j.counts.Lost++
	if e.Event != nil {
		j.settled = max(j.settled, e.Event.Number)
	}
}

// Run stores the events of a listener of the alarm machine and what the other methods put in. It returns nil when events was closed and all is
// stored or Drain is over, ErrTaken as soon as another writer has the journal, and ctx's error at once when that ends. What was not stored by
// then is counted and logged. A journal runs once.
func (j *Journal) Run(ctx context.Context, events <-chan alert.Event) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	read := make(chan struct{})
	var drain *time.Timer // valid when read is closed
	go func() {
		defer close(read)
		for {
			select {
			case ev, ok := <-events:
				if !ok {
					drain = time.AfterFunc(j.cfg.Drain, cancel)
					return
				}
				j.put(Entry{Event: &ev})
			case <-inner.Done():
				return
			}
		}
	}()
	err := j.store(inner, read)
	cancel()
	<-read
	if drain != nil {
		drain.Stop()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if n := uint64(len(j.queue)); n > 0 {
		j.counts.Lost += n
		j.queue = nil
		j.cfg.Log.Error("journal stopped with entries that are not stored", "lost", n)
	}
	if err != nil && !errors.Is(err, ErrTaken) {
		return ctx.Err() // nil when only the time to drain is over
	}
	return err
}

// store takes entries from the queue until the events have ended and it is empty, or ctx ends.
func (j *Journal) store(ctx context.Context, read <-chan struct{}) error {
	renew := time.NewTicker(j.cfg.Renew)
	defer renew.Stop()
	for {
		if e, ok := j.take(); ok {
			if err := j.keep(ctx, e); err != nil {
				return err
			}
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-j.wake:
		case <-renew.C:
			if o, err := j.w.opened(j.cfg.Program); err == nil {
				j.put(Entry{Opened: o})
			}
		case <-read:
			if j.idle() {
				return nil
			}
		}
	}
}

func (j *Journal) idle() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.queue) == 0
}

func (j *Journal) take() (Entry, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.queue) == 0 {
		return Entry{}, false
	}
	e := j.queue[0]
	j.queue = j.queue[1:]
	e.Lost, j.lost = j.lost, 0
	j.flying = true
	return e, true
}

// keep stores one entry, however long it takes, until ctx ends.
func (j *Journal) keep(ctx context.Context, e Entry) error {
	wait := j.cfg.MinRetry
	for attempt := 1; ; attempt++ {
		once, stop := context.WithTimeout(ctx, j.cfg.Timeout)
		restored, err := j.w.write(once, &e)
		stop()
		j.mu.Lock()
		j.counts.Restored += uint64(restored)
		j.counts.Away = err != nil
		if err == nil {
			j.flying = false
			j.counts.Written++
			if e.Event != nil {
				j.settled = max(j.settled, e.Event.Number)
			}
			j.mu.Unlock()
			return nil
		}
		j.counts.LastError = err.Error()
		j.counts.Taken = errors.Is(err, ErrTaken)
		if ctx.Err() != nil || j.counts.Taken {
			j.flying = false
			j.counts.Lost++
		} else {
			j.counts.Retried++
		}
		j.mu.Unlock()
		switch {
		case errors.Is(err, ErrTaken):
			j.cfg.Log.Error("journal is taken over by another process; this one stops writing", "name", j.cfg.Name)
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case attempt == 1:
			j.cfg.Log.Warn("journal cannot be written; entries wait in memory", "err", err)
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			j.mu.Lock()
			j.flying = false
			j.counts.Lost++
			j.mu.Unlock()
			return ctx.Err()
		}
		wait = min(2*wait, j.cfg.MaxRetry)
	}
}
