package app

import (
	"time"

	"crackle/detector/inspect"
)

// TeachRequest says what a model is to be taught from: a stretch of the past, the next parts, or the next seconds of signal. Exactly one of the three
// is given; a stretch may lack one of its ends.
type TeachRequest struct {
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"`
	Parts   int       `json:"parts,omitempty"`
	Seconds float64   `json:"seconds,omitempty"`
}

// Inspection is what a stretch of a stream holds.
type Inspection struct {
	Stream     string      `json:"stream"`
	From       time.Time   `json:"from"`    // of the signal that was looked at
	To         time.Time   `json:"to"`      //
	Missing    uint64      `json:"missing"` // samples
	Invalid    uint64      `json:"invalid"`
	Saturated  uint64      `json:"saturated"`
	Above      int         `json:"above"`      // windows above the limit of the model in service
	Exclusions []Exclusion `json:"exclusions"` // what is never learnt
	Judgements []Judgement `json:"judgements"` // of alarms of the stretch
	inspect.Report
}

// Figures are how a model did on signal that it was not taught from.
type Figures struct {
	Model      string  `json:"model"`       // hash
	Windows    int     `json:"windows"`     // that were scored
	Above      int     `json:"above"`       // of them, above the limit
	Share      float64 `json:"share_above"` // of them
	Highest    float64 `json:"highest"`     // score, in limits
	Error      float64 `json:"error"`       // mean squared forecast error, in units of the new model's spreads
	Alarms     int     `json:"alarms"`      // in the back-test
	PerDay     float64 `json:"alarms_per_day"`
	BacktestOf float64 `json:"backtest_s"` // seconds of signal; 0: there was no back-test
}

// Comparison sets a new model beside the one in service, on the rows that were held out and by a back-test of the stretch.
type Comparison struct {
	New     Figures  `json:"new"`
	Running Figures  `json:"running"`
	OnlyNew int      `json:"only_new"` // alarms of the back-test that the running one does not raise
	Gone    int      `json:"gone"`     // and those that only it raises
	Notes   []string `json:"notes"`    // in words: how far this may be trusted
}

// ModelInfo is a model that is kept with the store.
type ModelInfo struct {
	Hash        string      `json:"hash"`
	Stream      string      `json:"stream"`
	Created     time.Time   `json:"created"`
	By          string      `json:"by"`
	Source      string      `json:"source"`        // file, stretch, parts, seconds, learnt (at the start, by the learn table) or refined
	Network     string      `json:"network"`       // how its network was found: closed form or backpropagation
	From        time.Time   `json:"from,omitzero"` // of the signal that it was taught from
	To          time.Time   `json:"to,omitzero"`
	Rows        int         `json:"rows"` // fitted
	Held        int         `json:"held"` // held out
	Left        int         `json:"left_out"`
	Lots        int         `json:"lots"`
	Parts       int         `json:"parts"`
	SplitBy     string      `json:"split_by"`
	Provisional string      `json:"provisional,omitempty"`
	Refines     string      `json:"refines,omitempty"` // hash of the model that it improves on
	Bytes       int64       `json:"bytes"`
	InService   bool        `json:"in_service"`
	Comparison  *Comparison `json:"comparison,omitempty"` // with the model that was in service then
	Report      []string    `json:"report"`               // in words
}

// ModelList are the models of a stream, the newest first.
type ModelList struct {
	Stream    string      `json:"stream"`
	InService string      `json:"in_service"`   // hash; empty: none
	By        string      `json:"by,omitempty"` // who put it in service; empty where the configuration's file did
	Since     time.Time   `json:"since,omitzero"`
	Comment   string      `json:"comment,omitempty"`
	Models    []ModelInfo `json:"models"`
	Refining  []string    `json:"refining"` // hashes of those whose networks are being trained on in the background, or wait for it
}
