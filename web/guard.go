package web

import (
	"encoding/json"
	"net/http"

	"crackle/web/auth"
)

// policy lets the page run its own scripts and styles and talk to its own server, nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// guard refuses requests to a foreign Host and sets the security headers on every answer.
func guard(door *auth.Door, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if err := door.CheckHost(r); err != nil {
			http.Error(w, err.Error(), http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// healthz says that the process lives and answers.
func healthz(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]string{"status": "alive"})
}

// viewers lets in who may read.
func viewers(door *auth.Door, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if door.Caller(r).Role < auth.Viewer {
			w.Header().Set("WWW-Authenticate", `Bearer realm="crackle"`)
			http.Error(w, "login: it is needed here; a program shows a token (crackle user token NAME) as Authorization: Bearer TOKEN", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// live serves the feed to who may read, for as long as they may.
func live(door *auth.Door, next http.Handler) http.Handler {
	return viewers(door, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		watched, release := door.Watch(r.Context(), door.Caller(r))
		defer release()
		next.ServeHTTP(w, r.WithContext(watched))
	}))
}

// readyz says whether the monitor can do its work: 200 when it is connected, its models are loaded and its heartbeat comes through, else 503 with the problems. Who may
// not read learns the first only.
func readyz(door *auth.Door, m Monitor) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		r := m.Readiness().Whole()
		status := http.StatusOK
		if !r.Ready() {
			status = http.StatusServiceUnavailable
		}
		if door.Caller(req).Role < auth.Viewer {
			answer(w, status, map[string]bool{"ready": r.Ready()})
			return
		}
		answer(w, status, struct {
			Ready bool `json:"ready"`
			Readiness
		}{r.Ready(), r})
	}
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}
