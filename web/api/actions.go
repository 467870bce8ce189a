package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"crackle/alert"
	"crackle/web/hub"
)

// most ids in one acknowledgement of many.
const mostAtOnce = 200

// Remarks is a Remark for several alarms.
type Remarks struct {
	IDs []string `json:"ids"`
	Remark
}

func (a *Remarks) check() error {
	if len(a.IDs) == 0 || len(a.IDs) > mostAtOnce {
		return fmt.Errorf("ids: found %d, allowed are 1 to %d", len(a.IDs), mostAtOnce)
	}
	for _, id := range a.IDs {
		if id == "" || len(id) > idLimit {
			return fmt.Errorf("ids: found one of %d bytes, allowed 1 to %d", len(id), idLimit)
		}
	}
	return a.Remark.check()
}

// Failure is what kept one of several things from being done.
type Failure struct {
	ID    string `json:"id"`
	Error Fault  `json:"error"`
}

// Fault is what every error of the API says.
type Fault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (h *Handler) acknowledgeMany(w http.ResponseWriter, r *http.Request) {
	var a Remarks
	if !h.body(w, r, &a) || !sign(w, r, &a.By) {
		return
	}
	failed := []Failure{}
	done := map[string]bool{}
	for _, id := range a.IDs {
		if err := h.cfg.Monitor.Acknowledge(r.Context(), id, a.By, a.Comment); err != nil {
			p := problemOf(h.alarmProblem(id, err), "record")
			failed = append(failed, Failure{id, Fault{p.Code, p.Message}})
			continue
		}
		done[id] = true
	}
	h.cfg.Log.Info("alarms were acknowledged", "alarms", len(done), "failed", len(failed), "by", a.By)
	list := []json.RawMessage{}
	for _, al := range h.cfg.Monitor.Alarms() {
		if js, err := hub.AlarmJSON(al); err == nil && done[al.ID] {
			list = append(list, js)
		}
	}
	reply(w, map[string]any{"alarms": list, "failed": failed})
}

// Shelf is the body of POST /alarms/{id}/shelve.
type Shelf struct {
	Minutes float64 `json:"minutes"`            // above 0; may be left out with one_shot
	OneShot bool    `json:"one_shot,omitempty"` // until the alarm clears, and no longer than minutes
	Remark
}

func (s *Shelf) check() error {
	if !(s.Minutes > 0 || s.OneShot && s.Minutes == 0) || s.Minutes > 366*24*60 {
		return fmt.Errorf("minutes: found %g, allowed are above 0, as in 60, or none with one_shot", s.Minutes)
	}
	return s.Remark.check()
}

func (h *Handler) shelve(w http.ResponseWriter, r *http.Request) {
	var s Shelf
	h.onAlarm(w, r, h.cfg.Desk != nil, "shelving", &s, &s.By, func(ctx context.Context, id string) error {
		return h.cfg.Desk.Shelve(ctx, id, s.By, s.Comment, time.Duration(s.Minutes*float64(time.Minute)), s.OneShot)
	})
}

func (h *Handler) unshelve(w http.ResponseWriter, r *http.Request) {
	var a Remark
	h.onAlarm(w, r, h.cfg.Desk != nil, "shelving", &a, &a.By, func(ctx context.Context, id string) error {
		return h.cfg.Desk.Unshelve(ctx, id, a.By, a.Comment)
	})
}

// Verdict is the body of POST /alarms/{id}/feedback.
type Verdict struct {
	Judgement string `json:"judgement"` // Fine or Bad
	Remark
}

func (v *Verdict) check() error {
	if v.Judgement != Fine && v.Judgement != Bad {
		return fmt.Errorf("judgement: found %.40q, allowed are %s and %s", v.Judgement, Fine, Bad)
	}
	return v.Remark.check()
}

func (h *Handler) feedback(w http.ResponseWriter, r *http.Request) {
	var v Verdict
	h.onAlarm(w, r, h.cfg.Judge != nil, "feedback", &v, &v.By, func(ctx context.Context, id string) error {
		return h.cfg.Judge.Judge(ctx, id, v.Judgement, v.By, v.Comment)
	})
}

// onAlarm does to an alarm what the body says, and answers with the alarm as it is then.
func (h *Handler) onAlarm(w http.ResponseWriter, r *http.Request, there bool, group string, body any, by *string, do func(ctx context.Context, id string) error) {
	if !provided(w, there, group) {
		return
	}
	id, ok := alarmID(w, r)
	if !ok || !h.body(w, r, body) || !sign(w, r, by) {
		return
	}
	if err := do(r.Context(), id); err != nil {
		h.problem(w, h.alarmProblem(id, err), group)
		return
	}
	h.cfg.Log.Info("an alarm was changed", "what", group, "alarm", id, "by", *by)
	h.replyAlarm(w, id)
}

// alarm answers with one alarm and what is known of it.
func (h *Handler) alarm(w http.ResponseWriter, r *http.Request) {
	id, ok := alarmID(w, r)
	if !ok {
		return
	}
	if v := newQuery(r); v.err != nil {
		h.problem(w, v.err, "query")
		return
	}
	a, found := h.find(id)
	record := &Record{}
	var err error
	if h.cfg.Journal != nil {
		if record, err = h.cfg.Journal.Record(r.Context(), id); err != nil {
			h.problem(w, err, "alarm")
			return
		}
	}
	switch {
	case found:
	case record.Alarm != nil:
		a = *record.Alarm
	default:
		h.problem(w, h.alarmProblem(id, ErrUnknownAlarm), "alarm")
		return
	}
	js, err := hub.AlarmJSON(a)
	if err != nil {
		h.problem(w, err, "alarm")
		return
	}
	out := struct {
		Alarm    json.RawMessage `json:"alarm"`
		Journal  []Change        `json:"journal"`
		Evidence bool            `json:"evidence"` // there is some
		Feedback any             `json:"feedback"` // null when nobody has judged it
	}{Alarm: js, Journal: append([]Change{}, record.Changes...)}
	if h.cfg.Judge != nil && err == nil {
		out.Feedback, err = h.cfg.Judge.Judged(r.Context(), id)
	}
	if h.cfg.Evidence != nil && err == nil {
		out.Evidence, err = h.cfg.Evidence.Kept(r.Context(), id)
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		h.problem(w, err, "alarm")
		return
	}
	reply(w, out)
}

func (h *Handler) find(id string) (alert.Alarm, bool) {
	for _, a := range h.cfg.Monitor.Alarms() {
		if a.ID == id {
			return a, true
		}
	}
	return alert.Alarm{}, false
}
