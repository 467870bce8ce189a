package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"crackle/alert"
	"crackle/cmd/crackle/app"
)

// A configuration that is read again changes the sinks while an alarm stands: one whose address was wrong sends what waited for it, one that is new hears
// of what happens from then on, one that is gone does not, and one that is the same goes on. A sink that cannot be made leaves everything as it was.
func TestScenarioReloadSinks(t *testing.T) {
	t.Parallel()
	d, sinks := openDesk(t)
	tables := strings.Split(sinks, "\n[sink.")
	chat, hook, mail := "\n[sink."+tables[1], "\n[sink."+tables[2], "\n[sink."+tables[3]
	dir := t.TempDir()
	head := join(base, strings.Replace(motorStream("motor", ""), "no_data_s = 300", "no_data_s = 0.3", 1))
	wrong := strings.Replace(hook, "url = \"http://", "timeout_s = 1\nurl = \"http://127.0.0.1:1/", 1)
	first := parse(t, dir, join(head, chat, wrong, "[sink.book]\nkind = \"log\""))
	saveMotorModel(t, first, "motor")
	w := start(t, first)
	w.alarmed("motor", alert.KindNoData, alert.Raised)
	eventually(t, "the message by chat", func() bool { chats, _, _ := d.counts(); return chats == 1 })
	eventually(t, "a failure of the wrong address", func() bool { return w.log.count("notification delayed", "hook") > 0 })

	bad := parse(t, dir, join(head, chat, wrong, "[sink.book]\nkind = \"log\""))
	s := bad.Sinks["hook"]
	s.Zone, s.Hours = "Nowhere/Nothing", []string{"06:00-22:00"}
	bad.Sinks["hook"] = s
	if r, err := w.Reload(within(t), bad); err == nil || r.Sinks != nil {
		t.Fatalf("%+v, %v", r, err)
	}

	r, err := w.Reload(within(t), parse(t, dir, join(head, hook, mail, "[sink.book]\nkind = \"log\"")))
	if err != nil || !slices.Equal(r.Sinks, []string{"hook", "mail", "chat"}) || r.Restart != nil || !slices.Equal(r.Unchanged, []string{"motor"}) {
		t.Fatalf("%+v, %v", r, err)
	}
	eventually(t, "what waited for the right address", func() bool { _, hooks, _ := d.counts(); return hooks >= 1 })
	pub := w.publisher("motor")
	eventually(t, "the clear", func() bool {
		publishPart(t, pub, healthy(t), "part", 1000)
		return len(w.events("motor", alert.KindNoData)) > 1
	})
	eventually(t, "the end by the others", func() bool { _, hooks, mails := d.counts(); return hooks >= 2 && mails >= 1 })
	if chats, _, _ := d.counts(); chats != 1 {
		t.Errorf("%d messages by a sink that is gone, 1 wanted", chats)
	}
	_, system := w.get("/api/v1/system")
	wantAll(t, system, `"name":"hook"`, `"name":"mail"`, `"name":"book"`)
	if strings.Contains(system, `"name":"chat"`) {
		t.Errorf("a sink that is gone is shown: %s", system)
	}
	if status, answer := w.post("/api/v1/sinks/chat/test", `{"by":"anna"}`); status != http.StatusNotFound {
		t.Errorf("test of a sink that is gone: %d %s", status, answer)
	}
	if status, answer := w.post("/api/v1/sinks/mail/test", `{"by":"anna"}`); status != http.StatusOK {
		t.Errorf("test of a new sink: %d %s", status, answer)
	}
	var noted bool
	for _, e := range entries(t, w) {
		noted = noted || e.Note != nil && strings.Contains(e.Note.What, `sinks ["hook" "mail" "chat"]`)
	}
	if !noted {
		t.Error("the change is not journalled")
	}
}

// What a configuration, read again, cannot change is named as FixedTables has it, and streams and sinks are not among it.
func TestFixedTables(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := parse(t, dir, join(base, motorStream("motor", "")))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	next := *parse(t, dir, join(base, motorStream("motor", "coverage = 0.9\n"), "[sink.book]\nkind = \"log\""))
	next.Server.PublicURL, next.NATS.Name, next.Store.MaxBytes, next.Evidence.PreS, next.Heartbeat.EveryS, next.Log.Level = "https://other.example/", "other", 1<<30, 1, 3, "warn"
	r, err := w.Reload(within(t), &next)
	if err != nil || !slices.Equal(r.Restart, app.FixedTables()) || !slices.Equal(r.Sinks, []string{"book"}) {
		t.Errorf("%+v, %v", r, err)
	}
}
