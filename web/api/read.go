package api

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"crackle/web/hub"
)

// provided reports whether a group has something behind it, and answers 501 when it has not.
func provided(w http.ResponseWriter, there bool, group string) bool {
	if !there {
		fail(w, http.StatusNotImplemented, group, group+": this program does not provide it")
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
	parts, err := h.cfg.Parts.Find(r.Context(), q)
	if err != nil {
		h.problem(w, err, "parts")
		return
	}
	if format == "csv" {
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="parts.csv"`)
		writeParts(w, parts)
		return
	}
	if parts == nil {
		parts = []Part{}
	}
	reply(w, map[string]any{"parts": parts})
}

// writeParts writes a header line and a line for each part.
func writeParts(w io.Writer, parts []Part) {
	out := csv.NewWriter(w)
	out.Write([]string{"stream", "lot", "part", "verdict", "reasons", "start", "end", "coverage", "expected", "received", "missing", "invalid", "saturated", "bridged", "scored", "peak", "limit", "model"})
	for i := range parts {
		p := &parts[i]
		row := []string{p.Stream, plain(p.Lot), plain(p.Part), p.Verdict, strings.Join(p.Reasons, "; "), p.Start.UTC().Format(time.RFC3339Nano), p.End.UTC().Format(time.RFC3339Nano), cell(p.Coverage)}
		for _, n := range []uint64{p.Expected, p.Received, p.Missing, p.Invalid, p.Saturated, p.Bridged, p.Scored} {
			row = append(row, strconv.FormatUint(n, 10))
		}
		out.Write(append(row, cell(p.Peak), cell(p.Limit), p.Model))
	}
	out.Flush()
}

// plain keeps a spreadsheet from taking text for a formula.
func plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// cell is a number, empty where there is none.
func cell(n Number) string {
	if s := string(appendNumber(nil, float64(n))); s != "null" {
		return s
	}
	return ""
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
	if lots == nil {
		lots = []Lot{}
	}
	reply(w, map[string]any{"lots": lots})
}
