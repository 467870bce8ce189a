package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"crackle/alert"
	"crackle/cmd/crackle/app"
	"crackle/detector"
	"crackle/web/api"
)

// fits holds an answer against the description that the program gives of itself.
func (w *watch) fits(doc *openapi3.T, method, pattern string, status int, body string) {
	w.t.Helper()
	item := doc.Paths.Value(pattern)
	if item == nil || item.GetOperation(method) == nil {
		w.t.Errorf("%s %s is not described", method, pattern)
		return
	}
	answer := item.GetOperation(method).Responses.Status(status)
	if answer == nil {
		w.t.Errorf("%s %s: %d is not described: %.300s", method, pattern, status, body)
		return
	}
	content := answer.Value.Content.Get("application/json")
	if content == nil {
		return
	}
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		w.t.Errorf("%s %s: %v", method, pattern, err)
		return
	}
	if err := content.Schema.Value.VisitJSON(v); err != nil {
		w.t.Errorf("%s %s does not fit its description: %.600v\n%.400s", method, pattern, err, body)
	}
}

// What a running program answers, with a store, a model, parts, an alarm and its evidence, fits its own description, and the actions do what they say.
func TestScenarioTheAPIIsAsDescribed(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	cfg := external(t, srv, motorStream("motor.store", "")+"\n[sink.log]\nkind = \"log\"\n")
	saveMotorModel(t, cfg, "motor.store")
	w := start(t, cfg)
	p := w.publisher("motor.store")
	publishPart(t, p, healthy(t), "good", 100)
	w.wantVerdict("motor.store", "good", detector.OK)
	publishPart(t, p, faulty(t), "bad", 100)
	w.wantVerdict("motor.store", "bad", detector.Alarm)
	eventually(t, "the alarm", func() bool { return len(w.events("motor.store", alert.KindScore)) > 0 })
	id := w.events("motor.store", alert.KindScore)[0].Alarm.ID
	eventually(t, "the evidence", func() bool { status, _ := w.get("/api/v1/alarms/" + id + "/evidence"); return status == 200 })
	eventually(t, "both parts", func() bool {
		_, body := w.get("/api/v1/parts")
		return strings.Contains(body, `"good"`) && strings.Contains(body, `"bad"`)
	})

	_, text := w.get("/api/v1/openapi.json")
	doc, err := openapi3.NewLoader().LoadFromData([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	alarm := "/alarms/" + id
	for _, c := range []struct{ path, pattern, want string }{
		{"/session", "/session", `"role":"engineer"`}, {"/status", "/status", `"open_alarms":1`}, {"/streams", "/streams", `"open_alarms":1`}, {"/streams/motor.store", "/streams/{name}", "motor.store"},
		{"/streams/motor.store/history?width=64", "/streams/{name}/history", `"spectrogram"`}, {"/streams/motor.store/models", "/streams/{name}/models", "models"}, {"/jobs", "/jobs", "jobs"},
		{"/alarms?open=true&stream=motor.store&kind=score", "/alarms", id}, {alarm, "/alarms/{id}", `"evidence":true`}, {alarm, "/alarms/{id}", `"change":"raised"`},
		{alarm + "/evidence", "/alarms/{id}/evidence", `"heat"`}, {alarm + "/evidence/pack", "/alarms/{id}/evidence/pack", ""}, {"/parts", "/parts", `"good"`},
		{"/parts/motor.store/bad", "/parts/{stream}/{part}", `"verdict":"alarm"`}, {"/lots", "/lots", `"alarm":1`}, {"/reports/part?stream=motor.store&part=bad", "/reports/part", "bad"},
		{"/system", "/system", `"name":"motor.store"`}, {"/openapi.json", "/openapi.json", "3.0.3"},
	} {
		var status int
		var body string
		eventually(t, c.path, func() bool { // the journal is written behind the alarm
			status, body = w.get(api.Root + c.path)
			return status == 200 && strings.Contains(body, c.want)
		})
		w.fits(doc, http.MethodGet, c.pattern, status, body)
	}
	for _, c := range []struct{ path, pattern, body, want string }{
		{alarm + "/shelve", "/alarms/{id}/shelve", `{"minutes":5,"by":"ines","comment":"known"}`, id},
		{alarm + "/unshelve", "/alarms/{id}/unshelve", `{"by":"ines"}`, id},
		{alarm + "/acknowledge", "/alarms/{id}/acknowledge", `{"by":"ines","comment":"seen"}`, `"ack_by":"ines"`},
		{alarm + "/feedback", "/alarms/{id}/feedback", `{"judgement":"bad","by":"ines"}`, id},
		{"/alarms/acknowledge", "/alarms/acknowledge", `{"ids":["` + id + `"],"by":"ines"}`, "over and answered"},
		{"/sinks/log/test", "/sinks/{name}/test", "", `"delivered":true`},
	} {
		status, body := w.post(api.Root+c.path, c.body)
		if !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %s, want %s", c.path, status, body, c.want)
		}
		w.fits(doc, http.MethodPost, c.pattern, status, body)
	}
	var last string
	defer func() {
		if t.Failed() {
			t.Log(last)
		}
	}()
	eventually(t, "the history", func() bool {
		_, body := w.get(api.Root + alarm)
		last = body
		for _, want := range []string{`"change":"shelved","by":"ines","comment":"known"`, `"change":"unshelved"`, `"change":"acknowledged","by":"ines","comment":"seen"`, `"judgement":"bad"`} {
			if !strings.Contains(body, want) {
				return false
			}
		}
		return true
	})
	if status, body := w.post(api.Root+"/sinks/none/test", ""); status != 404 || !strings.Contains(body, "log") {
		t.Errorf("a sink that is not there: %d %s", status, body)
	}
	var report app.BacktestReport
	w.job(api.Root+"/streams/motor.store/backtest", `{"limit_factor":1}`, &report)
	if len(report.Alarms) != 1 || report.Alarms[0].ID != id || report.Same != 1 || report.New != 0 {
		t.Errorf("the back-test of the set-up in service: %+v, want alarm %s", report, id)
	}

	// What is over and answered is forgotten by the machine with the next start; the journal knows it.
	w.stop()
	again := start(t, external(t, srv, motorStream("motor.store", "")))
	for path, want := range map[string]string{
		alarm: `"change":"acknowledged","by":"ines"`,
		"/alarms?from=" + time.Now().Add(-time.Hour).UTC().Format(time.RFC3339): id,
		"/alarms?open=false&stream=motor.store&to=2199-01-01T00:00:00Z":         `"ack_by":"ines"`,
	} {
		status, body := again.get(api.Root + path)
		if status != 200 || !strings.Contains(body, want) {
			t.Errorf("after a restart, %s: %d %s, want %s", path, status, body, want)
		}
	}
	if _, body := again.get(api.Root + "/alarms?open=true&from=2020-01-01T00:00:00Z"); strings.Contains(body, id) {
		t.Errorf("it is open again: %s", body)
	}
}
