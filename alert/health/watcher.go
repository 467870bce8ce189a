package health

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"crackle/alert"
)

// Config of a Watcher. Times default when zero.
type Config struct {
	Start       time.Time     // when the monitor started; names alarms about what was never heard
	NoData      time.Duration // shortest silence that is an alarm; default 5 s. A stream's own setting comes first
	NoDataBlock int           // and at least this many durations of the stream's newest block; default 10
	MinGap      uint64        // samples missing from which a gap is an alarm; default 1
	Hold        time.Duration // quiet time after which a gap or unreadable payloads count as over; default 30 s
	Connection  time.Duration // absence of the messaging server that is an alarm; default 2 s
	Stall       time.Duration // time between two steps from which the monitor itself was not listening; default 3 s, to be longer than a tick
}

// Stream is one stream to watch.
type Stream struct {
	Name   string
	NoData time.Duration // silence that is an alarm; 0: by Config
}

// Observation is what has been counted of one stream since the monitor started. Totals only grow.
type Observation struct {
	Stream        string
	Last          time.Time     // wall time at which the newest block arrived; zero: never
	Run, End      uint64        // the newest block's run, and one past its last sample
	BlockDuration time.Duration // of the newest block
	Missing       uint64        // samples missing
	GapRun, GapAt uint64        // run and sample index at which the newest gap begins
	Unreadable    uint64        // payloads that could not be decoded
	Why           string        // the newest one's error
}

// Connection is the state of the connection to the messaging server.
type Connection struct {
	Up     bool
	Server string // address, for people; without credentials
	Why    string // what the newest error said
}

// Watcher holds what was found so far. Not safe for concurrent use.
type Watcher struct {
	cfg     Config
	streams []*watched // in the order they were added
	byName  map[string]*watched

	last      time.Time // time of the last step
	listening time.Time // since when silence can be judged
	stalled   bool      // the last step came late
	wasUp     bool      // the server has been there since the start
	down      time.Time // since when the server is away; zero: it is not
	away      bool      // and an alarm says so
	losses    uint64    // alarms of the connection so far
}

// watched is one stream as the watcher sees it.
type watched struct {
	Stream
	since      time.Time // when it was added
	silent     bool      // an alarm says so
	silentFrom time.Time
	gap        occurrence
	unreadable occurrence
}

// occurrence is something that happens at moments and counts as over when it has not happened for a while.
type occurrence struct {
	seen uint64 // total at the last step
	open bool
	last time.Time // when it was last found
	sum  uint64    // within the episode
}

// New makes a watcher for streams, or reports every mistake, joined.
func New(cfg Config, streams []Stream) (*Watcher, error) {
	set := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	set(&cfg.NoData, 5*time.Second)
	set(&cfg.Hold, 30*time.Second)
	set(&cfg.Connection, 2*time.Second)
	set(&cfg.Stall, 3*time.Second)
	if cfg.NoDataBlock == 0 {
		cfg.NoDataBlock = 10
	}
	cfg.MinGap = max(cfg.MinGap, 1)
	var errs []error
	if cfg.Start.IsZero() {
		errs = append(errs, errors.New("health: no start time; give the time at which the monitor started"))
	}
	if cfg.NoData < 0 || cfg.Hold < 0 || cfg.Connection < 0 || cfg.Stall < 0 || cfg.NoDataBlock < 0 {
		errs = append(errs, fmt.Errorf("health: no data %s and %d blocks, hold %s, connection %s, stall %s; allowed are positive values",
			cfg.NoData, cfg.NoDataBlock, cfg.Hold, cfg.Connection, cfg.Stall))
	}
	w := &Watcher{cfg: cfg, byName: make(map[string]*watched), listening: cfg.Start, last: cfg.Start}
	for _, s := range streams {
		if err := w.Add(s, cfg.Start); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return w, nil
}

// Add watches one more stream from now on.
func (w *Watcher) Add(s Stream, now time.Time) error {
	if s.Name == "" || w.byName[s.Name] != nil || s.NoData < 0 {
		return fmt.Errorf("health: stream %q with no-data time %s; allowed are names not watched yet and positive times", s.Name, s.NoData)
	}
	e := &watched{Stream: s, since: now}
	w.streams, w.byName[s.Name] = append(w.streams, e), e
	return nil
}

// Change takes a watched stream's new setting; what is open of it stays as it is.
func (w *Watcher) Change(s Stream) error {
	e := w.byName[s.Name]
	if e == nil || s.NoData < 0 {
		return fmt.Errorf("health: change of stream %q to no-data time %s; allowed are streams that are watched and positive times", s.Name, s.NoData)
	}
	e.Stream = s
	return nil
}

// Remove stops watching a stream. The alarm machine closes what is open for it.
func (w *Watcher) Remove(name string) {
	e := w.byName[name]
	delete(w.byName, name)
	for i := range w.streams {
		if w.streams[i] == e {
			w.streams = append(w.streams[:i], w.streams[i+1:]...)
			return
		}
	}
}

// Step judges what was counted up to now and appends what began, came again or ended to dst. A stream without an observation is
// judged as never heard. Observations of streams that are not watched are ignored. Nothing is allocated when nothing is found.
//
// Times had better carry Go's monotonic reading, as those of time.Now do, so that a step of the wall clock is no silence. A step that
// comes late is forgiven once, not twice in a row: a monitor that is always late still finds a silent stream.
func (w *Watcher) Step(dst []alert.Condition, c Connection, obs []Observation, now time.Time) []alert.Condition {
	late := now.Sub(w.last) > w.cfg.Stall
	if late && !w.stalled {
		w.listening = now // the monitor was stopped; what arrived meanwhile is still on its way
	}
	w.last, w.stalled = now, late
	dst = w.connection(dst, c, now)
	for _, e := range w.streams {
		o := Observation{Stream: e.Name}
		for i := range obs {
			if obs[i].Stream == e.Name {
				o = obs[i]
				break
			}
		}
		dst = w.silence(dst, e, &o, now)
		dst = w.gaps(dst, e, &o, now)
		dst = w.decoding(dst, e, &o, now)
	}
	return dst
}

// connection follows the messaging server.
func (w *Watcher) connection(dst []alert.Condition, c Connection, now time.Time) []alert.Condition {
	if c.Up {
		if !w.down.IsZero() {
			w.listening = now
		}
		if w.away {
			dst = append(dst, w.lost(now.Sub(w.down), c, false, now))
		}
		w.down, w.away, w.wasUp = time.Time{}, false, true
		return dst
	}
	if w.down.IsZero() {
		w.down = now
		if !w.wasUp {
			w.down = w.cfg.Start
		}
	}
	if gone := now.Sub(w.down); !w.away && gone >= w.cfg.Connection {
		w.away = true
		w.losses++
		dst = append(dst, w.lost(gone, c, true, now))
	}
	return dst
}

// lost is the finding about the connection, with the streams that depend on it.
func (w *Watcher) lost(gone time.Duration, c Connection, active bool, now time.Time) alert.Condition {
	var b strings.Builder
	fmt.Fprintf(&b, "messaging server %s is away", c.Server)
	if c.Why != "" {
		fmt.Fprintf(&b, " (%s)", c.Why)
	}
	fmt.Fprintf(&b, "; not heard meanwhile: %s", w.names())
	if !active {
		b.Reset()
		fmt.Fprintf(&b, "messaging server %s was away for %s; not heard meanwhile: %s", c.Server, round(gone), w.names())
	}
	return alert.Condition{
		Kind: alert.KindConnection, Active: active, Run: uint64(w.cfg.Start.UnixNano()), Index: w.losses, At: now,
		Value: gone.Seconds(), Limit: w.cfg.Connection.Seconds(), Unit: "s", What: b.String(),
	}
}

// names lists the watched streams, the first ten by name.
func (w *Watcher) names() string {
	const most = 10
	var b strings.Builder
	for i, e := range w.streams {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(w.streams)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(e.Name)
	}
	if len(w.streams) == 0 {
		b.WriteString("no stream is configured")
	}
	return b.String()
}
