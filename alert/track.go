package alert

import (
	"math"
	"strconv"
	"time"

	"crackle/detector"
)

// mark is what the on-delay remembers of one assessed window.
type mark struct {
	Above  bool    `json:"above"`
	First  uint64  `json:"first"`
	End    uint64  `json:"end"`
	TimeNS int64   `json:"time_ns"`
	Part   string  `json:"part,omitempty"`
	Lot    string  `json:"lot,omitempty"`
	Value  float64 `json:"value"`
	Limit  float64 `json:"limit"`
	What   string  `json:"what,omitempty"`
	Member string  `json:"member,omitempty"`
}

// track follows the scores of one stream: the on-delay while nothing is open, the off-delay while an episode is.
type track struct {
	run     uint64
	part    string
	lot     string
	started bool   // run, part and lot mean something
	end     uint64 // one past the newest window, assessed or not
	timeNS  int64  // its time
	past    past   // what a restart may bring again
	ghost   past   // what it may bring of an episode that was latched, cut off at a part's end and answered, all before the restart
	marks   []mark // ring of the last Rules.Of assessed windows; empty places are not Above
	at      int    // place of the next mark
	seen    int    // windows of the part behind its warm-up, assessed or not; unknown: as many as any rule asks for
	above   bool   // the newest assessed window was above its limit
	calm    int    // consecutive assessed windows back under
	episode *Alarm // open and not yet cleared; nil when there is none
}

// unknown is for a part of which not every window was seen.
const unknown = math.MaxInt32

func newTrack(r Rules) track { return track{marks: make([]mark, r.Of)} }

// forget empties the on-delay.
func (t *track) forget() {
	clear(t.marks)
	t.at, t.above, t.calm = 0, false, 0
}

// judgement is a score reduced to what the machine acts on.
type judgement uint8

const (
	blind    judgement = iota // not assessed: neither raises nor clears
	calm                      // back under
	straddle                  // not above the limit, but not back under either
	above                     // above the limit
)

// judge takes the detector's verdict as it is. What cannot be compared counts as not assessed, whatever the verdict says.
func judge(r Rules, s *detector.Score) judgement {
	switch {
	case s.Verdict == detector.NotAssessed || !finite(s.Value) || !finite(s.Limit):
		return blind
	case s.Verdict == detector.Alarm:
		return above
	case s.Value <= r.clearLevel(s.Limit) && s.Regime != detector.Recovering: // what is coming back has not settled yet
		return calm
	default:
		return straddle
	}
}

// note enters one window into the on-delay and reports whether it is now fulfilled.
func (t *track) note(r Rules, s *detector.Score, j judgement) bool {
	m := &t.marks[t.at]
	*m = mark{Above: j == above}
	if m.Above {
		*m = mark{true, s.First, s.End, s.TimeNS, s.Part, s.Lot, s.Value, s.Limit, what(s), s.Member}
	}
	t.at = (t.at + 1) % len(t.marks)
	if !m.Above {
		return false
	}
	n := 0
	for i := range t.marks {
		if t.marks[i].Above {
			n++
		}
	}
	return n >= r.Raise
}

// count takes a window that is part of its part's length.
func (t *track) count(s *detector.Score) {
	if s.First != s.End && !(s.Verdict == detector.NotAssessed && s.Reason&detector.WarmingUp != 0) && t.seen < unknown {
		t.seen++
	}
}

// short reports whether a part that is over had too few windows for the on-delay, and was above the limit in as large a share of them as the
// on-delay asks for.
func (t *track) short(r Rules) bool {
	if t.seen == 0 || t.seen >= r.Raise {
		return false
	}
	n := 0
	for i := range t.marks {
		if t.marks[i].Above {
			n++
		}
	}
	return n > 0 && n*r.Of >= r.Raise*t.seen
}

// newest is the last window above the limit of a fulfilled on-delay.
func (t *track) newest() (m mark) {
	for i := range t.marks {
		if at := t.marks[(t.at+i)%len(t.marks)]; at.Above {
			m = at
		}
	}
	return m
}

// onset returns the oldest and the highest window of a fulfilled on-delay.
func (t *track) onset() (first, peak mark) {
	for i := range t.marks {
		m := t.marks[(t.at+i)%len(t.marks)]
		if !m.Above {
			continue
		}
		if !first.Above {
			first = m
		}
		if !peak.Above || m.Value > peak.Value {
			peak = m
		}
	}
	return first, peak
}

const leastShare = 0.1 // of the score, for a second or third cause to be worth a person's time

// what names the features that stood out in a window, for people.
func what(s *detector.Score) string {
	b := make([]byte, 0, 96)
	for i, c := range s.Top {
		if !(c.Share > 0) || i > 0 && c.Share < leastShare {
			continue
		}
		if len(b) > 0 {
			b = append(b, "; "...)
		}
		b = append(b, c.Name...)
		b = append(b, ' ')
		b = c.AppendGot(b)
		if finite(c.Expected) {
			b = append(b, ", expected "...)
			b = c.AppendExpected(b)
		}
		b = append(b, " ("...)
		b = strconv.AppendFloat(b, 100*min(c.Share, 1), 'f', 0, 64)
		b = append(b, "% of the score)"...)
	}
	if len(b) == 0 {
		b = append(b, "score above limit"...)
	}
	return string(b)
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// signalTime is the wall-time annotation ns as UTC, or now where the publisher gave none.
func signalTime(ns int64, now time.Time) time.Time {
	if ns <= 0 {
		return now.UTC()
	}
	return time.Unix(0, ns).UTC()
}
