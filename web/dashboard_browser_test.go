package web_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"crackle/alert"
	"crackle/web"
	"crackle/web/hub"
)

// serve runs the server over a plant until the test ends or stop is called, and returns the dashboard's address.
func serve(t *testing.T, p *plant, listen, dist string) (url string, stop func()) {
	t.Helper()
	s, err := web.New(web.Config{Listen: listen, Monitor: p, Hub: p.hub, Gatherer: p.prom, Version: "test", Files: os.DirFS(dist), Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return s.URL(), stop
}

// feed runs the plant's streams until the test ends.
func feed(t *testing.T, p *plant, sources []source) {
	ctx, cancel := context.WithCancel(context.Background())
	var feeding sync.WaitGroup
	for i, src := range sources {
		feeding.Go(func() { p.run(ctx, i, src) })
	}
	t.Cleanup(func() { cancel(); feeding.Wait() })
}

// picture is a number that changes when the canvas of a plot does.
const picture = `(sel) => { let h = 7; for (const c of document.querySelector(sel + " canvas").toDataURL()) h = (h * 31 + c.charCodeAt(0)) | 0; return h; }`

// The main job at every size and in both themes: three streams move, an alarm arrives without reloading, nothing is cut off.
func TestBrowserDashboard(t *testing.T) {
	dist, b := buildUI(t), browser(t)
	streams, sources := demo()
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist)
	feed(t, p, sources)

	var pages []*page
	for _, view := range []struct {
		name          string
		width, height int64
		dark          bool
	}{{"wide-light", 1280, 800, false}, {"wide-dark", 1280, 800, true}, {"tall-light", 820, 1180, false}, {"tall-dark", 820, 1180, true}} {
		w := open(t, b, url, view.width, view.height, view.dark)
		pages = append(pages, w)
		w.name = view.name
		w.within(10*time.Second, "three streams that are scored", `document.querySelectorAll(".row[data-phase=watching] .big").length === 3`)
		js[bool](w, `window.sameDocument = true`)
		for _, s := range streams {
			for _, plot := range []string{"wave", "score"} {
				sel := fmt.Sprintf(".row[data-stream='%s'] .plot-%s", s.Name, plot)
				before := js[int](w, fmt.Sprintf("(%s)(%q)", picture, sel))
				w.within(5*time.Second, "movement of "+sel, fmt.Sprintf("(%s)(%q) !== %d", picture, sel, before))
			}
		}
		if light := js[float64](w, `getComputedStyle(document.body).backgroundColor.match(/\d+/)[0] * 1`) > 128; light == view.dark {
			t.Errorf("%s: the ground is light: %v", view.name, light)
		}
		if over := js[int](w, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s: the page is %d px wider than its window", view.name, over)
		}
		text := js[string](w, `document.body.innerText`)
		for _, want := range []string{"Induction motor, phase currents", "Recording", "Simulated", "time-lapsed ×30\u202f000", "provisional", "Part SC_HLT_003", "Lot L-2207", "No alarms since"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the page does not say %q", view.name, want)
			}
		}
	}
	p.fault("grinder.mbn", 5)
	for _, w := range pages {
		w.within(10*time.Second, "the alarm", `document.querySelector("tr[data-state=active_unacknowledged]")?.innerText.includes("Grinder, Barkhausen noise") ?? false`)
		w.within(10*time.Second, "the verdict", `document.querySelector(".row[data-stream='grinder.mbn'] .verdict").innerText === "Alarm"`)
		if !js[bool](w, `window.sameDocument === true && document.title === "(1) Crackle"`) {
			t.Errorf("%s: the page was loaded again, or its title does not count the alarm", w.name)
		}
		w.shot(w.name)
		w.quiet()
	}
}

// An alarm is acknowledged by keyboard in one window, and both windows tell the same.
func TestBrowserAcknowledge(t *testing.T) {
	dist, b := buildUI(t), browser(t)
	streams, sources := demo()
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist)
	feed(t, p, sources)
	p.fault("grinder.mbn", 5)
	one, two := open(t, b, url, 1280, 800, false), open(t, b, url, 820, 1180, true)
	for _, w := range []*page{one, two} {
		w.within(10*time.Second, "the alarm", `document.querySelector("tr[data-state=active_unacknowledged] button.ack") !== null`)
	}
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		if _, err := chromedp.Call(one.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "a", Code: "KeyA"}); err != nil {
			t.Fatal(err)
		}
	}
	one.do("open the dialog by keyboard", chromedp.WaitVisible("dialog[open]"))
	one.do("send without a name", chromedp.KeyEvent(kb.Enter))
	one.shot("dialog")
	if !js[bool](one, `document.querySelector("dialog").open`) {
		t.Fatal("an acknowledgement without a name was sent")
	}
	one.do("fill in", chromedp.KeyEvent("Ann Weld"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent("Coolant was low"), chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent("Refilled"))
	one.do("send", chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter), chromedp.WaitNotVisible("dialog"))
	for _, w := range []*page{one, two} {
		w.within(5*time.Second, "the acknowledgement", `document.querySelector("tr[data-state=active_acknowledged] .by")?.innerText === "Ann Weld"`)
		if got := js[string](w, `document.querySelector("tr[data-state=active_acknowledged] .comment").innerText`); got != "Coolant was low\nRefilled" {
			t.Errorf("the comment reads %q", got)
		}
		if js[int](w, `document.querySelectorAll("button.ack").length`) != 0 || js[string](w, `document.title`) != "Crackle" {
			t.Error("an acknowledged alarm still asks to be acknowledged")
		}
	}
	two.shot("second-window")
	p.fault("motor.current", 6)
	two.within(10*time.Second, "a second alarm", `document.querySelector("tr[data-state=active_unacknowledged] button.ack") !== null`)
	two.clickAcknowledge()
	two.do("open the dialog", chromedp.WaitVisible("dialog[open]"))
	if got := js[string](two, `document.querySelector("#ack-name").value`); got != "Ann Weld" {
		t.Errorf("the name offered is %q, want the one remembered", got)
	}
	if err := p.Acknowledge(t.Context(), p.machine.Snapshot().Open[1].ID, "Somebody else", ""); err != nil {
		t.Fatal(err)
	}
	two.within(5*time.Second, "word that somebody else was faster", `document.querySelector("dialog .error").innerText.includes("Somebody else")`)
	two.do("close", chromedp.KeyEvent(kb.Escape), chromedp.WaitNotVisible("dialog"))
	one.quiet()
	two.quiet()
}

const hostile = `<img src=x onerror=window.hit=1><script>window.hit=1</script>"'/&🙂`

// Names and comments from outside are text wherever they appear.
func TestBrowserHostileText(t *testing.T) {
	dist, b := buildUI(t), browser(t)
	s := web.StreamStatus{Name: "s", Title: hostile, Source: hub.Live, RateHz: 1000, Phase: hub.Watching, Part: hostile, Lot: hostile, Note: hostile, Score: 9, Limit: 4, LimitProvisional: true,
		LimitNote: hostile, ScoreUnit: hostile, Reasons: []string{hostile}, Channels: []hub.Channel{{Name: hostile, Unit: hostile}, {Name: hostile, Unit: hostile}}, NewestAt: time.Now()}
	p := newPlant(t, s)
	url, _ := serve(t, p, "127.0.0.1:0", dist)
	for c := range 2 {
		p.hub.PublishWave(&hub.Wave{Stream: "s", Channel: c, Run: 1, SamplesPerBucket: 1, RateHz: 1000, MinMax: []float32{-1, 1, -2, 2, float32(math.NaN()), 1, -1, 1}})
	}
	p.hub.PublishAlarm(alert.Alarm{ID: hostile, Stream: "s", Kind: alert.Kind(hostile), State: alert.Returned, What: hostile, Part: hostile, Lot: hostile, Unit: hostile, Revision: 1})
	p.hub.PublishAlarm(alert.Alarm{ID: "2", Stream: hostile, Title: hostile, Kind: alert.KindScore, State: alert.Normal, What: "x", AckBy: hostile, AckComment: hostile + "\r\n<!channel>", Revision: 1})
	w := open(t, b, url, 1280, 800, false)
	w.within(5*time.Second, "both alarms", `document.querySelectorAll("tr[data-alarm]").length === 2`)
	w.clickAcknowledge()
	w.do("open the dialog", chromedp.WaitVisible("dialog[open]"))
	w.shot("dialog")
	w.do("close", chromedp.KeyEvent(kb.Escape))
	for _, sel := range []string{".title", ".made .part", ".note", ".reasons", ".legend", ".caption", ".c-what", ".c-part", ".c-stream", ".by", ".comment", "dialog .about"} {
		got := js[string](w, fmt.Sprintf(`[...document.querySelectorAll(%q)].map((e) => e.textContent).join("\n")`, sel))
		if !strings.Contains(got, hostile) {
			t.Errorf("%s reads %q, want the text as it is", sel, got)
		}
	}
	if n := js[int](w, `document.querySelectorAll("img, body script").length`); n != 0 || !js[bool](w, `window.hit === undefined`) {
		t.Errorf("hostile text became markup: %d elements", n)
	}
	if over := js[int](w, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		t.Errorf("long text makes the page %d px wider than its window", over)
	}
	w.shot("page")
	w.quiet()
}

// A page that has lost its monitor, or a stream that has gone silent, says so loudly, and recovers by itself.
func TestBrowserSaysWhenDataIsOld(t *testing.T) {
	dist, b := buildUI(t), browser(t)
	streams, sources := demo()
	for i := range streams {
		streams[i].StaleAfterS = 1
	}
	p := newPlant(t, streams...)
	url, stop := serve(t, p, "127.0.0.1:0", dist)
	feed(t, p, sources)
	w := open(t, b, url, 1280, 800, false)
	w.within(10*time.Second, "scores", `document.querySelectorAll(".row[data-phase=watching]").length === 3`)
	js[bool](w, `window.sameDocument = true`)
	p.silence("motor.current")
	w.within(5*time.Second, "word that the motor's data is old", `document.querySelector(".row[data-stream='motor.current'] .old").innerText === "old"`)
	if js[string](w, `document.querySelector(".row[data-stream='grinder.mbn'] .old").innerText`) != "ago" {
		t.Error("a stream that is heard is called old")
	}
	w.quiet() // what follows may make the browser itself complain of a refused connection

	stop()
	w.within(6*time.Second, "the banner", `!document.querySelector("#banner").hidden && document.querySelector("#banner").innerText.includes("No connection to the monitor")`)
	was := js[string](w, `document.querySelector(".row[data-stream='grinder.mbn'] .figure-age").innerText`)
	w.within(5*time.Second, "an age that counts up", fmt.Sprintf(`document.querySelector(".row[data-stream='grinder.mbn'] .figure-age").innerText !== %q`, was))
	w.within(5*time.Second, "word that all data is old", `document.querySelectorAll(".row[data-stale]").length === 3`)
	if got := js[string](w, `document.querySelector(".row[data-stream='grinder.mbn'] .verdict").innerText`); got != "Was OK" {
		t.Errorf("with the connection lost the verdict reads %q, want one that does not call old data OK", got)
	}
	w.shot("lost")

	again := newPlant(t, streams...)
	serve(t, again, strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/"), dist)
	feed(t, again, sources)
	w.within(15*time.Second, "recovery", `document.querySelector("#banner").hidden && document.querySelectorAll(".row[data-phase=watching]:not([data-stale])").length === 3`)
	if !js[bool](w, `window.sameDocument`) {
		t.Error("the page was loaded again")
	}
	again.fault("grinder.mbn", 5)
	w.within(10*time.Second, "an alarm of the new monitor", `document.querySelector("button.ack") !== null`)
	w.clickAcknowledge()
	w.do("acknowledge with the old monitor's token", chromedp.WaitVisible("dialog[open]"), chromedp.SendKeys("#ack-name", "Ann"), chromedp.Click("dialog .primary"), chromedp.WaitNotVisible("dialog"))
	w.within(5*time.Second, "the acknowledgement", `document.querySelector(".by")?.innerText === "Ann"`)
	w.shot("recovered")
}
