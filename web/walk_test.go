package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"crackle/web"
	"crackle/web/auth"
)

// needs is who may do what, as it is meant; the description and the server are held against it.
var needs = map[string]string{
	"GET /openapi.json": "", "GET /session": "", "POST /login": "", "POST /logout": "",
	"GET /status": "viewer", "GET /system": "viewer", "GET /streams": "viewer", "GET /streams/{name}": "viewer", "GET /streams/{name}/history": "viewer", "GET /streams/{name}/envelope": "viewer",
	"GET /streams/{name}/models": "viewer", "GET /jobs": "viewer", "GET /jobs/{id}": "viewer", "GET /alarms": "viewer", "GET /alarms/{id}": "viewer", "GET /alarms/{id}/evidence": "viewer",
	"GET /alarms/{id}/evidence/pack": "viewer", "GET /parts": "viewer", "GET /parts/{stream}/{part}": "viewer", "GET /lots": "viewer", "GET /reports/lot": "viewer", "GET /reports/part": "viewer",
	"GET /live":                "viewer",
	"POST /alarms/acknowledge": "operator", "POST /alarms/{id}/acknowledge": "operator", "POST /alarms/{id}/shelve": "operator", "POST /alarms/{id}/unshelve": "operator", "POST /alarms/{id}/feedback": "operator",
	"POST /streams/{name}/models/{hash}/service": "engineer", "POST /streams/{name}/inspect": "engineer", "POST /streams/{name}/teach": "engineer", "POST /streams/{name}/backtest": "engineer",
	"DELETE /jobs/{id}": "engineer", "POST /sinks/{name}/test": "engineer",
}

// described lists the operations of the server's own description, with their roles.
func described(t *testing.T, h *house) map[string]string {
	t.Helper()
	_, body, _ := (&site{t: t, url: h.url}).ask("GET", "/api/v1/openapi.json", "")
	var doc struct {
		Paths map[string]map[string]struct {
			Role string `json:"x-crackle-role"`
		}
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for path, operations := range doc.Paths {
		for method, op := range operations {
			out[strings.ToUpper(method)+" "+path] = op.Role
		}
	}
	return out
}

// Every route is asked by nobody, by each role, by a page of another origin, by another site, without the token, and under a foreign name.
func TestEveryRouteHasItsDoor(t *testing.T) {
	h := newHouse(t, web.Config{})
	routes := described(t, h)
	for op, role := range needs {
		if got, there := routes[op]; !there || got != role {
			t.Errorf("%s: described for %q (there: %v), meant for %q", op, got, there, role)
		}
	}
	ranks := []string{"", "viewer", "operator", "engineer"}
	people := map[string]*person{"": h.person(nil)}
	for name, role := range map[string]string{"vera": "viewer", "otto": "operator", "elsa": "engineer"} {
		people[role] = h.person(nil)
		people[role].login(name)
	}
	s := &site{t: t, url: h.url}
	for op := range routes {
		role, meant := needs[op]
		if !meant {
			t.Errorf("%s is served, and this test does not know for whom", op)
			continue
		}
		method, pattern, _ := strings.Cut(op, " ")
		path := "/api/v1" + strings.NewReplacer("{name}", "motor.current", "{id}", "none", "{hash}", "0a", "{stream}", "motor.current", "{part}", "p").Replace(pattern)
		change := method != http.MethodGet
		for i, of := range ranks {
			if pattern == "/logout" || pattern == "/login" {
				break // they change who is asking; TestLogin has them
			}
			p := people[of]
			status, body, _ := p.ask(method, path, `{}`)
			enough := i >= slices.Index(ranks, role)
			switch {
			case of == "" && !enough && status != http.StatusUnauthorized:
				t.Errorf("%s by nobody: %d %s", op, status, body)
			case of != "" && !enough && (status != http.StatusForbidden || !strings.Contains(body, `"code":"role"`)):
				t.Errorf("%s by a %s: %d %s", op, of, status, body)
			case enough && (status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusMethodNotAllowed):
				t.Errorf("%s by a %s: %d %s", op, of, status, body)
			}
		}
		best := people["engineer"]
		headers := []string{asJSON, best.cookie(), auth.TokenHeader + ": " + best.token}
		refused := func(what string, want int, headers ...string) {
			t.Helper()
			if status, body, _ := s.ask(method, path, `{}`, headers...); status != want {
				t.Errorf("%s %s: %d %s, want %d", op, what, status, body, want)
			}
		}
		refused("under a foreign name", http.StatusMisdirectedRequest, append(headers, "Host: evil.example")...)
		for _, origin := range []string{"http://evil.example", "null", "https://127.0.0.1:1"} {
			refused("from "+origin, http.StatusForbidden, append(headers, "Origin: "+origin)...)
		}
		if change {
			refused("without a token", http.StatusForbidden, asJSON, best.cookie())
			refused("with another's token", http.StatusForbidden, asJSON, best.cookie(), auth.TokenHeader+": "+people["viewer"].token)
			refused("from another site", http.StatusForbidden, append(headers, "Sec-Fetch-Site: cross-site")...)
			refused("from a neighbouring site", http.StatusForbidden, append(headers, "Sec-Fetch-Site: same-site")...)
		}
	}
}

// cookie is the person's as a header line.
func (b *person) cookie() string {
	u, err := url.Parse(b.url)
	if err != nil {
		b.t.Fatal(err)
	}
	cookies := b.client.Jar.(*cookiejar.Jar).Cookies(u)
	if len(cookies) != 1 {
		b.t.Fatalf("cookies %v", cookies)
	}
	return "Cookie: " + cookies[0].String()
}
