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
}
