package journal

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"crackle/alert"
)

// TestTold: what sinks are done with is known after a restart, and the rest is pending: told again under the same id.
func TestTold(t *testing.T) {
	js := startBroker(t)
	j, st := open(t, js, Config{Book: plant})
	if len(st.Pending([]string{"slack"}, time.Time{})) != 0 {
		t.Error("pending in an empty journal")
	}
	var told []alert.Event // of those that people are told
	for _, ev := range lived(t, 400) {
		j.events <- ev
		if tells(ev.Change) {
			told = append(told, ev)
		}
	}
	eventually(t, "store", func() bool { return j.Settled(told[len(told)-1].Number) })
	for i, ev := range told {
		if i < len(told)-3 {
			j.Told("slack", ev.ID, "")
		}
		if i < len(told)-1 {
			j.Told("email", ev.ID, "")
		}
	}
	j.Told("email", told[len(told)-1].ID, "no such recipient")
	j.Told("email", "an event that nobody knows", "")
	j.finish(t)
	before := time.Now()
	_, st = open(t, js, Config{Book: plant})
	if n := len(st.Pending([]string{"email"}, time.Time{})); n != 0 {
		t.Errorf("%d pending for email", n)
	}
	pending := st.Pending([]string{"email", "slack"}, time.Time{})
	if len(pending) != 3 || pending[0].ID != told[len(told)-3].ID || !st.Told("email", pending[0].ID) || st.Told("slack", pending[0].ID) {
		t.Errorf("%d pending", len(pending))
	}
	stands := map[string]bool{}
	for _, a := range st.Book.Open {
		stands[a.ID] = a.State.Active()
	}
	late := st.Pending([]string{"slack"}, before) // nothing happened since: what still stands, and no more
	for _, ev := range pending {
		if want := stands[ev.Alarm.ID] && ev.Change != alert.Cleared; slices.ContainsFunc(late, func(l alert.Event) bool { return l.ID == ev.ID }) != want {
			t.Errorf("%s pending: want %v, for its alarm stands: %v", ev.ID, want, stands[ev.Alarm.ID])
		}
	}
	if len(late) >= len(pending) {
		t.Errorf("%d pending since a time when nothing happened", len(late))
	}
	knows := st.Knows("email")
	if len(knows) == 0 {
		t.Error("no alarm stands of which email was told")
	}
	for _, id := range knows {
		if !stands[id] {
			t.Errorf("email knows of %s, which does not stand", id)
		}
	}
	if st.Knows("nobody") != nil {
		t.Error("a sink that nobody knows was told")
	}
}

// A sink that has joined is told of what happened since, although it was never done with anything, and of nothing before.
func TestJoined(t *testing.T) {
	js := startBroker(t)
	j, _ := open(t, js, Config{Book: plant})
	var told []alert.Event
	for i, ev := range lived(t, 400) {
		if i == 10 {
			j.Joined("slack")
		}
		if i == 20 {
			j.Joined("slack") // says nothing new
			j.Joined("email")
		}
		j.events <- ev
		eventually(t, "store", func() bool { return j.Settled(ev.Number) }) // events and the rest come by two ways
		if tells(ev.Change) && i >= 10 {
			told = append(told, ev)
		}
	}
	j.finish(t)
	_, st := open(t, js, Config{Book: plant})
	pending := st.Pending([]string{"slack"}, time.Time{})
	if len(pending) != len(told) || len(told) < 5 || pending[0].ID != told[0].ID {
		t.Errorf("%d pending, want %d", len(pending), len(told))
	}
	if n := len(st.Pending([]string{"email"}, time.Time{})); n >= len(told) || n == 0 {
		t.Errorf("%d pending for a sink that joined later, of %d", n, len(told))
	}
	if st.Knows("slack") != nil {
		t.Error("it was told of nothing")
	}
}

// TestRestore: a checkpoint of some time ago and the journal give the book that told the events, with its history.
func TestRestore(t *testing.T) {
	js := startBroker(t)
	book, _ := alert.NewBook(plant)
	now := time.Unix(1_800_000_000, 0)
	var evs []alert.Event
	var old alert.Checkpoint
	for i := range 500 {
		if i == 300 {
			old = book.Checkpoint()
			old.History = nil
		}
		evs, _ = book.Step(evs, &alert.Input{Op: alert.OpScore, Score: wave(i)}, now)
		if len(evs) > 0 && i%7 == 0 {
			evs, _ = book.Step(evs, &alert.Input{Op: alert.OpAcknowledge, Acknowledge: &alert.Acknowledgement{ID: evs[len(evs)-1].Alarm.ID, By: "ines"}}, now)
		}
	}
	j, _ := open(t, js, Config{Book: plant})
	for _, ev := range evs {
		j.events <- ev
	}
	j.finish(t)
	for name, from := range map[string]*alert.Checkpoint{"checkpoint": &old, "journal alone": nil} {
		j, st := open(t, js, Config{Book: plant, From: from})
		j.finish(t)
		c, since := st.Restore()
		m, err := alert.New(alert.Config{Book: plant, Restore: c, Since: since})
		if err != nil {
			t.Fatal(err)
		}
		got, want := m.Snapshot(), book.Snapshot()
		lives := cmp.Transformer("life", func(a alert.Alarm) string { return a.ID + string(a.State) + a.AckBy + string(a.ClearReason) })
		if diff := cmp.Diff([]any{want.Open, len(want.Recent)}, []any{got.Open, len(got.Recent)}, lives); diff != "" {
			t.Errorf("from %s (-book +restored):\n%s", name, diff)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, e := range []Entry{{Note: &Note{What: "limit", By: "ines"}}, {Told: &Told{Event: "1-raised", Sink: "slack"}}, {Opened: &Opened{Book: []byte{1, 2}}}} {
		e.Version, e.Writer, e.N = 1, "w", 1
		data, err := json.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	c, err := pack(alert.Checkpoint{Version: 2, Events: 9})
	if err != nil {
		f.Fatal(err)
	}
	data, _ := json.Marshal(Entry{Version: 1, Writer: "w", N: 1, Opened: &Opened{Book: c}})
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Decode(data)
		if err != nil {
			return
		}
		fold, err := newFold(plant, nil)
		if err != nil {
			t.Fatal(err)
		}
		fold.add(&e) // whatever it says must not panic
		fold.finish()
	})
}
