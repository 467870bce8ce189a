package notify

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"crackle/alert"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func example() alert.Event {
	onset := time.Date(2026, 3, 1, 6, 0, 1, 250e6, time.UTC)
	return alert.Event{
		ID: "59a4c6af05f4f0dd-raised", Change: alert.Raised, From: alert.Normal, At: onset.Add(time.Second),
		Alarm: alert.Alarm{
			ID: "59a4c6af05f4f0dd", Stream: "motor.current", Title: "Spindle motor", Kind: alert.KindScore, State: alert.Unacknowledged, Onset: 12000,
			OnsetTime: onset, Part: "P-17", Lot: "L3", Score: 6.125, Limit: 4, What: "unbalance_a 0.31, expected 0.05 (80% of the score)",
			Simulated: true, Provisional: true,
		},
	}
}

func TestMessageText(t *testing.T) {
	ev := example()
	m := FromEvent(ev, "http://127.0.0.1:8080/")
	want := `Alarm: Spindle motor, score above limit, part P-17 [simulated, provisional limit]

Stream: Spindle motor (motor.current)
State: active, not acknowledged
Onset: 2026-03-01T06:00:01.25Z, sample 12000
Part: P-17
Lot: L3
Score: 6.125, provisional limit 4
What stood out: unbalance_a 0.31, expected 0.05 (80% of the score)
Signal: simulated
Alarm: 59a4c6af05f4f0dd

http://127.0.0.1:8080/#alarm-59a4c6af05f4f0dd
`
	if diff := cmp.Diff(want, m.Text()); diff != "" {
		t.Error(diff)
	}
	ev.Change, ev.Alarm.State, ev.Alarm.ClearReason, ev.Alarm.Chatter = alert.Cleared, alert.Returned, alert.ClearedPart, 3
	ev.Alarm.Stream, ev.Alarm.Title, ev.Alarm.Kind, ev.Alarm.Unit = "", "", alert.KindConnection, "s"
	ev.Alarm.Simulated, ev.Alarm.Provisional, ev.Alarm.Part, ev.Alarm.Lot = false, false, "", ""
	m = FromEvent(ev, "")
	want = `Cleared: Crackle, messaging server away

State: over, not acknowledged
Onset: 2026-03-01T06:00:01.25Z, sample 12000
Cleared: 2026-03-01T06:00:02.25Z, with the end of its part
Value: 6.125 s, limit 4 s
What stood out: unbalance_a 0.31, expected 0.05 (80% of the score)
Came back: 3 times inside the episode
Alarm: 59a4c6af05f4f0dd
`
	if diff := cmp.Diff(want, m.Text()); diff != "" {
		t.Error(diff)
	}
	m = TestMessage("7", "http://x", time.Unix(0, 0))
	if text := m.Text(); !strings.HasPrefix(text, "Test message\n") || !strings.Contains(text, "No alarm is active") {
		t.Error(text)
	}
}

// TestOneLine holds that nothing in a value can break a line, end a header or turn the reading direction.
func TestOneLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := OneLine(string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text"))
		for _, r := range s {
			if unicode.IsControl(r) || r == unicode.ReplacementChar || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r) {
				t.Fatalf("%q keeps %q", s, r)
			}
		}
	})
	if got := OneLine("a\r\nBcc: x\u202eb\x00\xff"); got != "a  Bcc: xb  " {
		t.Errorf("%q", got)
	}
}

func TestWords(t *testing.T) {
	for _, k := range []alert.Kind{alert.KindScore, alert.KindNoData, alert.KindGap, alert.KindDecode, alert.KindConnection, "flat_line"} {
		if w := KindWords(k); w == "" || strings.Contains(w, "_") {
			t.Errorf("%s: %q", k, w)
		}
	}
	for _, s := range []alert.State{alert.Unacknowledged, alert.Acknowledged, alert.Returned, alert.Normal} {
		if w := StateWords(s); w == "" || strings.Contains(w, "_") {
			t.Errorf("%s: %q", s, w)
		}
	}
	for _, r := range []alert.ClearReason{alert.ClearedReturned, alert.ClearedPart, alert.ClearedReset, alert.ClearedRetired, alert.ClearedRemoved} {
		if w := clearWords(r); w == "" || strings.Contains(w, "_") {
			t.Errorf("%s: %q", r, w)
		}
	}
}
