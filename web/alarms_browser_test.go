package web_test

import (
	"fmt"
	"math"
	neturl "net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"crackle/alert"
	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/web"
	"crackle/web/api"
	"crackle/web/hub"
	"crackle/web/webtest"
)

// An alarm is acknowledged by keyboard in one window, and both windows tell the same.
func TestBrowserAcknowledge(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	streams, sources := demo()
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist)
	feed(t, p, sources)
	p.fault("grinder.mbn", 5)
	one, two := webtest.Open(t, b, url, 1280, 800, false), webtest.Open(t, b, url+"#/alarms", 820, 1180, true)
	two.Within("the alarm", `document.querySelector("tr[data-state=active_unacknowledged] button.ack") !== null`)
	one.Within("the alarm", `document.querySelector(".pending:not([hidden])") !== null`)
	one.Key("2", "Digit2")
	one.Within("the alarm", `document.querySelector("tr[data-state=active_unacknowledged] button.ack") !== null`)
	one.Key("a", "KeyA")
	one.Do("open the dialog by keyboard", chromedp.WaitVisible("dialog[open]"))
	one.Do("send without a name", chromedp.KeyEvent(kb.Enter))
	one.Accessible("the dialog")
	one.Shot("dialog")
	if !webtest.JS[bool](one, `document.querySelector("dialog").open`) {
		t.Fatal("an acknowledgement without a name was sent")
	}
	one.Do("fill in", chromedp.KeyEvent("Ann Weld"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent("Coolant was low"), chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent("Refilled"))
	one.Do("send", chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter), chromedp.WaitNotVisible("dialog"))
	for _, w := range []*webtest.Page{one, two} {
		w.Within("the acknowledgement", `document.querySelector("tr[data-state=active_acknowledged] .by")?.innerText === "Ann Weld"`)
		if got := webtest.JS[string](w, `document.querySelector("tr[data-state=active_acknowledged] .comment").innerText`); got != "Coolant was low\nRefilled" {
			t.Errorf("the comment reads %q", got)
		}
		if webtest.JS[int](w, `document.querySelectorAll("button.ack").length`) != 0 || webtest.JS[string](w, `document.title`) != "Alarms – Crackle" {
			t.Error("an acknowledged alarm still asks to be acknowledged")
		}
	}
	two.Shot("second-window")
	p.fault("motor.current", 6)
	two.Click("button.ack")
	two.Do("open the dialog", chromedp.WaitVisible("dialog[open]"))
	if got := webtest.JS[string](two, `document.querySelector("#ask-by").value`); got != "Ann Weld" {
		t.Errorf("the name offered is %q, want the one remembered", got)
	}
	if err := p.Acknowledge(t.Context(), p.machine.Snapshot().Open[1].ID, "Somebody else", ""); err != nil {
		t.Fatal(err)
	}
	two.Within("word that somebody else was faster", `document.querySelector("dialog .error").innerText.includes("Somebody else")`)
	two.Do("close", chromedp.KeyEvent(kb.Escape), chromedp.WaitNotVisible("dialog"))
	one.Quiet()
	two.Quiet()
}

// The list at every size and in both themes: every state has a word and a shape of its own, what is open comes first, filters and search narrow it down.
func TestBrowserAlarms(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
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
	for _, view := range webtest.Views {
		w := webtest.Open(t, b, url+"#/alarms", view.Width, view.Height, view.Dark)
		w.Within("six alarms", `document.querySelectorAll("tr[data-alarm]").length === 6`)
		got := webtest.JS[string](w, `[...document.querySelectorAll("tr[data-alarm]")].map((r) => r.dataset.alarm + " " + r.querySelector(".shape").getAttribute("class").slice(12) + " " + r.querySelector("b").innerText).join(", ")`)
		if want := "a4 alarm Active, a3 alarm Active, a2 returned Returned, a1 answered Active, a5 held Shelved, a0 ok Over"; got != want {
			t.Errorf("the alarms are %s; want %s", got, want)
		}
		w.Fits(view.Name)
		w.Accessible(view.Name)
		w.Shot(view.Name)
		w.Quiet()
		if view.Name != "wide-light" {
			continue
		}
		for _, c := range []struct {
			name, chip, search string
			want               int
		}{{"to acknowledge", "To acknowledge", "", 3}, {"open", "Open", "", 5}, {"held", "Shelved", "", 1}, {"over", "Over", "", 1}, {"search", "All", "silent", 1}, {"all", "All", "", 6}} {
			webtest.JS[bool](w, fmt.Sprintf(`([...document.querySelectorAll(".chip")].find((c) => c.innerText.includes(%q)).click(), true)`, c.chip))
			webtest.JS[bool](w, fmt.Sprintf(`((s) => { s.value = %q; s.dispatchEvent(new Event("input")); return true; })(document.querySelector("input[type=search]"))`, c.search))
			if got := webtest.JS[int](w, `document.querySelectorAll("tr[data-alarm]").length`); got != c.want {
				t.Errorf("%s: %d alarms, want %d", c.name, got, c.want)
			}
		}
	}
}

// hostilePlant is a plant in which every text from outside is the one given.
func hostilePlant(t *testing.T, text string) *plant {
	s := web.StreamStatus{Name: "s", Title: text, Source: hub.Live, RateHz: 1000, Phase: hub.Watching, Part: text, Lot: text, Note: text, Score: 9, Limit: 4, LimitProvisional: true,
		LimitNote: text, ScoreUnit: text, Reasons: []string{text}, Channels: []hub.Channel{{Name: text, Unit: text}, {Name: text, Unit: text}}, NewestAt: time.Now()}
	p := newPlant(t, s)
	for c := range 2 {
		p.hub.PublishWave(&hub.Wave{Stream: "s", Channel: c, Run: 1, SamplesPerBucket: 1, RateHz: 1000, MinMax: []float32{-1, 1, -2, 2, float32(math.NaN()), 1, -1, 1}})
	}
	p.hub.PublishAlarm(alert.Alarm{ID: text, Stream: "s", Kind: alert.Kind(text), State: alert.Returned, What: text, Part: text, Lot: text, Unit: text, Revision: 1})
	p.hub.PublishAlarm(alert.Alarm{ID: "2", Stream: text, Title: text, Kind: alert.KindScore, State: alert.Normal, What: "x", AckBy: text, AckComment: text + "\r\n<!channel>", Revision: 1})
	return p
}

// All alarms that wait are acknowledged at once, and the journal's come page by page.
func TestBrowserAlarmsMany(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	streams, sources := demo()
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist, newRecords(p).providers(history{p, sources}))
	feed(t, p, sources)
	for _, s := range streams {
		p.fault(s.Name, 6)
	}
	w := webtest.Open(t, b, url, 1280, 800, false)
	w.Within("an alarm of each", `document.querySelector(".pending").innerText.trim() === "3" && document.querySelectorAll(".below tr[data-alarm]").length === 3`)
	w.GoTo("#/alarms")
	w.Within("the same list", `document.querySelectorAll("tr[data-alarm]").length === 3`)
	js := `([...document.querySelectorAll(".toolbar button")].find((b) => b.innerText === "Acknowledge all 3")?.click(), true)`
	webtest.JS[bool](w, js)
	w.Do("answer", chromedp.WaitVisible("dialog[open]"), chromedp.SendKeys("#ask-by", "Bo"), chromedp.SendKeys("#ask-comment", "one cause"))
	w.Click("dialog .primary")
	w.Within("all of them answered", `[...document.querySelectorAll("tr[data-alarm] .by")].filter((e) => e.innerText === "Bo").length === 3 && document.querySelector(".pending[hidden]") !== null`)
	for _, want := range []int{203, 253} {
		w.Click(".older")
		w.Within("older alarms", fmt.Sprintf(`document.querySelectorAll("tr[data-alarm]").length === %d`, want))
	}
	w.Click(".older")
	w.Within("word that there are no more", `document.querySelector(".older").innerText === "No older alarms"`)
	if last := webtest.JS[string](w, `[...document.querySelectorAll("tr[data-alarm]")].at(-1).dataset.alarm`); last != "old249" {
		t.Errorf("the last alarm is %s, want the oldest", last)
	}
	w.Shows(".c-what .sub")
	w.Quiet()
}

// Names and comments from outside are text wherever they appear.
func TestBrowserHostileText(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	url, _ := serve(t, hostilePlant(t, webtest.Hostile), "127.0.0.1:0", dist)
	w := webtest.Open(t, b, url, 1280, 800, false)
	w.Within("the tile", `document.querySelector(".tile") !== null`)
	w.Shows(".tile .title", ".tile .made", ".tile .reasons", ".tile .limit")
	w.Shot("overview")
	w.GoTo("#/alarms")
	w.Within("both alarms", `document.querySelectorAll("tr[data-alarm]").length === 2`)
	w.Click("button.ack")
	w.Do("open the dialog", chromedp.WaitVisible("dialog[open]"))
	w.Shows(".c-what", ".c-part", ".c-stream", ".by", ".comment", "dialog .about")
	w.Shot("dialog")
	w.Do("close", chromedp.KeyEvent(kb.Escape))
	w.Shot("alarms")
	w.Quiet() // what follows asks for what this plant does not provide
	w.GoTo("#/streams/s")
	w.Within("the stream's page", `document.querySelectorAll(".lane .key").length === 2`)
	w.Shows(".stream-page h1", ".reasons", ".stream-facts", ".open-alarms", ".legend")
	w.Shot("stream")
	w.GoTo("#/alarms/" + neturl.PathEscape(webtest.Hostile))
	w.Within("the alarm's page", `document.querySelector(".alarm-page h1")?.textContent.includes("onerror")`)
	w.Shows(".alarm-page h1", ".what-stood-out", ".alarm-page .facts")
	w.Shot("alarm")
	w.GoTo("#/teach/s")
	w.Within("the page to teach it", `document.querySelector(".teach-page h1")?.textContent.includes("onerror")`)
	w.Shows(".teach-page h1", "select")
}

// Names of ten thousand letters, with characters that turn the reading direction, that take no room, or that end a string elsewhere, break no page: each
// keeps its width, what stands beside them is read the right way round, and none takes the page for itself.
func TestBrowserHostileLength(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	text := "\u202egnp.exe\u200b\u200d\ufeff\x00" + strings.Repeat("W", 10000)
	p := hostilePlant(t, text)
	s := shop{ledger.Part{Stream: "s", Part: text, Lot: text, Verdict: detector.NotAssessed, Reasons: []string{text}}}
	school := newSchool()
	school.models[0]["by"], school.models[0]["network"], school.models[0]["provisional"] = text, text, text
	url, _ := serve(t, p, "127.0.0.1:0", dist, api.Providers{Parts: s, Models: school, System: clinic{}})
	for _, c := range []struct {
		address, ready, row string
		most                int // px that a row may take
	}{
		{"", ".tile", ".tile", 420},
		{"#/alarms", "tr[data-alarm]", "tr[data-alarm]", 700},
		{"#/streams/s", ".lane .key", ".head, .reasons, .stream-facts, .lane-head", 700},
		{"#/alarms/2", ".alarm-page h1", ".head, .alarm-page > .panel", 1200}, // where comments are read in full
		{"#/parts", "table.parts tbody tr", "table.parts tbody tr, table.lots tbody tr", 700},
		{"#/teach/s", "tr[data-model]", "tr[data-model], .head", 700},
		{"#/teach", "table.teachable tbody tr", "table.teachable tbody tr", 700},
		{"#/system", "table.flows tbody tr", "table.flows tbody tr", 700},
	} {
		for _, view := range webtest.Views[1:3] {
			w := webtest.Open(t, b, url+c.address, view.Width, view.Height, view.Dark)
			w.Within(c.address+" with what it shows", fmt.Sprintf(`document.querySelector(%q) !== null`, c.ready))
			w.Fits(c.address + " " + view.Name)
			if tall := webtest.JS[float64](w, fmt.Sprintf(`Math.max(...[...document.querySelectorAll(%q)].map((e) => e.getBoundingClientRect().height))`, c.row)); tall > float64(c.most) {
				t.Errorf("%s %s: a name makes a row %.0f px tall, want at most %d", c.address, view.Name, tall, c.most)
			}
			if bad := webtest.JS[string](w, `[...document.querySelectorAll("body *")].filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.includes("\u202e")) && !/isolate|plaintext/.test(getComputedStyle(e).unicodeBidi) && e.tagName !== "OPTION").map((e) => e.outerHTML.slice(0, 60)).join("; ")`); bad != "" {
				t.Errorf("%s %s: text beside these may be read the wrong way round: %s", c.address, view.Name, bad)
			}
			w.Shot(strings.NewReplacer("#", "", "/", "-").Replace("long" + c.address + "-" + view.Name))
		}
	}
}
