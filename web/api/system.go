package api

import (
	"context"
	"time"
)

// Plant tells how the program itself does, and tries its sinks.
type Plant interface {
	// System reads the state of the program; it takes a few milliseconds at most.
	System(ctx context.Context) System
	// TestSink sends a test message through a sink and waits for what comes of it; ErrNotFound for a name that no sink has.
	TestSink(ctx context.Context, sink string) error
}

// System is how the program does.
type System struct {
	Version  string    `json:"version"`
	Kernel   string    `json:"kernel"`
	Started  time.Time `json:"started"`
	Now      time.Time `json:"now"`
	Machine  Machine   `json:"machine"`
	Streams  []Flow    `json:"streams"`
	Latency  []Latency `json:"latency"`
	Clients  Clients   `json:"clients"`
	Sinks    []Sink    `json:"sinks"`
	NATS     NATS      `json:"nats"`
	Store    Store     `json:"store"`
	Alarms   Queue     `json:"alarms"` // of the alarm machine
	Jobs     int       `json:"jobs"`   // running
	Problems []string  `json:"problems"`

	Heartbeat Heartbeat `json:"heartbeat"`
}

// Machine is what the process takes of its computer.
type Machine struct {
	Goroutines  int    `json:"goroutines"`
	HeapBytes   uint64 `json:"heap_bytes"`
	MemoryBytes uint64 `json:"memory_bytes"` // held from the system by the Go runtime
	GCPauseS    Number `json:"gc_pause_p99_s"`
	CPUs        int    `json:"cpus"`
	CPUShare    Number `json:"cpu_share"` // of one core, since the last look; NaN before the second
}

// Flow is one stream's way through the program. Rates are means since the last look, at most a few seconds ago; NaN before the second.
type Flow struct {
	Stream        string `json:"stream"`
	Title         string `json:"title,omitempty"`
	SamplesPerS   Number `json:"samples_per_s"` // per channel
	WindowsPerS   Number `json:"windows_per_s"`
	LagS          Number `json:"lag_s"`     // wall time since the newest block; NaN before the first
	Pending       Number `json:"pending"`   // messages waiting in the store; NaN where that is not known
	Queue         Queue  `json:"queue"`     // blocks
	Dropped       uint64 `json:"dropped"`   // samples per channel
	Missing       uint64 `json:"missing"`   // samples per channel
	Malformed     uint64 `json:"malformed"` // messages
	RateDeviation Number `json:"rate_deviation"`
}

// Queue is how full a queue is.
type Queue struct {
	Length   int `json:"length"`
	Capacity int `json:"capacity"`
}

// Latency is how long one stage takes, over all streams since the start: quantiles of a histogram, so within a bucket's width.
type Latency struct {
	Stage string `json:"stage"`
	Count uint64 `json:"count"`
	P50S  Number `json:"p50_s"`
	P95S  Number `json:"p95_s"`
	P99S  Number `json:"p99_s"`
	MaxS  Number `json:"max_s"`
}

// Clients counts dashboard windows.
type Clients struct {
	Connected int    `json:"connected"`
	Cut       uint64 `json:"cut"`      // because they did not read
	Backlogs  uint64 `json:"backlogs"` // replaced by a snapshot
}

// Sink is one place that alarms are told to.
type Sink struct {
	Name      string    `json:"name"`
	Kind      string    `json:"kind"`
	Queued    int       `json:"queued"`
	Sent      uint64    `json:"sent"`
	Failed    uint64    `json:"failed"`
	Dropped   uint64    `json:"dropped"`
	LastError string    `json:"last_error"`
	LastSent  time.Time `json:"last_sent,omitzero"`
}

// NATS is the connection to the messaging server.
type NATS struct {
	Connected  bool   `json:"connected"`
	Server     string `json:"server"` // without secrets
	Embedded   bool   `json:"embedded"`
	TLS        bool   `json:"tls"`
	RTTS       Number `json:"rtt_s"`
	Reconnects uint64 `json:"reconnects"`
	InBytes    uint64 `json:"in_bytes"`
	OutBytes   uint64 `json:"out_bytes"`
	LastError  string `json:"last_error"`
}

// Store is how full the signal store is.
type Store struct {
	Bytes    Number `json:"bytes"` // NaN where that is not known
	MaxBytes Number `json:"max_bytes"`
	Trouble  string `json:"trouble"`
}

// Heartbeat is the program's own message to its store.
type Heartbeat struct {
	Last time.Time `json:"last,omitzero"`
	OK   bool      `json:"ok"`
	Note string    `json:"note,omitempty"`
}
