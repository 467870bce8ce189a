package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"crackle/alert"
)

// An alarm that begins outside of a sink's hours waits for them, over a restart too, and is told once when they have come, if it still stands; the
// other sinks hear of it at once. Here the hours come by another configuration.
func TestScenarioHoursBegin(t *testing.T) {
	t.Parallel()
	d, sinks := openDesk(t)
	dir := t.TempDir()
	cfg := func(hours string) string {
		return join(base, strings.Replace(motorStream("motor", ""), "no_data_s = 300", "no_data_s = 0.3", 1),
			strings.Replace(sinks, `token = "hook-token"`, `token = "hook-token"`+"\n"+hours, 1))
	}
	now := time.Now().UTC()
	night := fmt.Sprintf("hours = [%q]\nzone = \"UTC\"", now.Add(6*time.Hour).Format("15:04")+"-"+now.Add(7*time.Hour).Format("15:04"))
	first := parse(t, dir, cfg(night))
	saveMotorModel(t, first, "motor")
	w := start(t, first)
	w.alarmed("motor", alert.KindNoData, alert.Raised)
	eventually(t, "the other sinks", func() bool { chats, _, mails := d.counts(); return chats == 1 && mails == 1 })
	_, system := w.get("/api/v1/system")
	wantAll(t, system, `"held":1`)
	if _, hooks, _ := d.counts(); hooks != 0 {
		t.Errorf("%d messages outside of the hours", hooks)
	}
	w.stop()

	again := start(t, parse(t, dir, cfg("")))
	eventually(t, "the message", func() bool { _, hooks, _ := d.counts(); return hooks == 1 })
	pub := again.publisher("motor")
	eventually(t, "the clear", func() bool {
		publishPart(t, pub, healthy(t), "part", 1000)
		return len(again.events("motor", alert.KindNoData)) > 0
	})
	eventually(t, "the end", func() bool { chats, hooks, mails := d.counts(); return chats >= 2 && hooks >= 2 && mails >= 2 })
	var told []string
	for _, e := range entries(t, again) {
		if e.Told != nil && e.Told.Sink == "hook" && strings.HasSuffix(e.Told.Event, string(alert.Raised)) {
			told = append(told, e.Told.Event+e.Told.Failed)
		}
	}
	id := w.events("motor", alert.KindNoData)[0].ID
	if !slices.Contains(told, id) || len(told) > 2 { // a new silence may have begun
		t.Errorf("told by the journal: %q, want %s", told, id)
	}
}
