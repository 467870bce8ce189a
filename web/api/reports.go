package api

import (
	"context"
	"net/http"
)

// reportPolicy lets a page to print have its own style, and nothing else.
const reportPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-modals"

func (h *Handler) lotReport(w http.ResponseWriter, r *http.Request) {
	h.report(w, r, "lot", func(ctx context.Context, stream, lot string) ([]byte, error) {
		return h.cfg.Reports.Lot(ctx, stream, lot)
	})
}

func (h *Handler) partReport(w http.ResponseWriter, r *http.Request) {
	h.report(w, r, "part", func(ctx context.Context, stream, part string) ([]byte, error) {
		return h.cfg.Reports.Part(ctx, stream, part)
	})
}

func (h *Handler) report(w http.ResponseWriter, r *http.Request, of string, page func(ctx context.Context, stream, name string) ([]byte, error)) {
	if !provided(w, h.cfg.Reports != nil, "reports") {
		return
	}
	v := newQuery(r, "stream", of)
	stream, name := v.text("stream"), v.text(of)
	if stream == "" || name == "" {
		v.refuse("query: found no stream or no %s, both are needed: ?stream=NAME&%s=NAME", of, of)
	}
	if v.err != nil {
		h.problem(w, v.err, "query")
		return
	}
	html, err := page(r.Context(), stream, name)
	if err != nil {
		h.problem(w, err, "reports")
		return
	}
	w.Header().Set("Content-Security-Policy", reportPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(html)
}

// part lists the accounts of one part, the newest first: a name may come again.
func (h *Handler) part(w http.ResponseWriter, r *http.Request) {
	if !provided(w, h.cfg.Parts != nil, "parts") {
		return
	}
	q := PartQuery{Stream: r.PathValue("stream"), Part: r.PathValue("part"), Limit: defaultList}
	if v := newQuery(r); v.err != nil {
		h.problem(w, v.err, "query")
		return
	}
	parts, err := h.cfg.Parts.Find(r.Context(), q)
	if err != nil {
		h.problem(w, err, "parts")
		return
	}
	reply(w, map[string]any{"parts": parts})
}
