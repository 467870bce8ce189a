package web

import (
	"crackle/web/api"
	"crackle/web/hub"
)

// Monitor is the running program as the server sees it; the application implements it.
type Monitor = api.Monitor

// Readiness is the answer of /readyz.
type Readiness = api.Readiness

// StreamStatus is one row of the dashboard.
type StreamStatus = hub.StreamStatus

// Errors that a Monitor's Acknowledge returns; see package api.
var (
	ErrUnknownAlarm = api.ErrUnknownAlarm
	ErrAnswered     = api.ErrAnswered
)
