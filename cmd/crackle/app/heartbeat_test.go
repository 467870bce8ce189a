package app_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/ingest/block"
	"crackle/ingest/broker"
)

const quickHeart = "[heartbeat]\nevery_s = 0.2\nmissing_s = 2\ndead_man_s = 0.3\nallow_private = true\n"

// The heartbeat comes through the whole path; when the path is cut it is an alarm, /readyz is red, and the dead-man address is not called; and when
// the path is whole again all of that is over.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"jetstream", "core"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int64
			outside := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet && r.URL.Path == "/ping/secret" {
					calls.Add(1)
				}
			}))
			defer outside.Close()
			cfg := parse(t, t.TempDir(), join(base, quickHeart, "dead_man_url = \""+outside.URL+"/ping/secret\"", motorStream("motor", "transport = \""+transport+"\"")))
			saveMotorModel(t, cfg, "motor")
			w := start(t, cfg)
			beating := func() bool { last, ok := w.Heartbeat(); return ok && !last.IsZero() }
			eventually(t, "the first beat", beating)
			eventually(t, "calls outside", func() bool { return calls.Load() > 2 })
			if status, body := w.get("/readyz"); status != 200 {
				t.Fatalf("/readyz %d: %s", status, body)
			}
			_, metrics := w.get("/metrics")
			wantAll(t, metrics, "crackle_heartbeat_age_seconds")

			if transport == "core" { // nothing of it goes through the store
				if n := len(w.events("", alert.KindStore)) + len(w.events("", alert.KindHeartbeat)); n != 0 {
					t.Errorf("%d events", n)
				}
				return
			}
			js, err := jetstream.New(w.Connection())
			if err != nil {
				t.Fatal(err)
			}
			if err := js.DeleteStream(within(t, 10*time.Second), block.StoreName); err != nil {
				t.Fatal(err)
			}
			w.alarmed("", alert.KindHeartbeat, alert.Raised)
			status, body := w.get("/readyz")
			if status != http.StatusServiceUnavailable || !strings.Contains(body, `"no_heartbeat":true`) {
				t.Errorf("/readyz %d: %s", status, body)
			}
			quiet := calls.Load() // the alarm below takes seconds more
			a := w.alarmed("", alert.KindStore, alert.Raised).Alarm
			wantAll(t, a.What, "the signal store refuses what is published")
			if calls.Load() != quiet {
				t.Errorf("%d calls outside while the heartbeat is missing", calls.Load()-quiet)
			}

			if _, err := broker.EnsureSignals(within(t, 10*time.Second), js, broker.SignalConfig{}); err != nil {
				t.Fatal(err)
			}
			w.alarmed("", alert.KindHeartbeat, alert.Cleared)
			w.alarmed("", alert.KindStore, alert.Cleared)
			eventually(t, "calls outside again", func() bool { return calls.Load() > quiet })
			if status, body := w.get("/readyz"); status != 200 {
				t.Errorf("/readyz %d: %s", status, body)
			}
			if strings.Contains(w.log.String(), "secret") {
				t.Error("the address is in the log")
			}
		})
	}
}
