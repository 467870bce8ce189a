package web_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"crackle/alert"
	"crackle/web"
	"crackle/web/hub"
)

// An alarm is acknowledged by keyboard in one window, and both windows tell the same.
func TestBrowserAcknowledge(t *testing.T) {
	dist, b := buildUI(t), browser(t)
	streams, sources := demo()
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist)
	feed(t, p, sources)
	p.fault("grinder.mbn", 5)
	one, two := open(t, b, url, 1280, 800, false), open(t, b, url+"#/alarms", 820, 1180, true)
	two.within(20*time.Second, "the alarm", `document.querySelector("tr[data-state=active_unacknowledged] button.ack") !== null`)
	one.within(20*time.Second, "the alarm", `document.querySelector(".pending:not([hidden])") !== null`)
	one.key("2", "Digit2")
	one.within(20*time.Second, "the alarm", `document.querySelector("tr[data-state=active_unacknowledged] button.ack") !== null`)
	one.key("a", "KeyA")
	one.do("open the dialog by keyboard", chromedp.WaitVisible("dialog[open]"))
	one.do("send without a name", chromedp.KeyEvent(kb.Enter))
	one.accessible("the dialog")
	one.shot("dialog")
	if !js[bool](one, `document.querySelector("dialog").open`) {
		t.Fatal("an acknowledgement without a name was sent")
	}
	one.do("fill in", chromedp.KeyEvent("Ann Weld"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent("Coolant was low"), chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent("Refilled"))
	one.do("send", chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter), chromedp.WaitNotVisible("dialog"))
	for _, w := range []*page{one, two} {
		w.within(20*time.Second, "the acknowledgement", `document.querySelector("tr[data-state=active_acknowledged] .by")?.innerText === "Ann Weld"`)
		if got := js[string](w, `document.querySelector("tr[data-state=active_acknowledged] .comment").innerText`); got != "Coolant was low\nRefilled" {
			t.Errorf("the comment reads %q", got)
		}
		if js[int](w, `document.querySelectorAll("button.ack").length`) != 0 || js[string](w, `document.title`) != "Alarms – Crackle" {
			t.Error("an acknowledged alarm still asks to be acknowledged")
		}
	}
	two.shot("second-window")
	p.fault("motor.current", 6)
	two.click("button.ack")
	two.do("open the dialog", chromedp.WaitVisible("dialog[open]"))
	if got := js[string](two, `document.querySelector("#ask-by").value`); got != "Ann Weld" {
		t.Errorf("the name offered is %q, want the one remembered", got)
	}
	if err := p.Acknowledge(t.Context(), p.machine.Snapshot().Open[1].ID, "Somebody else", ""); err != nil {
		t.Fatal(err)
	}
	two.within(20*time.Second, "word that somebody else was faster", `document.querySelector("dialog .error").innerText.includes("Somebody else")`)
	two.do("close", chromedp.KeyEvent(kb.Escape), chromedp.WaitNotVisible("dialog"))
	one.quiet()
	two.quiet()
}

// The list at every size and in both themes: every state has a word and a shape of its own, what is open comes first, filters and search narrow it down.
func TestBrowserAlarms(t *testing.T) {
	dist, b := buildUI(t), browser(t)
	streams, _ := demo()
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist)
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for i, a := range []alert.Alarm{
		{State: alert.Normal, AckBy: "Ann", AckTime: at.Add(time.Minute), AckComment: "Wheel dressed"},
		{State: alert.Acknowledged, AckBy: "Bo", AckTime: at, Provisional: true},
		{State: alert.Returned, ClearTime: at.Add(20 * time.Second)},
		{State: alert.Unacknowledged, Simulated: true},
		{State: alert.Unacknowledged, Kind: alert.KindNoData, What: "silent for 12 s"},
		{State: alert.HeldShelved, ShelvedUntil: at.Add(100 * time.Hour), AckBy: "Cy", AckTime: at},
	} {
		a.ID, a.Stream, a.Revision, a.OnsetTime, a.Part, a.Lot = fmt.Sprint("a", i), streams[i%3].Name, 1, at.Add(time.Duration(i)*time.Hour), "P-17", "L-3"
		if a.Kind == "" {
			a.Kind, a.Score, a.Limit, a.What = alert.KindScore, 6.1+float64(i), 3.5, "rms 0.61 V, expected 0.20 V (71% of the score)"
		}
		p.hub.PublishAlarm(a)
	}
	for _, view := range views {
		w := open(t, b, url+"#/alarms", view.width, view.height, view.dark)
		w.within(20*time.Second, "six alarms", `document.querySelectorAll("tr[data-alarm]").length === 6`)
		got := js[string](w, `[...document.querySelectorAll("tr[data-alarm]")].map((r) => r.dataset.alarm + " " + r.querySelector(".shape").getAttribute("class").slice(12) + " " + r.querySelector("b").innerText).join(", ")`)
		if want := "a4 alarm Active, a3 alarm Active, a2 returned Returned, a1 answered Active, a5 held Shelved, a0 ok Over"; got != want {
			t.Errorf("the alarms are %s; want %s", got, want)
		}
		w.fits(view.name)
		w.accessible(view.name)
		w.shot(view.name)
		w.quiet()
		if view.name != "wide-light" {
			continue
		}
		for _, c := range []struct {
			name, chip, search string
			want               int
		}{{"to acknowledge", "To acknowledge", "", 3}, {"open", "Open", "", 5}, {"held", "Shelved", "", 1}, {"over", "Over", "", 1}, {"search", "All", "silent", 1}, {"all", "All", "", 6}} {
			js[bool](w, fmt.Sprintf(`([...document.querySelectorAll(".chip")].find((c) => c.innerText.includes(%q)).click(), true)`, c.chip))
			js[bool](w, fmt.Sprintf(`((s) => { s.value = %q; s.dispatchEvent(new Event("input")); return true; })(document.querySelector("input[type=search]"))`, c.search))
			if got := js[int](w, `document.querySelectorAll("tr[data-alarm]").length`); got != c.want {
				t.Errorf("%s: %d alarms, want %d", c.name, got, c.want)
			}
		}
	}
}

const hostile = `<img src=x onerror=window.hit=1><script>window.hit=1</script>"'/&🙂`

// hostilePlant is a plant in which every text from outside would like to be markup.
func hostilePlant(t *testing.T) *plant {
	s := web.StreamStatus{Name: "s", Title: hostile, Source: hub.Live, RateHz: 1000, Phase: hub.Watching, Part: hostile, Lot: hostile, Note: hostile, Score: 9, Limit: 4, LimitProvisional: true,
		LimitNote: hostile, ScoreUnit: hostile, Reasons: []string{hostile}, Channels: []hub.Channel{{Name: hostile, Unit: hostile}, {Name: hostile, Unit: hostile}}, NewestAt: time.Now()}
	p := newPlant(t, s)
	for c := range 2 {
		p.hub.PublishWave(&hub.Wave{Stream: "s", Channel: c, Run: 1, SamplesPerBucket: 1, RateHz: 1000, MinMax: []float32{-1, 1, -2, 2, float32(math.NaN()), 1, -1, 1}})
	}
	p.hub.PublishAlarm(alert.Alarm{ID: hostile, Stream: "s", Kind: alert.Kind(hostile), State: alert.Returned, What: hostile, Part: hostile, Lot: hostile, Unit: hostile, Revision: 1})
	p.hub.PublishAlarm(alert.Alarm{ID: "2", Stream: hostile, Title: hostile, Kind: alert.KindScore, State: alert.Normal, What: "x", AckBy: hostile, AckComment: hostile + "\r\n<!channel>", Revision: 1})
	return p
}

// shows checks that hostile text stands in each of the places as it is, and became markup in none.
func (p *page) shows(places ...string) {
	p.t.Helper()
	for _, sel := range places {
		got := js[string](p, fmt.Sprintf(`[...document.querySelectorAll(%q)].map((e) => e.textContent).join("\n")`, sel))
		if !strings.Contains(got, hostile) {
			p.t.Errorf("%s reads %q, want the text as it is", sel, got)
		}
	}
	if n := js[int](p, `document.querySelectorAll("img, body script").length`); n != 0 || !js[bool](p, `window.hit === undefined`) {
		p.t.Errorf("hostile text became markup: %d elements", n)
	}
	p.fits("long text")
}

// Names and comments from outside are text wherever they appear.
func TestBrowserHostileText(t *testing.T) {
	dist, b := buildUI(t), browser(t)
	url, _ := serve(t, hostilePlant(t), "127.0.0.1:0", dist)
	w := open(t, b, url, 1280, 800, false)
	w.within(20*time.Second, "the tile", `document.querySelector(".tile") !== null`)
	w.shows(".tile .title", ".tile .made", ".tile .reasons", ".tile .limit")
	w.shot("overview")
	w.goTo("#/alarms")
	w.within(20*time.Second, "both alarms", `document.querySelectorAll("tr[data-alarm]").length === 2`)
	w.click("button.ack")
	w.do("open the dialog", chromedp.WaitVisible("dialog[open]"))
	w.shows(".c-what", ".c-part", ".c-stream", ".by", ".comment", "dialog .about")
	w.shot("dialog")
	w.do("close", chromedp.KeyEvent(kb.Escape))
	w.shot("alarms")
	w.quiet()
}
