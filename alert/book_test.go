package alert

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"crackle/detector"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestID pins the id: it stands in sent mails and in journals, so it may never change.
func TestID(t *testing.T) {
	if got, want := ID("motor.current", 0x1122334455667788, 12000, KindScore), "59a4c6af05f4f0dd"; got != want {
		t.Errorf("ID = %s, want %s", got, want)
	}
	seen := map[string]bool{}
	for _, id := range []string{ID("a", 1, 2, "score"), ID("a", 2, 1, "score"), ID("a", 1, 2, "scor"), ID("as", 1, 2, "core"), ID("", 1, 2, "score")} {
		if len(id) != 16 || seen[id] {
			t.Errorf("id %q is of the wrong length or comes twice", id)
		}
		seen[id] = true
	}
}

func TestRulesValidate(t *testing.T) {
	good := []Rules{{}, {Raise: 1}, {Raise: 5}, {Of: 1}, {Raise: 1, Of: MaxWindows, Clear: 1, Hysteresis: 1}}
	for _, r := range good {
		if err := r.Validate(); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
	}
	bad := []struct {
		r    Rules
		says string
	}{
		{Rules{Raise: 4, Of: 3}, "4 of 3 windows"},
		{Rules{Raise: -1}, "-1 of"},
		{Rules{Of: MaxWindows + 1}, "1 to 1024"},
		{Rules{Clear: -2}, "off-delay is -2"},
		{Rules{Hysteresis: 1.5}, "hysteresis is 1.5"},
		{Rules{Hysteresis: math.NaN()}, "hysteresis is NaN"},
	}
	for _, b := range bad {
		err := b.r.Validate()
		if err == nil || !strings.Contains(err.Error(), b.says) {
			t.Errorf("%+v: error %v, want one that says %q", b.r, err, b.says)
		}
	}
	_, err := NewBook(BookConfig{Open: -1, Default: Rules{Clear: -1}, Streams: []Stream{{Name: "a", Rules: Rules{Raise: -1}}}})
	for _, says := range []string{"open -1", "off-delay", `stream "a"`} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("NewBook error %v does not say %q", err, says)
		}
	}
}

// TestClearLevel holds that back under is never above the limit, for limits of either sign.
func TestClearLevel(t *testing.T) {
	r := Rules{}.withDefaults()
	for _, limit := range []float64{4, 0, -4} {
		if got := r.clearLevel(limit); got > limit {
			t.Errorf("limit %g: clears at %g", limit, got)
		}
	}
}

func TestMalformedInputs(t *testing.T) {
	book, err := NewBook(BookConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range []Input{{}, {Op: 99}, {Op: OpScore}, {Op: OpCondition}, {Op: OpPartEnd}, {Op: OpAcknowledge}, {Op: OpConfigure}, {Op: OpRemove},
		{Op: OpCondition, Condition: &Condition{Kind: KindGap, Limit: math.Inf(1)}}, {Op: OpPartEnd, PartEnd: &PartEnd{Stream: "never"}}} {
		events, err := book.Step(nil, &in, time.Unix(1, 0))
		if !errors.Is(err, ErrInput) || len(events) != 0 {
			t.Errorf("op %d: %v, %v", in.Op, events, err)
		}
	}
	if n := book.Snapshot().Counts.Rejected; n != 10 {
		t.Errorf("%d refusals counted", n)
	}
}

// draw makes any input at all, meaningful or not.
func draw(t *rapid.T, ids []string) Input {
	stream := rapid.SampledFrom([]string{"a", "b", "b.c"}).Draw(t, "stream")
	value := rapid.OneOf(rapid.Float64Range(0, 8), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e308}))
	at := time.Unix(1_700_000_000, rapid.Int64Range(0, 1e12).Draw(t, "ns")).UTC()
	switch rapid.IntRange(0, 13).Draw(t, "op") {
	default:
		first := rapid.Uint64Range(0, 5000).Draw(t, "first")
		v := value.Draw(t, "value")
		verdict := detector.OK
		if v > 4 {
			verdict = detector.Alarm
		}
		return Input{Op: OpScore, Score: detector.Score{
			Stream: stream, Run: rapid.Uint64Range(0, 1).Draw(t, "run"), First: first, End: first + 100, TimeNS: at.UnixNano(),
			Part: rapid.SampledFrom([]string{"", "p", "q"}).Draw(t, "part"), PartEnd: rapid.IntRange(0, 9).Draw(t, "end") == 0,
			Value: v, Limit: 4, Verdict: verdict, Top: [3]detector.Cause{{Name: "rms_v", Got: v, Expected: math.NaN(), Share: 1}},
		}}
	case 5:
		return Input{Op: OpCondition, Condition: &Condition{
			Stream: stream, Kind: rapid.SampledFrom([]Kind{KindNoData, KindGap, KindScore}).Draw(t, "kind"), Active: rapid.Bool().Draw(t, "active"),
			Again: rapid.Bool().Draw(t, "again"), At: at, Value: value.Draw(t, "value"), Limit: 1,
		}}
	case 6:
		return Input{Op: OpPartEnd, PartEnd: &PartEnd{Stream: stream, Part: "p", At: at}}
	case 7:
		id := "unknown"
		if len(ids) > 0 {
			id = rapid.SampledFrom(ids).Draw(t, "id")
		}
		return Input{Op: OpAcknowledge, Acknowledge: &Acknowledgement{ID: id, By: rapid.SampledFrom([]string{"", "ines"}).Draw(t, "by")}}
	case 8:
		r := Rules{Raise: rapid.IntRange(-1, 3).Draw(t, "raise"), Of: rapid.IntRange(0, 4).Draw(t, "of"), Clear: rapid.IntRange(0, 3).Draw(t, "clear"),
			Latch: rapid.Bool().Draw(t, "latch"), PerPart: rapid.Bool().Draw(t, "perpart")}
		return Input{Op: OpConfigure, Stream: &Stream{Name: stream, Rules: r}}
	case 9:
		return Input{Op: OpRemove, Stream: &Stream{Name: stream}}
	case 10:
		return Input{Op: OpTick}
	case 11, 12:
		op := rapid.SampledFrom([]Op{OpShelve, OpUnshelve}).Draw(t, "shelve")
		return Input{Op: op, Shelving: &Shelving{
			Stream: stream, Kind: rapid.SampledFrom([]Kind{KindScore, KindGap}).Draw(t, "kind"), By: "ines", OneShot: rapid.Bool().Draw(t, "oneshot"),
			For: time.Duration(rapid.IntRange(0, 20).Draw(t, "seconds")) * time.Second,
		}}
	case 13:
		return Input{Op: OpService, Service: &Service{Stream: stream, Kind: rapid.SampledFrom([]Kind{"", KindScore}).Draw(t, "kind"), Out: rapid.Bool().Draw(t, "out"), By: "tom"}}
	}
}

// reborn makes a book anew from another's checkpoint, by way of JSON. The configuration comes from the checkpoint's rules, as it would
// from an unchanged file.
func reborn(t *rapid.T, cfg BookConfig, b *Book) *Book {
	raw, err := json.Marshal(b.Checkpoint())
	if err != nil {
		t.Fatal(err)
	}
	var c Checkpoint
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	for _, s := range c.Streams {
		cfg.Streams = append(cfg.Streams, Stream{Name: s.Name, Rules: s.Rules})
	}
	fresh, err := NewBook(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := fresh.Restore(c); err != nil {
		t.Fatal(err)
	}
	return fresh
}

// law follows every alarm through its events and fails on what may never happen.
type law map[string]*Alarm

func (l law) check(t *rapid.T, ev Event) {
	if ev.Alarm.ID == "" {
		if ev.Shelf == nil && ev.Service == nil {
			t.Fatalf("event of no alarm: %+v", ev)
		}
		return
	}
	last := l[ev.Alarm.ID]
	if last != nil && last.State == Normal && (ev.Change == Raised || ev.Change == Listed) {
		last = nil // its bearer has left the history, and a publisher that repeats its indices brings the name back
	}
	from, revision := Normal, 0
	if last != nil {
		from, revision = last.State, last.Revision
	}
	if ev.From != from || ev.Alarm.Revision != revision+1 || !strings.Contains(ev.ID, string(ev.Change)) || !strings.Contains(ev.ID, ev.Alarm.ID) {
		t.Fatalf("event does not follow the one before: %+v after %+v", ev, last)
	}
	allowed := map[Change]map[State]State{
		Raised:    {Normal: Unacknowledged, HeldShelved: Unacknowledged, HeldByDesign: Unacknowledged, HeldOutOfService: Unacknowledged},
		Realarmed: {Unacknowledged: Unacknowledged, Acknowledged: Unacknowledged},
		Acked:     {Unacknowledged: Acknowledged, Returned: Normal},
		Cleared:   {Unacknowledged: Returned, Acknowledged: Normal},
		Retired:   {Returned: Normal},
		Delisted:  {HeldShelved: Normal, HeldByDesign: Normal, HeldOutOfService: Normal},
	}
	aside := ev.Shelf != nil || ev.Service != nil
	if to, ok := allowed[ev.Change][ev.From]; ok && to != ev.Alarm.State || !ok && ev.Change != Listed && !aside || aside && ev.From != ev.Alarm.State {
		t.Fatalf("%s from %s to %s", ev.Change, ev.From, ev.Alarm.State)
	}
	if ev.Change == Listed && (!ev.Alarm.State.Held() || ev.From != Normal && !ev.From.Held()) {
		t.Fatalf("listed from %s to %s", ev.From, ev.Alarm.State)
	}
	if (ev.From == Normal) != (last == nil) || last == nil && ev.Change != Raised && ev.Change != Listed {
		t.Fatalf("%s of an alarm seen before: %v", ev.Change, last != nil)
	}
	if last != nil && ev.Change == Cleared && last.ClearReason != "" {
		t.Fatal("cleared twice")
	}
	if _, err := json.Marshal(ev); err != nil {
		t.Fatalf("event is no JSON: %v", err)
	}
	a := ev.Alarm
	l[a.ID] = &a
}

// TestProperties drives books with anything at all: every alarm is raised first, answered after, cleared once; everything told can be
// written as JSON; the lists stay within their bounds and agree with what was told; and a second book, fed the same and now and then
// made anew from a checkpoint that went through JSON, tells the same.
func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := BookConfig{Open: rapid.IntRange(4, 8).Draw(t, "open"), History: rapid.IntRange(1, 3).Draw(t, "history"), Default: Rules{Raise: 1, Clear: 1}, Reconcile: time.Hour}
		one, err1 := NewBook(cfg)
		two, err2 := NewBook(cfg)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		told, ids, now := law{}, []string(nil), time.Unix(1_800_000_000, 0)
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			in := draw(t, ids)
			if rapid.IntRange(0, 5).Draw(t, "restart") == 0 {
				two = reborn(t, cfg, two)
			}
			now = now.Add(time.Second)
			a, errA := one.Step(nil, &in, now)
			b, errB := two.Step(nil, &in, now)
			if diff := cmp.Diff(a, b); diff != "" || (errA == nil) != (errB == nil) {
				t.Fatalf("same input, other outcome: %v, %v\n%s", errA, errB, diff)
			}
			if errA != nil && len(a) > 0 {
				t.Fatalf("refused and yet told: %v", a)
			}
			for _, ev := range a {
				told.check(t, ev)
				if ev.Change == Raised || ev.Change == Listed {
					ids = append(ids, ev.Alarm.ID)
				}
			}
			snap := one.Snapshot()
			if len(snap.Open) > cfg.Open+9 || len(snap.Recent) > cfg.History { // 3 streams of 3 kinds may be active
				t.Fatalf("%d open, %d recent", len(snap.Open), len(snap.Recent))
			}
			if _, err := json.Marshal(snap); err != nil {
				t.Fatal(err)
			}
			for _, a := range snap.Open {
				if last := told[a.ID]; last == nil || last.State != a.State || a.State == Normal {
					t.Fatalf("open list holds %+v, told was %+v", a, last)
				}
			}
		}
		open := 0
		for _, a := range told {
			if a.State != Normal {
				open++
			}
		}
		if got := len(one.Snapshot().Open); got != open {
			t.Fatalf("%d alarms told as open, %d listed", open, got)
		}
	})
}

// TestEventJSON shows the shape that pages and sinks see.
func TestEventJSON(t *testing.T) {
	book, _ := NewBook(BookConfig{Streams: []Stream{{Name: "motor", Rules: Rules{Raise: 1, Of: 1}}}})
	s := detector.Score{Stream: "motor", Run: 1 << 63, First: 100, End: 200, TimeNS: 1e18, Value: 5, Limit: 4, Verdict: detector.Alarm}
	events, err := book.Step(nil, &Input{Op: OpScore, Score: s}, time.Unix(0, 0))
	if err != nil || len(events) != 1 {
		t.Fatal(events, err)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(events[0]); err != nil {
		t.Fatal(err)
	}
	id := ID("motor", 1<<63, 100, KindScore)
	want := `{"event_id":"` + id + `-raised","change":"raised","alarm":{"id":"` + id + `","stream":"motor","kind":"score","state":"active_unacknowledged",` +
		`"revision":1,"run":"9223372036854775808","onset_index":100,"onset_time":"2001-09-09T01:46:40Z","end_index":200,"score":5,"limit":4,` +
		`"what":"score above limit","priority":"medium","severity":350,"told_time":"1970-01-01T00:00:00Z",` +
		`"opcua":{"ActiveState":"Active","AckedState":"Unacknowledged","ShelvingState":"Unshelved","SuppressedState":"Unsuppressed",` +
		`"OutOfServiceState":"In Service","LatchedState":"Unlatched","Retain":true}},"from":"normal","at":"2001-09-09T01:46:40Z",` +
		`"number":1,"place":{"run":"9223372036854775808","end":200,"signal_ns":1000000000000000000,"above":true}}` + "\n"
	if diff := cmp.Diff(want, buf.String()); diff != "" {
		t.Error(diff)
	}
}
