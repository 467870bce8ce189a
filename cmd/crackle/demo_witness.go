package main

import (
	"fmt"
	"io"
	"sync"

	"crackle/alert"
	"crackle/detector"
	"crackle/detector/ledger"
)

// witness notes what the app says while the show runs.
type witness struct {
	out    io.Writer // where alarms are told
	mu     sync.Mutex
	alarms map[string]alert.Alarm // by id, as last told
	order  []string
	parts  []ledger.Part
	scored map[string]*coverage // by stream
}

// coverage adds up samples under scored windows, overlaps counted once.
type coverage struct {
	run     uint64
	end     uint64
	samples uint64
	windows uint64
}

func newWitness(out io.Writer) *witness {
	return &witness{out: out, alarms: map[string]alert.Alarm{}, scored: map[string]*coverage{}}
}

func (w *witness) score(s *detector.Score) {
	if s.Verdict == detector.NotAssessed {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.scored[s.Stream]
	if c == nil {
		c = &coverage{}
		w.scored[s.Stream] = c
	}
	if s.Run != c.run {
		c.run, c.end = s.Run, 0
	}
	c.windows++
	c.samples += s.End - max(s.First, min(c.end, s.End))
	c.end = max(c.end, s.End)
}

func (w *witness) part(p ledger.Part) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.parts = append(w.parts, p)
}

func (w *witness) alarm(ev alert.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ev.Alarm.ID == "" {
		return
	}
	if _, ok := w.alarms[ev.Alarm.ID]; !ok {
		w.order = append(w.order, ev.Alarm.ID)
	}
	w.alarms[ev.Alarm.ID] = ev.Alarm
	if ev.Change == alert.Raised {
		a := ev.Alarm
		fmt.Fprintf(w.out, "ALARM %s  %s  %s  score %.2f, limit %.2f: %s\n", a.OnsetTime.Format("2006-01-02 15:04:05"), a.Stream, a.Part, a.Score, a.Limit, a.What)
	}
}
