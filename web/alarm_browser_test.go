package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"crackle/web/webtest"
	"github.com/chromedp/chromedp"
)

// An alarm's page, at every size and in both themes: the signal round the onset, the heat map, what was expected against what was seen, who did what.
func TestBrowserAlarm(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	streams, sources := demo()
	p := newPlant(t, streams...)
	r := newRecords(p)
	url, _ := serve(t, p, "127.0.0.1:0", dist, r.providers(history{p, sources}))
	feed(t, p, sources)
	p.fault("grinder.mbn", 5)
	list := webtest.Open(t, b, url+"#/alarms", 1280, 800, false)
	list.Within("the alarm", `document.querySelector("tr[data-state=active_unacknowledged] .c-what a") !== null`)
	list.Click(".c-what a")
	list.Within("its page", `document.querySelector(".alarm-page h1")?.innerText === "Score above limit: Grinder, Barkhausen noise"`)
	id := p.newestOpen()
	for _, view := range webtest.Views {
		w := webtest.Open(t, b, url+"#/alarms/"+id, view.Width, view.Height, view.Dark)
		w.Within("the evidence", lanes+` === "Score against limit; the line marks the onset, Signal, Conditioned, What raised the score: the share of each feature, window by window"`)
		w.Within("its plots", `document.querySelectorAll(".evidence canvas").length === 4`)
		row := webtest.JS[string](w, `document.querySelector(".compared tbody tr").innerText.replace(/\s+/g, " ")`)
		if want := "third_harmonic 900 mV above normal 200 mV 100 mV to 300 mV 83 %"; strings.ReplaceAll(row, "\u202f", " ") != want {
			t.Errorf("%s: the first feature reads %q, want %q", view.Name, row, want)
		}
		if !webtest.JS[bool](w, `document.querySelector(".journal").innerText.includes("3 of 3 windows above the limit")`) {
			t.Errorf("%s: the journal is not shown", view.Name)
		}
		w.Fits(view.Name)
		w.Accessible(view.Name)
		w.Shot(view.Name)
		webtest.JS[bool](w, `(document.querySelector(".evidence").scrollIntoView(), true)`)
		w.Shot(view.Name + "-evidence")
		w.Quiet()
	}
}

// What people do to an alarm on its page: judge it, shelve it for a time with a reason, take it back, download its evidence. Another window hears of it.
func TestBrowserAlarmActions(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	streams, sources := demo()
	p := newPlant(t, streams...)
	r := newRecords(p)
	url, _ := serve(t, p, "127.0.0.1:0", dist, r.providers(history{p, sources}))
	feed(t, p, sources)
	p.fault("grinder.mbn", 5)
	two := webtest.Open(t, b, url+"#/alarms", 820, 1180, true)
	two.Within("the alarm", `document.querySelector("tr[data-state=active_unacknowledged]") !== null`)
	w := webtest.Open(t, b, url+"#/alarms/"+p.newestOpen(), 1280, 800, false)
	w.Within("the evidence", `document.querySelectorAll(".evidence canvas").length === 4`)

	w.Click(".bad")
	w.Do("judge", chromedp.WaitVisible("dialog[open]"), chromedp.SendKeys("#ask-by", "Ann"), chromedp.SendKeys("#ask-comment", webtest.Hostile))
	w.Click("dialog .primary")
	w.Within("the judgement", `document.querySelector(".judged:not([hidden])")?.innerText.includes("bad: a true alarm")`)
	w.Shows(".judged", ".journal .comment")

	w.Click(`.actions button:nth-child(2)`)
	w.Do("shelve without a reason", chromedp.WaitVisible("dialog[open]"))
	w.Click("dialog .primary")
	w.Within("the question for a reason", `document.querySelector("dialog .error").innerText.includes("say why")`)
	w.Do("say why", chromedp.SendKeys("#ask-comment", "Trial run\r\nuntil noon"))
	w.Accessible("the shelf's dialog")
	w.Shot("shelve")
	w.Click("dialog .primary")
	w.Within("the shelf", `document.querySelector(".alarm-page .facts").innerText.includes("Shelved until")`)
	two.Within("the shelf in the list", `document.querySelector(".c-state").innerText.includes("Shelved until")`)
	w.Click(`.actions button:nth-child(2)`)
	w.Do("take it back", chromedp.WaitVisible("dialog[open]"))
	w.Click("dialog .primary")
	w.Within("the alarm back from the shelf", `!document.querySelector(".alarm-page .facts").innerText.includes("Shelved until")`)
	two.Within("the same in the list", `!document.querySelector(".c-state").innerText.includes("Shelved until")`)
	w.Within("the journal", `["raised", "judged bad", "shelved", "unshelved"].every((s) => document.querySelector(".journal").innerText.includes(s))`)

	link := webtest.JS[string](w, `document.querySelector("a.pack").href`)
	resp, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 || !strings.Contains(resp.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the pack at %s answers %s with %v", link, resp.Status, resp.Header)
	}
	w.Quiet()
	two.Quiet()
}

// An alarm whose evidence is not kept says so, and an address of no alarm too.
func TestBrowserAlarmUnknown(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	streams, sources := demo()
	p := newPlant(t, streams...)
	r := newRecords(p)
	url, _ := serve(t, p, "127.0.0.1:0", dist, r.providers(history{p, sources}))
	w := webtest.Open(t, b, fmt.Sprintf("%s#/alarms/%s", url, "nothing"), 1280, 800, false)
	w.Within("word that there is none", `document.querySelector(".what-stood-out")?.innerText.includes("neither open nor recent")`)
	w.Shot("unknown")
}
