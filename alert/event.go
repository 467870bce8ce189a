package alert

import "time"

// Kind names what an alarm is about.
type Kind string

const (
	KindScore  Kind = "score"   // a window scored above its limit
	KindNoData Kind = "no_data" // a stream has been silent, or was never heard
	KindGap    Kind = "gap"     // samples are missing in a stream
)

// State is an alarm's state in the words of ISA-18.2.
type State string

const (
	Unacknowledged State = "active_unacknowledged" // the condition holds, nobody has answered
	Acknowledged   State = "active_acknowledged"   // the condition holds, somebody has answered
	Returned       State = "returned_unacknowledged"
	Normal         State = "normal" // over and answered
)

// Alarm is one episode: what a row of the alarm list shows.
type Alarm struct {
	ID         string    `json:"id"` // hash of stream, run, onset sample index and kind; the same live and in replay
	Stream     string    `json:"stream"`
	Kind       Kind      `json:"kind"`
	State      State     `json:"state"`
	Run        uint64    `json:"run,string"`
	Onset      uint64    `json:"onset_index"` // sample index of the first window above the limit
	OnsetTime  time.Time `json:"onset_time"`  // signal time
	ClearTime  time.Time `json:"clear_time,omitzero"`
	Part       string    `json:"part,omitempty"`
	Lot        string    `json:"lot,omitempty"`
	Score      float64   `json:"score"` // highest so far
	Limit      float64   `json:"limit"`
	What       string    `json:"what"` // what stood out, in words with units
	Simulated  bool      `json:"simulated,omitempty"`
	AckBy      string    `json:"ack_by,omitempty"`
	AckComment string    `json:"ack_comment,omitempty"`
	AckTime    time.Time `json:"ack_time,omitzero"`
}

// Event is one transition of an alarm, as it is told to sinks and dashboards.
type Event struct {
	Alarm Alarm     `json:"alarm"` // as it is after the transition
	From  State     `json:"from"`
	At    time.Time `json:"at"` // signal time for score alarms, wall time for the others
}
