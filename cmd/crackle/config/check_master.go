package config

import (
	"slices"
	"strings"
	"time"

	"crackle/detector/master"
)

// measurementsMost is the most that limits may rest on: a year of daily ones.
const measurementsMost = 365

func (r *report) master(m *Master, t keyPath) {
	at := t.with("parts")
	if len(m.Parts) == 0 { // the other keys are without effect
		return
	}
	for i, name := range m.Parts {
		switch {
		case strings.TrimSuffix(name, "*") == "" || strings.Contains(strings.TrimSuffix(name, "*"), "*"):
			r.addItem(at, literal(name), "a part's name, or its beginning with one * behind it", "write the name under which the reference part is measured")
		case slices.Contains(m.Parts[:i], name):
			r.addItem(at, literal(name)+" twice", "names that differ", "take one of them out")
		case master.Names(m.Parts[:i]).Of(strings.TrimSuffix(name, "*")) != "":
			r.addItem(at, literal(name)+", which an entry before it takes already", "names of which each part fits one", "put the more special one first, or take it out")
		}
	}
	r.count(t.with("measurements"), m.Measurements, master.LeastLearn, measurementsMost, "set 20, which is usual; fewer give wider limits")
	if at := t.with("false_alarms"); !(m.FalseAlarms > 0 && m.FalseAlarms < 1) {
		r.add(at, r.show(at, m.FalseAlarms), "a share above 0 and below 1", "set 0.0027, which is one of 370 measurements")
	}
	if at := t.with("weight"); !(m.Weight > 0 && m.Weight <= 1) {
		r.add(at, r.show(at, m.Weight), "above 0 to 1", "set 0.2, which is usual; less sees a slower drift later and surer")
	}
	r.between(t.with("due_h"), m.DueH, 0, 100_000, " hours", "write after how many hours the next measurement is overdue, 26 for a daily one, or 0 for never")
	if at := t.with("since"); m.Since != "" {
		if _, err := time.Parse(time.RFC3339, m.Since); err != nil {
			r.add(at, r.show(at, m.Since), "a time as 2026-01-31T08:00:00Z", "write when the sensor or the reference part was changed, or \"\" for all measurements")
		}
	}
}
