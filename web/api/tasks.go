package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"

	"crackle/web/auth"
	"crackle/web/hub"
)

// Stretch is the body of POST /streams/{name}/inspect. An end that is left out is the oldest or the newest that the store holds.
type Stretch struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
}

func (s *Stretch) check() error {
	for name, t := range map[string]time.Time{"from": s.From, "to": s.To} {
		if !t.IsZero() && (t.Year() < firstYear || t.Year() > lastYear) {
			return fmt.Errorf("%s: found the year %d, allowed are %d to %d", name, t.Year(), firstYear, lastYear)
		}
	}
	if !s.From.IsZero() && !s.To.IsZero() && !s.From.Before(s.To) {
		return errors.New("from and to: from must be before to")
	}
	return nil
}

// TeachRequest is the body of POST /streams/{name}/teach: a stretch of the past, or the next parts or seconds.
type TeachRequest struct {
	Stretch
	Parts   int     `json:"parts,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
}

// Bounds of a TeachRequest.
const (
	mostParts   = 100_000
	mostSeconds = 30 * 86400
)

func (q *TeachRequest) check() error {
	ways := 0
	for _, given := range []bool{!q.From.IsZero() || !q.To.IsZero(), q.Parts != 0, q.Seconds != 0} {
		if given {
			ways++
		}
	}
	switch {
	case ways != 1:
		return fmt.Errorf("found %d ways to say what to learn from, allowed is one: from and to, or parts, or seconds", ways)
	case q.Parts < 0 || q.Parts > mostParts:
		return fmt.Errorf("parts: found %d, allowed are 1 to %d", q.Parts, mostParts)
	case !(q.Seconds >= 0 && q.Seconds <= mostSeconds):
		return fmt.Errorf("seconds: found %g, allowed are above 0 up to %d", q.Seconds, mostSeconds)
	}
	return q.Stretch.check()
}

// BacktestRequest is the body of POST /streams/{name}/backtest.
type BacktestRequest struct {
	Stretch
	Model        string  `json:"model,omitempty"`          // hash; empty: the one in service
	LimitFactor  float64 `json:"limit_factor,omitempty"`   // on its limit, 0.1 to 10; 0: 1
	AlarmsPerDay float64 `json:"alarms_per_day,omitempty"` // in place of LimitFactor: the lowest limit that gives no more
}

var modelHash = regexp.MustCompile(`^[0-9a-f]{1,128}$`)

func (q *BacktestRequest) check() error {
	switch {
	case q.Model != "" && !modelHash.MatchString(q.Model):
		return fmt.Errorf("model: found %.40q, allowed is the hash of a model, in hex", q.Model)
	case q.LimitFactor != 0 && !(q.LimitFactor >= 0.1 && q.LimitFactor <= 10):
		return fmt.Errorf("limit_factor: found %g, allowed are 0.1 to 10", q.LimitFactor)
	case !(q.AlarmsPerDay >= 0 && q.AlarmsPerDay <= 1e6):
		return fmt.Errorf("alarms_per_day: found %g, allowed are above 0 up to 1000000", q.AlarmsPerDay)
	case q.LimitFactor != 0 && q.AlarmsPerDay != 0:
		return errors.New("limit_factor and alarms_per_day: allowed is one of them")
	}
	return q.Stretch.check()
}

func (h *Handler) inspect(w http.ResponseWriter, r *http.Request) {
	var s Stretch
	h.begin(w, r, "inspect", h.cfg.Teacher != nil, &s, func(ctx context.Context, stream, _ string, report Progress) (any, error) {
		return h.cfg.Teacher.Inspect(ctx, stream, s.From, s.To, report)
	})
}

func (h *Handler) teach(w http.ResponseWriter, r *http.Request) {
	var q TeachRequest
	h.begin(w, r, "teach", h.cfg.Teacher != nil, &q, func(ctx context.Context, stream, by string, report Progress) (any, error) {
		return h.cfg.Teacher.Teach(ctx, stream, by, q, report)
	})
}

func (h *Handler) backtest(w http.ResponseWriter, r *http.Request) {
	var q BacktestRequest
	h.begin(w, r, "backtest", h.cfg.Backtest != nil, &q, func(ctx context.Context, stream, _ string, report Progress) (any, error) {
		return h.cfg.Backtest.Backtest(ctx, stream, q, report)
	})
}

// begin starts a job on a stream and answers with it.
func (h *Handler) begin(w http.ResponseWriter, r *http.Request, kind string, there bool, body any, f func(ctx context.Context, stream, by string, report Progress) (any, error)) {
	if !provided(w, there, kind) {
		return
	}
	stream, ok := h.configured(w, r)
	if !ok || !h.body(w, r, body) {
		return
	}
	by := auth.From(r.Context()).Name
	job, err := h.jobs.Start(kind, stream, by, func(ctx context.Context, report Progress) (any, error) { return f(ctx, stream, by, report) })
	if err != nil {
		h.problem(w, err, kind)
		return
	}
	h.cfg.Log.Info("a job has begun", "kind", kind, "stream", stream, "job", job.ID, "by", by)
	write(w, http.StatusAccepted, job)
}

// configured is the stream of the path, or the answer that there is none.
func (h *Handler) configured(w http.ResponseWriter, r *http.Request) (name string, ok bool) {
	name = r.PathValue("name")
	if slices.ContainsFunc(h.cfg.Monitor.Streams(), func(s hub.StreamStatus) bool { return s.Name == name }) {
		return name, true
	}
	h.problem(w, noStream(name), "stream")
	return name, false
}

func noStream(name string) error {
	return NotFound("stream", "stream: found %.200q, which is not configured; GET /api/v1/streams lists those that are", name)
}

func (h *Handler) listJobs(w http.ResponseWriter, r *http.Request) {
	v := newQuery(r, "stream")
	if v.err != nil {
		h.problem(w, v.err, "query")
		return
	}
	list := h.jobs.List(v.text("stream"))
	if h.cfg.Lost != nil {
		list = append(list, h.cfg.Lost.LostJobs(v.text("stream"))...)
	}
	reply(w, map[string]any{"jobs": list})
}

func (h *Handler) job(w http.ResponseWriter, r *http.Request) {
	job, err := h.jobs.Get(r.PathValue("id"))
	if err != nil && h.cfg.Lost != nil {
		for _, lost := range h.cfg.Lost.LostJobs("") {
			if lost.ID == r.PathValue("id") {
				job, err = lost, nil
			}
		}
	}
	if err != nil {
		h.problem(w, err, "job")
		return
	}
	reply(w, job)
}

func (h *Handler) cancelJob(w http.ResponseWriter, r *http.Request) {
	job, err := h.jobs.Cancel(r.PathValue("id"))
	if err != nil {
		h.problem(w, err, "job")
		return
	}
	h.cfg.Log.Info("a job was cancelled", "job", job.ID, "by", auth.From(r.Context()).Name)
	reply(w, job)
}
