package notify

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"crackle/alert"
)

// Message is what people are told about one event. It is a plain value; every number in it is finite.
type Message struct {
	ID          string // of the event, the same at every attempt and in every sink: the idempotency key
	AlarmID     string
	Change      alert.Change // Raised, Realarmed or Cleared; empty for a test message
	State       alert.State
	Kind        alert.Kind
	Stream      string // empty for the monitor as a whole
	Title       string // the stream's, for people; never empty
	Part        string
	Lot         string
	Onset       time.Time // signal time for score alarms, wall time for the others; UTC
	OnsetIndex  uint64    // sample index
	At          time.Time // of the change
	Score       float64   // highest so far, in Unit
	Limit       float64
	Unit        string
	What        string // what stood out
	ClearReason alert.ClearReason
	Chatter     int
	Link        string // to the dashboard; may be empty
	Simulated   bool
	Provisional bool
	Late        bool // it waited for the sink's hours, and the alarm still stands
	Test        bool // somebody pressed the test button

	Heading string // in place of the usual subject; plain text, see Template
	Body    string // in place of the usual fields; plain text, a line each
}

// FromEvent makes the message of an event. base is the dashboard's address; empty leaves the message without a link.
func FromEvent(ev alert.Event, base string) Message {
	a := ev.Alarm
	m := Message{
		ID: ev.ID, AlarmID: a.ID, Change: ev.Change, State: a.State, Kind: a.Kind, Stream: a.Stream, Title: a.Title,
		Part: a.Part, Lot: a.Lot, Onset: a.OnsetTime.UTC(), OnsetIndex: a.Onset, At: ev.At.UTC(),
		Score: a.Score, Limit: a.Limit, Unit: a.Unit, What: a.What, ClearReason: a.ClearReason, Chatter: a.Chatter,
		Simulated: a.Simulated, Provisional: a.Provisional,
	}
	if m.Title == "" {
		m.Title = a.Stream
	}
	if m.Title == "" {
		m.Title = "Crackle"
	}
	if base != "" {
		m.Link = strings.TrimRight(base, "/") + "/#alarm-" + url.QueryEscape(a.ID)
	}
	return m
}

// TestMessage is what the test button sends.
func TestMessage(id, base string, now time.Time) Message {
	return Message{
		ID: "test-" + id, AlarmID: "test", Title: "Crackle", Onset: now.UTC(), At: now.UTC(),
		What: "This is a test. No alarm is active because of it.", Link: base, Test: true,
	}
}

// Subject is the message in one line of plain text, without control characters.
func (m *Message) Subject() string {
	var b strings.Builder
	switch {
	case m.Heading != "":
		b.WriteString(m.Heading)
		if marks := m.Marks(); marks != "" { // whatever else is written
			b.WriteString(" [" + marks + "]")
		}
		return OneLine(b.String())
	case m.Test:
		b.WriteString("Test message")
	case m.Change == alert.Cleared:
		b.WriteString("Cleared: ")
	default:
		b.WriteString("Alarm: ")
	}
	if !m.Test {
		b.WriteString(m.Title)
		b.WriteString(", ")
		b.WriteString(KindWords(m.Kind))
	}
	if m.Part != "" {
		b.WriteString(", part ")
		b.WriteString(m.Part)
	}
	if marks := m.Marks(); marks != "" {
		b.WriteString(" [" + marks + "]")
	}
	return OneLine(b.String())
}

// Field is one line of a message: a name and its value, as plain text. A line without a name stands by itself.
type Field struct{ Name, Value string }

// Line is the field as one line of text.
func (f Field) Line() string {
	if f.Name == "" {
		return f.Value
	}
	return f.Name + ": " + f.Value
}

// Fields are the message's lines in reading order, without control characters. Every sink that writes for people writes these.
func (m *Message) Fields() []Field {
	var f []Field
	add := func(name, value string) {
		if value != "" {
			f = append(f, Field{name, OneLine(value)})
		}
	}
	if m.Body != "" {
		for line := range strings.Lines(m.Body) {
			f = append(f, Field{"", OneLine(strings.TrimRight(line, "\r\n"))})
		}
		return f
	}
	if m.Test {
		add("Test", m.What)
		add("Sent", m.At.Format(time.RFC3339))
		return f
	}
	stream := m.Stream
	if stream != "" && m.Title != stream {
		stream = m.Title + " (" + stream + ")"
	}
	add("Stream", stream)
	add("State", StateWords(m.State))
	add("Onset", m.Onset.Format(time.RFC3339Nano)+", sample "+strconv.FormatUint(m.OnsetIndex, 10))
	if m.Late {
		add("Told now", "it began outside of the hours of this sink, and still stands")
	}
	if m.Change == alert.Cleared {
		add("Cleared", m.At.Format(time.RFC3339Nano)+", "+clearWords(m.ClearReason))
	}
	add("Part", m.Part)
	add("Lot", m.Lot)
	name := "Score"
	if m.Kind != alert.KindScore {
		name = "Value"
	}
	limit := "limit " + quantity(m.Limit, m.Unit)
	if m.Provisional {
		limit = "provisional " + limit
	}
	add(name, quantity(m.Score, m.Unit)+", "+limit)
	add("What stood out", m.What)
	if m.Chatter > 0 {
		add("Came back", fmt.Sprintf("%d times inside the episode", m.Chatter))
	}
	if m.Simulated {
		add("Signal", "simulated")
	}
	add("Alarm", m.AlarmID)
	return f
}

// Marks says what a reader must know before acting: simulated, provisional, both or nothing.
func (m *Message) Marks() string {
	var marks []string
	if m.Simulated {
		marks = append(marks, "simulated")
	}
	if m.Provisional {
		marks = append(marks, "provisional limit")
	}
	return strings.Join(marks, ", ")
}

// Text is the message as plain text, subject first.
func (m *Message) Text() string {
	var b strings.Builder
	b.WriteString(m.Subject())
	b.WriteString("\n\n")
	for _, f := range m.Fields() {
		b.WriteString(f.Line() + "\n")
	}
	if m.Link != "" {
		b.WriteString("\n" + OneLine(m.Link) + "\n")
	}
	return b.String()
}

// OneLine replaces line breaks, other control characters and invalid UTF-8 by spaces, and drops the invisible characters that turn
// the reading direction, so that a value cannot pretend to be something beside itself.
func OneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == unicode.ReplacementChar, r == '\u2028', r == '\u2029':
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, s)
}

// kindWords is what people read for each kind.
var kindWords = map[alert.Kind]string{
	alert.KindScore:      "score above limit",
	alert.KindNoData:     "no data",
	alert.KindGap:        "samples missing",
	alert.KindDecode:     "unreadable payloads",
	alert.KindDropped:    "samples dropped",
	alert.KindFlat:       "flat line",
	alert.KindSaturation: "out of range",
	alert.KindRate:       "sample rate off",
	alert.KindClock:      "clock jumped",
	alert.KindBehind:     "scoring behind real time",
	alert.KindModel:      "model past its warranty",
	alert.KindDrift:      "model drifting",
	alert.KindConnection: "messaging server away",
	alert.KindMaster:     "reference part changed",
	alert.KindSink:       "messages not delivered",
	alert.KindStore:      "store failing",
	alert.KindHeartbeat:  "heartbeat missing",
}

// KindWords is a kind in words.
func KindWords(k alert.Kind) string {
	if w := kindWords[k]; w != "" {
		return w
	}
	return strings.ReplaceAll(string(k), "_", " ")
}

// StateWords is a state in words.
func StateWords(s alert.State) string {
	switch s {
	case alert.Unacknowledged:
		return "active, not acknowledged"
	case alert.Acknowledged:
		return "active, acknowledged"
	case alert.Returned:
		return "over, not acknowledged"
	case alert.Normal:
		return "over"
	}
	return string(s)
}

func clearWords(r alert.ClearReason) string {
	switch r {
	case alert.ClearedReturned, "":
		return "back to normal"
	case alert.ClearedPart:
		return "with the end of its part"
	case alert.ClearedReset:
		return "latch reset by acknowledgement"
	case alert.ClearedRemoved:
		return "stream no longer watched"
	case alert.ClearedRetired:
		return "retired from a full alarm list"
	}
	return string(r)
}

func quantity(v float64, unit string) string {
	s := strconv.FormatFloat(v, 'g', 4, 64)
	if unit != "" {
		s += " " + unit
	}
	return s
}
