package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"crackle/alert"
)

// Errors that callers of the providers tell apart; wrap them, or return a Problem.
var (
	ErrNotFound     = errors.New("not found")             // answered with 404
	ErrRefused      = errors.New("refused")               // with 400: asked for in a way that cannot be done
	ErrConflict     = errors.New("not possible as it is") // with 409
	ErrUnavailable  = errors.New("not available")         // with 503: it may pass by itself
	ErrUnknownAlarm = alert.ErrUnknownAlarm               // with 404: an id that no alarm has
	ErrAnswered     = alert.ErrAnswered                   // with 409: an alarm that somebody has acknowledged already
	ErrHeld         = alert.ErrHeld                       // with 409: an alarm that was listed and not raised
	ErrNotShelved   = alert.ErrNotShelved                 // with 409
)

// Problem is an error that says how it is to be answered.
type Problem struct {
	Status  int    // of HTTP
	Code    string // one word
	Message string // what was found, what is allowed, the next step
}

func (p *Problem) Error() string { return p.Message }

// NotFound is an error for a thing that there is not.
func NotFound(code, format string, args ...any) error {
	return &Problem{http.StatusNotFound, code, fmt.Sprintf(format, args...)}
}

// Refused is an error for a request that cannot be done as it is asked for.
func Refused(code, format string, args ...any) error {
	return &Problem{http.StatusBadRequest, code, fmt.Sprintf(format, args...)}
}

// Conflict is an error for a request that the present state forbids.
func Conflict(code, format string, args ...any) error {
	return &Problem{http.StatusConflict, code, fmt.Sprintf(format, args...)}
}

// Unavailable is an error for what may work later.
func Unavailable(code, format string, args ...any) error {
	return &Problem{http.StatusServiceUnavailable, code, fmt.Sprintf(format, args...)}
}

// problemOf says how an error of a provider is answered; code is the word for one that says nothing of itself.
func problemOf(err error, code string) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	status := http.StatusInternalServerError
	for _, k := range []struct {
		err    error
		status int
	}{
		{ErrNotFound, http.StatusNotFound}, {ErrUnknownAlarm, http.StatusNotFound},
		{ErrRefused, http.StatusBadRequest}, {alert.ErrInput, http.StatusBadRequest},
		{ErrConflict, http.StatusConflict}, {ErrAnswered, http.StatusConflict}, {ErrHeld, http.StatusConflict}, {ErrNotShelved, http.StatusConflict},
		{ErrUnavailable, http.StatusServiceUnavailable}, {alert.ErrStopped, http.StatusServiceUnavailable},
		{context.DeadlineExceeded, http.StatusServiceUnavailable}, {context.Canceled, http.StatusServiceUnavailable},
	} {
		if errors.Is(err, k.err) {
			status = k.status
			break
		}
	}
	return &Problem{status, code, err.Error()}
}
