package app_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/detector"
	"crackle/ingest/block"
)

const quickHeart = "[heartbeat]\nevery_s = 0.2\nmissing_s = 2\ndead_man_s = 0.3\nallow_private = true\n"

// The heartbeat comes through the whole path; when the path is cut it is an alarm, /readyz is red, and the dead-man address is not called; and when
// the path is whole again all of that is over.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	outside := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == "/ping/secret" {
			calls.Add(1)
		}
	}))
	defer outside.Close()
	options := func(deny ...string) *server.Options {
		return &server.Options{Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true, Users: []*server.User{{
			Username: "crackle", Password: "pw", Permissions: &server.Permissions{Publish: &server.SubjectPermission{Allow: []string{">"}, Deny: deny}},
		}}}
	}
	o := options()
	srv, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	defer srv.Shutdown()
	if !srv.ReadyForConnections(patience) {
		t.Fatal("the NATS server is not ready")
	}
	reload := func(deny ...string) { // as an administrator does
		t.Helper()
		next := options(deny...)
		next.Port = o.Port
		if err := srv.ReloadOptions(next); err != nil {
			t.Fatal(err)
		}
	}
	cfg := parse(t, t.TempDir(), join(base, "[nats]\nurl = \""+srv.ClientURL()+"\"\nuser = \"crackle\"\npassword = \"pw\"\nreconnect_wait_s = 0.2", quickHeart,
		"dead_man_url = \""+outside.URL+"/ping/secret\"", motorStream("motor", `transport = "core"`)))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	eventually(t, "the first beat", func() bool { last, ok := w.Heartbeat(); return ok && !last.IsZero() })
	eventually(t, "calls outside", func() bool { return calls.Load() > 2 })
	ready := func() bool { status, _ := w.get("/readyz"); return status == 200 }
	eventually(t, "readiness", ready)
	_, metrics := w.get("/metrics")
	wantAll(t, metrics, "crackle_heartbeat_age_seconds")

	reload("crackle.signal._heartbeat.>")
	wantAll(t, w.alarmed("", alert.KindHeartbeat, alert.Raised).Alarm.What, "has not come through", "look at /readyz and the log")
	quiet := calls.Load()
	status, body := w.get("/readyz")
	if status != http.StatusServiceUnavailable || !strings.Contains(body, `"no_heartbeat":true`) {
		t.Errorf("/readyz %d: %s", status, body)
	}
	for range 3 { // each is answered in its turn, which takes the time of some calls
		publishPart(t, w.publisher("motor"), healthy(t), "meanwhile", 100)
	}
	w.wantVerdict("motor", "meanwhile", detector.OK)
	if calls.Load() != quiet {
		t.Errorf("%d calls outside while the heartbeat is missing", calls.Load()-quiet)
	}

	reload()
	w.alarmed("", alert.KindHeartbeat, alert.Cleared)
	eventually(t, "calls outside again", func() bool { return calls.Load() > quiet })
	eventually(t, "readiness again", ready)
	if strings.Contains(w.log.String(), "secret") {
		t.Error("the address is in the log")
	}
}

// With streams that are stored the heartbeat is stored too, and reads from the store.
func TestHeartbeatStored(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, quickHeart, motorStream("motor", "")))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	first := time.Time{}
	eventually(t, "a beat", func() bool { first, _ = w.Heartbeat(); return !first.IsZero() })
	eventually(t, "a later one", func() bool { last, ok := w.Heartbeat(); return ok && last.After(first) })
	js, err := jetstream.New(w.Connection())
	if err != nil {
		t.Fatal(err)
	}
	st, err := js.Stream(within(t), block.StoreName)
	if err != nil {
		t.Fatal(err)
	}
	info, err := st.Info(within(t), jetstream.WithSubjectFilter("crackle.signal._heartbeat.>"))
	if err != nil || len(info.State.Subjects) != 1 {
		t.Errorf("subjects %v, %v; want one", info.State.Subjects, err)
	}
}
