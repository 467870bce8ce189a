package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"crackle/web/hub"
)

// provided reports whether a group has something behind it, and answers 501 when it has not.
func provided(w http.ResponseWriter, there bool, group string) bool {
	if !there {
		fail(w, http.StatusNotImplemented, group, group+": this program does not provide it; its configuration may have turned it off")
	}
	return there
}

// problem answers an error of a provider.
func (h *Handler) problem(w http.ResponseWriter, err error, code string) {
	p := problemOf(err, code)
	if p.Status >= http.StatusInternalServerError {
		h.cfg.Log.Warn("a request could not be served", "code", p.Code, "error", err)
	}
	fail(w, p.Status, p.Code, p.Message)
}

func (h *Handler) history(w http.ResponseWriter, r *http.Request) {
	if !provided(w, h.cfg.History != nil, "history") {
		return
	}
	v := newQuery(r, "from", "to", "width", "want", "channel")
	q := HistoryQuery{Stream: r.PathValue("name"), Channel: v.text("channel"), Width: v.number("width", MinWidth, MaxWidth, DefaultWidth), Want: v.want()}
	q.From, q.To = v.stretch()
	if v.err != nil {
		h.problem(w, v.err, "query")
		return
	}
	a, err := h.cfg.History.History(r.Context(), q)
	if err != nil {
		h.problem(w, err, "history")
		return
	}
	if a.Marks == nil {
		a.Marks = []Mark{}
	}
	reply(w, a)
}

func (h *Handler) evidence(w http.ResponseWriter, r *http.Request) {
	if !provided(w, h.cfg.Evidence != nil, "evidence") {
		return
	}
	if v := newQuery(r); v.err != nil {
		h.problem(w, v.err, "query")
		return
	}
	d, err := h.cfg.Evidence.Drawing(r.Context(), r.PathValue("id"))
	if err != nil {
		h.problem(w, err, "evidence")
		return
	}
	js, err := hub.AlarmJSON(d.Alarm)
	if err != nil {
		h.problem(w, err, "evidence")
		return
	}
	reply(w, struct {
		Alarm json.RawMessage `json:"alarm"`
		*Drawing
	}{js, d})
}

func (h *Handler) pack(w http.ResponseWriter, r *http.Request) {
	if !provided(w, h.cfg.Evidence != nil, "evidence") {
		return
	}
	if v := newQuery(r); v.err != nil {
		h.problem(w, v.err, "query")
		return
	}
	id := r.PathValue("id")
	body, size, err := h.cfg.Evidence.Pack(r.Context(), id)
	if err != nil {
		h.problem(w, err, "evidence")
		return
	}
	defer body.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", fileName(id)+".crackle-evidence"))
	if size >= 0 {
		w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	}
	if _, err := io.Copy(w, body); err != nil && r.Context().Err() == nil {
		h.cfg.Log.Warn("an evidence pack was not sent to its end", "alarm", id, "error", err)
	}
}

// fileName keeps what is safe in the name of a file.
func fileName(id string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, id)
}

func (h *Handler) parts(w http.ResponseWriter, r *http.Request) {
	if !provided(w, h.cfg.Parts != nil, "parts") {
		return
	}
	v := newQuery(r, "stream", "lot", "part", "from", "to", "limit", "format")
	q := PartQuery{Stream: v.text("stream"), Lot: v.text("lot"), Part: v.text("part"), Limit: v.number("limit", 1, MaxList, defaultList)}
	q.From, q.To = v.stretch()
	format := v.word("format", "json", "csv")
	if v.err != nil {
		h.problem(w, v.err, "query")
		return
	}
	if format == "csv" {
		var table bytes.Buffer // so that an error can still be said
		if err := h.cfg.Parts.CSV(r.Context(), &table, q); err != nil {
			h.problem(w, err, "parts")
			return
		}
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="parts.csv"`)
		w.Write(table.Bytes())
		return
	}
	parts, err := h.cfg.Parts.Find(r.Context(), q)
	if err != nil {
		h.problem(w, err, "parts")
		return
	}
	reply(w, map[string]any{"parts": parts})
}

func (h *Handler) lots(w http.ResponseWriter, r *http.Request) {
	if !provided(w, h.cfg.Parts != nil, "parts") {
		return
	}
	v := newQuery(r, "stream")
	if v.err != nil {
		h.problem(w, v.err, "query")
		return
	}
	lots, err := h.cfg.Parts.Lots(r.Context(), v.text("stream"))
	if err != nil {
		h.problem(w, err, "lots")
		return
	}
	reply(w, map[string]any{"lots": lots})
}
