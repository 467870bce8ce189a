package api

import (
	"context"
	"time"
)

// Historian reads what the store still holds of a stream. Its methods may be called from several goroutines at once, stop soon after ctx
// ends, and use memory bounded by the width asked for, however long the stretch.
type Historian interface {
	// History reads a stretch of a stream. What the store does not hold is left out, and Truncated says so.
	History(ctx context.Context, q HistoryQuery) (*History, error)
}

// Bounds of HistoryQuery.Width.
const (
	MinWidth     = 16
	MaxWidth     = 4096
	DefaultWidth = 800
)

// HistoryQuery asks for a stretch of a stream.
type HistoryQuery struct {
	Stream   string
	From, To time.Time // signal time; zero To: the newest, zero From: a minute before To
	Width    int       // pixels, MinWidth to MaxWidth; as many buckets at most per trace
	Want     Want
	Channel  string // of the spectrogram; empty: the first
}

// Want is a set of what a HistoryQuery asks for.
type Want uint8

const (
	WantRaw Want = 1 << iota
	WantConditioned
	WantFeatures
	WantScore
	WantSpectrogram
	wantAll = WantRaw | WantConditioned | WantFeatures | WantScore | WantSpectrogram
)

// wantNames are the words of the query's want.
var wantNames = []struct {
	name string
	bit  Want
}{{"raw", WantRaw}, {"conditioned", WantConditioned}, {"features", WantFeatures}, {"score", WantScore}, {"spectrogram", WantSpectrogram}}

// History is a stretch of a stream. A list is nil, and left out of the JSON, when it was not asked for.
type History struct {
	From        time.Time    `json:"from"`
	To          time.Time    `json:"to"`
	Truncated   bool         `json:"truncated"` // part of the stretch is not held by the store any more, or not read for its length
	Raw         []Trace      `json:"raw,omitzero"`
	Conditioned []Trace      `json:"conditioned,omitzero"`
	Features    []Feature    `json:"features,omitzero"`
	Score       []Point      `json:"score,omitzero"`
	Spectrogram *Spectrogram `json:"spectrogram,omitempty"`
	Marks       []Mark       `json:"marks"`
	Oldest      time.Time    `json:"oldest,omitzero"` // that the store holds
	Newest      time.Time    `json:"newest,omitzero"`
}

// Trace is one channel, reduced to a bucket a pixel: no spike is lost.
type Trace struct {
	Channel string   `json:"channel"`
	Unit    string   `json:"unit"`
	Kind    string   `json:"kind"` // "raw" or "conditioned"
	Buckets []Bucket `json:"buckets"`
}

// Feature is one measured number over time, with the band that nearly all good windows lie in.
type Feature struct {
	Name   string   `json:"name"`
	Unit   string   `json:"unit"`
	Low    Number   `json:"low"` // NaN without a model
	High   Number   `json:"high"`
	Points []Bucket `json:"points,omitzero"`
}

// Spectrogram is the power of one channel: DB[i][k] at time TMS[i] and frequency FHz[k], in dB of the channel's unit squared per Hz.
type Spectrogram struct {
	Channel string     `json:"channel"`
	TMS     []float64  `json:"t_ms"`
	FHz     []float64  `json:"f_hz"`
	DB      [][]Number `json:"db"`
}

// Mark is an event on the time axis.
type Mark struct {
	T    time.Time `json:"t"`
	Kind string    `json:"kind"` // "alarm", "part", "model" or "gap"
	ID   string    `json:"id"`
	Text string    `json:"text"`
}
