package health

import (
	"errors"
	"fmt"
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
	BehindFor   time.Duration // time for which scoring must be behind to be an alarm; default 5 s
	SinkFor     time.Duration // time for which a sink must fail; default 10 s
	StoreFor    time.Duration // time for which the store must refuse; default 5 s
	Heartbeat   time.Duration // time without a beat; 0: there is no heartbeat
}

const (
	calm      = 2 * time.Second // for which something must be over to count as over
	flatLeast = 1000            // samples of one value, below which no channel is said to be flat: a slow meter repeats itself
)

// Stream is one stream to watch.
type Stream struct {
	Name           string
	NoData         time.Duration // silence that is an alarm; 0: by Config
	RateHz         float64       // as configured
	Channels       []string      // for people
	Flat           time.Duration // of signal in which a channel holds one value; 0: not looked at
	SaturatedShare float64       // of the samples since the last step at the end of their range, above which that is an alarm; 0: any
	RateTolerance  float64       // relative deviation of the measured rate; 0: not looked at
	Behind         time.Duration // age of what is being scored; 0: not looked at
	Warranty       time.Duration // age of a model; 0: not looked at
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

	Received  uint64        // samples that were conditioned
	Saturated uint64        // of these, at the end of their channel's range
	Dropped   uint64        // samples that arrived and were thrown away
	Deviation float64       // of the measured rate from the configured one, relative
	RateKnown bool          // it was measured
	Lag       time.Duration // age of the newest block dealt with, while more wait; else 0
	Taught    time.Time     // when the model in service was made; zero: there is none
	Drift     Drift         // of that model
	Signal    Reading       // of the stream's Meter
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

	sinking    level // messages do not arrive
	sunk       int   // at so many sinks, as told last
	silences   uint64
	beatless   bool // an alarm says that the heartbeat is missing
	beatlessAt time.Time
	storing    level // the store refuses
	refusals   uint64
}

// watched is one stream as the watcher sees it.
type watched struct {
	Stream
	since      time.Time // when it was added
	silent     bool      // an alarm says so
	silentFrom time.Time
	gap        occurrence
	unreadable occurrence
	dropped    occurrence
	received   uint64 // at the last step
	saturated  occurrence
	jumps      occurrence
	flat       level
	rate       level
	lags       level
	aged       level
	drifts     level
	driftRun   uint64 // of the drift's alarm
	driftAt    uint64
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
	set(&cfg.BehindFor, 5*time.Second)
	set(&cfg.SinkFor, 10*time.Second)
	set(&cfg.StoreFor, 5*time.Second)
	if cfg.NoDataBlock == 0 {
		cfg.NoDataBlock = 10
	}
	cfg.MinGap = max(cfg.MinGap, 1)
	var errs []error
	if cfg.Start.IsZero() {
		errs = append(errs, errors.New("health: no start time; give the time at which the monitor started"))
	}
	if cfg.NoData < 0 || cfg.Hold < 0 || cfg.Connection < 0 || cfg.Stall < 0 || cfg.NoDataBlock < 0 || cfg.BehindFor < 0 || cfg.SinkFor < 0 || cfg.StoreFor < 0 || cfg.Heartbeat < 0 {
		errs = append(errs, fmt.Errorf("health: no data %s and %d blocks, hold %s, connection %s, stall %s, behind %s, sink %s, store %s, heartbeat %s; allowed are positive values",
			cfg.NoData, cfg.NoDataBlock, cfg.Hold, cfg.Connection, cfg.Stall, cfg.BehindFor, cfg.SinkFor, cfg.StoreFor, cfg.Heartbeat))
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

func (s *Stream) check() error {
	if min(s.NoData, s.Flat, s.Behind, s.Warranty) < 0 || !(s.SaturatedShare >= 0 && s.RateTolerance >= 0) {
		return fmt.Errorf("health: stream %q with no data %s, flat %s, behind %s, warranty %s, saturated share %g, rate tolerance %g; allowed are positive values",
			s.Name, s.NoData, s.Flat, s.Behind, s.Warranty, s.SaturatedShare, s.RateTolerance)
	}
	return nil
}

// Add watches one more stream from now on.
func (w *Watcher) Add(s Stream, now time.Time) error {
	if s.Name == "" || w.byName[s.Name] != nil {
		return fmt.Errorf("health: stream %q; allowed are names not watched yet", s.Name)
	}
	if err := s.check(); err != nil {
		return err
	}
	e := &watched{Stream: s, since: now}
	w.streams, w.byName[s.Name] = append(w.streams, e), e
	return nil
}

// Change takes a watched stream's new setting; what is open of it stays as it is.
func (w *Watcher) Change(s Stream) error {
	e := w.byName[s.Name]
	if e == nil {
		return fmt.Errorf("health: change of stream %q, which is not watched", s.Name)
	}
	if err := s.check(); err != nil {
		return err
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
func (w *Watcher) Step(dst []alert.Condition, m *Monitor, obs []Observation, now time.Time) []alert.Condition {
	late := now.Sub(w.last) > w.cfg.Stall
	if late && !w.stalled {
		w.listening = now // the monitor was stopped; what arrived meanwhile is still on its way,
		if !w.away && !w.down.IsZero() {
			w.down = now // and so is the server
		}
	}
	w.last, w.stalled = now, late
	before := len(dst)
	dst = w.connection(dst, &m.Connection, now)
	dst = w.store(dst, m.Store, now)
	dst = w.sinks(dst, m.Sinks, now)
	dst = w.heartbeat(dst, m.Beat, now)
	for _, e := range w.streams {
		o := Observation{Stream: e.Name}
		for i := range obs {
			if obs[i].Stream == e.Name {
				o = obs[i]
				break
			}
		}
		dst = w.silence(dst, e, &o, now)
		dst = w.dropping(dst, e, &o, now)
		dst = w.gaps(dst, e, &o, now)
		dst = w.decoding(dst, e, &o, now)
		dst = w.saturation(dst, e, &o, now)
		dst = w.flat(dst, e, &o, now)
		dst = w.rate(dst, e, &o, now)
		dst = w.clock(dst, e, &o, now)
		dst = w.behind(dst, e, &o, now)
		dst = w.warranty(dst, e, &o, now)
		dst = w.drifting(dst, e, &o, now)
	}
	advise(dst[before:])
	return dst
}
