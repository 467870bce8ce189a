package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gorilla/websocket"

	"crackle/detector"
	"crackle/web"
	"crackle/web/hub"
)

// site is a server over a plant with one stream, and a client that talks to it.
type site struct {
	t     *testing.T
	plant *plant
	url   string
	stop  func()
}

func newSite(t *testing.T) *site {
	t.Helper()
	p := newPlant(t, web.StreamStatus{Name: "motor.current", Title: "Motor", RateHz: 1000, Limit: 4, Phase: hub.Waiting, Channels: []hub.Channel{{Name: "a", Unit: "A"}}})
	url, stop := serve(t, p, "127.0.0.1:0", t.TempDir())
	return &site{t, p, strings.TrimSuffix(url, "/"), stop}
}

// alarm raises an alarm and returns its id.
func (s *site) alarm() string {
	s.t.Helper()
	for i := range 3 {
		s.plant.machine.Score(s.t.Context(), detector.Score{Stream: "motor.current", Run: 1, First: uint64(100 * i), End: uint64(100*i + 100), Value: 9, Limit: 4, Verdict: detector.Alarm})
	}
	for range 200 {
		if a := s.plant.Alarms(); len(a) > 0 {
			return a[0].ID
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.t.Fatal("no alarm was raised")
	return ""
}

// ask sends a request and returns the status and the body. Headers come as "Name: value"; "Host: value" sets the host.
func (s *site) ask(method, path, body string, headers ...string) (int, string, http.Header) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			req.Host = value
		} else {
			req.Header.Set(name, value)
		}
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Do(req)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer r.Body.Close()
	text, _ := io.ReadAll(r.Body)
	return r.StatusCode, string(text), r.Header
}

// token fetches the token that changes must carry, as a header line.
func (s *site) token() string {
	_, body, _ := s.ask("GET", "/api/v1/session", "")
	var session struct{ Token, Header string }
	if err := json.Unmarshal([]byte(body), &session); err != nil || len(session.Token) < 20 {
		s.t.Fatalf("session is %s", body)
	}
	return session.Header + ": " + session.Token
}

const asJSON = "Content-Type: application/json"

func TestRoutes(t *testing.T) {
	s := newSite(t)
	id := s.alarm()
	for _, c := range []struct {
		method, path string
		headers      []string
		status       int
		want         string
	}{
		{"GET", "/healthz", nil, 200, `"status":"alive"`},
		{"GET", "/readyz", nil, 200, `"ready":true`},
		{"GET", "/metrics", nil, 200, "crackle_hub_clients 0"},
		{"GET", "/api/v1/status", nil, 200, `"open_alarms":1`},
		{"GET", "/api/v1/status", nil, 200, `"version":"test"`},
		{"GET", "/api/v1/streams", nil, 200, `"title":"Motor"`},
		{"GET", "/api/v1/streams/motor.current", nil, 200, `"verdict":"not assessed"`},
		{"GET", "/api/v1/streams/none", nil, 404, "not configured"},
		{"GET", "/api/v1/alarms", nil, 200, id},
		{"GET", "/api/v1/alarms?open=true", nil, 200, id},
		{"GET", "/api/v1/alarms?open=maybe", nil, 400, "allowed are true, false"},
		{"GET", "/api/v1/nothing", nil, 404, `"code":"path"`},
		{"GET", "/api/", nil, 404, `"code":"path"`},
		{"DELETE", "/api/v1/alarms", []string{s.token()}, 405, "allowed GET"},
		{"GET", "/nothing", nil, 503, "make build"},
		{"GET", "/", nil, 503, "make build"},
		{"GET", "/api/v1/live", nil, 400, "websocket"},
		{"GET", "/healthz", []string{"Host: evil.example"}, 421, "localhost"},
		{"GET", "/api/v1/streams", []string{"Host: evil.example:8080"}, 421, "localhost"},
		{"GET", "/api/v1/streams", []string{"Host: localhost:9"}, 200, "Motor"},
		{"GET", "/api/v1/streams", []string{"Host: [::1]:9"}, 200, "Motor"},
		{"GET", "/api/v1/session", []string{"Origin: http://evil.example"}, 403, `"code":"origin"`},
		{"GET", "/api/v1/session", []string{"Origin: null"}, 403, `"code":"origin"`},
		{"GET", "/api/v1/session", []string{"Origin: " + s.url}, 200, "token"},
	} {
		status, body, header := s.ask(c.method, c.path, "", c.headers...)
		if status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s %s %q: %d %s; want %d with %q", c.method, c.path, c.headers, status, body, c.status, c.want)
		}
		for name, want := range map[string]string{"Content-Security-Policy": "default-src 'none'; script-src 'self'", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"} {
			if !strings.Contains(header.Get(name), want) {
				t.Errorf("%s %s: header %s is %q, want %q in it", c.method, c.path, name, header.Get(name), want)
			}
		}
	}
}

func TestReadiness(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct {
		is     web.Readiness
		status int
		want   string
	}{
		{web.Readiness{Connected: true, ModelsLoaded: true, Unseen: []string{"motor.current"}}, 200, `"unseen":["motor.current"]`},
		{web.Readiness{ModelsLoaded: true, Problems: []string{"NATS is away"}}, 503, `"problems":["NATS is away"]`},
		{web.Readiness{Connected: true}, 503, `"models_loaded":false`},
		{web.Readiness{Connected: true, ModelsLoaded: true, NoHeartbeat: true}, 503, `"no_heartbeat":true`},
	} {
		s.plant.setReadiness(c.is)
		if status, body, _ := s.ask("GET", "/readyz", ""); status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%+v: %d %s; want %d with %s", c.is, status, body, c.status, c.want)
		}
	}
}

func TestAcknowledge(t *testing.T) {
	s := newSite(t)
	path := "/api/v1/alarms/" + s.alarm() + "/acknowledge"
	token := s.token()
	good := `{"by":"Ann","comment":"seen\r\nand noted"}`
	for _, c := range []struct {
		name, path, body string
		headers          []string
		status           int
		want             string
	}{
		{"no token", path, good, []string{asJSON}, 403, "/api/v1/session"},
		{"wrong token", path, good, []string{asJSON, "X-Crackle-Token: AAAA"}, 403, "outdated"},
		{"other origin", path, good, []string{asJSON, token, "Origin: http://evil.example"}, 403, "origin"},
		{"other site", path, good, []string{asJSON, token, "Sec-Fetch-Site: cross-site"}, 403, "same-origin"},
		{"a form", path, "by=Ann", []string{"Content-Type: application/x-www-form-urlencoded", token}, 415, "application/json"},
		{"no body", path, "", []string{asJSON, token}, 400, "object"},
		{"no name", path, `{"by":"  "}`, []string{asJSON, token}, 400, "say who"},
		{"long name", path, `{"by":"` + strings.Repeat("é", 65) + `"}`, []string{asJSON, token}, 400, "1 to 64"},
		{"name of two lines", path, `{"by":"Ann\nBob"}`, []string{asJSON, token}, 400, "control"},
		{"comment with NUL", path, `{"by":"Ann","comment":"a\u0000b"}`, []string{asJSON, token}, 400, "control"},
		{"long comment", path, `{"by":"Ann","comment":"` + strings.Repeat("x", 1001) + `"}`, []string{asJSON, token}, 400, "1000"},
		{"unknown key", path, `{"by":"Ann","admin":true}`, []string{asJSON, token}, 400, "admin"},
		{"two objects", path, good + good, []string{asJSON, token}, 400, "one JSON object"},
		{"not UTF-8", path, "{\"by\":\"\xff\"}", []string{asJSON, token}, 400, "UTF-8"},
		{"huge", path, `{"by":"` + strings.Repeat("x", 40_000), []string{asJSON, token}, 413, "32768"}, // not so much that the server hangs up while it is sent
		{"unknown alarm", "/api/v1/alarms/none/acknowledge", good, []string{asJSON, token}, 404, "neither open"},
		{"webtest.Hostile id", "/api/v1/alarms/%3Cimg%20src=x%3E%0d%0a/acknowledge", good, []string{asJSON, token}, 404, `\u003cimg`},
		{"long id", "/api/v1/alarms/" + strings.Repeat("x", 500) + "/acknowledge", good, []string{asJSON, token}, 400, "up to 128"},
		{"good", path, good, []string{asJSON + "; charset=utf-8", token, "Origin: " + s.url, "Sec-Fetch-Site: same-origin"}, 200, `"ack_comment":"seen\nand noted"`},
		{"again", path, good, []string{asJSON, token}, 409, "already"},
	} {
		if status, body, _ := s.ask("POST", c.path, c.body, c.headers...); status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %.300s; want %d with %s", c.name, status, body, c.status, c.want)
		}
	}
}

func TestFiles(t *testing.T) {
	p := newPlant(t)
	h := newTestHub(t)
	s, err := web.New(web.Config{Listen: "127.0.0.1:0", Monitor: p, Hub: h, Files: fstest.MapFS{"index.html": {Data: []byte("<p>")}, "main.js": {Data: []byte("1")}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	w := &site{t: t, url: strings.TrimSuffix(s.URL(), "/")}
	status, body, header := w.ask("GET", "/", "")
	if status != 200 || body != "<p>" || header.Get("Content-Type") != "text/html; charset=utf-8" || header.Get("ETag") == "" {
		t.Errorf("the page: %d %q %v", status, body, header)
	}
	if status, body, _ := w.ask("GET", "/", "", "If-None-Match: "+header.Get("ETag")); status != 304 || body != "" {
		t.Errorf("the page again: %d %q, want 304", status, body)
	}
	if _, _, header := w.ask("GET", "/main.js", ""); header.Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("the script is %s", header.Get("Content-Type"))
	}
	if status, _, _ := w.ask("GET", "/../../etc/passwd", ""); status != 404 && status != 301 {
		t.Errorf("a path outside: %d", status)
	}
	if status, _, header := w.ask("PUT", "/main.js", "2"); status != 405 || header.Get("Allow") == "" {
		t.Errorf("a change of a file: %d", status)
	}
	if status, _, _ := w.ask("GET", "/metrics", ""); status != 404 {
		t.Errorf("/metrics without a registry: %d, want 404", status)
	}
}

func newTestHub(t *testing.T) *hub.Hub {
	t.Helper()
	h, err := hub.New(hub.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestListen(t *testing.T) {
	p := newPlant(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	busy := taken.Addr().String()
	for addr, want := range map[string]string{
		":8080": "crackle user add", "0.0.0.0:8080": "ssh -L 8080", "192.168.1.4:80": "no user", "example.org:80": "loopback", "[::]:80": "loopback",
		"8080": "host:port", "127.0.0.1:http": "0 to 65535", "127.0.0.1:99999": "0 to 65535", busy: "in use by another program",
	} {
		if s, err := web.New(web.Config{Listen: addr, Monitor: p, Hub: p.hub}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", addr, err, want)
			if s != nil {
				s.Close()
			}
		}
	}
	s, err := web.New(web.Config{Listen: busy, NextFreePort: true, Monitor: p, Hub: p.hub})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Addr().(*net.TCPAddr).Port; got <= taken.Addr().(*net.TCPAddr).Port {
		t.Errorf("port %d was taken for one above %s", got, busy)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := web.New(web.Config{Listen: "127.0.0.1:0"}); err == nil {
		t.Error("a server without a monitor was accepted")
	}
}

func TestStopTellsDashboards(t *testing.T) {
	s := newSite(t)
	c, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.url, "http")+"/api/v1/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go s.stop()
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	for err == nil {
		_, _, err = c.ReadMessage()
	}
	if !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("the dashboard was told %v, want 1001", err)
	}
	s.stop()
	if _, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://")); err == nil {
		t.Error("the address is still open after Run has ended")
	}
}

func TestLiveFeedRefusesForeignPages(t *testing.T) {
	s := newSite(t)
	for _, header := range []http.Header{{"Origin": {"http://evil.example"}}, {"Host": {"evil.example"}}} {
		_, r, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.url, "http")+"/api/v1/live", header)
		if err == nil || r == nil || (r.StatusCode != http.StatusForbidden && r.StatusCode != http.StatusMisdirectedRequest) {
			t.Errorf("%v: %v, want a refusal", header, err)
		}
	}
}

// The page that the program carries is either the built dashboard or a word on how to build it.
func TestEmbeddedPage(t *testing.T) {
	var log bytes.Buffer
	p := newPlant(t)
	s, err := web.New(web.Config{Listen: "127.0.0.1:0", Monitor: p, Hub: p.hub, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	w := &site{t: t, url: strings.TrimSuffix(s.URL(), "/")}
	status, body, _ := w.ask("GET", "/", "")
	if built := status == 200 && strings.Contains(body, "<title>Crackle</title>"); !built && !(status == 503 && strings.Contains(body, "npm ci")) {
		t.Errorf("the embedded page: %d %s", status, body)
	}
	if _, err := os.Stat("ui/dist/placeholder.txt"); err != nil {
		t.Errorf("the placeholder that a fresh clone needs is gone: %v", err)
	}
}
