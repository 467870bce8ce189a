package web_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"crackle/detector/inspect"
	"crackle/web/api"
	"crackle/web/webtest"
)

// school teaches without a network: what it gives has the shape of what the program gives. It shows every state that a lesson can be in.
type school struct {
	mu       sync.Mutex
	serving  string
	by       string
	models   []map[string]any
	refining []string      // what is being trained on
	gate     chan struct{} // a lesson waits here
}

func newSchool() *school {
	return &school{serving: "77d2c4fe90aa", gate: make(chan struct{}), models: []map[string]any{{
		"hash": "77d2c4fe90aa", "created": "2026-11-20T08:00:00Z", "by": "eve", "source": "stretch", "network": "backpropagation", "rows": 9000, "held": 2200, "lots": 4, "parts": 64, "report": []string{},
	}}}
}

func (s *school) Inspect(_ context.Context, _ string, from, to time.Time, report api.Progress) (any, error) {
	report(0.5, "reading the signal")
	return map[string]any{
		"from": from, "to": to, "missing": 204800, "invalid": 0, "saturated": 12, "above": 3, "rows": 1200, "usable": 1150, "outliers": 4, "duplicates": 0, "part_count": 15, "lot_count": 1, "teachable": true,
		"exclusions": []map[string]any{{"why": "bad", "alarm": "a1", "from": from, "to": to, "windows": 40, "text": "40 windows near an alarm that was judged bad " + webtest.Hostile}},
		"features":   []map[string]any{{"name": "third_harmonic", "unit": "V", "median": 0.04, "spread": 0.003, "low": 0.03, "high": 0.21, "outliers": 4, "drift": 0.2}},
		"findings": []inspect.Finding{{About: "length", Level: inspect.Good, Text: "1,150 windows can be learnt from"}, {About: "lots", Level: inspect.Warning, Text: "one lot only: what differs from lot to lot is not in it " + webtest.Hostile},
			{About: "drift", Level: inspect.Notice, Text: "third_harmonic moved by 0.2 spreads"}},
	}, nil
}

func (s *school) Teach(ctx context.Context, _, by string, _ api.TeachRequest, report api.Progress) (any, error) {
	for k := range 4 {
		report(float64(k)/4, fmt.Sprintf("epoch %d of 4", k+1))
		select {
		case <-s.gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	figures := func(model string, above int) map[string]any {
		return map[string]any{"model": model, "windows": 300, "above": above, "share_above": float64(above) / 300, "highest": 0.9 + float64(above)/10, "error": 0.31, "alarms": above, "alarms_per_day": float64(above) / 2, "backtest_s": 7200}
	}
	m := map[string]any{
		"hash": "c0ffee123456", "created": "2026-11-25T10:00:00Z", "by": by, "source": "stretch", "network": "closed form", "rows": 850, "held": 300, "lots": 1, "parts": 15, "provisional": "one lot cannot say how lots differ",
		"report":     []string{"850 windows fitted, 300 held out by part", webtest.Hostile},
		"comparison": map[string]any{"new": figures("c0ffee123456", 1), "running": figures("77d2c4fe90aa", 4), "only_new": 0, "gone": 3, "notes": []string{"both were scored on the same 300 windows"}},
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.models = append([]map[string]any{m}, s.models...)
	s.refining = []string{"c0ffee123456"}
	return m, nil
}

func (s *school) Models(context.Context, string) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []map[string]any
	for _, m := range s.models {
		c := map[string]any{}
		for k, v := range m {
			c[k] = v
		}
		c["in_service"] = m["hash"] == s.serving
		list = append(list, c)
	}
	return map[string]any{"stream": "grinder.mbn", "in_service": s.serving, "by": s.by, "since": time.Now(), "models": list, "refining": s.refining}, nil
}

func (s *school) PutInService(_ context.Context, _, hash, by, comment string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serving, s.by = hash, by+comment
	return nil
}

func (s *school) Backtest(_ context.Context, _ string, q api.BacktestRequest, _ api.Progress) (any, error) {
	if q.LimitFactor > 5 {
		return nil, errors.New("a limit that high was never reached " + webtest.Hostile)
	}
	return map[string]any{
		"running_model": "77d2c4fe90aa", "model": "77d2c4fe90aa", "limit_factor": q.LimitFactor, "windows": 7200, "scored": 7100, "signal_s": 3600, "new": 0, "same": 1, "alarms_per_day": 24, "running_alarms_per_day": 48,
		"alarms": []map[string]any{{"match": "same", "onset": q.From, "part": webtest.Hostile, "score": 7.1, "limit": 6, "what": "third_harmonic 0.21 V"}},
		"gone":   []map[string]any{{"match": "gone", "onset": q.To, "score": 4.4, "limit": 4, "what": "rms"}},
	}, nil
}

// Teaching in the browser: a stretch is chosen by hand, looked into, taught with progress that survives a reload, compared, put in service and back,
// and back-tested.
func TestBrowserTeach(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	streams, sources := demo()
	p := newPlant(t, streams...)
	s := newSchool()
	url, _ := serve(t, p, "127.0.0.1:0", dist, api.Providers{History: history{p, sources}, Teacher: s, Models: s, Backtest: s})
	feed(t, p, sources)
	w := webtest.Open(t, b, url+"#/teach/grinder.mbn", 1280, 800, false)
	w.Within("the history", `document.querySelectorAll(".chooser canvas").length === 2`)
	w.Click(".inspect")
	w.Within("the question for a stretch", `document.querySelector(".teach-page .error").innerText.includes("Choose a stretch first")`)
	w.Within("the plot to choose on", `document.querySelector(".chooser .lane:nth-child(2) .u-over") !== null`)
	at := webtest.JS[[]float64](w, `((r) => [r.x, r.y + r.height / 2, r.width])(document.querySelector(".chooser .lane:nth-child(2) .u-over").getBoundingClientRect())`)
	w.Drag(at[0]+0.2*at[2], at[1], 0.5*at[2], 0)
	w.Within("the stretch in words", `Date.parse(document.querySelector("#teach-to").value) - Date.parse(document.querySelector("#teach-from").value) > 1000`)
	w.Click(".inspect")
	w.Within("what it holds", `document.querySelectorAll(".findings li").length === 3 && document.querySelector(".inspection").dataset.teachable === "true"`)
	w.Shows(".findings", ".inspection .events")
	w.Accessible("inspected, light")
	w.Shot("inspected-light")

	w.Click("button.teach")
	w.Within("progress", `document.querySelector(".job-text").innerText === "Teaching: epoch 1 of 4"`)
	s.gate <- struct{}{}
	w.Within("more progress", `document.querySelector(".job-text").innerText === "Teaching: epoch 2 of 4" && document.querySelector("progress").value === 0.25 && document.querySelector("button.teach").disabled`)
	w.Do("load the page again", chromedp.Reload())
	w.Within("the same lesson", `document.querySelector(".job-text")?.innerText === "Teaching: epoch 2 of 4"`)
	for range 3 {
		s.gate <- struct{}{}
	}
	w.Within("the new model beside the running one", `document.querySelector(".outcome h2")?.innerText === "3. A new model, c0ffee123456: compare it, and put it in service" && document.querySelector(".outcome .comparison").innerText.includes("1, 0.333")`)
	advice := strings.ReplaceAll(webtest.JS[string](w, `document.querySelector(".advice").innerText`), "\u202f", " ")
	for _, want := range []string{"Of 300 windows of good production that it was not taught from, it calls 1 (0.33 %) too high; the running one 4 (1.3 %).", "Over 2 h of this signal it raises 1 alarm, the running one 4.", "3 alarms only the running one raises. Look at them", "cannot be promised yet: one lot"} {
		if !strings.Contains(advice, want) {
			t.Errorf("the advice reads %q, want %q in it", advice, want)
		}
	}
	webtest.JS[bool](w, `(document.querySelector(".outcome details").open = true)`)
	w.Shows(".report")
	w.Within("the model on the list", `document.querySelectorAll("tr[data-model]").length === 2`)
	w.Within("word that it is being trained on", `document.querySelector('tr[data-model="c0ffee123456"]').innerText.includes("being trained on") && document.querySelector(".training:not([hidden])") !== null`)
	s.mu.Lock()
	s.refining = nil
	s.mu.Unlock()
	w.Within("the end of it", `!document.querySelector('tr[data-model="c0ffee123456"]').innerText.includes("being trained on") && document.querySelector(".training[hidden]") !== null`)
	w.Shot("taught-light")
	w.Click(".serve-new")
	w.Do("say who", chromedp.WaitVisible("dialog[open]"), chromedp.SendKeys("#ask-by", "Eve"))
	w.Click("dialog .primary")
	w.Within("the new model in service", `document.querySelector("tr[data-serving]")?.dataset.model === "c0ffee123456" && document.querySelector(".models > .sub").innerText.includes("by Eve")`)
	if got := webtest.JS[string](w, `document.querySelector('tr[data-model="77d2c4fe90aa"] .serve').innerText`); got != "Put back in service" {
		t.Errorf("the button of the model before reads %q", got)
	}
	w.Click(`tr[data-model="77d2c4fe90aa"] .serve`)
	w.Do("confirm", chromedp.WaitVisible("dialog[open]"))
	w.Click("dialog .primary")
	w.Within("the old model back", `document.querySelector("tr[data-serving]")?.dataset.model === "77d2c4fe90aa"`)

	webtest.JS[bool](w, `((f, t) => { f.value = "2026-11-25T05:10:00Z"; t.value = "2026-11-25T05:40:00Z"; t.dispatchEvent(new Event("change")); return true; })(document.querySelector("#teach-from"), document.querySelector("#teach-to"))`)
	webtest.JS[bool](w, `(document.querySelector(".try").open = true)`)
	w.Within("the models to try", `document.querySelectorAll("#test-model option").length === 2`)
	webtest.JS[bool](w, `(document.querySelector("#limit-factor").value = "1.5", true)`)
	w.Click("button.backtest")
	w.Within("the back-test", `document.querySelectorAll("tr[data-match]").length === 2 && document.querySelector(".tested").innerText.includes("As now")`)
	w.Shows(".tested")
	webtest.JS[bool](w, `(document.querySelector("#limit-factor").value = "9", true)`)
	w.Click("button.backtest")
	w.Within("why another failed", `document.querySelector(".job-text").innerText.includes("never reached")`)
	w.Shows(".job-text")
	w.Quiet()

	for _, view := range webtest.Views {
		v := webtest.Open(t, b, url+"#/teach/grinder.mbn?from=2026-11-25T05:10:00Z&to=2026-11-25T05:40:00Z", view.Width, view.Height, view.Dark)
		v.Within("the stretch of the address", `document.querySelectorAll(".chooser canvas").length === 2 && document.querySelector("#teach-from").value.startsWith("2026-11-25T05:10")`)
		v.Within("the models", `document.querySelectorAll("tr[data-model]").length === 2`)
		v.Fits(view.Name)
		v.Accessible(view.Name)
		v.Shot(view.Name)
		v.Quiet()
	}
	other := webtest.Open(t, b, url+"#/teach", 820, 1180, true)
	other.Within("the question for a stream", `document.querySelector(".teach-page .empty") !== null`)
	other.Within("the streams to choose from", `document.querySelectorAll("table.teachable tbody tr").length === 3`)
	other.Shot("no-stream")
	other.Accessible("no stream")
	webtest.JS[bool](other, `((s) => { s.value = "motor.current"; s.dispatchEvent(new Event("change")); return true; })(document.querySelector("select"))`)
	other.Within("the page of the stream", `document.querySelector("#way-parts") !== null`)
	other.Click("#way-parts")
	other.Within("the number of parts", `document.querySelector("#teach-number").offsetParent !== null`)
	other.Click("button.teach")
	other.Within("the lesson ahead", `document.querySelector(".job-text").innerText === "Teaching: epoch 1 of 4"`)
	other.Click(".job button")
	other.Within("the lesson called off", `document.querySelector(".job-text").innerText === "Teaching was called off"`)
}
