package api

import (
	"context"
	"time"

	"crackle/alert"
)

// Providers are the parts of the program behind the groups of the API. A group whose provider is nil answers 501 and says so. What they give
// as any encodes as JSON. Their methods may be called from several goroutines at once, and stop soon after ctx ends.
type Providers struct {
	History  Historian
	Evidence Evidence
	Parts    Parts
	Reports  Reports
	Desk     Desk
	Journal  Journal
	Judge    Judge
	System   SystemReader
	Sinks    SinkTester
	Models   ModelKeeper
	Teacher  Teacher
	Lost     LostJobs
	Backtest Backtester
	Envelope Enveloper

	// Shapes are samples of what is given as any, by name, for the description of the API: part, lot, models, inspection, lesson, backtest.
	Shapes map[string]any
}

// Desk puts alarms aside.
type Desk interface {
	// Shelve puts the alarm's point (its stream and kind) aside: for so long, or with oneShot until it clears, d at the longest when it is not 0.
	Shelve(ctx context.Context, id, by, comment string, d time.Duration, oneShot bool) error
	// Unshelve lifts the shelf of the alarm's point; ErrNotShelved when there is none.
	Unshelve(ctx context.Context, id, by, comment string) error
}

// Journal tells what happened to alarms.
type Journal interface {
	// Record gives an alarm as it was last, and what happened to it. An alarm that it does not know is no error.
	Record(ctx context.Context, id string) (*Record, error)
	// Past lists those of a time, the newest first, beyond what the monitor has in memory.
	Past(ctx context.Context, q AlarmQuery) ([]alert.Alarm, error)
}

// Record is what is kept of an alarm.
type Record struct {
	Alarm   *alert.Alarm // nil when it is not known
	Changes []Change     // the oldest first
}

// AlarmQuery selects alarms. A zero field selects all.
type AlarmQuery struct {
	Stream   string
	Kind     alert.Kind
	From, To time.Time // of the onset
	Limit    int       // 1 to MaxList
}

// Fits reports whether an alarm is selected.
func (q *AlarmQuery) Fits(a *alert.Alarm) bool {
	return (q.Stream == "" || a.Stream == q.Stream) && (q.Kind == "" || a.Kind == q.Kind) &&
		(q.From.IsZero() || !a.OnsetTime.Before(q.From)) && (q.To.IsZero() || a.OnsetTime.Before(q.To))
}

// Change is one line of an alarm's history.
type Change struct {
	Time    time.Time `json:"time"`
	Change  string    `json:"change"`            // raised, cleared, acknowledged, …
	By      string    `json:"by,omitempty"`      // who; empty for what the monitor did
	Comment string    `json:"comment,omitempty"` //
	Why     string    `json:"why,omitempty"`     // in words
}

// Words of a Judgement.
const (
	Fine = "fine" // a false alarm
	Bad  = "bad"  // a true one: its signal is kept out of what is learnt
)

// Judge keeps what people say of alarms afterwards.
type Judge interface {
	// Judge keeps a judgement, Fine or Bad.
	Judge(ctx context.Context, id, judgement, by, comment string) error
	// Judged gives what was kept last; nil when there is nothing.
	Judged(ctx context.Context, id string) (any, error)
}

// SinkTester sends a message that says that it is a test.
type SinkTester interface {
	// TestSink waits until the other side has taken it. ErrNotFound says that there is no such sink.
	TestSink(ctx context.Context, name, by string) error
}

// ModelKeeper keeps the models of streams.
type ModelKeeper interface {
	Models(ctx context.Context, stream string) (any, error)
	// PutInService exchanges the stream's model while it runs, and notes who did it.
	PutInService(ctx context.Context, stream, hash, by, comment string) error
}

// LostJobs gives the jobs of a stream that were under way when the program ended before, as failed ones; an empty name means all streams.
type LostJobs interface{ LostJobs(stream string) []Job }

// Teacher looks at what a model could be taught from, and teaches it.
type Teacher interface {
	Inspect(ctx context.Context, stream string, from, to time.Time, report Progress) (any, error)
	Teach(ctx context.Context, stream, by string, q TeachRequest, report Progress) (any, error)
}

// Backtester says which alarms another set-up would have given.
type Backtester interface {
	Backtest(ctx context.Context, stream string, q BacktestRequest, report Progress) (any, error)
}

// Enveloper gives the last cycle of a cycle-synchronous stream over the band of good ones.
type Enveloper interface {
	// Envelope fails with ErrNotFound for streams of another kind.
	Envelope(ctx context.Context, stream string) (*Envelope, error)
}

// Envelope is the root mean square of the conditioned signal over a cycle. The lists are of one length; the band is null while there is none.
type Envelope struct {
	Channel string   `json:"channel"`
	Unit    string   `json:"unit"`
	Phase   []Number `json:"phase"` // 0 to 1
	Last    []Number `json:"last"`  // of the newest cycle
	Low     []Number `json:"low"`   // of the band of good cycles
	High    []Number `json:"high"`
	Cycles  int      `json:"cycles"` // behind the band
}

// Reports makes pages to print.
type Reports interface {
	Lot(ctx context.Context, stream, lot string) (html []byte, err error)
	Part(ctx context.Context, stream, part string) (html []byte, err error)
}
