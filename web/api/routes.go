package api

import (
	"fmt"
	"net/http"

	"crackle/alert"
	"crackle/web/auth"
	"crackle/web/hub"
)

// Root is the path that all routes begin with.
const Root = "/api/v1"

// route is one thing that the API does, with what its description says of it.
type route struct {
	method, path string    // the path under Root
	role         auth.Role // that it takes at least
	do           func(*Handler, http.ResponseWriter, *http.Request)

	about  string
	query  []param
	body   maker  // nil: none
	answer maker  // of success; nil: no content, or one that is not JSON
	status int    // of success; 0: 200
	kind   string // of the answer's content; empty: JSON
}

// routes is the whole API but the live feed.
var routes = []route{
	{method: "GET", path: "/openapi.json", role: auth.Nobody, do: (*Handler).openAPI, about: "This description.", answer: anything},
	{method: "GET", path: "/session", role: auth.Nobody, do: (*Handler).session, about: "Who is logged in, and the token that changes must carry.", answer: of[Session]()},
	{method: "POST", path: "/login", role: auth.Nobody, do: (*Handler).login, about: "Opens a session and sets its cookie. Slow after wrong attempts (429).", body: of[Login](), status: 204},
	{method: "POST", path: "/logout", role: auth.Nobody, do: (*Handler).logout, about: "Ends the session.", status: 204},
	{method: "GET", path: "/status", role: auth.Viewer, do: (*Handler).status, about: "Readiness, and counts of streams by verdict and of open alarms.", answer: of[Status]()},
	{method: "GET", path: "/system", role: auth.Viewer, do: (*Handler).system, about: "How the monitor itself is doing.", answer: of[System]()},

	{method: "GET", path: "/streams", role: auth.Viewer, do: (*Handler).streams, about: "Every stream.", answer: object(field{"streams", list(of[hub.StreamStatus]())})},
	{method: "GET", path: "/streams/{name}", role: auth.Viewer, do: (*Handler).stream, about: "One stream.", answer: of[hub.StreamStatus]()},
	{method: "GET", path: "/streams/{name}/history", role: auth.Viewer, do: (*Handler).history, about: "A stretch of a stream's past, reduced to a bucket a pixel: no spike is lost.",
		query: []param{from, to, number("width", "pixels", MinWidth, MaxWidth), text("want", "raw, conditioned, features, score and spectrogram, with commas between; all when left out"),
			text("channel", "of the spectrogram; the first when left out")}, answer: of[History]()},
	{method: "GET", path: "/streams/{name}/envelope", role: auth.Viewer, do: (*Handler).envelope, about: "The newest cycle over the band of good ones, for cycle-synchronous streams.", answer: of[Envelope]()},
	{method: "GET", path: "/streams/{name}/models", role: auth.Viewer, do: (*Handler).models, about: "The models of a stream, and which is in service.", answer: given("models")},
	{method: "POST", path: "/streams/{name}/models/{hash}/service", role: auth.Engineer, do: (*Handler).service, about: "Puts a model in service; answers with the models.", body: of[Remark](), answer: given("models")},
	{method: "POST", path: "/streams/{name}/inspect", role: auth.Engineer, do: (*Handler).inspect, about: "Begins a job that says what a stretch holds, before it is taught from.", body: of[Stretch](), answer: of[Job](), status: 202},
	{method: "POST", path: "/streams/{name}/teach", role: auth.Engineer, do: (*Handler).teach, about: "Begins a job that teaches a model from a stretch, from the next parts or the next seconds.", body: of[TeachRequest](), answer: of[Job](), status: 202},
	{method: "POST", path: "/streams/{name}/backtest", role: auth.Engineer, do: (*Handler).backtest, about: "Begins a job that says which alarms another model or limit would have given.", body: of[BacktestRequest](), answer: of[Job](), status: 202},

	{method: "GET", path: "/jobs", role: auth.Viewer, do: (*Handler).listJobs, about: "The jobs, the newest first, without their results.", query: []param{text("stream", "only of this stream")}, answer: object(field{"jobs", list(of[Job]())})},
	{method: "GET", path: "/jobs/{id}", role: auth.Viewer, do: (*Handler).job, about: "One job, with its result when it is done.", answer: of[Job]()},
	{method: "DELETE", path: "/jobs/{id}", role: auth.Engineer, do: (*Handler).cancelJob, about: "Cancels a job.", answer: of[Job]()},

	{method: "GET", path: "/alarms", role: auth.Viewer, do: (*Handler).alarms, about: "Open and recent alarms; with from or to also those that only the journal has.", query: []param{choice("open", "true: only those that are; false: only those that are not", "true", "false"),
		text("stream", "only of this stream"), text("kind", "only of this kind"), from, to, number("limit", "at most so many", 1, MaxList)}, answer: object(field{"alarms", list(of[alert.Alarm]())})},
	{method: "GET", path: "/alarms/{id}", role: auth.Viewer, do: (*Handler).alarm, about: "One alarm with its history.",
		answer: object(field{"alarm", of[alert.Alarm]()}, field{"journal", list(of[Change]())}, field{"evidence", of[bool]()}, field{"feedback", given("judgement")})},
	{method: "POST", path: "/alarms/acknowledge", role: auth.Operator, do: (*Handler).acknowledgeMany, about: "Acknowledges several alarms; says of each that could not be why.", body: of[Remarks](),
		answer: object(field{"alarms", list(of[alert.Alarm]())}, field{"failed", list(of[Failure]())})},
	{method: "POST", path: "/alarms/{id}/acknowledge", role: auth.Operator, do: (*Handler).acknowledge, about: "Acknowledges an alarm.", body: of[Remark](), answer: of[alert.Alarm]()},
	{method: "POST", path: "/alarms/{id}/shelve", role: auth.Operator, do: (*Handler).shelve, about: "Puts the alarm's stream and kind aside for a time.", body: of[Shelf](), answer: of[alert.Alarm]()},
	{method: "POST", path: "/alarms/{id}/unshelve", role: auth.Operator, do: (*Handler).unshelve, about: "Takes them back.", body: of[Remark](), answer: of[alert.Alarm]()},
	{method: "POST", path: "/alarms/{id}/feedback", role: auth.Operator, do: (*Handler).feedback, about: "Says that the alarm was false (fine) or true (bad), for later teaching.", body: of[Verdict](), answer: of[alert.Alarm]()},
	{method: "GET", path: "/alarms/{id}/evidence", role: auth.Viewer, do: (*Handler).evidence, about: "What was kept of an alarm, ready to draw.", answer: of[Drawing]()},
	{method: "GET", path: "/alarms/{id}/evidence/pack", role: auth.Viewer, do: (*Handler).pack, about: "The same as one file, which crackle evidence verify scores again.", kind: "application/octet-stream"},

	{method: "GET", path: "/parts", role: auth.Viewer, do: (*Handler).parts, about: "Parts that are over, the newest first; with format=csv as a table.", query: []param{text("stream", "only of this stream"), text("lot", "only of this lot"),
		text("part", "only this part"), from, to, number("limit", "at most so many", 1, MaxList), choice("format", "of the answer", "json", "csv")}, answer: object(field{"parts", list(given("part"))})},
	{method: "GET", path: "/parts/{stream}/{part}", role: auth.Viewer, do: (*Handler).part, about: "The accounts of one part, the newest first.", answer: object(field{"parts", list(given("part"))})},
	{method: "GET", path: "/lots", role: auth.Viewer, do: (*Handler).lots, about: "The sums of lots.", query: []param{text("stream", "only of this stream")}, answer: object(field{"lots", list(given("lot"))})},
	{method: "GET", path: "/reports/lot", role: auth.Viewer, do: (*Handler).lotReport, about: "A page to print of a lot.", query: []param{text("stream", "needed"), text("lot", "needed")}, kind: "text/html"},
	{method: "GET", path: "/reports/part", role: auth.Viewer, do: (*Handler).partReport, about: "A page to print of a part.", query: []param{text("stream", "needed"), text("part", "needed")}, kind: "text/html"},
	{method: "POST", path: "/sinks/{name}/test", role: auth.Engineer, do: (*Handler).testSink, about: "Sends a test message; 502 says why it was not taken.", answer: object(field{"delivered", of[bool]()})},
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
