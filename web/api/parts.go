package api

import (
	"context"
	"time"
)

// Parts reads the verdicts of parts that are over. Its methods may be called from several goroutines at once.
type Parts interface {
	// Find lists parts, the newest first, at most q.Limit of them.
	Find(ctx context.Context, q PartQuery) ([]Part, error)
	// Lots sums up the lots of a stream, of all streams when it is empty; the newest first.
	Lots(ctx context.Context, stream string) ([]Lot, error)
}

// PartQuery selects parts. A zero field selects all.
type PartQuery struct {
	Stream, Lot, Part string
	From, To          time.Time // of the part's end
	Limit             int       // 1 to MaxList
}

// Part is the account of one part on one stream: what was there of it, and what was said of it. Counts are samples per channel.
type Part struct {
	Stream  string   `json:"stream"`
	Title   string   `json:"title,omitempty"` // the stream's, for people
	Part    string   `json:"part"`
	Lot     string   `json:"lot"`
	Run     uint64   `json:"run,string"`
	Verdict string   `json:"verdict"` // "ok", "alarm" or "not assessed"
	Reasons []string `json:"reasons"` // in words

	Start time.Time `json:"start,omitzero"` // signal time
	End   time.Time `json:"end,omitzero"`
	First uint64    `json:"first"` // sample index
	Last  uint64    `json:"last"`  // one past the last sample

	Expected   uint64 `json:"expected"`
	Received   uint64 `json:"received"`
	Duplicated uint64 `json:"duplicated"`
	Late       uint64 `json:"late"`
	Reordered  uint64 `json:"reordered"`
	Missing    uint64 `json:"missing"`
	Invalid    uint64 `json:"invalid"`
	Saturated  uint64 `json:"saturated"`
	Bridged    uint64 `json:"bridged"`
	Scored     uint64 `json:"scored"`

	Windows       int    `json:"windows"`
	WindowsScored int    `json:"windows_scored"`
	WindowsAbove  int    `json:"windows_above"`
	Peak          Number `json:"peak"` // highest score
	Limit         Number `json:"limit"`
	Coverage      Number `json:"coverage"` // share of the samples that were scored, of those that should have been
	Model         string `json:"model,omitempty"`
}

// Lot sums up the parts of a lot on one stream.
type Lot struct {
	Stream      string    `json:"stream"`
	Lot         string    `json:"lot"`
	Parts       int       `json:"parts"`
	OK          int       `json:"ok"`
	Alarm       int       `json:"alarm"`
	NotAssessed int       `json:"not_assessed"`
	Start       time.Time `json:"start,omitzero"`
	End         time.Time `json:"end,omitzero"`
}
