package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"crackle/web/auth"
)

// SystemReader tells how the monitor itself is doing.
type SystemReader interface {
	System(ctx context.Context) (*System, error)
}

// System is how the monitor itself is doing. A Number is null where it is not known.
type System struct {
	Version    string       `json:"version"`
	Kernel     string       `json:"kernel"` // of the networks' arithmetic
	Started    time.Time    `json:"started"`
	Now        time.Time    `json:"now"`
	Streams    []Flow       `json:"streams"`
	Dropped    uint64       `json:"dropped"` // samples, of all streams
	CPUs       int          `json:"cpus"`
	Goroutines int          `json:"goroutines"`
	Memory     Memory       `json:"memory"`
	Clients    int          `json:"clients"` // live feeds
	Sinks      []SinkState  `json:"sinks"`
	NATS       NATSState    `json:"nats"`
	Store      StoreState   `json:"store"`
	Heartbeat  HeartbeatRun `json:"heartbeat"`
}

// Flow is how one stream comes through. Rates are means of about the last two seconds.
type Flow struct {
	Name        string  `json:"name"`
	SamplesPerS Number  `json:"samples_per_s"` // per channel
	WindowsPerS Number  `json:"windows_per_s"` // scored
	DataAgeS    Number  `json:"data_age_s"`    // since the newest block came
	Queued      int     `json:"queued"`        // blocks
	QueueSize   int     `json:"queue_size"`
	Pending     Number  `json:"pending"`   // messages that wait in the store
	Received    uint64  `json:"received"`  // samples
	Dropped     uint64  `json:"dropped"`   // samples
	Late        uint64  `json:"late"`      // samples
	Missing     uint64  `json:"missing"`   // samples
	Malformed   uint64  `json:"malformed"` // blocks
	Latency     Latency `json:"latency"`
}

// Latency is how long data takes, in seconds, by stage, smoothed over some blocks.
type Latency struct {
	TransportS Number `json:"transport_s"` // from the publisher's clock to here
	QueueS     Number `json:"queue_s"`     // from the store's receipt of a block to its turn
	ScoringS   Number `json:"scoring_s"`   // conditioning and scoring of a block
}

// Memory is what the process holds, in bytes.
type Memory struct {
	Heap  uint64 `json:"heap"`
	Total uint64 `json:"total"` // taken from the operating system
}

// SinkState is one sink.
type SinkState struct {
	Name      string    `json:"name"`
	Kind      string    `json:"kind"`
	Queued    int       `json:"queued"`
	Sent      uint64    `json:"sent"`
	Failed    uint64    `json:"failed"`
	Dropped   uint64    `json:"dropped"`
	Held      int       `json:"held"`   // wait for the sink's hours
	Untold    uint64    `json:"untold"` // not told, because the alarm was over before the sink's hours began
	LastSent  time.Time `json:"last_sent,omitzero"`
	LastError string    `json:"last_error"` // empty when the newest message was taken
}

// NATSState is the connection to the messaging server.
type NATSState struct {
	Connected  bool   `json:"connected"`
	Embedded   bool   `json:"embedded"`
	Server     string `json:"server"` // address, or "the embedded server"
	Version    string `json:"version"`
	RTTS       Number `json:"rtt_s"`
	Reconnects uint64 `json:"reconnects"`
	InBytes    uint64 `json:"in_bytes"`
	OutBytes   uint64 `json:"out_bytes"`
	LastError  string `json:"last_error"`
}

// StoreState is what JetStream holds. Numbers are of the whole account.
type StoreState struct {
	Bytes    Number       `json:"bytes"`
	MaxBytes Number       `json:"max_bytes"`
	Streams  []StoredPart `json:"streams"`
	Trouble  string       `json:"trouble"` // empty when it works
}

// StoredPart is one stream or bucket of the store.
type StoredPart struct {
	Name     string    `json:"name"`
	Bytes    uint64    `json:"bytes"`
	MaxBytes int64     `json:"max_bytes"` // below 1: none of its own
	Messages uint64    `json:"messages"`
	Oldest   time.Time `json:"oldest,omitzero"`
	Newest   time.Time `json:"newest,omitzero"`
}

// HeartbeatRun is the monitor's proof to itself that data can come in and be kept.
type HeartbeatRun struct {
	Last time.Time `json:"last,omitzero"`
	OK   bool      `json:"ok"`
	Text string    `json:"text"` // what is wrong
}

func (h *Handler) system(w http.ResponseWriter, r *http.Request) {
	if !provided(w, h.cfg.System != nil, "system") {
		return
	}
	s, err := h.cfg.System.System(r.Context())
	if err != nil {
		h.problem(w, err, "system")
		return
	}
	reply(w, s)
}

// testWithin bounds the test of a sink.
const testWithin = 25 * time.Second

func (h *Handler) testSink(w http.ResponseWriter, r *http.Request) {
	if !provided(w, h.cfg.Sinks != nil, "sinks") {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), testWithin)
	defer cancel()
	name, by := r.PathValue("name"), auth.From(r.Context()).Name
	err := h.cfg.Sinks.TestSink(ctx, name, by)
	switch p, ok := errors.AsType[*Problem](err); {
	case err == nil:
		h.cfg.Log.Info("a sink was tried", "sink", name, "by", by)
		reply(w, map[string]bool{"delivered": true})
	case ok:
		fail(w, p.Status, p.Code, p.Message)
	case errors.Is(err, ErrNotFound):
		fail(w, http.StatusNotFound, "sink", err.Error())
	default:
		fail(w, http.StatusBadGateway, "sink", "the test message was not delivered: "+err.Error())
	}
}
