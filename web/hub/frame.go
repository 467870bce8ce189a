package hub

import (
	"encoding/json"
	"strconv"
	"time"

	"crackle/alert"
)

// A text frame is one JSON object:
//
//	type     "snapshot" forget everything, this is all; "resume" the same but for scores, which are those after your seq;
//	         "update" what changed
//	epoch    the hub's random name (snapshot and resume); seq means nothing in another epoch
//	seq      number of the update
//	now      wall time of the monitor, ms since 1970 UTC
//	streams  [StreamStatus, …]
//	scores   {stream id: [[pos, time_ms, value, limit, verdict, reason], …]}; see appendPoints
//	marks    {stream id: [[pos, part, lot], …]} where a part begins
//	alarms   [Alarm, …]
//
// A field without content is left out. An empty update comes at least every second and says that the monitor lives.

// updateText encodes what changed since the last update, nil when that is nothing and the last one is young.
func (s *state) updateText(now time.Time) []byte {
	f := s.frame("update", s.seq+1, now)
	empty := len(f)
	f = s.appendStreams(f, func(v *view) bool { return !v.told })
	f = s.appendScores(f, func(v *view) []point { return v.points })
	f = s.appendMarks(f, func(v *view) []mark { return v.marks[max(0, len(v.marks)-v.newMarks):] })
	f = s.appendAlarms(f, s.alarms.takeChanged())
	for _, v := range s.streams {
		v.told, v.points, v.newMarks = true, v.points[:0], 0
	}
	if len(f) == empty && now.Sub(s.sent) < silentAfter {
		return nil
	}
	s.seq++
	return append(f, '}')
}

func (s *state) welcomeText(epoch string, since uint64, now time.Time) []byte {
	kind := "snapshot"
	if epoch == s.epoch && since <= s.seq {
		kind = "resume"
		for _, v := range s.streams {
			if _, whole := v.history.since(since); !whole {
				kind = "snapshot"
			}
		}
	}
	if kind == "snapshot" {
		since = 0
	}
	f := s.frame(kind, s.seq, now)
	f = append(f, `,"epoch":"`...)
	f = append(append(f, s.epoch...), '"')
	f = s.appendStreams(f, func(*view) bool { return true })
	f = s.appendScores(f, func(v *view) []point { pts, _ := v.history.since(since); return pts })
	f = s.appendMarks(f, func(v *view) []mark { return v.marks })
	f = s.appendAlarms(f, s.alarms.all())
	return append(f, '}')
}

func (s *state) frame(kind string, seq uint64, now time.Time) []byte {
	f := make([]byte, 0, 4<<10)
	f = append(f, `{"type":"`...)
	f = append(f, kind...)
	f = append(f, `","seq":`...)
	f = strconv.AppendUint(f, seq, 10)
	f = append(f, `,"now":`...)
	return strconv.AppendInt(f, now.UnixMilli(), 10)
}

func (s *state) appendStreams(f []byte, want func(*view) bool) []byte {
	l := list{f: f, head: `,"streams":[`, tail: "]"}
	for _, v := range s.streams {
		if v.status != nil && want(v) {
			l.next()
			l.f = append(l.f, v.status...)
		}
	}
	return l.end()
}

func (s *state) appendScores(f []byte, points func(*view) []point) []byte {
	l := list{f: f, head: `,"scores":{`, tail: "}"}
	for id, v := range s.streams {
		if pts := points(v); len(pts) > 0 {
			l.key(id)
			l.f = appendPoints(l.f, pts)
		}
	}
	return l.end()
}

func (s *state) appendMarks(f []byte, marks func(*view) []mark) []byte {
	l := list{f: f, head: `,"marks":{`, tail: "}"}
	for id, v := range s.streams {
		if ms := marks(v); len(ms) > 0 {
			l.key(id)
			for i, m := range ms {
				l.f = append(l.f, "[,"[min(i, 1)], '[')
				l.f = appendNumber(l.f, m.pos, 12)
				l.f = appendString(append(l.f, ','), m.part)
				l.f = appendString(append(l.f, ','), m.lot)
				l.f = append(l.f, ']')
			}
			l.f = append(l.f, ']')
		}
	}
	return l.end()
}

func (s *state) appendAlarms(f []byte, alarms []alert.Alarm) []byte {
	l := list{f: f, head: `,"alarms":[`, tail: "]"}
	for i := range alarms {
		js, err := AlarmJSON(alarms[i])
		if err != nil {
			s.cfg.Log.Error("an alarm cannot be shown", "alarm", alarms[i].ID, "stream", alarms[i].Stream, "error", err)
			continue
		}
		l.next()
		l.f = append(l.f, js...)
	}
	return l.end()
}

func appendString(f []byte, v string) []byte {
	js, _ := json.Marshal(v) // a string always encodes
	return append(f, js...)
}

// list writes head before its first element, commas between, and tail after the last; nothing at all when there is none.
type list struct {
	f          []byte
	head, tail string
	n          int
}

func (l *list) next() {
	if l.n == 0 {
		l.f = append(l.f, l.head...)
	} else {
		l.f = append(l.f, ',')
	}
	l.n++
}

func (l *list) key(id int) {
	l.next()
	l.f = append(l.f, '"')
	l.f = strconv.AppendInt(l.f, int64(id), 10)
	l.f = append(l.f, '"', ':')
}

func (l *list) end() []byte {
	if l.n > 0 {
		l.f = append(l.f, l.tail...)
	}
	return l.f
}
