package app

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"crackle/alert"
	"crackle/alert/notify"
	"crackle/cmd/crackle/config"
)

// drawer keeps what it was sent, after so many refusals.
type drawer struct {
	got    []string
	refuse int
}

func (d *drawer) Name() string { return "drawer" }

func (d *drawer) Send(_ context.Context, m notify.Message) error {
	if d.refuse > 0 {
		d.refuse--
		return errors.New("away")
	}
	d.got = append(d.got, m.ID)
	return nil
}

// What was told within the hours is told to its end, whatever the hour; what was not is not, nor is its end.
func TestRoutingByHour(t *testing.T) {
	hours, err := notify.ParseHours([]string{"06:00-22:00"}, "UTC")
	if err != nil {
		t.Fatal(err)
	}
	d := &drawer{}
	now := time.Date(2026, 3, 2, 21, 59, 0, 0, time.UTC)
	restart := func() *routed {
		return &routed{Sink: d, cfg: config.DefaultSink("drawer", "log"), severity: func(string) string { return "warning" }, hours: hours, now: func() time.Time { return now }, told: map[string]bool{}}
	}
	r := restart()
	send := func(alarm string, c alert.Change, onset time.Time) error {
		return r.Send(t.Context(), notify.Message{ID: alarm + string(c)[:1], AlarmID: alarm, Stream: "s", Change: c, Onset: onset})
	}
	day, night := now, now.Add(6*time.Hour)
	d.refuse = 1
	if send("a", alert.Raised, day) == nil {
		t.Fatal("a sink that is away took it")
	}
	now = night // the next attempt
	for _, step := range []struct {
		alarm string
		c     alert.Change
		onset time.Time
	}{{"a", alert.Raised, day}, {"b", alert.Raised, night}, {"a", alert.Realarmed, day}, {"a", alert.Cleared, day}, {"b", alert.Cleared, night}, {"c", alert.Raised, night}} {
		if err := send(step.alarm, step.c, step.onset); err != nil {
			t.Fatal(err)
		}
	}
	r = restart()
	for _, step := range []struct {
		alarm string
		onset time.Time
	}{{"d", day}, {"e", night}} { // began before the restart
		if err := send(step.alarm, alert.Cleared, step.onset); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Send(t.Context(), notify.Message{ID: "test", Test: true}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(d.got, " "); got != "ar ar ac dc test" {
		t.Errorf("told %s", got)
	}

	// What waits for the hours, and until when.
	r = restart()
	r.told["known"] = true
	morning := time.Date(2026, 3, 3, 6, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		m    notify.Message
		at   time.Time
		want time.Time
	}{
		{notify.Message{AlarmID: "x", Stream: "s", Change: alert.Raised}, night, morning},
		{notify.Message{AlarmID: "x", Change: alert.Raised}, night, morning}, // of the monitor as a whole
		{notify.Message{AlarmID: "x", Stream: "s", Change: alert.Raised}, day, time.Time{}},
		{notify.Message{AlarmID: "known", Stream: "s", Change: alert.Realarmed}, night, time.Time{}},
		{notify.Message{AlarmID: "x", Stream: "s", Change: alert.Cleared}, night, time.Time{}},
		{notify.Message{ID: "test", Test: true}, night, time.Time{}},
	} {
		if got := r.Hold(&c.m, c.at); !got.Equal(c.want) {
			t.Errorf("%+v at %s waits until %s, want %s", c.m, c.at, got, c.want)
		}
	}
	r.cfg.MinSeverity = "critical"
	if got := r.Hold(&notify.Message{AlarmID: "x", Stream: "s", Change: alert.Raised}, night); !got.IsZero() {
		t.Errorf("what is not for the sink waits until %s", got)
	}
	if err := r.Send(t.Context(), notify.Message{ID: "late", AlarmID: "y", Change: alert.Raised, Late: true}); err != nil || d.got[len(d.got)-1] != "late" {
		t.Errorf("told %q, %v; a message that waited is told, if the hours end meanwhile", d.got, err)
	}
}
