package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// The whole story, with every part real: the demo runs, two windows of a browser watch it, three streams move, the alarm arrives without reloading, is
// acknowledged in one window, and the other shows it. The demo then ends by itself with what it promises.
func TestBrowserDemo(t *testing.T) {
	var out, log lockedBuffer
	code := make(chan int, 1)
	go func() {
		code <- run([]string{"demo", "--headless", "--json", "--listen", "127.0.0.1:0"}, console{&out, &log})
	}()
	url := dashboardOf(t, &log, code)
	b := startBrowser(t)
	one, two := openWindow(t, b, url, 1280, 800, false), openWindow(t, b, url, 820, 1180, true)

	for _, stream := range []string{"motor.current", "machine.temperature", "grinder.mbn"} {
		tile := fmt.Sprintf(".tile[data-stream='%s']", stream)
		one.until(30*time.Second, "that "+stream+" is watched", fmt.Sprintf(`document.querySelector("%s[data-phase=watching]") !== null`, tile))
		one.moves(tile + " .spark")
	}
	one.eval(`window.sameDocument = true`, nil)
	for _, said := range []string{"Simulated", "Recording", "time-lapsed", "provisional"} {
		one.until(5*time.Second, "the word "+said, fmt.Sprintf(`document.body.innerText.includes(%q)`, said))
	}
	two.eval(`(location.hash = "#/alarms", true)`, nil)
	const alarm = `tr[data-state=active_unacknowledged], tr[data-state=returned_unacknowledged]`
	one.until(30*time.Second, "an alarm on the overview", `document.querySelector(".tile .open[data-waiting]") !== null`)
	one.shot("overview")
	one.eval(`(location.hash = "#/alarms", true)`, nil)
	for _, w := range []*window{one, two} {
		w.until(30*time.Second, "an alarm of the motor", fmt.Sprintf(`[...document.querySelectorAll(%q)].some((r) => r.innerText.includes("Motor"))`, alarm))
	}
	one.until(time.Second, "the same document", `window.sameDocument === true`)
	one.shot("alarm")
	two.shot("alarm-tall-dark")

	one.acknowledge("Ann Weld", "Looked at the winding")
	for _, w := range []*window{one, two} {
		w.until(10*time.Second, "the acknowledgement", `[...document.querySelectorAll("tr .by")].some((e) => e.innerText === "Ann Weld") && document.body.innerText.includes("Looked at the winding")`)
	}
	one.until(40*time.Second, "the grinding burn", `[...document.querySelectorAll("tr[data-alarm]")].some((r) => r.innerText.includes("shaft-11"))`)
	one.shot("burn")

	if c := wait(t, code, 90*time.Second); c != exitOK {
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

func startBrowser(t *testing.T) context.Context {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.Flag("hide-scrollbars", true))
	if os.Geteuid() == 0 {
		opts = append(opts, chromedp.NoSandbox) // Chromium refuses its sandbox to root
	}
	if path, err := exec.LookPath("chromium"); err == nil {
		opts = append(opts, chromedp.ExecPath(path))
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(func() { cancel(); stop() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium did not start: %v; install it with make setup", err)
	}
	return ctx
}

// window is one window of the browser.
type window struct {
	t   *testing.T
	ctx context.Context
}

func openWindow(t *testing.T, b context.Context, url string, width, height int64, dark bool) *window {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(func() { stop(); cancel() })
	scheme := map[bool]string{false: "light", true: "dark"}[dark]
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
	w := &window{t, ctx}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, height), chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	w.until(10*time.Second, "the dashboard (build it with make build)", `document.querySelectorAll(".tile").length === 3`)
	return w
}

// eval evaluates an expression; ok, when not nil, takes its value.
func (w *window) eval(expr string, ok *bool) {
	w.t.Helper()
	v, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool](expr))
	if err != nil {
		w.t.Fatalf("%s: %v", expr, err)
	}
	if ok != nil {
		*ok = v
	}
}

func (w *window) until(d time.Duration, what, expr string) {
	w.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var ok bool
		if w.eval(expr, &ok); ok {
			return
		}
	}
	text, _ := chromedp.Run(w.ctx, chromedp.Evaluate[string](`document.body.innerText`))
	w.t.Fatalf("%s did not come within %v; the page reads: %.1500s", what, d, text)
}

// moves waits until a plot's picture changes.
func (w *window) moves(canvas string) {
	w.t.Helper()
	w.eval(fmt.Sprintf(`(window.before = document.querySelector(%q).toDataURL(), true)`, canvas), nil)
	w.until(10*time.Second, "movement of "+canvas, fmt.Sprintf(`document.querySelector(%q).toDataURL() !== window.before`, canvas))
}

// acknowledge answers the first alarm that asks for it, as a person does.
func (w *window) acknowledge(name, comment string) {
	w.t.Helper()
	w.eval(`(document.querySelector("button.ack").click(), true)`, nil) // found and clicked in one go: alarms arrive and rows move meanwhile
	if err := chromedp.Do(w.ctx, chromedp.WaitVisible("dialog[open]"), chromedp.SendKeys("#ask-by", name),
		chromedp.SendKeys("#ask-comment", comment), chromedp.Click("dialog .primary"), chromedp.WaitNotVisible("dialog")); err != nil {
		w.t.Fatalf("acknowledge: %v", err)
	}
}

// shot keeps a picture of the window under build/screenshots.
func (w *window) shot(name string) {
	w.t.Helper()
	png, err := chromedp.Run(w.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		w.t.Fatalf("take a picture: %v", err)
	}
	dir := filepath.Join("..", "..", "build", "screenshots")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(w.t.Name()+"-"+name, "/", "-")+".png"), png, 0o644); err != nil {
		w.t.Fatal(err)
	}
}
