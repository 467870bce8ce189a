package app_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/alert/journal"
)

// entries reads a journal.
func entries(t testing.TB, w *watch) []journal.Entry { return journalOf(t, w.Connection()) }

func journalOf(t testing.TB, nc *nats.Conn) (list []journal.Entry) {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	for attempt := 0; ; attempt++ { // a cluster that elects a leader loses questions without a word
		list = nil
		ctx, cancel := context.WithTimeout(t.Context(), patience/4)
		_, err := journal.Read(ctx, js, "main", time.Time{}, func(_ uint64, data []byte) error {
			e, err := journal.Decode(data)
			list = append(list, e)
			return err
		})
		cancel()
		if err == nil {
			return list
		}
		if attempt == 3 {
			t.Fatal(err)
		}
	}
}

// changesOf are the transitions of a stream's alarms in a journal, in order.
func changesOf(list []journal.Entry, stream string, kind alert.Kind) (out []string) {
	for _, e := range list {
		if e.Event != nil && e.Event.Alarm.Stream == stream && e.Event.Alarm.Kind == kind {
			out = append(out, string(e.Event.Change))
		}
	}
	return out
}

// An alarm and its answer outlive the program. While the condition holds nothing is told again; what is over by then clears, once.
func TestScenarioAlarmsOutliveTheProgram(t *testing.T) {
	t.Parallel()
	d, sinks := openDesk(t)
	dir := t.TempDir()
	text := join(base, strings.Replace(motorStream("motor", ""), "no_data_s = 300", "no_data_s = 0.3", 1), sinks)
	cfg := parse(t, dir, text)
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	eventually(t, "the silence", func() bool { return len(w.events("motor", alert.KindNoData)) > 0 })
	id := w.events("motor", alert.KindNoData)[0].Alarm.ID
	if err := w.Answer(within(t), id, "Ines", "the cable is out"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the message", func() bool { _, hooks, _ := d.counts(); return hooks == 1 })
	w.stop()

	again := start(t, parse(t, dir, text))
	_, body := again.get("/api/v1/alarms")
	wantAll(t, body, id, "Ines", string(alert.Acknowledged))
	time.Sleep(reconcile + 2*time.Second) // more than the time for it to be found again
	if list := again.events("motor", alert.KindNoData); len(list) != 0 {
		t.Errorf("told again while it holds: %+v", list)
	}
	again.stop()

	last := start(t, parse(t, dir, text))
	pub := last.publisher("motor")
	eventually(t, "the clear", func() bool {
		publishPart(t, pub, healthy(t), "part", 1000)
		return len(last.events("motor", alert.KindNoData)) > 0
	})
	if e := last.events("motor", alert.KindNoData)[0]; e.Change != alert.Cleared || e.Alarm.ID != id || e.Alarm.State != alert.Normal {
		t.Errorf("%+v; want the alarm cleared", e)
	}
	eventually(t, "the message of the clear", func() bool { _, hooks, _ := d.counts(); return hooks == 2 })
	list := entries(t, last)
	got := changesOf(list, "motor", alert.KindNoData) // behind it another silence may have begun
	if s := strings.Join(got[:min(3, len(got))], " "); s != "raised acknowledged cleared" || slices.ContainsFunc(list, func(e journal.Entry) bool {
		return e.Event != nil && e.Event.Alarm.ID == id && e.Event.At.After(last.events("motor", alert.KindNoData)[0].At)
	}) {
		t.Errorf("the journal has %s", strings.Join(got, " "))
	}
	var told, models int
	for _, e := range list {
		if e.Told != nil && e.Told.Sink == "hook" && e.Told.Failed == "" {
			told++
		}
		if e.Note != nil && strings.HasPrefix(e.Note.What, "model ") && e.Note.Stream == "motor" && e.Note.By == "crackle" {
			models++
		}
	}
	if told < 1 || models != 3 {
		t.Errorf("%d deliveries and %d models in service journalled, want 1 or 2 and 3", told, models)
	}
}
