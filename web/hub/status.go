package hub

import (
	"encoding/json"
	"math"
	"time"

	"crackle/alert"
	"crackle/detector"
)

// Source says where a stream's samples come from. Every screen shows it.
type Source string

const (
	Live      Source = "live"      // a sensor, now
	Recording Source = "recording" // a real recording that is being replayed
	Simulated Source = "simulated" // computed from a model of the physics
)

// Phase says what is being done with a stream at the moment.
type Phase string

const (
	Waiting  Phase = "waiting"  // never heard since the start
	Learning Phase = "learning" // heard, and used to learn what normal is
	Watching Phase = "watching" // scored by a model
	Ended    Phase = "ended"    // the recording is over; no more data is expected
)

// Channel is one scalar series of a stream.
type Channel struct {
	Name string `json:"name"`
	Unit string `json:"unit"` // SI symbol, as shown: "A", "V", "°C"
}

// Counts are samples per channel (Malformed: messages that could not be used, of another rate or channel count too; Scored: windows), since the start.
type Counts struct {
	Received   uint64 `json:"received"`
	Missing    uint64 `json:"missing"`
	Duplicated uint64 `json:"duplicated"`
	Late       uint64 `json:"late"`
	Invalid    uint64 `json:"invalid"`
	Dropped    uint64 `json:"dropped"`
	Malformed  uint64 `json:"malformed"`
	Scored     uint64 `json:"scored"`
}

// StreamStatus is what is known of a stream now: one row of the dashboard. It is a plain value; the slices are not changed after it
// has been published.
type StreamStatus struct {
	ID         uint32    `json:"id"` // set by the hub; wave frames name the stream by it
	Name       string    `json:"name"`
	Title      string    `json:"title"` // for people; any text
	Source     Source    `json:"source"`
	TimeLapsed bool      `json:"time_lapsed"`
	Speed      float64   `json:"speed,omitempty"` // how many times faster than recorded; 0 when not known
	Note       string    `json:"note,omitempty"`  // anything a person should know of the current part: "label doubtful"
	Channels   []Channel `json:"channels"`
	RateHz     float64   `json:"rate_hz"`
	Phase      Phase     `json:"phase"`
	Cycle      bool      `json:"cycle,omitempty"` // its windows follow an excitation cycle: GET /api/v1/streams/{name}/envelope has its envelope

	Verdict detector.Verdict `json:"-"`       // sent as "ok", "alarm" or "not assessed"
	Reason  detector.Reason  `json:"reason"`  // why not assessed
	Reasons []string         `json:"reasons"` // the same and more, in words; nil means Words(Reason)

	OpenAlarms int `json:"open_alarms"` // of every kind

	Part string `json:"part,omitempty"`
	Lot  string `json:"lot,omitempty"`

	NewestTime  time.Time `json:"newest_time,omitzero"` // signal time of the newest sample
	NewestAt    time.Time `json:"newest_at,omitzero"`   // wall time at which it arrived; zero when never heard
	StaleAfterS float64   `json:"stale_after_s"`        // age in s from which the page calls the data old; 0 means 5 s

	Score            float64 `json:"-"` // of the last window; NaN when there is none; sent as a number or null
	Limit            float64 `json:"-"` // NaN when there is none
	ScoreUnit        string  `json:"score_unit,omitempty"`
	Regime           string  `json:"regime,omitempty"` // "recovering" or "new regime", see detector.Regime; empty while it is steady
	LimitProvisional bool    `json:"limit_provisional"`
	LimitNote        string  `json:"limit_note,omitempty"` // why it is provisional
	Model            string  `json:"model,omitempty"`      // id of the model in service

	Counts Counts `json:"counts"`
}

// MarshalJSON writes NaN and Inf as null, the verdict as a word, and the reasons in words.
func (s StreamStatus) MarshalJSON() ([]byte, error) {
	type plain StreamStatus
	reasons := s.Reasons
	if reasons == nil {
		reasons = Words(s.Reason)
	}
	if s.Channels == nil {
		s.Channels = []Channel{}
	}
	return json.Marshal(struct {
		plain
		Verdict string   `json:"verdict"`
		Reasons []string `json:"reasons"`
		RateHz  *float64 `json:"rate_hz"`
		Speed   *float64 `json:"speed,omitempty"`
		Stale   *float64 `json:"stale_after_s"`
		Score   *float64 `json:"score"`
		Limit   *float64 `json:"limit"`
	}{plain(s), Word(s.Verdict), reasons, finite(s.RateHz), nonZero(s.Speed), finite(s.StaleAfterS), finite(s.Score), finite(s.Limit)})
}

// AlarmJSON encodes an alarm with NaN and Inf as null, which encoding/json refuses to write.
func AlarmJSON(a alert.Alarm) ([]byte, error) {
	return json.Marshal(struct {
		alert.Alarm
		Score *float64 `json:"score"`
		Limit *float64 `json:"limit"`
	}{a, finite(a.Score), finite(a.Limit)})
}

// Word is a verdict as people read it.
func Word(v detector.Verdict) string {
	switch v {
	case detector.OK:
		return "ok"
	case detector.Alarm:
		return "alarm"
	default:
		return "not assessed"
	}
}

// Words are the reasons for "not assessed", one phrase per bit, never nil.
func Words(r detector.Reason) []string {
	out := []string{}
	for _, w := range []struct {
		bit  detector.Reason
		word string
	}{
		{detector.WarmingUp, "warming up"},
		{detector.Learning, "learning what is normal"},
		{detector.SignalDefect, "signal missing or damaged"},
		{detector.ScoreInvalid, "score is not a number"},
		{detector.Frozen, "signal frozen: every window measures the same"},
		{detector.Reference, "reference part: judged by its own chart"},
	} {
		if r&w.bit != 0 {
			out = append(out, w.word)
		}
	}
	return out
}

func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func nonZero(v float64) *float64 {
	if v == 0 {
		return nil
	}
	return finite(v)
}
