package web_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"crackle/web/api"
	"crackle/web/webtest"
)

// stretch is what the page's plots show, by its address, in ms.
const stretch = `((h) => [Date.parse(h.get("from")), Date.parse(h.get("to"))])(new URLSearchParams(location.hash.split("?")[1]))`

// fingers come down on a page, move in steps, and leave it.
func fingers(t *testing.T, w *webtest.Page, from, to [][2]float64) {
	t.Helper()
	send := func(kind input.DispatchTouchEventType, share float64) {
		e := input.DispatchTouchEventParams{Type: kind, TouchPoints: []*input.TouchPoint{}}
		for i := range from {
			if kind == input.DispatchTouchEventTypeTouchEnd {
				break
			}
			id := float64(i)
			e.TouchPoints = append(e.TouchPoints, &input.TouchPoint{X: from[i][0] + share*(to[i][0]-from[i][0]), Y: from[i][1] + share*(to[i][1]-from[i][1]), ID: &id})
		}
		if _, err := chromedp.Call(w.Ctx, input.DispatchTouchEvent, e); err != nil {
			t.Fatalf("touch: %v", err)
		}
	}
	send(input.DispatchTouchEventTypeTouchStart, 0)
	for k := 1.0; k <= 8; k++ {
		send(input.DispatchTouchEventTypeTouchMove, k/8)
	}
	send(input.DispatchTouchEventTypeTouchEnd, 1)
}

// On a tablet: one finger moves through time, two zoom about what lies between them and keep it there, a finger that goes down scrolls the page,
// and on the page that teaches a finger marks a stretch.
func TestBrowserTouch(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	streams, sources := demo()
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist, api.Providers{History: history{p, sources}, Models: newSchool()})
	feed(t, p, sources)
	w := webtest.Open(t, b, "about:blank", 820, 1180, true)
	if _, err := chromedp.Call(w.Ctx, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true, MaxTouchPoints: 5}); err != nil {
		t.Fatal(err)
	}
	w.Do("open the stream on a tablet", chromedp.Navigate(url+"#/streams/grinder.mbn?from=2026-11-25T05:20:00Z&to=2026-11-25T05:20:10Z"))
	w.Within("the plots", `document.querySelectorAll(".lane .u-over").length >= 4`)
	box := func(sel string) [4]float64 {
		w.Within(sel+" holding still", fmt.Sprintf(`((r, was) => { window.boxWas = r.top; return was === r.top && r.width > 100; })(document.querySelector(%q).getBoundingClientRect(), window.boxWas)`, sel))
		b := webtest.JS[[]float64](w, fmt.Sprintf(`((r) => [r.x, r.y + r.height / 2, r.width, r.height])(document.querySelector(%q).getBoundingClientRect())`, sel))
		return [4]float64(b)
	}
	shown := func() [2]float64 { return [2]float64(webtest.JS[[]float64](w, stretch)) }
	const plot = ".lane:nth-child(2) .u-over"
	at := box(plot)
	x := func(share float64) float64 { return at[0] + share*at[2] }
	before := shown()

	fingers(t, w, [][2]float64{{x(0.7), at[1]}}, [][2]float64{{x(0.2), at[1]}})
	w.Within("a later stretch", fmt.Sprintf(`%s[0] > %f`, stretch, before[0]+3000))
	after := shown()
	if moved := after[0] - before[0]; math.Abs(moved-5000) > 400 || math.Abs(after[1]-after[0]-10e3) > 2 {
		t.Errorf("half the width of a finger moved 10 s by %.0f ms, to %.0f ms in all", moved, after[1]-after[0])
	}

	before = after
	fingers(t, w, [][2]float64{{x(0.4), at[1]}, {x(0.6), at[1]}}, [][2]float64{{x(0.2), at[1]}, {x(0.8), at[1]}})
	w.Within("a closer look", fmt.Sprintf(`%s[1] - %[1]s[0] < 5000`, stretch))
	after = shown()
	length := after[1] - after[0]
	if math.Abs(length-10e3/3) > 300 {
		t.Errorf("two fingers three times as far apart show %.0f ms of 10 s", length)
	}
	if middle := (before[0]+before[1])/2 - (after[0]+after[1])/2; math.Abs(middle) > 250 {
		t.Errorf("what lay between the fingers moved by %.0f ms", middle)
	}
	fingers(t, w, [][2]float64{{x(0.2), at[1]}, {x(0.8), at[1]}}, [][2]float64{{x(0.4), at[1]}, {x(0.6), at[1]}})
	w.Within("the whole again", fmt.Sprintf(`%s[1] - %[1]s[0] > 9000`, stretch))
	if webtest.JS[float64](w, `visualViewport.scale`) != 1 {
		t.Error("two fingers on a plot zoomed the page")
	}
	w.Shot("touch")

	before = shown()
	top := webtest.JS[float64](w, `scrollY`)
	fingers(t, w, [][2]float64{{x(0.5), at[1] + 40}}, [][2]float64{{x(0.5), at[1] - 260}})
	w.Within("the page scrolled", fmt.Sprintf(`scrollY > %f`, top+50))
	if now := shown(); math.Abs(now[0]-before[0]) > 500 {
		t.Errorf("a finger that scrolls the page moved the plots by %.0f ms", now[0]-before[0])
	}

	w.GoTo("#/teach/grinder.mbn")
	w.Within("the plots to mark on, over what is kept", `document.querySelectorAll(".chooser .u-over").length === 2 && document.querySelector(".chooser .note:not([hidden])") !== null`)
	at = box(".chooser .lane:nth-child(1) .u-over")
	fingers(t, w, [][2]float64{{x(0.3), at[1]}}, [][2]float64{{x(0.3) + 2, at[1]}})
	if got := webtest.JS[string](w, `document.querySelector("#teach-from").value`); got != "" {
		t.Errorf("a tap marked a stretch from %s", got)
	}
	fingers(t, w, [][2]float64{{x(0.3), at[1]}}, [][2]float64{{x(0.6), at[1]}})
	w.Within("the stretch that was marked", `Date.parse(document.querySelector("#teach-to").value) > Date.parse(document.querySelector("#teach-from").value)`)
	w.Quiet()
}

// By keyboard the plots are one stop: arrows move a read-out that is spoken, Shift and arrows move through time, plus and minus zoom, Escape leaves.
func TestBrowserPlotKeys(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	streams, sources := demo()
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist, api.Providers{History: history{p, sources}})
	feed(t, p, sources)
	w := webtest.Open(t, b, url+"#/streams/grinder.mbn?from=2026-11-25T05:20:00Z&to=2026-11-25T05:20:10Z", 1280, 800, false)
	w.Within("the plots", `document.querySelectorAll(".lane .u-over").length >= 3`)
	const said = `document.querySelector(".lanes + .unseen").innerText`
	w.Within("the signal in them", `document.querySelector(".lane:nth-child(2) .canvas").getAttribute("aria-label").includes("at its end")`)
	webtest.JS[bool](w, `(document.querySelector(".lanes").focus(), true)`)
	w.Key("Home", "Home")
	w.Within("the beginning", said+`.startsWith("05:20:00.0")`)
	for range 10 {
		w.Key("ArrowRight", "ArrowRight")
	}
	w.Within("a tenth of it later, in words", said+`.startsWith("05:20:01.0") && `+said+`.includes("Score") && `+said+`.includes("Signal")`)
	w.Within("the values beside the plots", `document.querySelector(".lane:nth-child(2) .readout").innerText !== ""`)
	w.Accessible("read by keyboard")
	w.Shot("keys")
	before := [2]float64(webtest.JS[[]float64](w, stretch))
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		if _, err := chromedp.Call(w.Ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "ArrowRight", Code: "ArrowRight", Modifiers: 8}); err != nil {
			t.Fatal(err)
		}
	}
	w.Within("a quarter later", fmt.Sprintf(`%s[0] === %f`, stretch, before[0]+2500))
	w.Key("+", "Equal")
	w.Within("a closer look", fmt.Sprintf(`Math.abs(%s[1] - %[1]s[0] - 5000) <= 2`, stretch))
	w.Key("Escape", "Escape")
	w.Within("no read-out", said+` === "" && document.querySelector(".lane:nth-child(2) .readout").innerText === ""`)
	w.Quiet()
}

// Whoever has asked for less motion sees a live plot change once a second at most, and nothing blink.
func TestBrowserLessMotion(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	streams, sources := demo()
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist, api.Providers{History: history{p, sources}})
	feed(t, p, sources)
	p.fault("grinder.mbn", 5)
	w := webtest.Open(t, b, "about:blank", 1280, 800, false)
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}}
	if _, err := chromedp.Call(w.Ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
	w.Do("open", chromedp.Navigate(url+"#/alarms"))
	w.Within("the alarm", `document.querySelector("tr[data-state=active_unacknowledged] .shape") !== null`)
	if got := webtest.JS[string](w, `getComputedStyle(document.querySelector("tr[data-state=active_unacknowledged] .shape")).animationName`); got != "none" {
		t.Errorf("the sign of an alarm still moves: %s", got)
	}
	w.GoTo("#/streams/grinder.mbn")
	w.Within("the plots", `document.querySelectorAll(".lane canvas").length >= 3`)
	const count = `(() => {
		const draw = CanvasRenderingContext2D.prototype.clearRect, first = document.querySelector(".lane:nth-child(2) canvas");
		window.drawn = [];
		CanvasRenderingContext2D.prototype.clearRect = function (...a) { if (this.canvas === first) window.drawn.push(performance.now()); return draw.apply(this, a); };
		return true;
	})()`
	webtest.JS[bool](w, count)
	time.Sleep(100 * time.Millisecond)
	w.Within("the plot drawn again, and again", `window.drawn.length >= 3`)
	for i, gap := range webtest.JS[[]float64](w, `window.drawn.slice(1).map((t, i) => t - window.drawn[i])`) {
		if gap < 900 {
			t.Errorf("drawing %d came %.0f ms after the one before", i+2, gap)
		}
	}
}
