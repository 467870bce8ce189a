package suite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"

	"crackle/detector/eval"
)

// Figure is one measured number.
type Figure struct {
	Name  string
	Value float64 // NaN when there was nothing to measure
}

// Trace is one recording with what the detector said, for drawing. Score, Truth and Alarm have a row each.
type Trace struct {
	Name    string
	Learned int // the first rows, learned from and not scored
	Score   []float64
	Limit   float64 // NaN when the limit moves
	Truth   []bool
	Alarm   []bool
	Marks   []int // rows of changepoints called
	Figures []Figure
}

// Rival is a detector that stands beside for comparison.
type Rival struct {
	Name    string
	Figures []Figure
}

// Report is the outcome of a suite.
type Report struct {
	Suite     string
	Detector  string   // what ran, in a sentence
	Figures   []Figure // the main result
	Intervals map[string]eval.Interval
	Rivals    []Rival
	Traces    []Trace
	Left      []Missing // files that could not be read: no part of the figures
	Silent    []Missing // files that could not be learned from: they count, as ones of which nothing was said
	Notes     []string
}

// Get is the value of a figure; NaN when there is none of that name.
func (r *Report) Get(name string) float64 {
	for _, f := range r.Figures {
		if f.Name == name {
			return f.Value
		}
	}
	return math.NaN()
}

// MarshalJSON writes the figures as keys of the top level, in order, then intervals, rivals, files, those that are missing
// and notes. NaN becomes null.
func (r *Report) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("{")
	field(&b, "suite", r.Suite)
	field(&b, "detector", r.Detector)
	figures(&b, r.Figures)
	intervals := map[string][2]*float64{}
	for k, v := range r.Intervals {
		intervals[k] = [2]*float64{number(v.Low), number(v.High)}
	}
	field(&b, "intervals_95", intervals)
	object(&b, "beside", len(r.Rivals), func(i int) (string, []Figure) { return r.Rivals[i].Name, r.Rivals[i].Figures })
	object(&b, "files", len(r.Traces), func(i int) (string, []Figure) { return r.Traces[i].Name, r.Traces[i].Figures })
	missing(&b, "left_out", r.Left)
	missing(&b, "silent", r.Silent)
	field(&b, "notes", r.Notes)
	b.WriteString("}")
	return b.Bytes(), nil
}

// count adds how many files the figures rest on, and how many could not be.
func (r *Report) count(files int, left, silent []Missing) *Report {
	r.Figures = append(r.Figures, Figure{"files_scored", float64(files)}, Figure{"files_left_out", float64(len(left))}, Figure{"files_silent", float64(len(silent))})
	r.Left, r.Silent = left, silent
	return r
}

// missing writes files and reasons.
func missing(b *bytes.Buffer, name string, files []Missing) {
	key(b, name)
	b.WriteString("{")
	for _, f := range files {
		field(b, f.File, f.Why)
	}
	b.WriteString("}")
}

func object(b *bytes.Buffer, name string, n int, get func(i int) (string, []Figure)) {
	key(b, name)
	b.WriteString("{")
	for i := range n {
		name, fs := get(i)
		key(b, name)
		b.WriteString("{")
		figures(b, fs)
		b.WriteString("}")
	}
	b.WriteString("}")
}

func figures(b *bytes.Buffer, fs []Figure) {
	for _, f := range fs {
		field(b, f.Name, number(f.Value))
	}
}

func key(b *bytes.Buffer, name string) {
	if last := b.Bytes()[b.Len()-1]; last != '{' {
		b.WriteByte(',')
	}
	k, _ := json.Marshal(name) // a string always can
	b.Write(k)
	b.WriteByte(':')
}

func field(b *bytes.Buffer, name string, value any) {
	key(b, name)
	v, err := json.Marshal(value)
	if err != nil { // values are strings and checked numbers
		v = fmt.Appendf(nil, "%q", err.Error())
	}
	b.Write(v)
}

// number is v rounded to six places, nil when it is no number.
func number(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	v = math.Round(v*1e6) / 1e6
	return &v
}

// flag is 1 for true.
func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
