package api

import (
	"context"

	"crackle/alert"
	"crackle/web/hub"
)

// Monitor is the running program as the API sees it. Every method may be called from several goroutines at once and must not take long:
// a request waits for it.
type Monitor interface {
	// Streams lists every configured stream, in the order to show them, heard or not.
	Streams() []hub.StreamStatus
	// Alarms lists the open alarms and the recent ones.
	Alarms() []alert.Alarm
	// Acknowledge notes that by has seen alarm id. It fails with ErrUnknownAlarm, ErrHeld or ErrAnswered, or with whatever kept it from being
	// recorded. The change itself reaches the dashboards through Hub.PublishAlarm.
	Acknowledge(ctx context.Context, id, by, comment string) error
	// Readiness says whether the monitor can do its work.
	Readiness() Readiness
}

// Readiness is the answer of /readyz.
type Readiness struct {
	Connected    bool     `json:"connected"`     // to NATS
	ModelsLoaded bool     `json:"models_loaded"` // for every stream that is to be scored
	NoHeartbeat  bool     `json:"no_heartbeat"`  // the monitor's own test signal does not come through
	Problems     []string `json:"problems"`      // in words, with the next step
	Unseen       []string `json:"unseen"`        // streams not heard since the start; they do not make the monitor unready
}

// Whole is r with empty lists in place of none, as JSON shows them.
func (r Readiness) Whole() Readiness {
	if r.Problems == nil {
		r.Problems = []string{}
	}
	if r.Unseen == nil {
		r.Unseen = []string{}
	}
	return r
}

// Ready says whether the monitor is ready: connected, models loaded, and its heartbeat coming through.
func (r Readiness) Ready() bool { return r.Connected && r.ModelsLoaded && !r.NoHeartbeat }
