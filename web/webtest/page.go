package webtest

import (
	"context"
	"fmt"
	"os"
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

const (
	patience = 2 * time.Minute // for what has to come: a machine with other things to do takes its time. No wait that succeeds is longer for it
	life     = 9 * time.Minute // of a window
)

// Page is one window of the browser.
type Page struct {
	Ctx  context.Context // of the window, for what Do does not do
	Name string          // for messages

	t    testing.TB
	mu   sync.Mutex
	said []string // what the console was told
}

// Open opens a window of its own, of the given size and theme, on url.
func Open(t testing.TB, ctx context.Context, url string, width, height int64, dark bool) *Page {
	t.Helper()
	tab, cancel := chromedp.NewContext(ctx)
	if err := chromedp.Do(tab); err != nil {
		t.Fatal(err)
	}
	tab, stop := context.WithTimeout(tab, life)
	t.Cleanup(func() { stop(); cancel() })
	p := &Page{t: t, Ctx: tab}
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
	p.Do("open the page", chromedp.EmulateViewport(width, height), chromedp.Navigate(url), chromedp.WaitReady("body"))
	return p
}

func (p *Page) listen(ev any) {
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

// Quiet fails the test for anything that the console was told: errors, warnings, violations of the content security policy.
func (p *Page) Quiet() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.said {
		p.t.Errorf("the console was told: %s", line)
	}
}

func (p *Page) Do(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.Ctx, actions...); err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.t.Fatalf("%s: %v; the console was told %q", what, err, p.said)
	}
}

// JS evaluates an expression.
func JS[T any](p *Page, expr string) T {
	p.t.Helper()
	out, err := chromedp.Run(p.Ctx, chromedp.Evaluate[T](expr))
	if err != nil {
		p.t.Fatalf("%s: %v", expr, err)
	}
	return out
}

// Click presses what sel names once it holds still: rows and tiles move as the plant does.
func (p *Page) Click(sel string) {
	p.t.Helper()
	p.Within(sel+" to press, holding still", fmt.Sprintf(`(() => {
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

// GoTo opens another page of the dashboard without loading the document again.
func (p *Page) GoTo(address string) {
	p.t.Helper()
	JS[bool](p, fmt.Sprintf(`(location.hash = %q, true)`, address))
}

// Within waits until expr is true, for as long as a busy machine may take. A page that is being left for another has no answer yet.
func (p *Page) Within(what, expr string) {
	p.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		is, err := chromedp.Run(p.Ctx, chromedp.Evaluate[bool]("!!("+expr+")"))
		if err != nil && !leaving(err) {
			p.t.Fatalf("%s: %v", expr, err)
		}
		if err == nil && is {
			return
		}
	}
	p.Shot("failed")
	p.t.Fatalf("%s did not come within %v; the page reads: %.1500s", what, patience, JS[string](p, "document.body.innerText"))
}

// leaving says that the document asked was exchanged for another meanwhile.
func leaving(err error) bool {
	for _, text := range []string{"Inspected target navigated or closed", "Execution context was destroyed", "Cannot find context with specified id"} {
		if strings.Contains(err.Error(), text) {
			return true
		}
	}
	return false
}

// Drag presses the mouse at a place, moves it in steps, and lets go.
func (p *Page) Drag(x, y, dx, dy float64) {
	p.t.Helper()
	mouse := func(kind input.DispatchMouseEventType, x, y float64) {
		if _, err := chromedp.Call(p.Ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1}); err != nil {
			p.t.Fatalf("drag: %v", err)
		}
	}
	mouse(input.DispatchMouseEventTypeMousePressed, x, y)
	for k := 1.0; k <= 5; k++ {
		mouse(input.DispatchMouseEventTypeMouseMoved, x+dx*k/5, y+dy*k/5)
	}
	mouse(input.DispatchMouseEventTypeMouseReleased, x+dx, y+dy)
}

// Key presses one key, as the page sees it.
func (p *Page) Key(key, code string) {
	p.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		if _, err := chromedp.Call(p.Ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: key, Code: code}); err != nil {
			p.t.Fatalf("press %s: %v", key, err)
		}
	}
}

var axe struct {
	once sync.Once
	text string
	err  error
}

// Accessible fails the test for anything that axe-core finds on the page as it is.
func (p *Page) Accessible(what string) {
	p.t.Helper()
	axe.once.Do(func() {
		text, err := os.ReadFile(filepath.Join(Root(p.t), "web", "ui", "node_modules", "axe-core", "axe.min.js"))
		axe.text, axe.err = string(text), err
	})
	if axe.err != nil {
		p.t.Fatalf("axe-core is not installed: %v; make setup does it", axe.err)
	}
	if _, err := chromedp.Run(p.Ctx, chromedp.Evaluate[bool](axe.text+";true")); err != nil {
		p.t.Fatalf("load axe-core: %v", err)
	}
	const run = `axe.run(document, { resultTypes: ["violations"] }).then((r) => r.violations.map((v) =>
		v.id + ": " + v.help + ": " + v.nodes.slice(0, 4).map((n) => n.html.slice(0, 160) + " (" + (n.any[0]?.message ?? "") + ")").join(" | ")))`
	found, err := chromedp.Run(p.Ctx, chromedp.Evaluate[[]string](run, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("run axe-core: %v", err)
	}
	for _, f := range found {
		p.t.Errorf("%s: axe-core finds %s", what, f)
	}
}

// Fits fails the test when the page is wider than its window.
func (p *Page) Fits(what string) {
	p.t.Helper()
	if over := JS[int](p, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		p.t.Errorf("%s: the page is %d px wider than its window", what, over)
	}
}

// Shot keeps a picture of the window under build/screenshots.
func (p *Page) Shot(name string) {
	p.t.Helper()
	png, err := chromedp.Run(p.Ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatalf("take a picture: %v", err)
	}
	dir := filepath.Join(Root(p.t), "build", "screenshots")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.t.Fatal(err)
	}
	name = strings.ReplaceAll(p.t.Name()+"-"+name, "/", "-") + ".png"
	if err := os.WriteFile(filepath.Join(dir, name), png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// Picture keeps a picture of the window, and with CRACKLE_UPDATE set in the environment makes it the one of that name in docs, which the README shows.
func (p *Page) Picture(name string) {
	p.t.Helper()
	p.Shot(name)
	if os.Getenv("CRACKLE_UPDATE") == "" {
		return
	}
	png, err := chromedp.Run(p.Ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(Root(p.t), "docs", name+".png"), png, 0o644)
	}
	if err != nil {
		p.t.Fatalf("keep a picture: %v", err)
	}
}
