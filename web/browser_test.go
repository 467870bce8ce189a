package web_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var built struct {
	once sync.Once
	err  error
}

// buildUI builds the dashboard when ui/dist does not hold one that is newer than its sources, and returns the folder.
func buildUI(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		if upToDate() {
			return
		}
		npm, err := exec.LookPath("npm")
		if err != nil {
			built.err = fmt.Errorf("the dashboard has to be built and npm is not installed; install Node 20 or newer (make setup does)")
			return
		}
		steps := [][]string{{npm, "run", "build"}}
		if _, err := os.Stat("ui/node_modules/axe-core"); err != nil {
			steps = append([][]string{{npm, "ci"}}, steps...)
		}
		for _, step := range steps {
			cmd := exec.Command(step[0], step[1:]...)
			cmd.Dir = "ui"
			if out, err := cmd.CombinedOutput(); err != nil {
				built.err = fmt.Errorf("%s in web/ui: %w\n%s", strings.Join(step, " "), err, out)
				return
			}
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return "ui/dist"
}

func upToDate() bool {
	page, err := os.Stat("ui/dist/main.js")
	if err != nil {
		return false
	}
	if _, err := os.Stat("ui/node_modules/axe-core"); err != nil {
		return false // the tests need it beside the build
	}
	newer := false
	filepath.Walk("ui/src", func(_ string, info os.FileInfo, err error) error {
		newer = newer || err != nil || info.ModTime().After(page.ModTime())
		return nil
	})
	for _, name := range []string{"ui/build.mjs", "ui/package-lock.json"} {
		info, err := os.Stat(name)
		newer = newer || err != nil || info.ModTime().After(page.ModTime())
	}
	return !newer
}

// chromium is shared by the tests and closed by TestMain.
var chromium struct {
	once  sync.Once
	ctx   context.Context
	close func()
	err   error
}

// browser starts Chromium when no test has done so yet.
func browser(t *testing.T) context.Context {
	t.Helper()
	chromium.once.Do(startChromium)
	if chromium.err != nil {
		t.Fatalf("Chromium did not start: %v; install it with make setup", chromium.err)
	}
	return chromium.ctx
}

func startChromium() {
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.Flag("hide-scrollbars", false))
	if os.Geteuid() == 0 {
		opts = append(opts, chromedp.NoSandbox) // Chromium refuses its sandbox to root
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			opts = append(opts, chromedp.ExecPath(path))
			break
		}
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	chromium.ctx, chromium.close = ctx, func() { cancel(); stop() }
	chromium.err = chromedp.Do(ctx)
}

// page is one window of the browser.
type page struct {
	t    *testing.T
	ctx  context.Context
	name string
	mu   sync.Mutex
	said []string // what the console was told
}

// open opens a window of its own, of the given size and theme, on url.
func open(t *testing.T, ctx context.Context, url string, width, height int64, dark bool) *page {
	t.Helper()
	tab, cancel := chromedp.NewContext(ctx)
	if err := chromedp.Do(tab); err != nil {
		t.Fatal(err)
	}
	tab, stop := context.WithTimeout(tab, 60*time.Second)
	t.Cleanup(func() { stop(); cancel() })
	p := &page{t: t, ctx: tab}
	if err := chromedp.Listen(tab, p.listen); err != nil {
		t.Fatal(err)
	}
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(tab, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
	p.do("open the page", chromedp.EmulateViewport(width, height), chromedp.Navigate(url), chromedp.WaitReady("body"))
	return p
}

func (p *page) listen(ev any) {
	var line string
	switch e := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		for _, a := range e.Args {
			line += " " + string(a.Value) + a.Description
		}
		line = "console:" + line
	case *runtime.EventExceptionThrown:
		line = "exception: " + e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			line += " " + x.Description
		}
	case *log.EventEntryAdded:
		line = fmt.Sprintf("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL)
	default:
		return
	}
	p.mu.Lock()
	p.said = append(p.said, line)
	p.mu.Unlock()
}

// quiet fails the test for anything that the console was told: errors, warnings, violations of the content security policy.
func (p *page) quiet() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.said {
		p.t.Errorf("the console was told: %s", line)
	}
}

func (p *page) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.t.Fatalf("%s: %v; the console was told %q", what, err, p.said)
	}
}

// js evaluates an expression.
func js[T any](p *page, expr string) T {
	p.t.Helper()
	out, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expr))
	if err != nil {
		p.t.Fatalf("%s: %v", expr, err)
	}
	return out
}

// click presses what sel names once it holds still: rows and tiles move as the plant does.
func (p *page) click(sel string) {
	p.t.Helper()
	p.within(20*time.Second, sel+" to press, holding still", fmt.Sprintf(`(() => {
		const e = document.querySelector(%q), was = window.heldStill;
		if (!e || e.disabled) return false;
		e.scrollIntoView({ block: "nearest" });
		const r = e.getBoundingClientRect();
		window.heldStill = { e, x: r.x, y: r.y };
		if (was?.e !== e || was.x !== r.x || was.y !== r.y || r.width === 0) return false;
		window.heldStill = null;
		e.click();
		return true;
	})()`, sel))
}

// goTo opens another page of the dashboard without loading the document again.
func (p *page) goTo(address string) {
	p.t.Helper()
	js[bool](p, fmt.Sprintf(`(location.hash = %q, true)`, address))
}

// within waits until expr is true.
func (p *page) within(d time.Duration, what, expr string) {
	p.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if js[bool](p, "!!("+expr+")") {
			return
		}
	}
	p.shot("failed")
	p.t.Fatalf("%s did not come within %v; the page reads: %.1500s", what, d, js[string](p, "document.body.innerText"))
}

const second = time.Second

// drag presses the mouse at a place, moves it in steps, and lets go.
func (p *page) drag(x, y, dx, dy float64) {
	p.t.Helper()
	mouse := func(kind input.DispatchMouseEventType, x, y float64) {
		if _, err := chromedp.Call(p.ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1}); err != nil {
			p.t.Fatalf("drag: %v", err)
		}
	}
	mouse(input.DispatchMouseEventTypeMousePressed, x, y)
	for k := 1.0; k <= 5; k++ {
		mouse(input.DispatchMouseEventTypeMouseMoved, x+dx*k/5, y+dy*k/5)
	}
	mouse(input.DispatchMouseEventTypeMouseReleased, x+dx, y+dy)
}

// key presses one key, as the page sees it.
func (p *page) key(key, code string) {
	p.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		if _, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: key, Code: code}); err != nil {
			p.t.Fatalf("press %s: %v", key, err)
		}
	}
}

var axe struct {
	once sync.Once
	text string
	err  error
}

// accessible fails the test for anything that axe-core finds on the page as it is.
func (p *page) accessible(what string) {
	p.t.Helper()
	axe.once.Do(func() {
		text, err := os.ReadFile("ui/node_modules/axe-core/axe.min.js")
		axe.text, axe.err = string(text), err
	})
	if axe.err != nil {
		p.t.Fatalf("axe-core is not installed: %v; make setup does it", axe.err)
	}
	if _, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](axe.text+";true")); err != nil {
		p.t.Fatalf("load axe-core: %v", err)
	}
	const run = `axe.run(document, { resultTypes: ["violations"] }).then((r) => r.violations.map((v) =>
		v.id + ": " + v.help + ": " + v.nodes.slice(0, 4).map((n) => n.html.slice(0, 160) + " (" + (n.any[0]?.message ?? "") + ")").join(" | ")))`
	found, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string](run, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("run axe-core: %v", err)
	}
	for _, f := range found {
		p.t.Errorf("%s: axe-core finds %s", what, f)
	}
}

// fits fails the test when the page is wider than its window.
func (p *page) fits(what string) {
	p.t.Helper()
	if over := js[int](p, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		p.t.Errorf("%s: the page is %d px wider than its window", what, over)
	}
}

// shot keeps a picture of the window under build/screenshots.
func (p *page) shot(name string) {
	p.t.Helper()
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatalf("take a picture: %v", err)
	}
	dir := filepath.Join("..", "build", "screenshots")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.t.Fatal(err)
	}
	name = strings.ReplaceAll(p.t.Name()+"-"+name, "/", "-") + ".png"
	if err := os.WriteFile(filepath.Join(dir, name), png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
