package eval

import (
	"math"
	"slices"
)

// Events counts stretches, not rows: one long alarm is one alarm.
type Events struct {
	True   int       // labelled stretches
	Found  int       // of those, touched by an alarm
	Alarms int       // alarm stretches
	False  int       // of those, touching no labelled stretch
	Normal float64   // rows that are not labelled
	Delay  []float64 // rows from the start of a labelled stretch to the first alarm row in it, per stretch found
}

// CountEvents compares alarm stretches with labelled ones. A stretch is found when an alarm row lies in it; an alarm is false when none of
// its rows is labelled.
func CountEvents(truth, alarm []bool) Events {
	var e Events
	for _, g := range Stretches(truth) {
		e.True++
		for i := g[0]; i <= g[1]; i++ {
			if alarm[i] {
				e.Found++
				e.Delay = append(e.Delay, float64(i-g[0]))
				break
			}
		}
	}
	for _, g := range Stretches(alarm) {
		e.Alarms++
		if !slices.Contains(truth[g[0]:g[1]+1], true) {
			e.False++
		}
	}
	for _, t := range truth {
		if !t {
			e.Normal++
		}
	}
	return e
}

// Plus adds the counts of other files.
func (e Events) Plus(o Events) Events {
	e.True, e.Found, e.Alarms, e.False, e.Normal = e.True+o.True, e.Found+o.Found, e.Alarms+o.Alarms, e.False+o.False, e.Normal+o.Normal
	e.Delay = append(slices.Clip(e.Delay), o.Delay...)
	return e
}

// Recall is the share of labelled stretches that were found.
func (e Events) Recall() float64 { return ratio(float64(e.Found), float64(e.True)) }

// Precision is the share of alarm stretches that touch a labelled one.
func (e Events) Precision() float64 { return ratio(float64(e.Alarms-e.False), float64(e.Alarms)) }

// FalsePerHour is false alarm stretches per hour of normal rows, for rows that many seconds apart.
func (e Events) FalsePerHour(step float64) float64 {
	return ratio(float64(e.False), e.Normal*step/3600)
}

// MedianDelay is in rows; NaN when nothing was found.
func (e Events) MedianDelay() float64 { return median(e.Delay) }

func median(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(x))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
