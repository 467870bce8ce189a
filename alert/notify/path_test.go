package notify_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"crackle/alert"
	"crackle/alert/notify"
	"crackle/alert/notify/email"
	"crackle/alert/notify/slack"
	"crackle/alert/notify/webhook"
	"crackle/detector"
)

// hook is a real HTTP server whose answers are written down: the i-th request gets the i-th answer, later ones 200.
type hook struct {
	*httptest.Server
	mu      sync.Mutex
	answers []func(http.ResponseWriter)
	keys    []string // Idempotency-Key of each request
	bodies  []string // of those that were answered 200
	at      []time.Time
}

func newHook(t *testing.T, answers ...func(http.ResponseWriter)) *hook {
	h := &hook{answers: answers}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	i := len(h.keys)
	h.keys, h.at = append(h.keys, r.Header.Get("Idempotency-Key")), append(h.at, time.Now())
	if i < len(h.answers) {
		h.answers[i](w)
		return
	}
	h.bodies = append(h.bodies, string(b))
}

func status(code int, header ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

// TestPath sends one alarm's onset and clear from the machine through the dispatcher to four servers: a Slack that asks for a second
// of patience, a receiver that fails twice first, one that is gone for good, and a mail server that accepts and says nothing. The
// first two get both messages in order; the others cost them nothing, and everything is counted.
func TestPath(t *testing.T) {
	busy := newHook(t, status(429, "Retry-After", "1"))
	flaky := newHook(t, status(500), status(503))
	gone := newHook(t, status(410), status(410))
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()

	var sinks []notify.Sink
	add := func(s notify.Sink, err error) {
		if err != nil {
			t.Fatal(err)
		}
		sinks = append(sinks, s)
		if c, ok := s.(interface{ Close() }); ok {
			t.Cleanup(c.Close)
		}
	}
	add(slack.New(slack.Config{WebhookURL: notify.NewSecret(busy.URL + "/services/XSECRETX"), AllowPrivate: true}))
	add(webhook.New(webhook.Config{Name: "flaky", URL: notify.NewSecret(flaky.URL), AllowPrivate: true}))
	add(webhook.New(webhook.Config{Name: "gone", URL: notify.NewSecret(gone.URL + "/XSECRETX"), AllowPrivate: true}))
	add(email.New(email.Config{Name: "mute", Host: "127.0.0.1", Port: mute.Addr().(*net.TCPAddr).Port, Encryption: email.None, From: "a@b.example", To: []string{"c@d.example"}}))

	var log strings.Builder // written by the dispatcher's goroutines through slog's own lock
	machine, err := alert.New(alert.Config{
		Book: alert.BookConfig{Streams: []alert.Stream{{Name: "motor.current", Title: "Motor <7>", Rules: alert.Rules{Raise: 1, Of: 1, Clear: 1}}}},
		Log:  slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := notify.New(notify.Config{
		Events: machine.Listen("notify", 16).C, Sinks: sinks, Link: "http://127.0.0.1:8080",
		MinBackoff: 10 * time.Millisecond, MaxBackoff: 20 * time.Millisecond, Timeout: 500 * time.Millisecond, Drain: 3 * time.Second,
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range []float64{5, 1} {
		s := detector.Score{Stream: "motor.current", First: uint64(i) * 100, End: uint64(i+1) * 100, TimeNS: 1e18, Value: v, Limit: 4, Verdict: detector.OK}
		if v > 4 {
			s.Verdict = detector.Alarm
		}
		if err := machine.Score(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	machine.Drain()
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := machine.Run(t.Context()); err != nil {
			t.Error(err)
		}
	})
	if err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	wg.Wait()

	id := alert.ID("motor.current", 0, 0, alert.KindScore)
	if wait := busy.at[1].Sub(busy.at[0]); wait < time.Second {
		t.Errorf("Slack asked for 1 s and got %s", wait)
	}
	if len(busy.bodies) != 2 || !strings.Contains(busy.bodies[0], "Alarm: Motor \\u0026lt;7\\u0026gt;") || !strings.Contains(busy.bodies[1], "Cleared: ") {
		t.Errorf("Slack got %q", busy.bodies)
	}
	if got, want := strings.Join(flaky.keys, " "), id+"-raised "+id+"-raised "+id+"-raised "+id+"-cleared"; got != want {
		t.Errorf("flaky got keys %s, want %s", got, want)
	}
	for i, want := range []string{"firing", "resolved"} {
		var body struct{ Status string }
		if err := json.Unmarshal([]byte(flaky.bodies[i]), &body); err != nil || body.Status != want {
			t.Errorf("body %d: %v, %q", i, err, body.Status)
		}
	}
	for i, want := range []notify.Counters{{Sent: 2, Retried: 1}, {Sent: 2, Retried: 2}, {Failed: 2}, {Dropped: 2}} {
		n := d.Counters()[i]
		if n.Sent != want.Sent || n.Failed != want.Failed || n.Dropped != want.Dropped || (n.Sink != "mute" && n.Retried != want.Retried) {
			t.Errorf("%+v", n)
		}
		if strings.Contains(n.LastError, "XSECRETX") {
			t.Errorf("shown: %s", n.LastError)
		}
	}
	if strings.Contains(log.String(), "XSECRETX") || !strings.Contains(log.String(), "sink=gone") || !strings.Contains(log.String(), "410") {
		t.Errorf("log:\n%s", log.String())
	}
}
