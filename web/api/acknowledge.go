package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"crackle/web/auth"
	"crackle/web/hub"
)

// Remark is what somebody says of what they do.
type Remark struct {
	By      string `json:"by,omitempty"` // who, while nobody needs a login; else the caller, and left out
	Comment string `json:"comment,omitempty"`
}

func (a *Remark) check() error { return errors.Join(line("by", &a.By), comment(&a.Comment)) }

// sign puts the caller's name on a remark. While nobody needs a login a name must be given; else it must not be another's.
func sign(w http.ResponseWriter, r *http.Request, by *string) bool {
	c := auth.From(r.Context())
	switch {
	case c.Name != "" && *by != "" && *by != c.Name:
		fail(w, http.StatusBadRequest, "body", fmt.Sprintf("by: found %q, and %s is logged in; leave it out", *by, c.Name))
		return false
	case c.Name != "":
		*by = c.Name
	case *by == "":
		fail(w, http.StatusBadRequest, "body", fmt.Sprintf("by: found 0 characters, allowed 1 to %d; say who does this", nameLimit))
		return false
	}
	return true
}

func (h *Handler) acknowledge(w http.ResponseWriter, r *http.Request) {
	var a Remark
	id, ok := alarmID(w, r)
	if !ok || !h.body(w, r, &a) || !sign(w, r, &a.By) {
		return
	}
	if err := h.cfg.Monitor.Acknowledge(r.Context(), id, a.By, a.Comment); err != nil {
		h.problem(w, h.alarmProblem(id, err), "record")
		return
	}
	h.replyAlarm(w, id)
}

// alarmProblem says what kept an action on an alarm from being done.
func (h *Handler) alarmProblem(id string, err error) error {
	_, listed := h.find(id)
	switch {
	case errors.Is(err, ErrUnknownAlarm) && listed:
		return Conflict("alarm", "this alarm is over and answered; nothing is left to do")
	case errors.Is(err, ErrUnknownAlarm):
		return NotFound("alarm", "alarm: found %.130q, which is neither open nor recent; GET /api/v1/alarms lists those that are", id)
	case errors.Is(err, ErrAnswered):
		return Conflict("alarm", "this alarm has been acknowledged already; nothing is left to do")
	case errors.Is(err, ErrHeld), errors.Is(err, ErrNotShelved), errors.Is(err, ErrRefused), errors.As(err, new(*Problem)):
		return err
	}
	return fmt.Errorf("it could not be recorded; try again: %w: %w", ErrUnavailable, err)
}

// replyAlarm answers with the alarm as it is now.
func (h *Handler) replyAlarm(w http.ResponseWriter, id string) {
	for _, a := range h.cfg.Monitor.Alarms() {
		if a.ID == id {
			if js, err := hub.AlarmJSON(a); err == nil {
				reply(w, json.RawMessage(js))
				return
			}
		}
	}
	reply(w, map[string]string{"id": id})
}
