package alert

import "time"

// Kind names what an alarm is about.
type Kind string

const (
	KindScore      Kind = "score"         // a window scored above its limit
	KindNoData     Kind = "no_data"       // a stream has been silent, or was never heard
	KindGap        Kind = "gap"           // samples are missing in a stream
	KindDecode     Kind = "decode_errors" // payloads of a stream could not be read
	KindConnection Kind = "connection"    // the messaging server is away
)

// State is an alarm's state in the words of ISA-18.2.
type State string

const (
	Unacknowledged State = "active_unacknowledged" // the condition holds, nobody has answered
	Acknowledged   State = "active_acknowledged"   // the condition holds, somebody has answered
	Returned       State = "returned_unacknowledged"
	Normal         State = "normal" // over and answered, or not yet raised
)

// Active reports whether s is a state in which the condition holds or is latched.
func (s State) Active() bool { return s == Unacknowledged || s == Acknowledged }

// Change names a transition. Each comes at most once in the life of an alarm.
type Change string

const (
	Raised  Change = "raised"       // from normal to active
	Acked   Change = "acknowledged" // somebody answered
	Cleared Change = "cleared"      // the condition is over
	Retired Change = "retired"      // left the list of open alarms unanswered, because the list is bounded
)

// ClearReason says why an alarm cleared.
type ClearReason string

const (
	ClearedReturned ClearReason = "returned"       // the condition went away for the length of the off-delay
	ClearedPart     ClearReason = "part_end"       // the part it belonged to is finished
	ClearedReset    ClearReason = "latch_reset"    // a latched alarm was acknowledged after its condition had gone
	ClearedRetired  ClearReason = "retired"        // only its latch held it, and the bounded list of open alarms was full
	ClearedRemoved  ClearReason = "stream_removed" // the stream is not watched any more
)

// Alarm is one episode: what a row of the alarm list shows. Every number in it is finite, so that it can always be written as JSON.
type Alarm struct {
	ID          string      `json:"id"` // hash of stream, run, onset sample index and kind; the same live and in replay
	Stream      string      `json:"stream"`
	Title       string      `json:"title,omitempty"` // the stream's, for people
	Kind        Kind        `json:"kind"`
	State       State       `json:"state"`
	Revision    int         `json:"revision"` // number of transitions so far; of two copies the higher is the newer
	Run         uint64      `json:"run,string"`
	Onset       uint64      `json:"onset_index"` // sample index of the first window above the limit
	OnsetTime   time.Time   `json:"onset_time"`  // signal time for score alarms, wall time for the others
	End         uint64      `json:"end_index"`   // one past the last sample of the last window above the limit, in run
	ClearTime   time.Time   `json:"clear_time,omitzero"`
	ClearReason ClearReason `json:"clear_reason,omitempty"`
	Part        string      `json:"part,omitempty"`
	Lot         string      `json:"lot,omitempty"`
	Score       float64     `json:"score"` // highest so far, in Unit
	Limit       float64     `json:"limit"` // that the highest was held against
	Unit        string      `json:"unit,omitempty"`
	What        string      `json:"what"`                  // what stood out, in words with units
	Chatter     int         `json:"chatter,omitempty"`     // times the condition came back inside the episode
	Latched     bool        `json:"latched,omitempty"`     // the condition has gone, the alarm waits for its acknowledgement
	Simulated   bool        `json:"simulated,omitempty"`   // the signal comes from a simulation
	Provisional bool        `json:"provisional,omitempty"` // the limit is an engineering tolerance, not yet calibrated
	AckBy       string      `json:"ack_by,omitempty"`
	AckComment  string      `json:"ack_comment,omitempty"`
	AckTime     time.Time   `json:"ack_time,omitzero"` // wall time
}

// Event is one transition of an alarm, as it is told to sinks and dashboards.
type Event struct {
	ID     string    `json:"event_id"` // alarm id and change; names this transition for good, in replay too
	Change Change    `json:"change"`
	Alarm  Alarm     `json:"alarm"` // as it is after the transition
	From   State     `json:"from"`
	At     time.Time `json:"at"` // signal time for score alarms, wall time for the others and for acknowledgements
}
