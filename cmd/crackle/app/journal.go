package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/alert/journal"
)

const (
	journalAtStart = 5 * time.Second // for the journal at the start; the monitor then watches without one, and takes it up later
	journalAgain   = 2 * time.Second // between two attempts to open it
	journalQueue   = 4096            // events between the machine and the journal
	retold         = 24 * time.Hour  // age of an event up to which a sink that does not have it is told after a restart
)

// reconcileAfter is the least time after a restart for a condition to be found again before its alarm counts as over: a gap is held for 30 s.
var reconcileAfter = 35 * time.Second

// chronicle is the app's journal: who did what to which alarm, and when. Its task ends after the sinks', so that what they delivered is journalled.
type chronicle struct {
	app    *App
	js     jetstream.JetStream
	kept   atomic.Pointer[journal.Journal] // nil until the store could be reached
	past   *journal.State                  // what it held when it was opened at the start; nil when that failed
	events *alert.Listener
	end    chan struct{} // closed when nothing more is to come
}

// openJournal opens the journal, and makes the alarm machine that goes on from it. Where the store cannot be reached the machine starts without a
// past and takes it up when it can.
func (a *App) openJournal(ctx context.Context) error {
	js, err := jetstream.New(a.conn)
	if err != nil {
		return err
	}
	c := &chronicle{app: a, js: js, end: make(chan struct{})}
	a.journal, a.checkpoints = c, newCheckpoints(a, js)
	cfg := alert.Config{Book: a.book(), Anew: a.readAnew(), Log: a.log}
	switch j, past, err := c.openAtStart(ctx); {
	case err == nil:
		c.past = past
		cfg.Restore, cfg.Since = c.restore(past)
		defer c.serve(j)
	case errors.Is(err, journal.ErrVersion), errors.Is(err, errLaterCheckpoint):
		return err
	default:
		cfg.Early = true
		c.without()
		a.log.Warn("no journal: alarms are not kept until the store can be used; it is tried again all the time", "err", err)
	}
	if a.machine, err = alert.New(cfg); err != nil {
		return fmt.Errorf("alarms as they were kept: %w", err)
	}
	if !cfg.Early {
		c.events = a.machine.Listen("journal", journalQueue)
	}
	return nil
}

// restore is what the alarm machine goes on from, with what will be read again.
func (c *chronicle) restore(past *journal.State) (*alert.Checkpoint, []alert.Event) {
	from, since := past.Restore()
	from.Streams = slices.DeleteFunc(slices.Clone(from.Streams), func(s alert.StreamState) bool { // what is gone and drives no alarm
		return c.app.stream(s.Name) == nil && s.Episode == "" && len(s.Conditions) == 0
	})
	c.app.checkpoints.readAgain(from, since)
	return from, since
}

// without lets go what cannot wait for the store.
func (c *chronicle) without() {
	if c.app.conn.IsConnected() {
		c.app.checkpoints.placeWithout(c.app.list(), c.app.refusing.Load())
	}
}

func (c *chronicle) serve(j *journal.Journal) { c.kept.Store(j) }

// openAtStart opens the journal, and waits a little for what answers soon: a bucket that a cluster has just made has no leader yet. What is published
// while a monitor goes without its journal lies before the beginning of a new stream.
func (c *chronicle) openAtStart(ctx context.Context) (*journal.Journal, *journal.State, error) {
	for end := time.Now().Add(journalAtStart); ; {
		j, past, err := c.open(ctx, journalAtStart)
		leaderless := c.app.checkpoints.found() && (errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrNoStreamResponse))
		if !leaderless || time.Now().After(end) || !pauseFor(ctx, 50*time.Millisecond) {
			return j, past, err
		}
	}
}

// open claims the streams and opens the journal, within d when no other process has to let go first.
func (c *chronicle) open(ctx context.Context, d time.Duration) (*journal.Journal, *journal.State, error) {
	if !c.app.conn.IsConnected() {
		return nil, nil, errors.New("not connected to NATS")
	}
	claiming, done := context.WithTimeout(ctx, d+letGoWithin)
	defer done()
	if err := c.app.checkpoints.claim(claiming); err != nil { // before the alarms, which then stand still
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	store := c.app.config().Store
	cfg := journal.Config{Name: store.Worker, Book: c.app.book(), From: c.app.checkpoints.machine, Program: c.app.version, Log: c.app.log}
	cfg.Bounds.MaxBytes = -1 // an external server's own limits rule there
	if c.app.config().NATS.Embedded() {
		cfg.Bounds.MaxBytes = store.MaxBytes / 100
	}
	return journal.Open(ctx, c.js, cfg)
}

// run journals what the machine tells until end is closed, and what has come by then. It is the journal's task.
func (c *chronicle) run(ctx context.Context) error {
	for c.kept.Load() == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-c.end:
			return nil
		case <-time.After(journalAgain):
		}
		if err := c.takeUp(ctx); err != nil {
			return err
		}
	}
	events := make(chan alert.Event)
	go func() {
		defer close(events)
		for ev := range c.events.C {
			select {
			case events <- ev:
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-c.end: // the machine has stopped; what the sinks delivered since comes by Done
		case <-ctx.Done():
		}
	}()
	err := c.kept.Load().Run(ctx, events)
	if errors.Is(err, journal.ErrTaken) {
		close(c.app.checkpoints.gone)
		return nil
	}
	return err
}

// takeUp tries to open the journal, and gives the machine the past that it holds. It fails only when that past can never be taken up.
func (c *chronicle) takeUp(ctx context.Context) error {
	j, past, err := c.open(ctx, journalAtStart)
	switch {
	case errors.Is(err, journal.ErrVersion), errors.Is(err, errLaterCheckpoint):
		return err
	case err != nil:
		c.without()
		return nil // away still
	}
	from, since := c.restore(past)
	if c.events, err = c.app.machine.Rebase(from, since, "journal", journalQueue); err != nil {
		return fmt.Errorf("alarms as they were kept: %w", err)
	}
	c.kept.Store(j)
	c.app.checkpoints.place(ctx, c.app.list())
	c.app.log.Info("the journal can be used", "open_alarms", len(from.Open))
	return nil
}

// done notes that a sink is done with an event.
func (c *chronicle) done(sink, event, failed string) {
	if j := c.kept.Load(); j != nil {
		j.Told(sink, event, failed)
	}
}

// joined notes that a sink is there.
func (c *chronicle) joined(sink string) {
	if j := c.kept.Load(); j != nil {
		j.Joined(sink)
	}
}

// told is what the sinks are to be told of before anything new: events of which it is not known that they have them.
func (c *chronicle) told(sinks []string) ([]alert.Event, func(sink, event string) bool) {
	if c.past == nil {
		return nil, nil
	}
	return c.past.Pending(sinks, time.Now().Add(-retold)), c.past.Told
}

// Note journals who did what to which stream or thing at run time: a model put in service, a limit, a configuration.
func (a *App) Note(_ context.Context, who, what, subject string) {
	a.record(journal.Note{What: what, Stream: subject, By: who})
}

// record journals a change that was made at run time, and logs it.
func (a *App) record(n journal.Note) {
	a.log.Info("change", "by", n.By, "what", n.What, "subject", n.Stream, "from", n.From, "to", n.To, "comment", n.Comment)
	if a.journal == nil {
		return
	}
	if j := a.journal.kept.Load(); j != nil {
		j.Note(n)
	}
}

// book is what the alarm machine watches.
func (a *App) book() alert.BookConfig {
	cfg := alert.BookConfig{Streams: a.alarmStreams(), Reconcile: reconcileAfter}
	for _, s := range a.list() {
		cfg.Reconcile = max(cfg.Reconcile, 2*seconds(s.cfg.NoDataS)) // a silence that goes on is found again before it counts as over
	}
	return cfg
}

// readAnew names the streams whose signal is read from its beginning at each start.
func (a *App) readAnew() (names []string) {
	for _, s := range a.list() {
		if s.cfg.Start == "all" {
			names = append(names, s.cfg.Name)
		}
	}
	return slices.Clip(names)
}

// showAlarms shows the dashboards the alarms of before the start.
func (a *App) showAlarms() {
	snap := a.machine.Snapshot()
	if len(snap.Open) > 0 {
		a.log.Info("open alarms of before", "alarms", len(snap.Open))
	}
	for _, al := range slices.Backward(snap.Recent) {
		a.hub.PublishAlarm(al)
	}
	for _, al := range snap.Open {
		a.hub.PublishAlarm(al)
	}
}
