package alert

import "time"

// Kind names what an alarm is about.
type Kind string

const (
	KindScore      Kind = "score"         // a window scored above its limit
	KindNoData     Kind = "no_data"       // a stream has been silent, or was never heard
	KindGap        Kind = "gap"           // samples are missing in a stream
	KindDecode     Kind = "decode_errors" // payloads of a stream could not be read
	KindDropped    Kind = "dropped"       // samples arrived and were thrown away, because scoring is too slow for a stream that is not stored
	KindFlat       Kind = "flat_line"     // a channel has held one value for too long
	KindSaturation Kind = "saturation"    // samples are at the end of a channel's range
	KindRate       Kind = "rate_drift"    // samples come at another rate than the configured one, by the publisher's clock
	KindClock      Kind = "clock_jump"    // the publisher's clock jumped
	KindBehind     Kind = "behind"        // scoring is behind real time
	KindModel      Kind = "model_age"     // the model in service is older than its warranty
	KindDrift      Kind = "model_drift"   // the model in service does not fit any more: good windows score higher than when it was taught
	KindConnection Kind = "connection"    // the messaging server is away
	KindSink       Kind = "sink_failing"  // messages do not reach people
	KindStore      Kind = "store_failing" // the store of signals, accounts or evidence refuses what is written
	KindHeartbeat  Kind = "heartbeat"     // the monitor's own test signal does not come through
	KindMaster     Kind = "master"        // a reference part measures otherwise than it used to, or is overdue
)

// State is an alarm's state in the words of ISA-18.2.
type State string

const (
	Unacknowledged State = "active_unacknowledged" // the condition holds, nobody has answered
	Acknowledged   State = "active_acknowledged"   // the condition holds, somebody has answered
	Returned       State = "returned_unacknowledged"
	Normal         State = "normal" // over and answered, or not yet raised

	// An alarm in one of these is listed but was not raised: its condition holds, and nobody is told.
	HeldShelved      State = "shelved"              // somebody put it aside for a time
	HeldByDesign     State = "suppressed_by_design" // another alarm explains it
	HeldOutOfService State = "out_of_service"       // somebody took it out of service
)

// Active reports whether s is a state in which the condition holds or is latched.
func (s State) Active() bool { return s == Unacknowledged || s == Acknowledged }

// Held reports whether s is a state in which the alarm is listed and not raised.
func (s State) Held() bool { return s == HeldShelved || s == HeldByDesign || s == HeldOutOfService }

// Change names a transition. Raised, Cleared, Delisted and Retired come at most once in the life of an alarm, and Cleared only after Raised.
type Change string

const (
	Raised    Change = "raised"       // people are to know: from normal, or from one of the states of being held
	Realarmed Change = "realarmed"    // people are to be told again; an answer given before is taken back
	Acked     Change = "acknowledged" // somebody answered
	Cleared   Change = "cleared"      // the condition of a raised alarm is over
	Retired   Change = "retired"      // left the list of open alarms unanswered, because the list is bounded
	Listed    Change = "listed"       // the condition holds, but the alarm is shelved, suppressed by design or out of service
	Delisted  Change = "delisted"     // the condition of a listed alarm is over; it never was raised

	// What people do to an alarm point, which is a stream and a kind. The event's Alarm is the point's alarm whose condition holds; when there is
	// none its ID is empty.
	ShelfSet       Change = "shelved"
	ShelfLifted    Change = "unshelved"
	ServiceLeft    Change = "out_of_service"
	ServiceResumed Change = "in_service"

	// Beat is no transition: a sign of life that went through the machine, see Machine.Beat. It has no number and is told to those only that asked
	// for it.
	Beat Change = "beat"
)

// ClearReason says why an alarm cleared.
type ClearReason string

const (
	ClearedReturned ClearReason = "returned"       // the condition went away for the length of the off-delay
	ClearedPart     ClearReason = "part_end"       // the part it belonged to is finished
	ClearedReset    ClearReason = "latch_reset"    // a latched alarm was acknowledged after its condition had gone
	ClearedRetired  ClearReason = "retired"        // only its latch held it, and the bounded list of open alarms was full
	ClearedRemoved  ClearReason = "stream_removed" // the stream is not watched any more
	ClearedRestart  ClearReason = "restart"        // not found again after the monitor started anew: it ended while nobody looked
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
	Member      string      `json:"member,omitempty"`      // of the model's panel, that spoke loudest
	Regime      string      `json:"regime,omitempty"`      // recovering, or new regime: the process has settled at a level that was not taught, which a person accepts by acknowledging the alarm
	Latched     bool        `json:"latched,omitempty"`     // the condition has gone, the alarm waits for its acknowledgement
	Simulated   bool        `json:"simulated,omitempty"`   // the signal comes from a simulation
	Provisional bool        `json:"provisional,omitempty"` // the limit is an engineering tolerance, not yet calibrated
	AckBy       string      `json:"ack_by,omitempty"`
	AckComment  string      `json:"ack_comment,omitempty"`
	AckTime     time.Time   `json:"ack_time,omitzero"` // wall time

	Priority     Priority  `json:"priority,omitempty"`
	Severity     int       `json:"severity,omitempty"`      // 1 to 1000, the highest so far; see Priority
	Told         time.Time `json:"told_time,omitzero"`      // wall time of the newest Raised, Realarmed or Acked: from here the time to the next re-alarm runs
	Realarms     int       `json:"realarms,omitempty"`      // times it was told again
	Stale        bool      `json:"stale,omitempty"`         // active for longer than BookConfig.Stale
	ShelvedUntil time.Time `json:"shelved_until,omitzero"`  // wall time; zero: not shelved
	OneShot      bool      `json:"one_shot,omitempty"`      // with ShelvedUntil: or until it clears, whichever is first
	Cause        string    `json:"suppressed_by,omitempty"` // id of the alarm that explains this one, while it is suppressed by design
	Dependents   int       `json:"dependents,omitempty"`    // alarms listed and not raised because of this one
	OPCUA        Words     `json:"opcua,omitzero"`          // set where an alarm leaves the book
}

// Event is one transition of an alarm, as it is told to sinks and dashboards.
type Event struct {
	ID     string    `json:"event_id"` // alarm id and change; names this transition for good, in replay too
	Change Change    `json:"change"`
	Alarm  Alarm     `json:"alarm"` // as it is after the transition
	From   State     `json:"from"`
	At     time.Time `json:"at"` // signal time for score alarms, wall time for the others and for what people do

	Number  uint64   `json:"number"`            // the book's count of events, from 1, going on over restarts: of two events the higher is the later
	Place   Place    `json:"place"`             // where the alarm's stream stood
	By      string   `json:"by,omitempty"`      // who, for what people do
	Comment string   `json:"comment,omitempty"` // and what they said
	Shelf   *Shelf   `json:"shelf,omitempty"`   // of ShelfSet and ShelfLifted; not to be changed
	Service *Service `json:"service,omitempty"` // of ServiceLeft and ServiceResumed; not to be changed
}

// Place is how far the book had come in a stream when it told an event: what a restart needs to go on from there.
type Place struct {
	Run      uint64 `json:"run,string"`
	End      uint64 `json:"end"`                 // one past the newest window
	SignalNS int64  `json:"signal_ns,omitempty"` // its time, ns since 1970 UTC
	Part     string `json:"part,omitempty"`
	Lot      string `json:"lot,omitempty"`
	Above    bool   `json:"above,omitempty"` // it was above its limit
	Calm     int    `json:"calm,omitempty"`  // consecutive windows back under
	Tied     bool   `json:"tied,omitempty"`  // the alarm is, or was until now, the stream's running episode
}
