package notify

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"crackle/alert"
)

// office is a sink with hours, that keeps what it was sent.
type office struct {
	scripted
	hours *Hours
}

func (o *office) Hold(m *Message, now time.Time) time.Time {
	if m.Change == alert.Cleared || o.hours.At(now) {
		return time.Time{}
	}
	return o.hours.Next(now)
}

// workday runs a dispatcher over an office from 06:00 to 22:00, from midnight on, and another sink without hours.
func workday(t *testing.T, cfg Config) (o *office, always *scripted, d *Dispatcher, at func(hour float64, evs ...alert.Event), stop func()) {
	t.Helper()
	hours, err := ParseHours([]string{"06:00-22:00"}, "UTC")
	if err != nil {
		t.Fatal(err)
	}
	o, always = &office{scripted: scripted{name: "office", start: time.Now()}, hours: hours}, &scripted{name: "always"}
	midnight := time.Now()
	cfg.Sinks = []Sink{o}
	d, feed, end := running(t, cfg, always)
	at = func(hour float64, evs ...alert.Event) {
		t.Helper()
		time.Sleep(time.Until(midnight.Add(time.Duration(hour * float64(time.Hour)))))
		feed(evs...)
		synctest.Wait()
	}
	return o, always, d, at, func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	}
}

func (o *office) told() (list []string) {
	for _, a := range o.tried {
		list = append(list, fmt.Sprintf("%05.2f %s", a.at.Hours(), a.id))
	}
	return list
}

// What began at night and still stands is told once when the hours begin, in the order in which it began; its end is told at any time. What was over or
// put aside by then is not told, and counted. A sink without hours hears of everything at once.
func TestHoursBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var done []string
		cfg := Config{Done: func(sink, ev, failed string) {
			if sink == "office" {
				done = append(done, strings.TrimSpace(ev+" "+failed))
			}
		}}
		o, always, d, at, stop := workday(t, cfg)
		at(1, event("stands", alert.Raised))
		at(2, event("over", alert.Raised), event("shelved", alert.Raised), event("again", alert.Raised))
		at(3, event("over", alert.Cleared), event("shelved", alert.Listed))
		at(4, event("again", alert.Realarmed), event("unknown", alert.Listed))
		if n := d.Counters()[0]; n.Sink != "office" || n.Held != 2 || n.Untold != 2 || n.Sent != 0 || n.Failing {
			t.Errorf("at four: %+v", n)
		}
		at(5.99)
		if n := d.Counters()[0]; n.Held != 2 || n.Sent+n.Retried > 0 {
			t.Errorf("just before the hours begin: %+v", n)
		}
		at(7, event("day", alert.Raised))
		at(23, event("stands", alert.Cleared), event("shelved", alert.Realarmed), event("day", alert.Cleared))
		at(31)
		want := []string{"06.00 stands-raised", "06.00 again-realarmed", "07.00 day-raised", "23.00 stands-cleared", "23.00 day-cleared", "30.00 shelved-realarmed"}
		if diff := cmp.Diff(want, o.told()); diff != "" {
			t.Error(diff)
		}
		if got := always.ids(); got != "stands-raised over-raised shelved-raised again-raised over-cleared again-realarmed day-raised stands-cleared shelved-realarmed day-cleared" {
			t.Errorf("the other sink was told %s", got)
		}
		not := " the alarm was over or put aside before the sink's hours began"
		wantDone := []string{"over-raised" + not, "over-cleared", "shelved-raised" + not, "again-raised", "stands-raised", "again-realarmed", "day-raised", "stands-cleared", "day-cleared", "shelved-realarmed"}
		if diff := cmp.Diff(wantDone, done); diff != "" {
			t.Error(diff)
		}
		if n := d.Counters()[0]; n.Held != 0 || n.Sent != 6 || n.Dropped != 0 {
			t.Errorf("at the end: %+v", n)
		}
		stop()
	})
}

// A message that was told late says so, with the time at which its alarm began.
func TestLateSaysSo(t *testing.T) {
	ev := event("a", alert.Raised)
	ev.Alarm.OnsetTime = time.Date(2026, 3, 1, 2, 3, 4, 0, time.UTC)
	m := FromEvent(ev, "")
	m.Late = true
	text := m.Text()
	for _, want := range []string{"Onset: 2026-03-01T02:03:04Z", "Told now: it began outside of the hours of this sink, and still stands"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
}

// A sink that is away when the hours begin is tried until it takes the message, whatever the hour then, and the age of the message counts from the hours.
func TestLateIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, _, _, at, stop := workday(t, Config{GiveUp: 3 * time.Hour})
		o.answers = []error{fmt.Errorf("away"), fmt.Errorf("away")}
		at(1, event("a", alert.Raised))
		at(8)
		stop()
		if got := o.ids(); got != "a-raised a-raised a-raised" {
			t.Errorf("tried %s", got)
		}
	})
}

// At a stop what waits is left to the next start, and is not done with; more than the queue holds does not wait.
func TestStopWhileHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var done []string
		_, _, d, at, stop := workday(t, Config{Queue: 3, Done: func(sink, ev, _ string) {
			if sink == "office" {
				done = append(done, ev)
			}
		}})
		for i := range 5 {
			at(1+float64(i)/10, event(fmt.Sprint(i), alert.Raised))
		}
		stop()
		if n := d.Counters()[0]; n.Held != 3 || n.Dropped != 2 || n.Sent != 0 || len(done) != 0 {
			t.Errorf("%+v, done with %q", n, done)
		}
	})
}

func TestNext(t *testing.T) {
	for _, c := range []struct {
		hours []string
		from  string
		want  string
	}{
		{nil, "2026-03-07T12:00:30+01:00", "2026-03-07T12:00:30+01:00"},
		{[]string{"mon-fri 06:00-22:00"}, "2026-03-07T12:00:30+01:00", "2026-03-09T06:00:00+01:00"}, // Saturday
		{[]string{"mon-fri 06:00-22:00"}, "2026-03-06T21:59:59+01:00", "2026-03-06T21:59:59+01:00"},
		{[]string{"22:00-06:00"}, "2026-03-06T06:00:00+01:00", "2026-03-06T22:00:00+01:00"},
		{[]string{"sun 02:30-03:00"}, "2026-03-28T12:00:00+01:00", "2026-04-05T02:30:00+02:00"}, // clocks pass over it on the 29th
		{[]string{"sun 06:00-07:00"}, "2026-03-22T07:00:00+01:00", "2026-03-29T06:00:00+02:00"}, // and on it
	} {
		h, err := ParseHours(c.hours, "Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		from, err := time.Parse(time.RFC3339, c.from)
		if err != nil {
			t.Fatal(err)
		}
		got := h.Next(from).In(from.Location())
		want, err := time.Parse(time.RFC3339, c.want)
		if err != nil || !got.Equal(want) {
			t.Errorf("%q after %s: %s, want %s, %v", c.hours, c.from, got, c.want, err)
		}
	}
}
