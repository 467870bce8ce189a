package app

import "time"

// The two words of a judgement.
const (
	Fine = "fine" // the alarm was none: its signal may be learnt
	Bad  = "bad"  // it was a fault: its signal is never learnt
)

// Judgement is what a person said of an alarm. It is kept with the store, and outlives the alarm.
type Judgement struct {
	Alarm     string    `json:"alarm"` // id
	Stream    string    `json:"stream"`
	Kind      string    `json:"kind"`
	Judgement string    `json:"judgement"` // fine or bad
	By        string    `json:"by"`
	Comment   string    `json:"comment,omitempty"`
	At        time.Time `json:"at"`
	Run       uint64    `json:"run,string"`
	Onset     uint64    `json:"onset_index"`
	End       uint64    `json:"end_index"`
	OnsetTime time.Time `json:"onset_time"`
	Part      string    `json:"part,omitempty"`
	Lot       string    `json:"lot,omitempty"`
}
