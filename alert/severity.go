package alert

import (
	"fmt"
	"math"
)

// Priority is how much an alarm matters to the plant, as set by people. Severity is a number from 1 to 1000, as OPC UA has it: the
// priority's base plus 50 for each decade above the limit, up to 199, and it keeps the highest value of the episode.
type Priority string

const (
	Low      Priority = "low"      // severity 100 to 299
	Medium   Priority = "medium"   // 300 to 499
	High     Priority = "high"     // 500 to 699
	Critical Priority = "critical" // 800 to 999
)

func (p Priority) base() int {
	switch p {
	case Low:
		return 100
	case High:
		return 500
	case Critical:
		return 800
	default:
		return 300
	}
}

func (p Priority) check() error {
	switch p {
	case "", Low, Medium, High, Critical:
		return nil
	}
	return fmt.Errorf("alert: %w: priority %q; allowed are %s, %s, %s and %s", ErrInput, p, Low, Medium, High, Critical)
}

// priority is that of a stream's alarms where nothing else is said.
func (w *watched) priority() Priority {
	switch {
	case w.Priority != "":
		return w.Priority
	case w.Name == "":
		return High
	default:
		return Medium
	}
}

// latchSeverity raises the severity to that of the highest value so far, and never lowers it. A score is a logarithm already: its
// distance from the limit is in decades. Other values are compared by their ratio.
func (a *Alarm) latchSeverity() {
	decades := a.Score - a.Limit
	if a.Kind != KindScore {
		decades = 0
		if a.Score > 0 && a.Limit > 0 {
			decades = math.Log10(a.Score) - math.Log10(a.Limit)
		}
	}
	a.Severity = max(a.Severity, a.Priority.base()+int(min(199, max(0, 50*decades))))
}

// Words are an alarm's state in the words of OPC UA Part 9 (Alarms and Conditions), beside those of ISA-18.2 in State.
type Words struct {
	Active       string `json:"ActiveState"`       // Active or Inactive
	Acked        string `json:"AckedState"`        // Acknowledged or Unacknowledged
	Shelving     string `json:"ShelvingState"`     // Unshelved, TimedShelved or OneShotShelved
	Suppressed   string `json:"SuppressedState"`   // Suppressed or Unsuppressed
	OutOfService string `json:"OutOfServiceState"` // Out of Service or In Service
	Latched      string `json:"LatchedState"`      // Latched or Unlatched
	Retain       bool   `json:"Retain"`            // of interest to a client: not yet normal
}

// shown is the alarm as it leaves the book.
func (a *Alarm) shown() Alarm {
	either := func(is bool, yes, no string) string {
		if is {
			return yes
		}
		return no
	}
	s := *a
	s.OPCUA = Words{
		Active:       either(a.State.Active() || a.State.Held(), "Active", "Inactive"),
		Acked:        either(a.State == Unacknowledged || a.State == Returned, "Unacknowledged", "Acknowledged"),
		Shelving:     "Unshelved",
		Suppressed:   either(a.State == HeldByDesign, "Suppressed", "Unsuppressed"),
		OutOfService: either(a.State == HeldOutOfService, "Out of Service", "In Service"),
		Latched:      either(a.Latched, "Latched", "Unlatched"),
		Retain:       a.State != Normal,
	}
	if a.State == HeldShelved || !a.ShelvedUntil.IsZero() {
		s.OPCUA.Shelving = either(a.OneShot, "OneShotShelved", "TimedShelved")
	}
	return s
}

func (a *Alarm) point() point { return point{a.Stream, a.Kind} }
