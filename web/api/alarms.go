package api

import (
	"context"
	"io"
	"time"

	"crackle/alert"
)

// Alarms is the life of alarms beyond what Monitor tells: those that the journal alone still holds, and what people do to them. Its
// methods may be called from several goroutines at once.
type Alarms interface {
	// Find lists alarms, the newest first, at most q.Limit of them.
	Find(ctx context.Context, q AlarmQuery) ([]alert.Alarm, error)
	// Record gives one alarm with all that is kept about it; ErrUnknownAlarm when the journal does not hold it.
	Record(ctx context.Context, id string) (*AlarmRecord, error)
	// Shelve puts the alarm's point, its stream and kind, aside for a time; alarms of it are listed and not raised.
	Shelve(ctx context.Context, s Shelve) error
	// Unshelve lifts the shelf of the alarm's point.
	Unshelve(ctx context.Context, id, by, comment string) error
	// Feedback keeps a person's judgement with the alarm. A later one takes the place of an earlier.
	Feedback(ctx context.Context, f Feedback) error
}

// Evidence gives out what was kept of an alarm.
type Evidence interface {
	// Drawing gives what a page draws of an alarm's evidence; ErrNotFound when none was kept.
	Drawing(ctx context.Context, id string) (*Drawing, error)
	// Pack opens the alarm's pack as one file; the caller closes it. size is -1 when it is not known.
	Pack(ctx context.Context, id string) (body io.ReadCloser, size int64, err error)
}

// AlarmQuery selects alarms. A zero field selects all.
type AlarmQuery struct {
	Open     bool // only those in the list of open ones
	Stream   string
	Kind     alert.Kind
	From, To time.Time // of the onset
	Limit    int       // 1 to MaxList
}

// Bounds of a list's length.
const (
	MaxList     = 1000
	defaultList = 200
)

// AlarmRecord is one alarm with what is kept about it.
type AlarmRecord struct {
	Alarm    alert.Alarm
	Journal  []JournalLine // oldest first
	Evidence bool          // there is a pack
	Feedback *Feedback     // nil when there is none
}

// JournalLine is one thing that happened to an alarm.
type JournalLine struct {
	Time    time.Time `json:"time"`
	Change  string    `json:"change"`
	By      string    `json:"by,omitempty"`
	Comment string    `json:"comment,omitempty"`
	Why     string    `json:"why,omitempty"`
}

// Shelve is a person's wish to put an alarm's point aside.
type Shelve struct {
	ID      string
	By      string
	For     time.Duration // above 0
	OneShot bool          // until the alarm clears, at the longest For
	Comment string
}

// Judgements of Feedback.
const (
	JudgedFine = "fine" // a false alarm: its windows may teach
	JudgedBad  = "bad"  // a true one: it is kept out of later teaching
)

// Feedback is a person's judgement of an alarm.
type Feedback struct {
	ID        string    `json:"-"`
	Judgement string    `json:"judgement"` // JudgedFine or JudgedBad
	By        string    `json:"by"`
	Comment   string    `json:"comment,omitempty"`
	Time      time.Time `json:"time,omitzero"` // set by who keeps it
}

// Drawing is an alarm's evidence, ready to draw.
type Drawing struct {
	Alarm       alert.Alarm `json:"-"` // written as every alarm is
	Onset       time.Time   `json:"onset"`
	Short       string      `json:"short,omitempty"` // what is missing, and why
	Raw         []Trace     `json:"raw"`
	Conditioned []Trace     `json:"conditioned"`
	Features    []Feature   `json:"features"` // without points
	Windows     []Window    `json:"windows"`
	Heat        Heat        `json:"heat"`
	Ledger      any         `json:"ledger"` // the part's account
	Part        string      `json:"part"`
	Lot         string      `json:"lot"`
	Model       string      `json:"model"`
	Config      string      `json:"config"`
	Kernel      string      `json:"kernel"`
	Program     string      `json:"program"`
}

// Window is one scored window of a Drawing.
type Window struct {
	TMS      float64  `json:"t_ms"`
	EndMS    float64  `json:"end_ms"`
	Value    Number   `json:"value"`
	Limit    Number   `json:"limit"`
	Verdict  string   `json:"verdict"`
	Features []Number `json:"features"`           // as Drawing.Features
	Expected []Number `json:"expected,omitempty"` // what the model expected of them
}

// Heat says what caused a score: Share[i][k] is the share of feature i in the score of the window that ends at TMS[k].
type Heat struct {
	Features []string   `json:"features"`
	TMS      []float64  `json:"t_ms"`
	Share    [][]Number `json:"share"`
}
