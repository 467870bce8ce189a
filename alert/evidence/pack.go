package evidence

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"crackle/alert"
	"crackle/detector"
	"crackle/ingest/block"
)

// Pack is the evidence of one alarm.
type Pack struct {
	Version int         `json:"version"`
	Alarm   alert.Alarm `json:"alarm"` // as it was raised
	Made    time.Time   `json:"made"`  // wall time
	Short   string      `json:"short,omitempty"`

	Program  string          `json:"program"` // version
	Kernel   string          `json:"kernel"`  // that scored
	Machine  string          `json:"machine,omitempty"`
	Model    string          `json:"model_hash,omitempty"`
	Config   string          `json:"config_hash,omitempty"`
	Settings json.RawMessage `json:"settings,omitempty"` // the stream's configuration, without secrets
	Ledger   json.RawMessage `json:"ledger,omitempty"`   // the coverage account of the part

	Raw         Signal    `json:"raw"`
	Conditioned Signal    `json:"conditioned"`
	Features    []Feature `json:"features,omitempty"`
	Windows     []Window  `json:"windows,omitempty"` // in order; those that end after Start.Index can be scored again
	Start       Start     `json:"start"`
}

// Signal is a stretch of samples.
type Signal struct {
	RateHz   float64   `json:"rate_hz"`
	Channels []string  `json:"channels"`
	Segments []Segment `json:"segments,omitempty"`
	Samples  []float32 `json:"-"` // of the segments, one after the other: sample i of channel c is Samples[i*len(Channels)+c]
}

// Segment is a stretch without a break, inside one part.
type Segment struct {
	Run    uint64      `json:"run,string"`
	First  uint64      `json:"first"` // sample index
	Count  int         `json:"count"` // samples per channel; 0 with flags: a mark
	TimeNS int64       `json:"time_ns"`
	Flags  block.Flags `json:"flags,omitempty"`
	Part   string      `json:"part,omitempty"`
	Lot    string      `json:"lot,omitempty"`
}

// Feature is one column of Window.Features with its normal range.
type Feature struct {
	Name string  `json:"name"`
	Unit string  `json:"unit,omitempty"`
	Low  float64 `json:"low"` // of nearly all good windows; both 0: not known
	High float64 `json:"high"`
}

// Window is one scored window.
type Window struct {
	detector.Score
	Features []float32 // may be empty; else as long as Pack.Features
}

// Start is the complete state before a sample of Raw: the first one, but for a pack soon after a restart of the program.
type Start struct {
	Run   uint64 `json:"run,string"`
	Index uint64 `json:"index"` // of that sample
	Known bool   `json:"known"` // false: there is no state, the pack cannot be scored again
	State []byte `json:"-"`     // what the recorder was given
}

// number is a float64 that JSON can always hold.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	switch f := float64(n); {
	case math.IsNaN(f):
		return []byte(`"NaN"`), nil
	case math.IsInf(f, 1):
		return []byte(`"+Inf"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-Inf"`), nil
	default:
		return strconv.AppendFloat(nil, f, 'g', -1, 64), nil
	}
}

func (n *number) UnmarshalJSON(b []byte) error {
	switch s := string(b); s {
	case `"NaN"`:
		*n = number(math.NaN())
	case `"+Inf"`:
		*n = number(math.Inf(1))
	case `"-Inf"`:
		*n = number(math.Inf(-1))
	default:
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return fmt.Errorf("number %.40q", s)
		}
		*n = number(f)
	}
	return nil
}

// wireWindow is a Window in the header.
type wireWindow struct {
	Run     uint64           `json:"run,string"`
	First   uint64           `json:"first"`
	End     uint64           `json:"end"`
	TimeNS  int64            `json:"time_ns"`
	Part    string           `json:"part,omitempty"`
	Lot     string           `json:"lot,omitempty"`
	PartEnd bool             `json:"part_end,omitempty"`
	Value   number           `json:"value"`
	Limit   number           `json:"limit"`
	Verdict detector.Verdict `json:"verdict"`
	Reason  detector.Reason  `json:"reason,omitempty"`
	Causes  []wireCause      `json:"causes,omitempty"`
	Row     bool             `json:"row,omitempty"` // it has a row in the section of features
}

type wireCause struct {
	Feature  int    `json:"feature"`
	Name     string `json:"name"`
	Got      number `json:"got"`
	Expected number `json:"expected"`
	Share    number `json:"share"`
}

// MarshalJSON writes the window without its features, which have a section of their own.
func (w Window) MarshalJSON() ([]byte, error) {
	v := wireWindow{w.Run, w.First, w.End, w.TimeNS, w.Part, w.Lot, w.PartEnd, number(w.Value), number(w.Limit), w.Verdict, w.Reason, nil, len(w.Features) > 0}
	for _, c := range w.Top {
		if c.Share != 0 || c.Name != "" {
			v.Causes = append(v.Causes, wireCause{c.Feature, c.Name, number(c.Got), number(c.Expected), number(c.Share)})
		}
	}
	return json.Marshal(v)
}

// UnmarshalJSON reads what MarshalJSON wrote. A window that has a row of features gets an empty one that is not nil.
func (w *Window) UnmarshalJSON(b []byte) error {
	var v wireWindow
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*w = Window{Score: detector.Score{Run: v.Run, First: v.First, End: v.End, TimeNS: v.TimeNS, Part: v.Part, Lot: v.Lot, PartEnd: v.PartEnd,
		Value: float64(v.Value), Limit: float64(v.Limit), Verdict: v.Verdict, Reason: v.Reason}}
	if len(v.Causes) > len(w.Top) {
		return fmt.Errorf("%d causes of a window; allowed are up to %d", len(v.Causes), len(w.Top))
	}
	for i, c := range v.Causes {
		w.Top[i] = detector.Cause{Feature: c.Feature, Name: c.Name, Got: float64(c.Got), Expected: float64(c.Expected), Share: float64(c.Share)}
	}
	if v.Row {
		w.Features = []float32{}
	}
	return nil
}
