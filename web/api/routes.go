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
	{"GET", "/streams", auth.Viewer, (*Handler).streams},
	{"GET", "/streams/{name}", auth.Viewer, (*Handler).stream},
	{"GET", "/streams/{name}/history", auth.Viewer, (*Handler).history},
	{"GET", "/alarms", auth.Viewer, (*Handler).alarms},
	{"POST", "/alarms/{id}/acknowledge", auth.Operator, (*Handler).acknowledge},
	{"GET", "/alarms/{id}/evidence", auth.Viewer, (*Handler).evidence},
	{"GET", "/alarms/{id}/evidence/pack", auth.Viewer, (*Handler).pack},
	{"GET", "/parts", auth.Viewer, (*Handler).parts},
	{"GET", "/lots", auth.Viewer, (*Handler).lots},
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
