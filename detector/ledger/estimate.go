package ledger

import (
	"fmt"
	"strconv"
	"strings"
)

// Estimate is what a head answers for a part: a number with a range, or a class with the set of those that may be. With a Reason there is no answer.
type Estimate struct {
	Target   string   `json:"target"`
	Unit     string   `json:"unit,omitempty"`
	Value    Value    `json:"value"` // NaN for a class
	Low      Value    `json:"low"`
	High     Value    `json:"high"`
	Class    string   `json:"class,omitempty"`
	Set      []string `json:"set,omitempty"`
	Coverage float64  `json:"coverage"`         // how often range or set hold the truth, for specimens never seen
	Beyond   bool     `json:"beyond,omitempty"` // the part is farther out than any learnt from
	Reason   string   `json:"reason,omitempty"` // why there is no answer
}

// String says it in words.
func (e Estimate) String() string {
	if e.Reason != "" {
		return e.Target + " not assessed: " + e.Reason
	}
	beyond := ""
	if e.Beyond {
		beyond = ", farther out than any part learnt from"
	}
	if e.Class != "" {
		return fmt.Sprintf("%s %s (one of %s with %.0f %%%s)", e.Target, e.Class, strings.Join(e.Set, ", "), 100*e.Coverage, beyond)
	}
	unit := ""
	if e.Unit != "" {
		unit = " " + e.Unit
	}
	figure := func(v Value) string { return strconv.FormatFloat(float64(v), 'g', 4, 64) }
	return fmt.Sprintf("%s %s%s (%s to %s with %.0f %%%s)", e.Target, figure(e.Value), unit, figure(e.Low), figure(e.High), 100*e.Coverage, beyond)
}
