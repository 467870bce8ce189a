package api

import (
	"context"
	"encoding/json"
	"time"
)

// Progress is told how far a job has come, 0 to 1, and what it does, in words. It may be called from any goroutine and never blocks.
type Progress func(share float64, text string)

// Teacher makes models. Inspect and Teach run as jobs: they may take long, and stop soon after ctx ends. What they return is shown to
// people as JSON: it must encode, and be small (see Jobs).
type Teacher interface {
	// Inspect says what a stretch contains: coverage, outliers, drift, parts, lots.
	Inspect(ctx context.Context, stream string, s Stretch, report Progress) (any, error)
	// Teach makes a model of a stretch and keeps it. It does not put it in service.
	Teach(ctx context.Context, stream string, s Stretch, by string, report Progress) (any, error)
	// Backtest scores a stretch again, and says which alarms another model or limit would have given.
	Backtest(ctx context.Context, q BacktestQuery, report Progress) (any, error)
}

// Models keeps the models of each stream.
type Models interface {
	// Models lists what is kept for a stream, the newest first.
	Models(ctx context.Context, stream string) (*ModelList, error)
	// PutInService makes a kept model the one that scores, and writes it into the journal.
	PutInService(ctx context.Context, stream, hash, by, comment string) error
}

// Stretch says what to teach with. Exactly one of the three ways is set: From and To, Parts, or Seconds.
type Stretch struct {
	From, To time.Time     // of signal time in the store
	Parts    int           // the next so many parts, 1 to 10000
	For      time.Duration // the signal of the next so much time
}

// BacktestQuery asks for a stretch to be scored again.
type BacktestQuery struct {
	Stream      string
	From, To    time.Time
	Model       string  // hash; empty: the one in service
	LimitFactor float64 // on the limit, 0.1 to 10; 0: 1
}

// ModelList is what is kept for a stream.
type ModelList struct {
	InService string  `json:"in_service"` // hash; empty when there is none
	Models    []Model `json:"models"`
}

// Model is one model that is kept.
type Model struct {
	Hash        string          `json:"hash"`
	Created     time.Time       `json:"created"`
	By          string          `json:"by"`
	Rows        int             `json:"rows"` // windows it was taught with
	Lots        int             `json:"lots"`
	Provisional string          `json:"provisional"`      // why its limit is provisional; empty: it is calibrated
	Report      json.RawMessage `json:"report,omitempty"` // of its teaching
	Note        string          `json:"note,omitempty"`
}
