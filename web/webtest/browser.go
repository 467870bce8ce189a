package webtest

import (
	"context"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// shared is the browser of a package's tests.
var shared struct {
	once  sync.Once
	ctx   context.Context
	close func()
	err   error
}

// Browser gives the browser that the tests of a package share, started by the first that asks. Close, in TestMain, ends it.
func Browser(t testing.TB) context.Context {
	t.Helper()
	shared.once.Do(func() { shared.ctx, shared.close, shared.err = start() })
	if shared.err != nil {
		t.Fatalf("Chromium did not start: %v; install it with make setup", shared.err)
	}
	return shared.ctx
}

// Close ends the browser that the tests share, if one was started.
func Close() {
	if shared.close != nil {
		shared.close()
	}
}

// Start gives a browser of its own, which ends with the test.
func Start(t testing.TB) context.Context {
	t.Helper()
	ctx, end, err := start()
	t.Cleanup(end)
	if err != nil {
		t.Fatalf("Chromium did not start: %v; install it with make setup", err)
	}
	return ctx
}

func start() (ctx context.Context, end func(), err error) {
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
	return ctx, func() { cancel(); stop() }, chromedp.Do(ctx)
}
