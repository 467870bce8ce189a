package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"crackle/alert"
	"crackle/alert/evidence"
	"crackle/alert/notify"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/ingest"
	"crackle/ingest/broker"
	"crackle/rnn/train"
	"crackle/web/hub"
)

// Options are what a program that embeds the app says beside the configuration.
type Options struct {
	Version string
	Log     *slog.Logger // nil uses slog.Default
	Observe Observer
	Learn   func(stream string, p train.Progress) // progress of learning; may be nil
}

// Observer is told of results as they come, each from the goroutine that made them; a slow one holds its stream back. A nil function is not called.
type Observer struct {
	Score func(*detector.Score) // not kept: copy it
	Part  func(ledger.Part)
	Alarm func(alert.Event)
}

// App is the whole program: it is made by New, runs from Start to Stop, and is used once.
type App struct {
	cfg     atomic.Pointer[config.Config] // set as a whole, never changed
	version string
	made    time.Time // when New was called
	log     *slog.Logger
	observe Observer
	onLearn func(string, train.Progress)

	registry    *prometheus.Registry
	broker      *broker.Broker // nil with an external server
	conn        *nats.Conn
	streams     atomic.Pointer[[]*stream] // by name; set as a whole, never changed
	machine     *alert.Machine
	checkpoints *checkpoints // of where every stream stands
	tellers     []*task      // end when another crackle goes on with the alarms; the newest first
	resigned    bool         // they have ended
	journal     *chronicle   // of what happened to alarms, and who did what
	sinks       *notify.Dispatcher
	routes      map[string]*routed // the sinks behind it, by name; guarded by changing
	hub         *hub.Hub
	keeper      *evidence.Keeper // nil when no evidence is kept
	parts       *partKeeper      // nil before Start
	pulse       *pulse           // likewise
	masters     *masterKeeper    // likewise
	looking     chan struct{}    // holds one for each question about the past that is worked on

	heartbeat *heartbeat  // nil before Start
	refusing  atomic.Bool // the signal store refuses, and streams listen past it

	shelf  shelf  // of the models that are kept with the store
	school school // where models are taught

	wired   chan struct{} // closed when every part stands that a request may ask
	life    *lifecycle
	address atomic.Pointer[string] // of the dashboard; nil until it listens

	takenOver     atomic.Pointer[string] // by whom streams have been; nil: by nobody
	storeKept     bool                   // the signal store is looked after
	storeBegan    atomic.Pointer[place]  // the newest message that it held when it was seen first; nil: it has not been seen
	folderTrouble atomic.Pointer[string] // what is wrong with the data folder of the embedded server while the store refuses; nil: nothing is known
	storeTrouble  atomic.Pointer[string] // why the signal store cannot be used; nil when it can, or nothing is known

	changing  sync.Mutex // held by whoever adds, exchanges or removes streams
	exchanged atomic.Uint64
	ending    context.Context // ends when Stop is called
	end       context.CancelFunc

	started  atomic.Bool
	stopping atomic.Bool
}

// New takes a checked configuration. Nothing is opened or started before Start.
func New(cfg *config.Config, o Options) (*App, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	a := &App{version: o.Version, made: time.Now(), log: o.Log, observe: o.Observe, onLearn: o.Learn, registry: prometheus.NewRegistry(), life: newLifecycle(), wired: make(chan struct{}), looking: make(chan struct{}, historyAtOnce)}
	if a.log == nil {
		a.log = slog.Default()
	}
	a.cfg.Store(cfg)
	a.ending, a.end = context.WithCancel(context.Background())
	return a, nil
}

// config is the configuration in force.
func (a *App) config() *config.Config { return a.cfg.Load() }

// list is every stream as things stand, by name. The slice is not to be changed.
func (a *App) list() []*stream {
	if l := a.streams.Load(); l != nil {
		return *l
	}
	return nil
}

// stream finds one by its name; nil when it is not configured.
func (a *App) stream(name string) *stream {
	for _, s := range a.list() {
		if s.cfg.Name == name {
			return s
		}
	}
	return nil
}

// Start wires the path of a sample and sets everything going, the sinks first and the receivers last. It fails when something cannot work at all, such
// as a data folder that another process serves, and then leaves nothing running. A NATS server that is away, a port that is taken and a
// model that is missing are no such thing: they are said, and tried again. ctx bounds the start only. An App starts once.
func (a *App) Start(ctx context.Context) error {
	if a.started.Swap(true) || a.stopping.Load() {
		return errors.New("the app has been started or stopped before; make a new one")
	}
	a.changing.Lock()
	err := a.wire(ctx)
	a.changing.Unlock()
	if err != nil {
		stop, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return errors.Join(err, a.Stop(stop))
	}
	return nil
}

// Failed delivers the error of the first part of the program that ended by itself.
func (a *App) Failed() <-chan error { return a.life.failed }

// Stop ends everything, from the source of the signals downward; each stage drains what the one before left. When ctx ends the rest is cut
// off, and the error names what hung. A second call does nothing.
func (a *App) Stop(ctx context.Context) error {
	if a.stopping.Swap(true) {
		return nil
	}
	a.end()
	a.changing.Lock() // a change that was under way has ended, or is cut off
	defer a.changing.Unlock()
	return a.life.stop(ctx)
}

// URL is the dashboard's address, empty while it does not listen.
func (a *App) URL() string {
	if u := a.address.Load(); u != nil {
		return *u
	}
	return ""
}

// Connection is the connection to NATS, for a publisher in the same process. It must not be closed.
func (a *App) Connection() *nats.Conn { return a.conn }

// Counts are a stream's receiver's; ok is false for a name that is not configured.
func (a *App) Counts(stream string) (c ingest.Counts, ok bool) {
	if s := a.stream(stream); s != nil {
		return s.receiver.Counts(), true
	}
	return c, false
}

// Status is what people are shown of a stream; the zero value for a name that is not configured, and before Start.
func (a *App) Status(stream string) hub.StreamStatus {
	if s := a.stream(stream); s != nil && a.machine != nil {
		return a.row(s, a.openAlarms(), time.Now())
	}
	return hub.StreamStatus{}
}

// Problem says why a stream has no model in service or in the making; empty when there is none such.
func (a *App) Problem(stream string) string {
	if s := a.stream(stream); s != nil {
		_, problem := s.status.model()
		return problem
	}
	return "no stream is named " + stream
}

// Ended notes that a stream's recording is over and no more data is expected; the next block takes it back.
func (a *App) Ended(stream string) {
	if s := a.stream(stream); s != nil {
		s.status.ended()
	}
}

// Settle waits until a stream's goroutine has dealt with at least n samples per channel since the start.
func (a *App) Settle(ctx context.Context, stream string, n uint64) error {
	for {
		s := a.stream(stream)
		if s == nil {
			return fmt.Errorf("no stream is named %s", stream)
		}
		taken := s.status.taken()
		if taken >= n {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("stream %s: %d of %d samples dealt with: %w", stream, taken, n, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Remark sets what a person should know of a stream's current part; empty takes it away.
func (a *App) Remark(stream, text string) {
	if s := a.stream(stream); s != nil {
		s.status.note(text)
	}
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// Door says how a program reaches the NATS server of a configuration, and under which name.
func Door(n *config.NATS) ingest.Options {
	return ingest.Options{
		URL: n.URL, Name: n.Name, Token: n.Token.Reveal(), User: n.User, Password: n.Password.Reveal(), CredsFile: n.CredsFile, NkeyFile: n.NkeyFile,
		CAFile: n.CAFile, CertFile: n.CertFile, KeyFile: n.KeyFile,
	}
}

// Waits of the way to the server, for tests in which all of them pass; 0: as ingest has them.
var pingEvery, consumerUnused time.Duration

// open starts or reaches the NATS server.
func (a *App) open(ctx context.Context) error {
	o := Door(&a.config().NATS)
	o.RetryMax, o.Ping, o.Log = seconds(a.config().NATS.ReconnectWaitS), pingEvery, a.log
	if a.config().NATS.Embedded() {
		b, err := broker.Start(ctx, broker.Config{Dir: a.config().Store.Dir, MaxBytes: a.config().Store.MaxBytes, Log: a.log.With("part", "nats-server")})
		if err != nil {
			return fmt.Errorf("embedded NATS server: %w", err)
		}
		a.broker = b
		a.life.adopt("nats server", b.Stop)
		o.InProcess, o.Token = b.InProcess(), b.Token()
	}
	ctx, cancel := context.WithTimeout(ctx, seconds(a.config().NATS.ConnectTimeoutS))
	defer cancel()
	conn, err := ingest.Connect(ctx, o)
	if err != nil {
		return err
	}
	a.conn = conn
	a.life.adopt("nats connection", func(context.Context) error { conn.Close(); return nil })
	return nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func sinceSeconds(t time.Time) float64 { return time.Since(t).Seconds() }
