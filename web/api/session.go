package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"crackle/web/auth"
)

// Session is the answer of GET /session.
type Session struct {
	User    string `json:"user"`   // empty while nobody needs a login, and before one
	Role    string `json:"role"`   // viewer, operator or engineer; empty before a login
	Logins  bool   `json:"logins"` // people must log in
	Token   string `json:"token"`  // that changes must carry
	Header  string `json:"header"` // in this header
	Version string `json:"version"`
}

func (h *Handler) session(w http.ResponseWriter, r *http.Request) {
	c := auth.From(r.Context())
	reply(w, Session{User: c.Name, Role: c.Role.String(), Logins: h.cfg.Door.Logins(), Token: h.cfg.Door.Token(c), Header: auth.TokenHeader, Version: h.cfg.Version})
}

// Login is the body of POST /login.
type Login struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

func (h *Handler) login(w http.ResponseWriter, r *http.Request) {
	var b Login
	if !h.body(w, r, &b) {
		return
	}
	if !h.cfg.Door.Logins() {
		fail(w, http.StatusConflict, "logins", "login: nobody needs one here: there are no users; crackle user add makes the first")
		return
	}
	err := h.cfg.Door.Login(w, r, b.User, b.Password)
	var many *auth.TooManyError
	switch {
	case err == nil:
		h.cfg.Log.Info("login", "user", b.User, "remote", h.cfg.Door.Remote(r))
		w.WriteHeader(http.StatusNoContent)
	case errors.As(err, &many):
		w.Header().Set("Retry-After", strconv.FormatInt(int64((many.Wait+time.Second-1)/time.Second), 10))
		fail(w, http.StatusTooManyRequests, "login", err.Error())
	case errors.Is(err, context.Canceled):
	default:
		h.cfg.Log.Warn("a login failed", "user", short(b.User), "remote", h.cfg.Door.Remote(r))
		fail(w, http.StatusUnauthorized, "login", err.Error())
	}
}

func (h *Handler) logout(w http.ResponseWriter, r *http.Request) {
	h.cfg.Door.Logout(w, r)
	w.WriteHeader(http.StatusNoContent)
}

func short(text string) string {
	if len(text) > 2*nameLimit {
		return text[:2*nameLimit] + "…"
	}
	return text
}
