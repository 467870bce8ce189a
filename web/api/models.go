package api

import (
	"fmt"
	"net/http"
)

func (h *Handler) models(w http.ResponseWriter, r *http.Request) {
	if !provided(w, h.cfg.Models != nil, "models") {
		return
	}
	stream, ok := h.configured(w, r)
	if !ok {
		return
	}
	list, err := h.cfg.Models.Models(r.Context(), stream)
	if err != nil {
		h.problem(w, err, "models")
		return
	}
	reply(w, list)
}

// service puts a model in service and answers with the models as they are then.
func (h *Handler) service(w http.ResponseWriter, r *http.Request) {
	if !provided(w, h.cfg.Models != nil, "models") {
		return
	}
	var a Remark
	stream, ok := h.configured(w, r)
	if !ok || !h.body(w, r, &a) || !sign(w, r, &a.By) {
		return
	}
	hash := r.PathValue("hash")
	if !modelHash.MatchString(hash) {
		fail(w, http.StatusBadRequest, "model", fmt.Sprintf("model: found %.40q, allowed is the hash of a model, in hex", hash))
		return
	}
	if err := h.cfg.Models.PutInService(r.Context(), stream, hash, a.By, a.Comment); err != nil {
		h.problem(w, err, "models")
		return
	}
	h.cfg.Log.Info("a model was put in service", "stream", stream, "model", hash, "by", a.By)
	h.models(w, r)
}

func (h *Handler) envelope(w http.ResponseWriter, r *http.Request) {
	if !provided(w, h.cfg.Envelope != nil, "envelope") {
		return
	}
	stream, ok := h.configured(w, r)
	if !ok {
		return
	}
	e, err := h.cfg.Envelope.Envelope(r.Context(), stream)
	if err != nil {
		h.problem(w, err, "envelope")
		return
	}
	reply(w, e)
}
