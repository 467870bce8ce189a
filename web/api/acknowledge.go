package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"crackle/web/hub"
)

const (
	bodyLimit    = 8 << 10
	nameLimit    = 64   // runes
	commentLimit = 1000 // runes
	idLimit      = 128  // bytes
)

// answer is the body of an acknowledgement.
type answer struct {
	By      string `json:"by"`
	Comment string `json:"comment"`
}

func (h *Handler) acknowledge(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if len(id) > idLimit {
		fail(w, http.StatusBadRequest, "alarm", fmt.Sprintf("alarm id: found %d bytes, allowed up to %d", len(id), idLimit))
		return
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		fail(w, http.StatusUnsupportedMediaType, "content_type", fmt.Sprintf("Content-Type: found %.50q, allowed application/json", r.Header.Get("Content-Type")))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		fail(w, http.StatusRequestEntityTooLarge, "body", fmt.Sprintf("body: allowed up to %d bytes", bodyLimit))
		return
	}
	if err != nil {
		fail(w, http.StatusBadRequest, "body", "body: it could not be read to its end")
		return
	}
	a, err := decodeAnswer(body)
	if err != nil {
		fail(w, http.StatusBadRequest, "body", err.Error())
		return
	}
	switch err := h.cfg.Monitor.Acknowledge(r.Context(), id, a.By, a.Comment); {
	case errors.Is(err, ErrUnknownAlarm):
		fail(w, http.StatusNotFound, "alarm", fmt.Sprintf("alarm: found %.130q, which is neither open nor recent; GET /api/v1/alarms lists those that are", id))
	case errors.Is(err, ErrAnswered):
		fail(w, http.StatusConflict, "alarm", "this alarm has been acknowledged already; nothing is left to do")
	case err != nil:
		h.cfg.Log.Error("an acknowledgement could not be recorded", "alarm", id, "by", a.By, "error", err)
		fail(w, http.StatusServiceUnavailable, "record", "the acknowledgement could not be recorded; try again: "+err.Error())
	default:
		h.cfg.Log.Info("an alarm was acknowledged", "alarm", id, "by", a.By)
		h.replyAlarm(w, id)
	}
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

// decodeAnswer reads the body strictly: one JSON object, known keys, a name, and text that a screen can show.
func decodeAnswer(body []byte) (answer, error) {
	var a answer
	if !utf8.Valid(body) {
		return a, errors.New("body: found bytes that are not UTF-8, allowed one JSON object in UTF-8")
	}
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return a, fmt.Errorf(`body: it is not an object like {"by": "name", "comment": "text"}: %w`, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return a, errors.New("body: found more after the object, allowed one JSON object")
	}
	a.By = strings.TrimSpace(a.By)
	a.Comment = strings.TrimSpace(strings.ReplaceAll(a.Comment, "\r\n", "\n"))
	if n := utf8.RuneCountInString(a.By); n == 0 || n > nameLimit {
		return a, fmt.Errorf("by: found %d characters, allowed 1 to %d; say who acknowledges", n, nameLimit)
	}
	if n := utf8.RuneCountInString(a.Comment); n > commentLimit {
		return a, fmt.Errorf("comment: found %d characters, allowed up to %d", n, commentLimit)
	}
	if i := strings.IndexFunc(a.By, unicode.IsControl); i >= 0 {
		return a, fmt.Errorf("by: found a control character at byte %d, allowed printable text on one line", i)
	}
	if i := strings.IndexFunc(a.Comment, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); i >= 0 {
		return a, fmt.Errorf("comment: found a control character at byte %d, allowed printable text, line ends and tabs", i)
	}
	return a, nil
}
