package alert

import (
	"errors"
	"time"

	"crackle/detector"
)

var (
	// ErrUnknownAlarm is returned for an id that is not in the list of open alarms: never raised, or over and answered.
	ErrUnknownAlarm = errors.New("no such open alarm")
	// ErrAnswered is returned when an alarm is acknowledged a second time; the first answer stands.
	ErrAnswered = errors.New("already acknowledged")
	// ErrHeld is returned when an alarm is acknowledged that was listed and not raised: there is nothing to answer yet.
	ErrHeld = errors.New("listed, not raised")
	// ErrNotShelved is returned when a shelf is lifted that is not there.
	ErrNotShelved = errors.New("not shelved")
	// ErrInput is returned for an input that cannot mean anything; the book is unchanged.
	ErrInput = errors.New("malformed input")
	// ErrStopped is returned when the machine takes no more inputs, or its Run has returned.
	ErrStopped = errors.New("alarm machine is stopped")
)

// Op says which field of an Input is meant.
type Op uint8

const (
	OpScore       Op = iota + 1 // Score
	OpCondition                 // Condition
	OpPartEnd                   // PartEnd
	OpAcknowledge               // Acknowledge
	OpConfigure                 // Stream: add it or change it
	OpRemove                    // Stream.Name: stop watching it
	OpShelve                    // Shelving
	OpUnshelve                  // Shelving: its Stream, Kind, By and Comment
	OpService                   // Service
	OpTick                      // wall time goes on: shelves expire, alarms are told again; about once a second
	OpBeat                      // Stream.Name: a sign of life, which a Machine passes on and a Book refuses
)

// Input is one thing that happened. It is passed by value so that a score on its way to the machine allocates nothing.
type Input struct {
	Op          Op
	Score       detector.Score
	Condition   *Condition
	PartEnd     *PartEnd
	Acknowledge *Acknowledgement
	Stream      *Stream
	Shelving    *Shelving
	Service     *Service
	reply       chan error // where the sender waits for the outcome; buffered, so that the machine never waits for the asker
}

// Condition is the monitor's own finding about a stream or about itself: it begins to hold, is found again, or ends.
type Condition struct {
	Stream string    // empty for the monitor as a whole
	Kind   Kind      // any but KindScore
	Active bool      // true: holds (again); false: is over
	Again  bool      // with Active: a further occurrence inside the episode, counted as chatter
	Run    uint64    // with Index, where it began: names the alarm
	Index  uint64    // sample index where the stream has one
	At     time.Time // wall time
	Value  float64   // how bad, in Unit; the highest of an episode is kept
	Limit  float64
	Unit   string
	What   string // in words with units

	Priority Priority // empty: the stream's
}

// PartEnd says that no further window of a part will come, where no score says so (a part of zero windows, a restart).
type PartEnd struct {
	Stream     string
	Part       string
	First, End uint64    // its samples: an alarm that began before it, or was of another part by name, is its own too when it reaches into them
	At         time.Time // signal time
}

// Acknowledgement is a person's answer to one alarm.
type Acknowledgement struct {
	ID      string
	By      string // who; not empty
	Comment string
}
