package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"crackle/web/webtest"
)

// The whole story, with every part real: the demo runs, two windows of a browser watch it, three streams move, the alarm arrives without reloading, is
// acknowledged in one window, and the other shows it. The demo then ends by itself with what it promises.
func TestBrowserDemo(t *testing.T) {
	var out, log lockedBuffer
	code := make(chan int, 1)
	looking := filepath.Join(t.TempDir(), "looking")
	if err := os.WriteFile(looking, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() {
		code <- run([]string{"demo", "--headless", "--json", "--listen", "127.0.0.1:0", "--limit", "540", "--while", looking}, console{&out, &log})
	}()
	url := dashboardOf(t, &log, code)
	b := webtest.Start(t)
	one, two := webtest.Open(t, b, url, 1280, 800, false), webtest.Open(t, b, url+"#/alarms", 820, 1180, true)
	one.Within("the dashboard (build it with make build)", `document.querySelectorAll(".tile").length === 3`)

	for _, stream := range []string{"motor.current", "machine.temperature", "grinder.mbn"} {
		tile := fmt.Sprintf(".tile[data-stream='%s']", stream)
		one.Within("that "+stream+" is watched", fmt.Sprintf(`document.querySelector("%s[data-phase=watching]") !== null`, tile))
		one.Moves(tile + " .spark")
	}
	webtest.JS[bool](one, `window.sameDocument = true`)
	for _, said := range []string{"Simulated", "Recording", "time-lapsed", "provisional"} {
		one.Within("the word "+said, fmt.Sprintf(`document.body.innerText.includes(%q)`, said))
	}
	const alarm = `tr[data-state=active_unacknowledged], tr[data-state=returned_unacknowledged]`
	one.Within("an alarm on the overview", `document.querySelector(".tile .open[data-waiting]") !== null`)
	one.Accessible("the overview")
	one.Shot("overview")
	one.GoTo("#/alarms")
	for _, w := range []*webtest.Page{one, two} {
		w.Within("an alarm of the motor", fmt.Sprintf(`[...document.querySelectorAll(%q)].some((r) => r.innerText.includes("Motor"))`, alarm))
	}
	one.Within("the same document", `window.sameDocument === true`)
	one.Shot("alarm")
	two.Shot("alarm-tall-dark")

	one.Click("button.ack")
	one.Do("acknowledge", chromedp.WaitVisible("dialog[open]"), chromedp.SendKeys("#ask-by", "Ann Weld"), chromedp.SendKeys("#ask-comment", "Looked at the winding"))
	one.Click("dialog .primary")
	for _, w := range []*webtest.Page{one, two} {
		w.Within("the acknowledgement", `[...document.querySelectorAll("tr .by")].some((e) => e.innerText === "Ann Weld") && document.body.innerText.includes("Looked at the winding")`)
	}
	two.GoTo("#/streams/motor.current")
	two.Within("signal, spectrogram and features of the motor", `["Score", "Signal", "Spectrogram", "sequence(60)"].every((n) => [...document.querySelectorAll(".lane h2")].some((h) => h.innerText.startsWith(n)))`)
	two.Shot("stream-tall-dark")
	one.Within("the grinding burn", `[...document.querySelectorAll("tr[data-alarm]")].some((r) => r.innerText.includes("shaft-11"))`)
	one.Shot("burn")
	one.GoTo("#/streams/grinder.mbn")
	one.Within("the grinder's plots", `(document.querySelector(".lanes")?.scrollIntoView(), document.querySelectorAll(".lane canvas").length >= 4)`) // those in sight are drawn
	one.Accessible("the stream")
	one.Picture("stream")
	webtest.JS[bool](one, `(document.querySelector(".open-alarms a, .events a")?.click(), true)`)
	one.Within("the burn's evidence", `document.querySelectorAll(".evidence canvas").length >= 3`)
	one.Accessible("the alarm")
	webtest.JS[bool](one, `(document.querySelector(".evidence").scrollIntoView(), true)`)
	one.Picture("alarm")
	one.GoTo("#/")
	one.Within("the grinder with its alarm", `(document.querySelector(".tile[data-stream='grinder.mbn'] .open")?.innerText ?? "") !== ""`)
	one.Picture("dashboard")

	if err := os.Remove(looking); err != nil {
		t.Fatal(err)
	}
	if c := wait(t, code, 5*time.Minute); c != exitOK {
		t.Fatalf("the demo ended with status %d: %s\n%.3000s", c, log.String(), out.String())
	}
	checkDemo(t, out.Bytes())
}

// checkDemo reads the JSON document as a script would.
func checkDemo(t *testing.T, doc []byte) {
	t.Helper()
	var r result
	if err := json.Unmarshal(doc, &r); err != nil {
		t.Fatalf("%v in %.2000s", err, doc)
	}
	if !r.OK || len(r.Streams) != 3 {
		t.Fatalf("ok %v (%s), %d streams", r.OK, r.Why, len(r.Streams))
	}
	for _, s := range r.Streams {
		if s.SamplesPublished == 0 || s.SamplesReceived != s.SamplesPublished || s.SamplesScored == 0 || s.SamplesScored > s.SamplesReceived {
			t.Errorf("%s: %d samples published, %d received, %d scored", s.Stream, s.SamplesPublished, s.SamplesReceived, s.SamplesScored)
		}
		for _, a := range s.Alarms {
			if a.OnsetTime.IsZero() || a.ID == "" || a.What == "" || !(a.Score > a.Limit) {
				t.Errorf("%s: alarm %+v is not whole", s.Stream, a)
			}
		}
	}
	motor, grinder := r.Streams[0], r.Streams[2]
	if motor.FaultsFound < 26 || motor.FalseAlarms != 0 || grinder.FaultsFound != 1 || grinder.FalseAlarms != 0 {
		t.Errorf("motor: %d faults found, %d false alarms; grinder: %d and %d", motor.FaultsFound, motor.FalseAlarms, grinder.FaultsFound, grinder.FalseAlarms)
	}
	if i := slices.IndexFunc(motor.Alarms, func(a alarmResult) bool { return a.Part == "SC_HLT_003" }); i >= 0 {
		t.Errorf("alarm on a healthy recording that was not learnt: %+v", motor.Alarms[i])
	}
	if len(motor.Doubtful) != 2 {
		t.Errorf("%d recordings of doubtful label are listed, want 2", len(motor.Doubtful))
	}
}

// lockedBuffer is a buffer that one goroutine writes while another reads.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string { return string(l.Bytes()) }

func (l *lockedBuffer) Bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.b.Bytes())
}

var dashboardLine = regexp.MustCompile(`Dashboard: (http://\S+)`)

func dashboardOf(t *testing.T, log *lockedBuffer, code <-chan int) string {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if m := dashboardLine.FindStringSubmatch(log.String()); m != nil {
			return m[1]
		}
		select {
		case c := <-code:
			t.Fatalf("the demo ended with status %d before it served a dashboard: %s", c, log.String())
		default:
		}
	}
	t.Fatalf("no dashboard within 20 s: %s", log.String())
	return ""
}

func wait(t *testing.T, code <-chan int, d time.Duration) int {
	t.Helper()
	select {
	case c := <-code:
		return c
	case <-time.After(d):
		t.Fatalf("the demo did not end within %v", d)
		return -1
	}
}
