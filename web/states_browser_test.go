package web_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"crackle/alert"
	"crackle/detector"
	"crackle/web"
	"crackle/web/hub"
)

// Every state of a stream and of an alarm has a word and a shape of its own, so that none rests on colour.
func TestBrowserStates(t *testing.T) {
	dist, b := buildUI(t), browser(t)
	now := time.Now()
	base := web.StreamStatus{RateHz: 50e3, Source: hub.Live, Phase: hub.Watching, Score: 1.2, Limit: 3.5, Channels: []hub.Channel{{Name: "mbn", Unit: "V"}}, NewestAt: now, StaleAfterS: 3600}
	var streams []web.StreamStatus
	add := func(name string, edit func(*web.StreamStatus)) {
		s := base
		s.Name, s.Title = name, "Press "+name
		edit(&s)
		streams = append(streams, s)
	}
	add("ok", func(s *web.StreamStatus) { s.Verdict = detector.OK; s.Part, s.Lot = "P-17", "L-3" })
	add("alarm", func(s *web.StreamStatus) { s.Verdict, s.Score = detector.Alarm, 8.4; s.LimitProvisional = true })
	add("defect", func(s *web.StreamStatus) {
		s.Reason, s.Score = detector.SignalDefect, math.NaN()
		s.Counts = hub.Counts{Received: 1e6, Missing: 12800, Invalid: 3, Malformed: 2}
	})
	add("warming", func(s *web.StreamStatus) { s.Reason, s.Score = detector.WarmingUp, math.NaN() })
	add("learning", func(s *web.StreamStatus) {
		s.Phase, s.Reason, s.Score, s.Limit = hub.Learning, detector.Learning, math.NaN(), math.NaN()
	})
	add("waiting", func(s *web.StreamStatus) { s.Phase, s.Score, s.NewestAt = hub.Waiting, math.NaN(), time.Time{} })
	add("ended", func(s *web.StreamStatus) {
		s.Phase, s.Source, s.Verdict, s.NewestAt = hub.Ended, hub.Recording, detector.OK, now.Add(-3*time.Hour)
	})
	add("old", func(s *web.StreamStatus) {
		s.Verdict, s.StaleAfterS, s.NewestAt = detector.OK, 1, now.Add(-75*time.Second)
	})
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist)
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for i, a := range []alert.Alarm{
		{State: alert.Normal, AckBy: "Ann", AckTime: at.Add(time.Minute), AckComment: "Wheel dressed"},
		{State: alert.Acknowledged, AckBy: "Bo", AckTime: at, Provisional: true},
		{State: alert.Returned, ClearTime: at.Add(20 * time.Second)},
		{State: alert.Unacknowledged, Simulated: true},
		{State: alert.Unacknowledged, Kind: alert.KindNoData, What: "silent for 12 s"},
	} {
		a.ID, a.Stream, a.Revision, a.OnsetTime, a.Part, a.Lot = fmt.Sprint("a", i), streams[i].Name, 1, at.Add(time.Duration(i)*time.Hour), "P-17", "L-3"
		if a.Kind == "" {
			a.Kind, a.Score, a.Limit, a.What = alert.KindScore, 6.1+float64(i), 3.5, "rms 0.61 V, expected 0.20 V (71% of the score)"
		}
		p.hub.PublishAlarm(a)
	}
	w := open(t, b, url, 1280, 800, false)
	w.within(5*time.Second, "eight streams", `document.querySelectorAll(".row").length === 8`)
	w.within(5*time.Second, "word of old data", `document.querySelector(".row[data-stream=old] .old").innerText === "old"`)
	if got := js[string](w, `document.querySelector(".pending").innerText`); got != "3 alarms to acknowledge" {
		t.Errorf("the header says %q", got)
	}
	for name, want := range map[string]string{
		"ok": "ok|OK|calm", "alarm": "alarm|Alarm|alarm", "defect": "unknown|Not assessed|caution", "warming": "quiet|Not assessed|calm",
		"learning": "quiet|Not assessed|calm", "waiting": "quiet|Not assessed|calm", "ended": "ok|OK|calm", "old": "unknown|Was OK|caution",
	} {
		got := js[string](w, fmt.Sprintf(`((r) => { const v = r.querySelector(".verdict"); return v.dataset.shape + "|" + v.innerText + "|" + r.dataset.tone })(document.querySelector(".row[data-stream=%s]"))`, name))
		if got != want {
			t.Errorf("stream %s is shown as %s, want %s", name, got, want)
		}
	}
	got := js[string](w, `[...document.querySelectorAll("tr[data-alarm]")].map((r) => r.dataset.alarm + " " + r.querySelector(".shape").getAttribute("class").slice(12) + " " + r.querySelector("b").innerText).join(", ")`)
	if want := "a4 alarm Active, a3 alarm Active, a2 returned Returned, a1 answered Active, a0 ok Over"; got != want {
		t.Errorf("the alarms are %s; want %s", got, want)
	}
	if got := js[string](w, `document.querySelector(".row[data-stream=defect] .counts").innerText`); got != "12\u202f800 missing, 3 invalid samples, 2 unreadable messages" {
		t.Errorf("losses read %q", got)
	}
	w.shot("wide-light")
	js[bool](w, `document.documentElement.dataset.theme = "dark", document.querySelector(".row[data-stream=waiting]").scrollIntoView(), true`)
	w.shot("wide-dark")
	tall := open(t, b, url+"#alarm-a1", 820, 1180, false)
	tall.within(5*time.Second, "the alarm that the link names", `document.querySelector("tr[data-target]")?.dataset.alarm === "a1"`)
	tall.shot("tall-light")
	w.quiet()
	tall.quiet()
}
