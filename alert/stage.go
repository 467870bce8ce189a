package alert

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"crackle/detector"
)

// Config of a Machine.
type Config struct {
	Book    BookConfig
	Restore *Checkpoint   // to go on from; nil: start empty
	Since   []Event       // what happened after Restore, in order, as kept by a journal; events that Restore holds already are passed over
	Anew    []string      // streams whose signal is read from its beginning again: what their scores led to is forgotten, without a word
	Early   bool          // the journal is not there yet: keep what is told for Rebase
	Tick    time.Duration // between two looks at what runs in wall time; default 1 s
	Queue   int           // inputs waiting; default 1024
	Log     *slog.Logger  // default slog.Default()
}

// Machine runs one Book in one goroutine. All methods are safe from any goroutine.
type Machine struct {
	log       *slog.Logger
	tick      time.Duration
	cfg       BookConfig
	in        chan Input
	draining  chan struct{}
	done      chan struct{}
	drainOnce sync.Once
	runOnce   sync.Once

	mu        sync.RWMutex // guards what is below; never held across a channel send
	book      *Book
	listeners []*Listener
	stopped   bool
	early     bool
	untaken   []Event // told while early, for the journal
}

// New makes a machine, or reports every mistake in cfg. Nothing runs before Run.
func New(cfg Config) (*Machine, error) {
	if cfg.Queue == 0 {
		cfg.Queue = 1024
	}
	setDuration(&cfg.Tick, time.Second)
	if cfg.Tick < 0 {
		return nil, fmt.Errorf("alert: tick of %s; allowed are times above 0", cfg.Tick)
	}
	if cfg.Queue < 1 {
		return nil, fmt.Errorf("alert: queue of %d inputs; allowed are 1 or more", cfg.Queue)
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	book, err := NewBook(cfg.Book)
	if err != nil {
		return nil, err
	}
	if cfg.Restore != nil {
		if err := book.Restore(*cfg.Restore); err != nil {
			return nil, err
		}
	}
	for i := range cfg.Since {
		book.Apply(&cfg.Since[i])
	}
	for _, name := range cfg.Anew {
		book.beginAnew(name)
	}
	return &Machine{
		log: cfg.Log, book: book, tick: cfg.Tick, cfg: cfg.Book, early: cfg.Early,
		in:       make(chan Input, cfg.Queue),
		draining: make(chan struct{}), done: make(chan struct{}),
	}, nil
}

// Run is the machine's goroutine. It returns nil when Drain was called and every waiting input has been taken, or the context's error
// at once when that ends first; inputs still waiting then are logged with their number. Listeners are closed on return. A machine
// runs once.
func (m *Machine) Run(ctx context.Context) error {
	err := fmt.Errorf("alert: %w: Run was called a second time", ErrStopped)
	m.runOnce.Do(func() {
		defer m.stop()
		err = m.loop(ctx)
	})
	return err
}

func (m *Machine) loop(ctx context.Context) error {
	var events []Event // scratch
	tick := time.NewTicker(m.tick)
	defer tick.Stop()
	for {
		var in Input
		select {
		case <-tick.C:
			in.Op = OpTick
		case <-ctx.Done():
			if n := len(m.in); n > 0 {
				m.log.Warn("alarm machine stopped with inputs waiting", "dropped", n)
			}
			return ctx.Err()
		case in = <-m.in:
		case <-m.draining:
			select {
			case in = <-m.in:
			default:
				return nil
			}
		}
		var err error
		events, err = m.step(events[:0], &in)
		if in.reply != nil {
			in.reply <- err
		} else if err != nil {
			m.log.Warn("alarm machine refused an input", "err", err)
		}
	}
}

// step takes one input under the lock and tells the listeners outside it.
func (m *Machine) step(events []Event, in *Input) ([]Event, error) {
	m.mu.Lock()
	if in.Op == OpBeat && in.Stream != nil {
		listeners := m.listeners
		m.mu.Unlock()
		for _, l := range listeners {
			if l.beats {
				l.push(Event{Change: Beat, Alarm: Alarm{Stream: in.Stream.Name}, At: time.Now().UTC()})
			}
		}
		return events, nil
	}
	events, err := m.book.Step(events, in, time.Now())
	listeners := m.listeners
	m.remember(events)
	m.mu.Unlock()
	m.tell(events, listeners)
	return events, err
}

// tell logs events and gives them to listeners.
func (m *Machine) tell(events []Event, listeners []*Listener) {
	for _, ev := range events {
		m.log.Info("alarm "+string(ev.Change), "id", ev.Alarm.ID, "stream", ev.Alarm.Stream, "kind", ev.Alarm.Kind,
			"state", ev.Alarm.State, "score", ev.Alarm.Score, "limit", ev.Alarm.Limit, "onset", ev.Alarm.OnsetTime, "what", ev.Alarm.What, "by", by(&ev))
		for _, l := range listeners {
			l.push(ev)
		}
	}
}

func (m *Machine) stop() {
	m.mu.Lock()
	listeners := m.listeners
	m.stopped = true
	m.mu.Unlock()
	close(m.done)
	for _, l := range listeners {
		close(l.c)
	}
}

// Drain tells Run to take what is waiting and return. Call it when the producers have stopped; inputs after it are refused.
func (m *Machine) Drain() { m.drainOnce.Do(func() { close(m.draining) }) }

// Put hands one input to the machine. It waits while the queue is full, until ctx ends or the machine stops (ErrStopped).
// An input that the book refuses is logged and counted.
func (m *Machine) Put(ctx context.Context, in Input) error {
	select {
	case <-m.draining:
		return fmt.Errorf("alert: put: %w", ErrStopped)
	case <-m.done:
		return fmt.Errorf("alert: put: %w", ErrStopped)
	default:
	}
	select {
	case m.in <- in:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-m.done:
		return fmt.Errorf("alert: put: %w", ErrStopped)
	}
}

// Score hands one window's score to the machine, as Put does.
func (m *Machine) Score(ctx context.Context, s detector.Score) error {
	return m.Put(ctx, Input{Op: OpScore, Score: s})
}

// Condition hands one finding to the machine, as Put does.
func (m *Machine) Condition(ctx context.Context, c Condition) error {
	return m.Put(ctx, Input{Op: OpCondition, Condition: &c})
}

// Beat sends a sign of life of a stream through the machine, as Put does; ListenToBeats tells of it.
func (m *Machine) Beat(ctx context.Context, stream string) error {
	return m.Put(ctx, Input{Op: OpBeat, Stream: &Stream{Name: stream}})
}

// Acknowledge answers an alarm and waits for the outcome. It fails with ErrUnknownAlarm, ErrAnswered, ErrInput (nobody named),
// ErrStopped, or ctx's error, in which case the answer may or may not have been taken.
func (m *Machine) Acknowledge(ctx context.Context, k Acknowledgement) error {
	return m.ask(ctx, Input{Op: OpAcknowledge, Acknowledge: &k})
}

// Shelve puts an alarm point aside, or changes for how long, and waits for the outcome. It fails with ErrInput, ErrStopped or ctx's error.
func (m *Machine) Shelve(ctx context.Context, s Shelving) error {
	return m.ask(ctx, Input{Op: OpShelve, Shelving: &s})
}

// Unshelve lifts the shelf of s.Stream and s.Kind, and waits for the outcome. It fails with ErrNotShelved and as Shelve does.
func (m *Machine) Unshelve(ctx context.Context, s Shelving) error {
	return m.ask(ctx, Input{Op: OpUnshelve, Shelving: &s})
}

// Serve takes an alarm point out of service or puts it back, and waits for the outcome. It fails as Shelve does.
func (m *Machine) Serve(ctx context.Context, s Service) error {
	return m.ask(ctx, Input{Op: OpService, Service: &s})
}

// Configure adds a stream or changes it, and waits for the outcome. Unchanged rules keep the stream's delays as they stand.
func (m *Machine) Configure(ctx context.Context, s Stream) error {
	return m.ask(ctx, Input{Op: OpConfigure, Stream: &s})
}

// Remove closes what is open for a stream and forgets it.
func (m *Machine) Remove(ctx context.Context, name string) error {
	return m.ask(ctx, Input{Op: OpRemove, Stream: &Stream{Name: name}})
}

// ask puts an input in its turn and waits for the book's answer.
func (m *Machine) ask(ctx context.Context, in Input) error {
	in.reply = make(chan error, 1)
	if err := m.Put(ctx, in); err != nil {
		return err
	}
	select {
	case err := <-in.reply:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-m.done:
	}
	select {
	case err := <-in.reply:
		return err
	default:
		return fmt.Errorf("alert: %w", ErrStopped)
	}
}

// Listen registers a receiver of events with a queue of depth events. It misses nothing from then on; read Snapshot afterwards for
// what was before. On a stopped machine its channel is closed at once.
func (m *Machine) Listen(name string, depth int) *Listener { return m.listen(newListener(name, depth)) }

// ListenToBeats is Listen for one who is told of signs of life, too.
func (m *Machine) ListenToBeats(name string, depth int) *Listener {
	l := newListener(name, depth)
	l.beats = true
	return m.listen(l)
}

func (m *Machine) listen(l *Listener) *Listener {
	m.mu.Lock()
	stopped := m.stopped
	if !stopped {
		m.listeners = append(m.listeners[:len(m.listeners):len(m.listeners)], l)
	}
	m.mu.Unlock()
	if stopped {
		close(l.c)
	}
	return l
}

// Listeners returns those registered, for counters.
func (m *Machine) Listeners() []*Listener {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.listeners
}

// Snapshot copies what is open, what closed lately, and the totals.
func (m *Machine) Snapshot() Snapshot {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.book.Snapshot()
}

// Checkpoint copies everything the machine's book knows, between two inputs. Inputs still waiting are not in it.
func (m *Machine) Checkpoint() Checkpoint {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.book.Checkpoint()
}

// Settled is Checkpoint after every input that was put before it.
func (m *Machine) Settled(ctx context.Context) (Checkpoint, error) {
	if err := m.ask(ctx, Input{Op: OpTick}); err != nil {
		return Checkpoint{}, err
	}
	return m.Checkpoint(), nil
}

// Alarm finds an alarm by its id, open or recent.
func (m *Machine) Alarm(id string) (Alarm, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.book.Alarm(id)
}

// Queued is the number of inputs waiting.
func (m *Machine) Queued() int { return len(m.in) }

// by is who brought an event about; empty is nobody.
func by(ev *Event) string {
	if ev.Change == Acked {
		return ev.Alarm.AckBy
	}
	return ev.By
}
