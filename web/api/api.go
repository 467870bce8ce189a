package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"crackle/alert"
	"crackle/detector"
	"crackle/web/auth"
	"crackle/web/hub"
)

// Config shapes a Handler.
type Config struct {
	Monitor Monitor
	Providers
	Door    *auth.Door
	Version string        // shown by /status
	Within  time.Duration // for each piece of an answer to be taken; default 30 s
	Log     *slog.Logger  // nil uses slog.Default
}

// Handler answers everything under Root but the live feed, as routes.go lists it. An error is answered as {"error": {"code": …, "message": …}}
// with a fitting status.
type Handler struct {
	cfg     Config
	mux     *http.ServeMux
	jobs    *Jobs
	started time.Time

	description []byte // OpenAPI
}

// Stop ends the jobs under way and waits for them until ctx ends.
func (h *Handler) Stop(ctx context.Context) error { return h.jobs.Stop(ctx) }

// New makes a handler. Its Stop must be called.
func New(cfg Config) (*Handler, error) {
	if cfg.Monitor == nil || cfg.Door == nil {
		return nil, errors.New("api: Config.Monitor and Config.Door: found nil, both are required")
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Within <= 0 {
		cfg.Within = 30 * time.Second
	}
	h := &Handler{cfg: cfg, mux: http.NewServeMux(), jobs: NewJobs(), started: time.Now()}
	var err error
	if h.description, err = describe(routes, cfg.Shapes, cfg.Version); err != nil {
		return nil, fmt.Errorf("api: describe the routes: %w", err)
	}
	for i := range routes {
		h.mux.HandleFunc(routes[i].method+" "+Root+routes[i].path, h.guarded(&routes[i]))
	}
	return h, nil
}

// ServeHTTP checks the door and answers. The server's time to write begins anew with each piece that is written: it bounds how long the other
// side may take nothing, and neither how long an answer takes to make nor how long it is.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w = &pieces{w, http.NewResponseController(w), h.cfg.Within}
	w.Header().Set("Cache-Control", "no-store")
	if err := h.cfg.Door.CheckOrigin(r); err != nil {
		fail(w, http.StatusForbidden, "origin", err.Error())
		return
	}
	if _, pattern := h.mux.Handler(r); pattern == "" {
		h.noRoute(w, r)
		return
	}
	h.mux.ServeHTTP(w, r)
}

// noRoute answers what the mux would, but as JSON.
func (h *Handler) noRoute(w http.ResponseWriter, r *http.Request) {
	rec := &headerOnly{header: http.Header{}}
	h.mux.ServeHTTP(rec, r)
	if allow := rec.header.Get("Allow"); allow != "" {
		w.Header().Set("Allow", allow)
		fail(w, http.StatusMethodNotAllowed, "method", fmt.Sprintf("method: found %s, allowed %s", r.Method, allow))
		return
	}
	fail(w, http.StatusNotFound, "path", fmt.Sprintf("path: found %.200q, which is not part of this API; see /api/v1/openapi.json", r.URL.Path))
}

type headerOnly struct{ header http.Header }

func (w *headerOnly) Header() http.Header         { return w.header }
func (w *headerOnly) Write(p []byte) (int, error) { return len(p), nil }
func (w *headerOnly) WriteHeader(int)             {}

func (h *Handler) status(w http.ResponseWriter, _ *http.Request) {
	ready := h.cfg.Monitor.Readiness().Whole()
	verdicts := map[string]int{hub.Word(detector.OK): 0, hub.Word(detector.Alarm): 0, hub.Word(detector.NotAssessed): 0}
	for _, s := range h.cfg.Monitor.Streams() {
		verdicts[hub.Word(s.Verdict)]++
	}
	open := 0
	for _, a := range h.cfg.Monitor.Alarms() {
		if a.State != alert.Normal {
			open++
		}
	}
	reply(w, Status{h.cfg.Version, h.started.UTC().Truncate(time.Second), time.Now().UTC(), ready.Ready(), ready, verdicts, open})
}

// Status is the answer of GET /status.
type Status struct {
	Version    string         `json:"version"`
	Started    time.Time      `json:"started"`
	Now        time.Time      `json:"now"`
	Ready      bool           `json:"ready"`
	Readiness  Readiness      `json:"readiness"`
	Streams    map[string]int `json:"streams"`     // by verdict
	OpenAlarms int            `json:"open_alarms"` //
}

func (h *Handler) streams(w http.ResponseWriter, _ *http.Request) {
	list := h.cfg.Monitor.Streams()
	if list == nil {
		list = []hub.StreamStatus{}
	}
	reply(w, map[string]any{"streams": list})
}

func (h *Handler) stream(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	for _, s := range h.cfg.Monitor.Streams() {
		if s.Name == name {
			reply(w, s)
			return
		}
	}
	h.problem(w, noStream(name), "stream")
}

// alarms lists those in memory, and with a time given those of the journal, too.
func (h *Handler) alarms(w http.ResponseWriter, r *http.Request) {
	v := newQuery(r, "open", "stream", "kind", "from", "to", "limit")
	open := v.word("open", "true", "false")
	q := AlarmQuery{Stream: v.text("stream"), Kind: alert.Kind(v.text("kind")), Limit: v.number("limit", 1, MaxList, MaxList)}
	q.From, q.To = v.stretch()
	if v.err != nil {
		h.problem(w, v.err, "query")
		return
	}
	list := []json.RawMessage{}
	known := map[string]bool{}
	add := func(alarms []alert.Alarm) {
		for i := range alarms {
			a := &alarms[i]
			if known[a.ID] || len(list) == q.Limit || !q.Fits(a) || open == "true" && a.State == alert.Normal || open == "false" && a.State != alert.Normal {
				continue
			}
			known[a.ID] = true
			js, err := hub.AlarmJSON(*a)
			if err != nil {
				h.cfg.Log.Error("an alarm cannot be encoded", "alarm", a.ID, "error", err)
				continue
			}
			list = append(list, js)
		}
	}
	now := h.cfg.Monitor.Alarms()
	add(now)
	if h.cfg.Journal != nil && open != "true" && !(q.From.IsZero() && q.To.IsZero()) && len(list) < q.Limit {
		for i := range now {
			known[now[i].ID] = true // as it is now, and not as the journal has it
		}
		past, err := h.cfg.Journal.Past(r.Context(), q)
		if err != nil {
			h.problem(w, err, "alarms")
			return
		}
		add(past)
	}
	reply(w, map[string]any{"alarms": list})
}

// reply writes v as JSON with status 200.
func reply(w http.ResponseWriter, v any) { write(w, http.StatusOK, v) }

// fail answers with an error.
func fail(w http.ResponseWriter, status int, code, message string) {
	write(w, status, map[string]any{"error": map[string]string{"code": code, "message": message}})
}

func write(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":{"code":"encode","message":"the answer could not be encoded"}}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(append(body, '\n'))
}
