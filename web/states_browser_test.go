package web_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"crackle/detector"
	"crackle/web"
	"crackle/web/hub"
	"crackle/web/webtest"
)

// Every state of a stream has a word and a shape of its own, so that none rests on colour.
func TestBrowserStates(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
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
	add("moved", func(s *web.StreamStatus) { s.Verdict, s.Regime = detector.OK, detector.NewRegime.String() })
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist)
	w := webtest.Open(t, b, url, 1280, 800, false)
	w.Within("nine streams", `document.querySelectorAll(".tile").length === 9`)
	w.Within("word of old data", `document.querySelector(".tile[data-stream=old] .age-word").innerText.trim() === "old"`)
	for name, want := range map[string]string{
		"ok": "ok|OK|calm", "alarm": "alarm|Alarm|alarm", "defect": "unknown|Not assessed|caution", "warming": "quiet|Not assessed|calm",
		"learning": "quiet|Not assessed|calm", "waiting": "quiet|Not assessed|calm", "ended": "ok|OK|calm", "old": "unknown|Was OK|caution",
	} {
		got := webtest.JS[string](w, fmt.Sprintf(`((r) => { const v = r.querySelector(".verdict"); return v.dataset.shape + "|" + v.innerText + "|" + r.dataset.tone })(document.querySelector(".tile[data-stream=%s]"))`, name))
		if got != want {
			t.Errorf("stream %s is shown as %s, want %s", name, got, want)
		}
	}
	w.Within("those that need a person first", `[...document.querySelectorAll(".tile")].map((t) => t.dataset.stream).join(" ") === "alarm defect old warming learning waiting ok ended moved"`)
	w.Within("word of another level", `document.querySelector(".tile[data-stream=moved] .reasons").innerText.includes("new steady state")`)
	w.Shot("wide-light")
	w.Accessible("light")
	webtest.JS[bool](w, `(document.documentElement.dataset.theme = "dark", true)`)
	w.Accessible("dark")
	w.Shot("wide-dark")
	w.Quiet()
}
