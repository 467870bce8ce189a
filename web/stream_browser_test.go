package web_test

import (
	"fmt"
	"strings"
	"testing"

	"crackle/web/api"
)

// lanes names the plots of a stream page, from the top.
const lanes = `[...document.querySelectorAll(".lane h2")].map((h) => h.innerText).join(", ")`

// A stream's page: everything that is measured of it, live, on one time axis; paused, moved through the past, and live again.
func TestBrowserStream(t *testing.T) {
	dist, b := buildUI(t), browser(t)
	streams, sources := demo()
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist, api.Providers{History: history{p, sources}})
	feed(t, p, sources)
	p.fault("grinder.mbn", 5)
	for _, view := range views {
		w := open(t, b, url+"#/streams/grinder.mbn", view.width, view.height, view.dark)
		w.within(30*second, "every plot", lanes+` === "Score, limit provisional, Signal, Conditioned, Spectrogram, band_1_rms, band_2_rms, band_3_rms, band_6_rms"`)
		for n := range 3 {
			w.moves(fmt.Sprintf(".lane:nth-child(%d) canvas", n+1))
		}
		w.within(20*second, "the open alarm", `document.querySelector(".open-alarms a") !== null`)
		text := js[string](w, `document.body.innerText`)
		for _, want := range []string{"Grinder, Barkhausen noise", "Alarm", "Simulated", "provisional", "L-2207", "200\u202fkHz", "Show 2 more features"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the page does not say %q", view.name, want)
			}
		}
		w.fits(view.name)
		w.accessible(view.name)
		w.shot(view.name)
		w.quiet()
	}
}

// The past: a pause holds still, earlier is read from the history, the address names the stretch, zoom goes to where it was, and back to live.
func TestBrowserStreamPast(t *testing.T) {
	dist, b := buildUI(t), browser(t)
	streams, sources := demo()
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist, api.Providers{History: history{p, sources}})
	feed(t, p, sources)
	w := open(t, b, url+"#/streams/grinder.mbn", 1280, 800, false)
	w.within(30*second, "every plot", lanes+`.split(", ").length >= 8`)
	w.key(" ", "Space")
	w.within(10*second, "the pause", `[...document.querySelectorAll(".time-bar button")][0].innerText === "Live" && location.hash.includes("from=")`)
	was := js[string](w, `location.hash`)
	w.within(20*second, "the past in the plots", `document.querySelector(".lane:nth-child(2) canvas") !== null`)
	still := js[int](w, fmt.Sprintf("%s(%q)", picture, ".lane:nth-child(2) canvas"))
	w.click(`button[aria-label="Zoom in"]`)
	w.within(20*second, "a closer look", fmt.Sprintf("%s(%q) !== %d && location.hash !== %q", picture, ".lane:nth-child(2) canvas", still, was))
	w.click(`button[aria-label="Zoom out"]`)
	w.within(20*second, "the same stretch again", fmt.Sprintf("location.hash === %q", was))

	w.click(`button[aria-label="Earlier"]`)
	w.key("-", "Minus")
	w.within(20*second, "another stretch", fmt.Sprintf("location.hash !== %q && location.hash.includes('from=')", was))
	address := js[string](w, `location.hash`)
	w.shot("past")
	w.accessible("past")

	drag := js[[]float64](w, `((r) => [r.x + r.width / 2, r.y + r.height / 2, r.width])(document.querySelector(".lane:nth-child(2) .u-over").getBoundingClientRect())`)
	w.drag(drag[0], drag[1], 200, 0)
	w.within(20*second, "a stretch moved by hand", fmt.Sprintf("location.hash !== %q", address))
	w.quiet()

	other := open(t, b, url+js[string](w, `location.hash`), 820, 1180, true)
	other.within(30*second, "the same stretch in another window", `document.querySelector(".time-bar button").innerText === "Live" && document.querySelectorAll(".lane canvas").length >= 8`)
	if a, b := js[string](w, `document.querySelector(".stretch").innerText`), js[string](other, `document.querySelector(".stretch").innerText`); a != b {
		t.Errorf("one window shows %s, the other %s", a, b)
	}
	other.shot("past-tall-dark")
	w.key("l", "KeyL")
	w.within(20*second, "live again", `document.querySelector(".time-bar button").innerText === "Pause" && !location.hash.includes("from=")`)
	w.moves(".lane:nth-child(2) canvas")
	other.quiet()
}

// A stream whose store keeps nothing still shows what comes live, and says why there is no past.
func TestBrowserStreamWithoutPast(t *testing.T) {
	dist, b := buildUI(t), browser(t)
	streams, sources := demo()
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist)
	feed(t, p, sources)
	w := open(t, b, url+"#/streams/motor.current", 1280, 800, true)
	w.within(30*second, "the live plots", lanes+` === "Score, limit provisional, Signal"`)
	w.moves(".lane:nth-child(1) canvas")
	w.moves(".lane:nth-child(2) canvas")
	w.within(20*second, "word that there is no past", `document.querySelector(".stream-page > .note:not([hidden])")?.innerText.includes("does not provide")`)
	if got := js[string](w, `document.querySelector(".lane:nth-child(2) .legend").innerText.replace(/\s+/g, " ")`); got != "phase A phase B phase C" {
		t.Errorf("the legend reads %q", got)
	}
	w.shot("live-only")
}
