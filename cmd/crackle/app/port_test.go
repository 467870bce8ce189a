package app_test

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"crackle/detector"
)

// taken listens on a free port and returns a configuration that wants it.
func taken(t *testing.T, more string) (net.Listener, *watch) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	cfg := parse(t, t.TempDir(), join(strings.Replace(base, "127.0.0.1:0", l.Addr().String(), 1), motorStream("motor", "")))
	cfg.Server.NextFreePort = more != ""
	saveMotorModel(t, cfg, "motor")
	return l, start(t, cfg)
}

// A port that is taken keeps nobody from watching, and is used once it is free.
func TestPortInUse(t *testing.T) {
	t.Parallel()
	l, w := taken(t, "")
	if w.URL() != "" {
		t.Errorf("listens at %s, which is taken", w.URL())
	}
	if n := w.log.count("ERROR", "dashboard cannot listen", l.Addr().String(), "free the port"); n != 1 {
		t.Errorf("it is not said once, with the next step:\n%s", w.log)
	}
	pub := w.publisher("motor")
	publishPart(t, pub, healthy(t), "unseen", 100)
	w.wantVerdict("motor", "unseen", detector.OK)

	l.Close()
	eventually(t, "the dashboard", func() bool { return w.URL() == "http://"+l.Addr().String()+"/" })
	if status, body := w.get("/healthz"); status != 200 {
		t.Errorf("%d %s", status, body)
	}
	publishPart(t, pub, healthy(t), "seen", 100)
	w.wantVerdict("motor", "seen", detector.OK)
	status, body := w.get("/api/v1/streams")
	if status != 200 {
		t.Errorf("%d", status)
	}
	wantAll(t, body, `"part":"seen"`, `"verdict":"ok"`)
}

func TestNextFreePort(t *testing.T) {
	t.Parallel()
	l, w := taken(t, "next")
	if w.URL() == "" || strings.Contains(w.URL(), l.Addr().String()) {
		t.Fatalf("listens at %q, while %s is taken", w.URL(), l.Addr())
	}
	if status, _ := w.get("/healthz"); status != 200 {
		t.Errorf("%d", status)
	}
}

// An App that is stopped while its port is still taken ends as any other, and gives up the wait.
func TestStopWithoutPort(t *testing.T) {
	t.Parallel()
	l, w := taken(t, "")
	began := time.Now()
	w.stop()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the stop took %v", took)
	}
	l.Close()
	if _, err := http.Get("http://" + l.Addr().String() + "/healthz"); err == nil {
		t.Error("listens after the stop")
	}
}
