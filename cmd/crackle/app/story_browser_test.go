package app_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"crackle/web/webtest"
)

// The whole story with every part real: a model is taught in the browser and put in service, a part fails, a second window hears of it without reloading,
// the evidence is drawn, the alarm is answered and judged, the same stretch is back-tested, and the lot's report names the part.
func TestBrowserStory(t *testing.T) {
	t.Parallel()
	webtest.BuildUI(t)
	dir := t.TempDir()
	cfg := parse(t, dir, join(base, motorStream("motor", "")))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	line := newBench(w.publisher("motor"))
	line.lots(t, 12)
	dealtWith(t, w, "motor", line.samples)

	b := webtest.Start(t)
	one := webtest.Open(t, b, w.URL(), 1280, 800, false)
	two := webtest.Open(t, b, w.URL()+"#/alarms", 820, 1180, true)
	one.Within("the stream, watched", `document.querySelector(".tile[data-stream=motor][data-phase=watching]") !== null`)
	webtest.JS[bool](two, `window.sameDocument = true`)
	teachInBrowser(t, one)

	line.part(t, false, "P-good", "L-shift-2")
	line.part(t, true, "P-bad", "L-shift-2")
	line.part(t, false, "P-last", "L-shift-2")
	dealtWith(t, w, "motor", line.samples)
	two.Within("the alarm in the second window", `document.querySelector("tr[data-alarm]")?.innerText.includes("P-bad")`)
	if !webtest.JS[bool](two, `window.sameDocument === true`) {
		t.Error("the second window was loaded again")
	}
	answerInBrowser(t, two)

	one.GoTo("#/")
	one.Within("nothing left to acknowledge", `document.querySelector(".pending[hidden]") !== null && document.querySelector(".tile") !== null`)
	lookBack(t, one)
	backtestInBrowser(t, one)
	reportInBrowser(t, one)
	one.Quiet()
	two.Quiet()
}

// teachInBrowser teaches a model from all that is kept, and puts it in service.
func teachInBrowser(t *testing.T, w *webtest.Page) {
	t.Helper()
	w.GoTo("#/teach/motor")
	w.Within("the history to choose from", `document.querySelectorAll(".chooser canvas").length === 2`)
	w.Click(".choose-all")
	w.Click(".inspect")
	w.Within("what the stretch holds", `document.querySelector(".inspection")?.dataset.teachable === "true" && document.querySelector(".inspection").innerText.includes("12")`)
	w.Accessible("the inspection")
	w.Shot("inspection")
	w.Click("button.teach")
	w.Within("a new model beside the running one", `document.querySelector(".outcome h2")?.innerText.startsWith("3. A new model") && document.querySelectorAll(".outcome .comparison tbody tr").length >= 5`)
	w.Picture("teach")
	hash := webtest.JS[string](w, `document.querySelector(".outcome h2").innerText.split(", ")[1].split(":")[0]`)
	w.Click(".serve-new")
	w.Do("say who", chromedp.WaitVisible("dialog[open]"), chromedp.SendKeys("#ask-by", "Eve"), chromedp.SendKeys("#ask-comment", "after the new bearings"))
	w.Click("dialog .primary")
	w.Within("the new model in service", fmt.Sprintf(`document.querySelector("tr[data-serving]")?.dataset.model.startsWith(%q) && document.querySelector(".models > .sub").innerText.includes("Eve")`, hash))
}

// answerInBrowser opens the alarm's page, looks at the evidence, acknowledges and judges.
func answerInBrowser(t *testing.T, w *webtest.Page) {
	t.Helper()
	w.Click(".c-what a")
	w.Within("the evidence", `document.querySelectorAll(".evidence canvas").length >= 3 && document.querySelectorAll(".compared tbody tr").length >= 1`)
	if text := webtest.JS[string](w, `document.querySelector(".compared tbody").innerText`); !strings.Contains(text, "sequence(60)") {
		t.Errorf("what was expected against what was seen reads %q", text)
	}
	w.Accessible("the alarm")
	w.Shot("alarm")
	w.Click(".actions .ack")
	w.Do("answer", chromedp.WaitVisible("dialog[open]"), chromedp.SendKeys("#ask-by", "Ann Weld"), chromedp.SendKeys("#ask-comment", "Phase A shorted\r\n<!channel>"))
	w.Click("dialog .primary")
	w.Within("the answer", `document.querySelector(".alarm-page .facts").innerText.includes("Ann Weld")`)
	w.Click(".bad")
	w.Do("judge", chromedp.WaitVisible("dialog[open]"))
	w.Click("dialog .primary")
	w.Within("the judgement", `document.querySelector(".judged:not([hidden])")?.innerText.includes("bad: a true alarm")`)
	w.Shot("judged")
}

// lookBack shows the stretch round the alarm on the stream's page.
func lookBack(t *testing.T, w *webtest.Page) {
	t.Helper()
	w.GoTo("#/streams/motor")
	w.Within("the plots of the stream", `["Score", "Signal", "Conditioned", "Spectrogram"].every((n) => [...document.querySelectorAll(".lane h2")].some((h) => h.innerText.startsWith(n)))`)
	w.Within("the alarm among the events", `document.querySelector(".events li[data-kind=alarm]") !== null`)
	w.Accessible("the stream")
	w.Shot("stream")
}

// backtestInBrowser asks which alarms half the limit would have given; the one that came is among them.
func backtestInBrowser(t *testing.T, w *webtest.Page) {
	t.Helper()
	w.GoTo("#/teach/motor")
	w.Within("the history", `document.querySelectorAll(".chooser canvas").length === 2`)
	w.Click(".choose-all")
	w.Click(".try summary")
	webtest.JS[bool](w, `(document.querySelector("#limit-factor").value = "0.9", true)`)
	w.Click("button.backtest")
	w.Within("the back-test with the alarm in it", `[...document.querySelectorAll("tr[data-match=same], tr[data-match=new]")].some((r) => r.innerText.includes("P-bad"))`)
	w.Shot("backtest")
}

// reportInBrowser finds the parts of the lot, and opens its report.
func reportInBrowser(t *testing.T, w *webtest.Page) {
	t.Helper()
	w.GoTo("#/parts?lot=L-shift-2&stream=motor")
	w.Within("the parts of the lot", `document.querySelectorAll("table.parts tbody tr").length >= 2 && document.querySelector("tr[data-part=P-bad]")?.dataset.verdict === "alarm"`)
	w.Shot("parts")
	link, err := url.Parse(webtest.JS[string](w, `document.querySelector("table.lots a[target]").href`))
	if err != nil {
		t.Fatal(err)
	}
	report := webtest.Open(t, w.Ctx, link.String(), 820, 1180, false)
	report.Within("the report of the lot", `document.body.innerText.includes("P-bad") && document.body.innerText.includes("L-shift-2")`)
	report.Shot("report")
	w.GoTo("#/system")
	w.Within("the system", `document.querySelector("table.flows tbody tr") !== null`)
	w.Accessible("the system")
	w.Shot("system")
}
