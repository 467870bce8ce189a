package web_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"crackle/web/api"
	"crackle/web/webtest"
)

// lanes names the plots of a stream page, from the top.
const lanes = `[...document.querySelectorAll(".lane h2")].map((h) => h.innerText).join(", ")`

// A stream's page: everything that is measured of it, live, on one time axis; paused, moved through the past, and live again.
func TestBrowserStream(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	streams, sources := demo()
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist, api.Providers{History: history{p, sources}})
	feed(t, p, sources)
	p.fault("grinder.mbn", 5)
	for _, view := range webtest.Views {
		w := webtest.Open(t, b, url+"#/streams/grinder.mbn", view.Width, view.Height, view.Dark)
		w.Within("every plot", lanes+` === "Score, limit provisional, Signal, Conditioned, Spectrogram, band_1_rms, band_2_rms, band_3_rms, band_6_rms"`)
		for n := range 3 {
			w.Moves(fmt.Sprintf(".lane:nth-child(%d) canvas", n+1))
		}
		w.Within("the open alarm", `document.querySelector(".open-alarms a") !== null`)
		text := webtest.JS[string](w, `document.body.innerText`)
		for _, want := range []string{"Grinder, Barkhausen noise", "Alarm", "Simulated", "provisional", "L-2207", "200\u202fkHz", "Show 2 more features"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the page does not say %q", view.Name, want)
			}
		}
		w.Fits(view.Name)
		w.Accessible(view.Name)
		w.Shot(view.Name)
		w.Quiet()
	}
}

// The past: a pause holds still, earlier is read from the history, the address names the stretch, zoom goes to where it was, and back to live.
func TestBrowserStreamPast(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	streams, sources := demo()
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist, api.Providers{History: history{p, sources}})
	feed(t, p, sources)
	w := webtest.Open(t, b, url+"#/streams/grinder.mbn", 1280, 800, false)
	w.Within("every plot", lanes+`.split(", ").length >= 8`)
	w.Key(" ", "Space")
	w.Within("the pause", `[...document.querySelectorAll(".time-bar button")][0].innerText === "Live" && location.hash.includes("from=")`)
	was := webtest.JS[string](w, `location.hash`)
	w.Within("the past in the plots", `document.querySelector(".lane:nth-child(2) canvas") !== null`)
	still := webtest.JS[int](w, fmt.Sprintf("%s(%q)", webtest.Picture, ".lane:nth-child(2) canvas"))
	w.Click(`button[aria-label="Zoom in"]`)
	w.Within("a closer look", fmt.Sprintf("%s(%q) !== %d && location.hash !== %q", webtest.Picture, ".lane:nth-child(2) canvas", still, was))
	w.Click(`button[aria-label="Zoom out"]`)
	w.Within("the same stretch again", fmt.Sprintf("location.hash === %q", was))

	w.Click(`button[aria-label="Earlier"]`)
	w.Key("-", "Minus")
	w.Within("another stretch", fmt.Sprintf("location.hash !== %q && location.hash.includes('from=')", was))
	address := webtest.JS[string](w, `location.hash`)
	w.Shot("past")
	w.Accessible("past")

	drag := webtest.JS[[]float64](w, `((r) => [r.x + r.width / 2, r.y + r.height / 2, r.width])(document.querySelector(".lane:nth-child(2) .u-over").getBoundingClientRect())`)
	w.Drag(drag[0], drag[1], 200, 0)
	w.Within("a stretch moved by hand", fmt.Sprintf("location.hash !== %q", address))
	w.Quiet()

	other := webtest.Open(t, b, url+webtest.JS[string](w, `location.hash`), 820, 1180, true)
	other.Within("the same stretch in another window", `document.querySelector(".time-bar button").innerText === "Live" && document.querySelectorAll(".lane").length >= 8 && document.querySelectorAll(".lane canvas").length >= 4`)
	if a, b := webtest.JS[string](w, `document.querySelector(".stretch").innerText`), webtest.JS[string](other, `document.querySelector(".stretch").innerText`); a != b {
		t.Errorf("one window shows %s, the other %s", a, b)
	}
	other.Shot("past-tall-dark")
	w.Key("l", "KeyL")
	w.Within("live again", `document.querySelector(".time-bar button").innerText === "Pause" && !location.hash.includes("from=")`)
	w.Moves(".lane:nth-child(2) canvas")
	other.Quiet()
}

// cyclic gives the envelope of a cycle with a hump that has moved, over the band of normal ones.
type cyclic struct{}

func (cyclic) Envelope(context.Context, string) (*api.Envelope, error) {
	e := &api.Envelope{Channel: "mbn", Unit: "V", Cycles: 240}
	for k := range 200 {
		phase := (float64(k) + 0.5) / 200
		hump := func(at float64) float64 { return 0.05 + 0.4*math.Exp(-math.Pow((phase-at)/0.08, 2)) }
		e.Phase, e.Last = append(e.Phase, api.Number(phase)), append(e.Last, api.Number(hump(0.58)))
		e.Low, e.High = append(e.Low, api.Number(0.8*hump(0.5))), append(e.High, api.Number(1.2*hump(0.5)))
	}
	return e, nil
}

// A stream that follows a cycle shows the envelope of the last one over the band of normal ones.
func TestBrowserStreamEnvelope(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	streams, sources := demo()
	streams[2].Cycle = true
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist, api.Providers{History: history{p, sources}, Envelope: cyclic{}})
	feed(t, p, sources)
	w := webtest.Open(t, b, url+"#/streams/grinder.mbn", 1280, 1800, true)
	w.Within("the envelope", `document.querySelector(".envelope:not([hidden]) canvas") !== null`)
	w.Accessible("envelope")
	w.Shot("envelope")
	w.GoTo("#/streams/motor.current")
	w.Within("another stream, without", `document.querySelector("h1").innerText.startsWith("Induction") && document.querySelector(".envelope[hidden]") !== null`)
	w.Quiet()
}

// A stream whose store keeps nothing still shows what comes live, and says why there is no past.
func TestBrowserStreamWithoutPast(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	streams, sources := demo()
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist)
	feed(t, p, sources)
	w := webtest.Open(t, b, url+"#/streams/motor.current", 1280, 800, true)
	w.Within("the live plots", lanes+` === "Score, limit provisional, Signal"`)
	w.Moves(".lane:nth-child(1) canvas")
	w.Moves(".lane:nth-child(2) canvas")
	w.Within("word that there is no past", `document.querySelector(".stream-page > .note:not([hidden])")?.innerText.includes("does not provide")`)
	if got := webtest.JS[string](w, `document.querySelector(".lane:nth-child(2) .legend").innerText.replace(/\s+/g, " ")`); got != "phase A phase B phase C" {
		t.Errorf("the legend reads %q", got)
	}
	w.Shot("live-only")
}
