package hub

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"crackle/alert"
	"crackle/detector"
)

func TestStatusIsJSONWhateverItHolds(t *testing.T) {
	bad := StreamStatus{Name: "s", Score: math.NaN(), Limit: math.Inf(1), RateHz: math.NaN(), Speed: math.Inf(-1), StaleAfterS: math.NaN(), Reason: detector.WarmingUp | detector.SignalDefect}
	js, err := json.Marshal(bad)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(js, &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"score", "limit", "rate_hz", "stale_after_s"} {
		if v, there := got[key]; !there || v != nil {
			t.Errorf("%s is %v, want null", key, v)
		}
	}
	if got["verdict"] != "not assessed" || !reflect.DeepEqual(got["reasons"], []any{"warming up", "signal missing or damaged"}) {
		t.Errorf("verdict %v, reasons %v", got["verdict"], got["reasons"])
	}
	if _, isList := got["channels"].([]any); !isList {
		t.Errorf("channels is %v, want an empty list", got["channels"])
	}
}

func TestStatusGivesItsNumbersAndWords(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	s := StreamStatus{Name: "s", Title: "<b>/🙂", Source: Recording, Score: 1.5, Limit: 4, Verdict: detector.Alarm, Reasons: []string{"own words"}, NewestAt: at, Counts: Counts{Missing: 3}}
	js, _ := json.Marshal(s)
	var got map[string]any
	json.Unmarshal(js, &got)
	if got["verdict"] != "alarm" || got["score"] != 1.5 || got["limit"] != 4.0 || got["title"] != "<b>/🙂" || got["newest_at"] != "2026-03-04T05:06:07Z" || got["source"] != "recording" {
		t.Errorf("status came out as %s", js)
	}
	if !reflect.DeepEqual(got["reasons"], []any{"own words"}) {
		t.Errorf("reasons %v, want the given ones", got["reasons"])
	}
}

func TestAlarmIsJSONWhateverItHolds(t *testing.T) {
	js, err := AlarmJSON(alert.Alarm{ID: "x", Score: math.NaN(), Limit: 4, State: alert.Unacknowledged})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	json.Unmarshal(js, &got)
	if got["score"] != nil || got["limit"] != 4.0 || got["state"] != "active_unacknowledged" {
		t.Errorf("alarm came out as %s", js)
	}
}

func TestAlarmListKeepsWhatIsOpen(t *testing.T) {
	l := newAlarmList(3)
	for i := range 10 {
		l.set(alert.Alarm{ID: string(rune('a' + i)), State: alert.Unacknowledged})
	}
	for i := range 8 {
		l.set(alert.Alarm{ID: string(rune('a' + i)), State: alert.Normal})
	}
	var ids string
	for _, a := range l.all() {
		ids += a.ID
	}
	if ids != "fghij" {
		t.Errorf("kept %q, want the two open and the three that finished last, fghij", ids)
	}
	if got := len(l.takeChanged()); got != 5 {
		t.Errorf("%d changed, want 5", got)
	}
	if got := len(l.takeChanged()); got != 0 {
		t.Errorf("%d changed again, want none", got)
	}
}

func TestAlarmListIgnoresAnOlderRevision(t *testing.T) {
	l := newAlarmList(3)
	l.set(alert.Alarm{ID: "a", Revision: 2, State: alert.Normal})
	l.takeChanged()
	l.set(alert.Alarm{ID: "a", Revision: 1, State: alert.Unacknowledged})
	if got := l.all(); len(got) != 1 || got[0].Revision != 2 || l.finished != 1 {
		t.Errorf("after an older copy the list holds %+v, %d finished", got, l.finished)
	}
	if got := l.takeChanged(); len(got) != 0 {
		t.Errorf("an older copy counts as a change: %+v", got)
	}
}
