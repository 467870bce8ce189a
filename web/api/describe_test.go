package api_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"crackle/web/api"
	"crackle/web/auth"
)

// description loads and checks the document that a handler serves.
func description(t *testing.T, d *desk) *openapi3.T {
	t.Helper()
	status, body, _ := d.ask("GET", "/openapi.json", "")
	if status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	doc, err := openapi3.NewLoader().LoadFromData([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatalf("the document is not OpenAPI: %v", err)
	}
	return doc
}

// valid holds a JSON answer against what the document says of it.
func valid(t *testing.T, doc *openapi3.T, method, pattern string, status int, body string) {
	t.Helper()
	path := doc.Paths.Value(pattern)
	if path == nil || path.GetOperation(method) == nil {
		t.Errorf("%s %s is not described", method, pattern)
		return
	}
	answer := path.GetOperation(method).Responses.Status(status)
	if answer == nil {
		answer = path.GetOperation(method).Responses.Default()
		if status < 400 {
			t.Errorf("%s %s answers %d, which is not described", method, pattern, status)
		}
	}
	content := answer.Value.Content.Get("application/json")
	if content == nil {
		if body != "" && answer.Value.Content == nil {
			t.Errorf("%s %s: %d is described without content: %.100s", method, pattern, status, body)
		}
		return
	}
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Errorf("%s %s: %v: %.200s", method, pattern, err, body)
		return
	}
	if err := content.Schema.Value.VisitJSON(v); err != nil {
		t.Errorf("%s %s: %d does not fit its description: %v\n%.500s", method, pattern, status, err, body)
	}
}

// Every answer of the office, good or bad, fits its description.
func TestAnswersFitTheDescription(t *testing.T) {
	d := newDesk(t, &office{hold: make(chan struct{})}, false)
	close(d.hold)
	doc := description(t, d)
	remark := `{"by":"ann","comment":"c"}`
	seen := map[string]bool{}
	for _, c := range [][4]string{
		{"GET", "/openapi.json", "/openapi.json"}, {"GET", "/session", "/session"}, {"POST", "/login", "/login", `{"user":"a","password":"b"}`}, {"POST", "/logout", "/logout", ""},
		{"GET", "/status", "/status"}, {"GET", "/system", "/system"}, {"GET", "/streams", "/streams"}, {"GET", "/streams/{name}", "/streams/m"}, {"GET", "/streams/{name}", "/streams/x"},
		{"GET", "/streams/{name}/history", "/streams/m/history"}, {"GET", "/streams/{name}/envelope", "/streams/m/envelope"}, {"GET", "/streams/{name}/models", "/streams/m/models"},
		{"POST", "/streams/{name}/models/{hash}/service", "/streams/m/models/0a/service", remark}, {"POST", "/streams/{name}/inspect", "/streams/m/inspect", `{}`},
		{"POST", "/streams/{name}/teach", "/streams/m/teach", `{"parts":3}`}, {"POST", "/streams/{name}/backtest", "/streams/m/backtest", `{}`}, {"GET", "/jobs", "/jobs"},
		{"GET", "/jobs/{id}", "/jobs/none"}, {"DELETE", "/jobs/{id}", "/jobs/none"}, {"GET", "/alarms", "/alarms"}, {"GET", "/alarms/{id}", "/alarms/a1"},
		{"POST", "/alarms/acknowledge", "/alarms/acknowledge", `{"ids":["a1","x"],"by":"ann"}`}, {"POST", "/alarms/{id}/acknowledge", "/alarms/a1/acknowledge", remark},
		{"POST", "/alarms/{id}/shelve", "/alarms/a1/shelve", `{"minutes":5,"by":"ann"}`}, {"POST", "/alarms/{id}/unshelve", "/alarms/a1/unshelve", remark},
		{"POST", "/alarms/{id}/feedback", "/alarms/a1/feedback", `{"judgement":"fine","by":"ann"}`}, {"GET", "/alarms/{id}/evidence", "/alarms/a1/evidence"},
		{"GET", "/alarms/{id}/evidence/pack", "/alarms/a1/evidence/pack"}, {"GET", "/parts", "/parts"}, {"GET", "/parts/{stream}/{part}", "/parts/m/p"}, {"GET", "/lots", "/lots"},
		{"GET", "/reports/lot", "/reports/lot?stream=m&lot=l"}, {"GET", "/reports/part", "/reports/part?stream=m&part=l"}, {"POST", "/sinks/{name}/test", "/sinks/slack/test", ""},
	} {
		status, body, _ := d.ask(c[0], c[2], c[3])
		valid(t, doc, c[0], c[1], status, body)
		seen[c[0]+" "+c[1]] = true
	}
	_, body, _ := d.ask("GET", "/jobs", "")
	valid(t, doc, "GET", "/jobs", 200, body)
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			if !seen[method+" "+path] && path != "/live" {
				t.Errorf("%s %s is described, and this test does not ask it", method, path)
			}
		}
	}
}

// Every route that is described is served, with the parameters that are described and no others.
func TestDescribedIsServed(t *testing.T) {
	d := newDesk(t, &office{}, false)
	doc := description(t, d)
	operations := 0
	for pattern, item := range doc.Paths.Map() {
		if pattern == "/live" { // the server's, which a test of its own asks
			continue
		}
		path := pattern
		for _, name := range []string{"name", "id", "hash", "stream", "part"} {
			path = strings.ReplaceAll(path, "{"+name+"}", "a1")
		}
		for method, op := range item.Operations() {
			operations++
			if status, body, _ := d.ask(method, path, ""); strings.Contains(body, `"code":"path"`) || strings.Contains(body, `"code":"method"`) {
				t.Errorf("%s %s is not served: %d %s", method, pattern, status, body)
			}
			var described []string
			for _, p := range op.Parameters {
				if p.Value.In == "query" {
					described = append(described, p.Value.Name)
				}
			}
			if len(described) == 0 {
				continue
			}
			_, body, _ := d.ask(method, path+"?no_such_parameter=1", "")
			_, list, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(body), `"}}`), "allowed are ")
			accepted := strings.Split(list, ", ")
			slices.Sort(accepted)
			slices.Sort(described)
			if !slices.Equal(accepted, described) {
				t.Errorf("%s %s takes %q, described are %q", method, pattern, accepted, described)
			}
		}
	}
	if operations < 30 {
		t.Errorf("only %d operations are described", operations)
	}
	for method := range map[string]bool{"PUT": true, "PATCH": true, "DELETE": true} {
		r := httptest.NewRequest(method, "http://127.0.0.1"+api.Root+"/streams", nil)
		r.Header.Set(auth.TokenHeader, d.d.Token(auth.Caller{}))
		w := httptest.NewRecorder()
		if d.h.ServeHTTP(w, r); w.Code != 405 || w.Header().Get("Allow") == "" {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}
