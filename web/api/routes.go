package api

import (
	"fmt"
	"net/http"

	"crackle/web/auth"
)

// Root is the path that all routes begin with.
const Root = "/api/v1"

// route is one thing that the API does.
type route struct {
	method, path string    // the path under Root
	role         auth.Role // that it takes at least
	do           func(*Handler, http.ResponseWriter, *http.Request)
}

// routes is the whole API but the live feed.
var routes = []route{
	{"GET", "/session", auth.Nobody, (*Handler).session},
	{"POST", "/login", auth.Nobody, (*Handler).login},
	{"POST", "/logout", auth.Nobody, (*Handler).logout},
	{"GET", "/status", auth.Viewer, (*Handler).status},
	{"GET", "/system", auth.Viewer, (*Handler).system},
	{"GET", "/streams", auth.Viewer, (*Handler).streams},
	{"GET", "/streams/{name}", auth.Viewer, (*Handler).stream},
	{"GET", "/streams/{name}/history", auth.Viewer, (*Handler).history},
	{"GET", "/streams/{name}/envelope", auth.Viewer, (*Handler).envelope},
	{"GET", "/streams/{name}/models", auth.Viewer, (*Handler).models},
	{"POST", "/streams/{name}/models/{hash}/service", auth.Engineer, (*Handler).service},
	{"POST", "/streams/{name}/inspect", auth.Engineer, (*Handler).inspect},
	{"POST", "/streams/{name}/teach", auth.Engineer, (*Handler).teach},
	{"POST", "/streams/{name}/backtest", auth.Engineer, (*Handler).backtest},
	{"GET", "/jobs", auth.Viewer, (*Handler).listJobs},
	{"GET", "/jobs/{id}", auth.Viewer, (*Handler).job},
	{"DELETE", "/jobs/{id}", auth.Engineer, (*Handler).cancelJob},
	{"GET", "/alarms", auth.Viewer, (*Handler).alarms},
	{"GET", "/alarms/{id}", auth.Viewer, (*Handler).alarm},
	{"POST", "/alarms/acknowledge", auth.Operator, (*Handler).acknowledgeMany},
	{"POST", "/alarms/{id}/acknowledge", auth.Operator, (*Handler).acknowledge},
	{"POST", "/alarms/{id}/shelve", auth.Operator, (*Handler).shelve},
	{"POST", "/alarms/{id}/unshelve", auth.Operator, (*Handler).unshelve},
	{"POST", "/alarms/{id}/feedback", auth.Operator, (*Handler).feedback},
	{"GET", "/alarms/{id}/evidence", auth.Viewer, (*Handler).evidence},
	{"GET", "/alarms/{id}/evidence/pack", auth.Viewer, (*Handler).pack},
	{"GET", "/parts", auth.Viewer, (*Handler).parts},
	{"GET", "/parts/{stream}/{part}", auth.Viewer, (*Handler).part},
	{"GET", "/lots", auth.Viewer, (*Handler).lots},
	{"GET", "/reports/lot", auth.Viewer, (*Handler).lotReport},
	{"GET", "/reports/part", auth.Viewer, (*Handler).partReport},
	{"POST", "/sinks/{name}/test", auth.Engineer, (*Handler).testSink},
}

// guarded lets in who may do what a route does.
func (h *Handler) guarded(t *route) http.HandlerFunc {
	change := t.method != http.MethodGet
	return func(w http.ResponseWriter, r *http.Request) {
		c := h.cfg.Door.Caller(r)
		switch {
		case c.Role >= t.role:
		case c.Role == auth.Nobody:
			w.Header().Set("WWW-Authenticate", `Bearer realm="crackle"`)
			fail(w, http.StatusUnauthorized, "login", "login: it is needed here; POST /api/v1/login opens a session, a program shows a token (crackle user token NAME) as Authorization: Bearer TOKEN")
			return
		default:
			fail(w, http.StatusForbidden, "role", fmt.Sprintf("role: %s is a %s, and this takes an %s; crackle user role NAME ROLE changes it", c.Name, c.Role, t.role))
			return
		}
		if change {
			if err := h.cfg.Door.CheckChange(r, c); err != nil {
				fail(w, http.StatusForbidden, "token", err.Error())
				return
			}
		}
		t.do(h, w, auth.With(r, c))
	}
}
