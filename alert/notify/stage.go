package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"crackle/alert"
)

// Config of a Dispatcher. Times default when zero.
type Config struct {
	Events     <-chan alert.Event // of a listener of the alarm machine; closed when no more will come
	Sinks      []Sink
	Null       Sink              // where signs of life end, which no other sink is told of; it is told of nothing else, and not counted. nil: nowhere
	Link       string            // the dashboard's address, for the link in each message; empty: no link
	Each       map[string]Limits // by sink name, in place of Queue and Timeout
	Queue      int               // messages waiting per sink; default 256
	Timeout    time.Duration     // of one attempt, from connect to the answer; default 15 s
	MinBackoff time.Duration     // before the second attempt; doubles from there; default 1 s
	MaxBackoff time.Duration     // default 1 min
	GiveUp     time.Duration     // age at which a message is not tried again; default 24 h
	Drain      time.Duration     // for what is waiting when Events closes; default 10 s

	First []alert.Event                    // to be told before Events: those of which it is not known that every sink has them
	Told  func(sink, event string) bool    // whether a sink is done with one of First; nil: none is
	Done  func(sink, event, failed string) // called when a sink is done with an event: taken, or given up for the reason in failed; may be nil
	Log   *slog.Logger                     // default slog.Default()
}

// Limits are one sink's own; a zero field means the general one.
type Limits struct {
	Queue   int
	Timeout time.Duration
}

// longestRetryAfter bounds what another server may ask for, so that a wrong header does not silence a sink for good.
const longestRetryAfter = time.Hour

// remembered is the number of event ids kept to tell a repeated event.
const remembered = 4096

// Dispatcher hands each event to every sink. Run is one goroutine and one more per sink; the other methods are safe from any goroutine.
type Dispatcher struct {
	cfg        Config
	lanes      atomic.Pointer[[]*lane] // set as a whole, never changed; by Run's goroutine once that runs
	null       *lane
	seen       recent
	duplicates atomic.Uint64

	changes chan func(start func(*lane)) // to be done by Run's goroutine
	over    chan struct{}                // closed when Run takes no more events
}

// list are the lanes as things stand. The slice is not to be changed.
func (d *Dispatcher) list() []*lane { return *d.lanes.Load() }

// New makes a dispatcher, or reports every mistake in cfg, joined. Nothing runs before Run.
func New(cfg Config) (*Dispatcher, error) {
	set := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	if cfg.Queue == 0 {
		cfg.Queue = 256
	}
	set(&cfg.Timeout, 15*time.Second)
	set(&cfg.MinBackoff, time.Second)
	set(&cfg.MaxBackoff, max(time.Minute, cfg.MinBackoff))
	set(&cfg.GiveUp, 24*time.Hour)
	set(&cfg.Drain, 10*time.Second)
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	var errs []error
	if cfg.Events == nil {
		errs = append(errs, errors.New("notify: no channel of events; give that of a listener of the alarm machine"))
	}
	if cfg.Queue < 1 {
		errs = append(errs, fmt.Errorf("notify: queue of %d messages; allowed are 1 or more", cfg.Queue))
	}
	if cfg.Timeout < 0 || cfg.MinBackoff < 0 || cfg.GiveUp < 0 || cfg.Drain < 0 || cfg.MaxBackoff < cfg.MinBackoff {
		errs = append(errs, fmt.Errorf("notify: timeout %s, back-off %s to %s, give-up %s, drain %s; allowed are positive times in this order of back-off",
			cfg.Timeout, cfg.MinBackoff, cfg.MaxBackoff, cfg.GiveUp, cfg.Drain))
	}
	errs = append(errs, cfg.checkSinks()...)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	d := &Dispatcher{cfg: cfg, seen: newRecent(remembered), changes: make(chan func(func(*lane))), over: make(chan struct{})}
	var lanes []*lane
	for _, s := range cfg.Sinks {
		lanes = append(lanes, newLane(s, cfg))
	}
	d.lanes.Store(&lanes)
	if cfg.Null != nil {
		quiet := cfg
		quiet.Done = nil
		d.null = newLane(cfg.Null, quiet)
	}
	return d, nil
}

// Run reads events until Events closes, then gives the sinks Drain to send what is waiting, and returns nil. When ctx ends it stops at
// once and returns its error. What was not sent by then is counted as dropped and logged. A sink that has a method Close is closed when nothing more
// comes to it. A dispatcher runs once.
func (d *Dispatcher) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	start := func(l *lane) { wg.Go(func() { l.run(ctx) }) }
	for _, l := range d.list() {
		start(l)
	}
	if d.null != nil {
		start(d.null)
	}
	for _, ev := range d.cfg.First {
		d.dispatch(ev, d.cfg.Told)
	}
	err := d.read(ctx, start)
	close(d.over)
	for _, l := range d.list() {
		close(l.queue)
	}
	if d.null != nil {
		close(d.null.queue)
	}
	if err == nil {
		stop := time.AfterFunc(d.cfg.Drain, cancel)
		defer stop.Stop()
	}
	wg.Wait()
	return err
}

func (d *Dispatcher) read(ctx context.Context, start func(*lane)) error {
	for {
		select {
		case change := <-d.changes:
			change(start)
		case <-ctx.Done():
			return ctx.Err()
		case ev, ok := <-d.cfg.Events:
			if !ok {
				return nil
			}
			d.dispatch(ev, nil)
		}
	}
}

func (d *Dispatcher) dispatch(ev alert.Event, told func(sink, event string) bool) {
	if ev.Change == alert.Beat && d.null != nil {
		d.null.push(FromEvent(ev, ""))
	}
	if ev.Change == alert.Listed { // shelved, out of service, or explained by another alarm: nobody is to be told of it any more
		for _, l := range d.list() {
			if l.desk.timed != nil {
				l.push(FromEvent(ev, ""))
			}
		}
		return
	}
	if ev.Change != alert.Raised && ev.Change != alert.Realarmed && ev.Change != alert.Cleared {
		return
	}
	if !d.seen.add(ev.ID) {
		d.duplicates.Add(1)
		return
	}
	m := FromEvent(ev, d.cfg.Link)
	for _, l := range d.list() {
		if told == nil || !told(l.sink.Name(), ev.ID) {
			l.push(m)
		}
	}
}

// Test sends a test message through the sink of that name, past its queue, and returns what came of the one attempt.
func (d *Dispatcher) Test(ctx context.Context, sink string) error {
	for _, l := range d.list() {
		if l.sink.Name() != sink {
			continue
		}
		now := time.Now()
		return l.send(ctx, TestMessage(fmt.Sprintf("%d", now.UnixNano()), d.cfg.Link, now))
	}
	return fmt.Errorf("notify: no sink is named %q; %d are configured", sink, len(d.list()))
}

// Counters are one sink's totals since the dispatcher was made.
type Counters struct {
	Sink      string    `json:"sink"`
	Queue     int       `json:"queue"`   // messages waiting, without the one being sent
	Sent      uint64    `json:"sent"`    // messages taken by the other side
	Failed    uint64    `json:"failed"`  // messages refused for good or too old to try again
	Retried   uint64    `json:"retried"` // attempts after the first
	Dropped   uint64    `json:"dropped"` // messages lost to a full queue or to the stop
	Held      int       `json:"held"`    // messages that wait for the sink's hours
	Untold    uint64    `json:"untold"`  // messages not told because the alarm was over, or put aside, before the sink's hours began
	Failing   bool      `json:"failing"` // the last attempt failed
	LastError string    `json:"last_error,omitempty"`
	LastSent  time.Time `json:"last_sent,omitzero"`
}

// Counters are the sinks' totals, in the order of Config.Sinks, or of Exchange.
func (d *Dispatcher) Counters() []Counters {
	lanes := d.list()
	list := make([]Counters, len(lanes))
	for i, l := range lanes {
		list[i] = l.counters()
	}
	return list
}

// Duplicates is the number of events that came a second time and were not told again.
func (d *Dispatcher) Duplicates() uint64 { return d.duplicates.Load() }

// recent remembers the last n ids.
type recent struct {
	has  map[string]struct{}
	ring []string
	at   int
}

func newRecent(n int) recent { return recent{make(map[string]struct{}, n), make([]string, n), 0} }

// add reports whether id is new, and remembers it in place of the oldest.
func (r *recent) add(id string) bool {
	if _, ok := r.has[id]; ok {
		return false
	}
	delete(r.has, r.ring[r.at])
	r.ring[r.at], r.has[id] = id, struct{}{}
	r.at = (r.at + 1) % len(r.ring)
	return true
}
