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

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"crackle/detector"
	"crackle/web"
	"crackle/web/api"
	"crackle/web/hub"
	"crackle/web/webtest"
)

// serve runs the server over a plant until the test ends or stop is called, and returns the dashboard's address.
func serve(t testing.TB, p *plant, listen, dist string, more ...api.Providers) (url string, stop func()) {
	t.Helper()
	var providers api.Providers
	for _, m := range more {
		providers = m
	}
	return serveWith(t, p, web.Config{Listen: listen, Providers: providers}, dist)
}

// serveWith is serve for a server that is set up in another way.
func serveWith(t testing.TB, p *plant, cfg web.Config, dist string) (url string, stop func()) {
	t.Helper()
	cfg.Monitor, cfg.Hub, cfg.Gatherer, cfg.Version, cfg.Files, cfg.Log = p, p.hub, p.prom, "test", os.DirFS(dist), slog.New(slog.NewTextHandler(t.Output(), nil))
	s, err := web.New(cfg)
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
func feed(t testing.TB, p *plant, sources []source) {
	ctx, cancel := context.WithCancel(context.Background())
	var feeding sync.WaitGroup
	for i, src := range sources {
		feeding.Go(func() { p.run(ctx, i, src) })
	}
	t.Cleanup(func() { cancel(); feeding.Wait() })
}

// The main job at every size and in both themes: three streams move, an alarm arrives without reloading and its stream comes first, nothing is cut off,
// and axe-core finds nothing.
func TestBrowserOverview(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	streams, sources := demo()
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist)
	feed(t, p, sources)

	var pages []*webtest.Page
	for _, view := range webtest.Views {
		w := webtest.Open(t, b, url, view.Width, view.Height, view.Dark)
		pages = append(pages, w)
		w.Name = view.Name
		w.Within("three streams that are scored", `document.querySelectorAll(".tile[data-phase=watching] .tile-score b").length === 3`)
		webtest.JS[bool](w, `window.sameDocument = true`)
		for _, s := range streams {
			w.Moves(fmt.Sprintf(".tile[data-stream='%s'] .spark", s.Name))
		}
		if light := webtest.JS[float64](w, `getComputedStyle(document.body).backgroundColor.match(/\d+/)[0] * 1`) > 128; light == view.Dark {
			t.Errorf("%s: the ground is light: %v", view.Name, light)
		}
		w.Fits(view.Name)
		text := webtest.JS[string](w, `document.body.innerText`)
		for _, want := range []string{"Induction motor, phase currents", "Recording", "Simulated", "time-lapsed ×30\u202f000", "provisional", "Part SC_HLT_003", "Lot L-2207"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the page does not say %q", view.Name, want)
			}
		}
	}
	p.fault("grinder.mbn", 5)
	for _, w := range pages {
		w.Within("the stream with the alarm in the first place", `document.querySelector(".tile")?.innerText.includes("Grinder, Barkhausen noise")`)
		w.Within("its verdict and its alarm", `((t) => t.querySelector(".verdict").innerText === "Alarm" && t.querySelector(".open").innerText === "1 to acknowledge")(document.querySelector(".tile"))`)
		if !webtest.JS[bool](w, `window.sameDocument === true && document.title === "(1) Overview – Crackle"`) {
			t.Errorf("%s: the page was loaded again, or its title does not count the alarm", w.Name)
		}
		w.Accessible(w.Name)
		w.Shot(w.Name)
		w.Quiet()
	}
}

// Hundreds of streams: those that need a person come first, arrows walk over the tiles, filters and search narrow them down, the wall shows all at once.
func TestBrowserOverviewMany(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	all := plenty(300)
	p := newPlant(t, all...)
	url, _ := serve(t, p, "127.0.0.1:0", dist)
	for i, s := range all {
		p.trend(s, 60, i)
	}
	w := webtest.Open(t, b, url, 1280, 800, false)
	w.Within("300 tiles", `document.querySelectorAll(".tile").length === 300`)
	order := webtest.JS[string](w, `[...document.querySelectorAll(".group:not([hidden])")].map((g) => g.dataset.group + " " + g.querySelectorAll(".tile").length).join(", ")`)
	if want := "alarm 4, caution 15, waiting 7, ok 274"; order != want {
		t.Errorf("the groups are %s; want %s", order, want)
	}
	w.Key("ArrowRight", "ArrowRight")
	first := webtest.JS[string](w, `document.activeElement.closest(".tile")?.dataset.stream ?? ""`)
	w.Key("ArrowRight", "ArrowRight")
	second := webtest.JS[string](w, `document.activeElement.closest(".tile")?.dataset.stream ?? ""`)
	w.Key("ArrowDown", "ArrowDown")
	third := webtest.JS[string](w, `document.activeElement.closest(".tile")?.dataset.stream ?? ""`)
	if first == "" || second == first || third == second || third == first {
		t.Errorf("arrows go from %q to %q to %q", first, second, third)
	}
	w.Accessible("many")
	w.Shot("many-light")
	w.Click(`.chip[data-group="caution"]`)
	w.Within("only those not assessed", `[...document.querySelectorAll(".tile")].filter((t) => t.offsetParent).length === 15`)
	w.Click(".chip")
	w.Key("/", "Slash")
	w.Do("search", chromedp.KeyEvent("press 117"))
	w.Within("one tile", `[...document.querySelectorAll(".tile")].filter((t) => t.offsetParent).length === 1 && location.hash.includes("q=press")`)
	w.Do("clear", chromedp.KeyEvent(kb.Escape))
	webtest.JS[bool](w, `((s) => { s.value = ""; s.dispatchEvent(new Event("input")); s.blur(); return true; })(document.querySelector("input[type=search]"))`)
	w.Key("w", "KeyW")
	w.Within("the wall", `document.documentElement.hasAttribute("data-wall") && document.querySelectorAll(".tile").length === 300`)
	w.Shot("wall")
	w.Key("w", "KeyW")
	tall := webtest.Open(t, b, url+"#/?state=alarm", 820, 1180, true)
	tall.Within("the filter that the address names", `[...document.querySelectorAll(".tile")].filter((t) => t.offsetParent).length === 4`)
	webtest.JS[bool](tall, `(location.hash = "#/?state=", location.reload(), true)`)
	tall.Within("all again", `document.querySelectorAll(".tile").length === 300`)
	tall.Fits("tall")
	tall.Accessible("many, dark")
	tall.Shot("many-dark")
	w.Quiet()
}

// plenty makes n streams; a few of them are not well.
func plenty(n int) []web.StreamStatus {
	var out []web.StreamStatus
	for i := range n {
		s := web.StreamStatus{Name: fmt.Sprintf("press%03d.force", i), Title: fmt.Sprintf("Press %03d, ram force", i), Source: hub.Live, Phase: hub.Watching, Verdict: detector.OK, Score: 1 + 0.01*float64(i%90), Limit: 4,
			RateHz: 1000, Channels: []hub.Channel{{Name: "force", Unit: "N"}}, Part: fmt.Sprintf("B-%05d", 40000+i), Lot: "L-17", NewestAt: time.Now(), StaleAfterS: 3600}
		switch {
		case i%80 == 17:
			s.Verdict, s.Score = detector.Alarm, 7.3
		case i%20 == 3:
			s.Verdict, s.Reason, s.Score = detector.NotAssessed, detector.SignalDefect, math.NaN()
		case i%40 == 30:
			s.Phase, s.Verdict, s.Score, s.NewestAt = hub.Waiting, detector.NotAssessed, math.NaN(), time.Time{}
		}
		out = append(out, s)
	}
	return out
}

// A page that has lost its monitor, or a stream that has gone silent, says so loudly, and recovers by itself.
func TestBrowserSaysWhenDataIsOld(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	streams, sources := demo()
	for i := range streams {
		streams[i].StaleAfterS = 2
	}
	p := newPlant(t, streams...)
	url, stop := serve(t, p, "127.0.0.1:0", dist)
	feed(t, p, sources)
	w := webtest.Open(t, b, url, 1280, 800, false)
	w.Within("scores", `document.querySelectorAll(".tile[data-phase=watching]").length === 3`)
	webtest.JS[bool](w, `window.sameDocument = true`)
	p.silence("motor.current")
	w.Within("word that the motor's data is old", `document.querySelector(".tile[data-stream='motor.current'] .age-word").innerText.trim() === "old"`)
	w.Within("a stream that is heard, not called old", `document.querySelector(".tile[data-stream='grinder.mbn'] .age-word").innerText.trim() === "ago"`)
	w.Within("the silent stream in the first place", `document.querySelector(".tile").dataset.stream === "motor.current"`)
	w.Quiet() // what follows may make the browser itself complain of a refused connection

	stop()
	w.Within("the banner", `!document.querySelector("#banner").hidden && document.querySelector("#banner").innerText.includes("No connection to the monitor")`)
	was := webtest.JS[string](w, `document.querySelector(".tile[data-stream='grinder.mbn'] .tile-age").innerText`)
	w.Within("an age that counts up", fmt.Sprintf(`document.querySelector(".tile[data-stream='grinder.mbn'] .tile-age").innerText !== %q`, was))
	w.Within("word that all data is old", `document.querySelectorAll(".tile[data-stale]").length === 3`)
	if got := webtest.JS[string](w, `document.querySelector(".tile[data-stream='grinder.mbn'] .verdict").innerText`); got != "Was OK" {
		t.Errorf("with the connection lost the verdict reads %q, want one that does not call old data OK", got)
	}
	w.Accessible("lost")
	w.Shot("lost")

	again := newPlant(t, streams...)
	serve(t, again, strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/"), dist)
	feed(t, again, sources)
	w.Within("recovery", `document.querySelector("#banner").hidden && document.querySelectorAll(".tile[data-phase=watching]:not([data-stale])").length === 3`)
	if !webtest.JS[bool](w, `window.sameDocument`) {
		t.Error("the page was loaded again")
	}
	again.fault("grinder.mbn", 5)
	w.Within("an alarm of the new monitor", `document.querySelector(".pending:not([hidden])") !== null`)
	w.GoTo("#/alarms")
	w.Click("button.ack")
	w.Do("acknowledge with the old monitor's token", chromedp.WaitVisible("dialog[open]"), chromedp.SendKeys("#ask-by", "Ann"))
	w.Click("dialog .primary")
	w.Within("the acknowledgement", `document.querySelector(".by")?.innerText === "Ann"`)
	w.Shot("recovered")
}
