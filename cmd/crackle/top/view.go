package top

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// trendLength is how many scores of a stream are remembered.
const trendLength = 60

// View is what the screen shows: the newest snapshot, and the scores of those before. It is for one goroutine.
type View struct {
	URL    string // of the monitor, for the first line
	Colour bool   // colours and other marks of a terminal; the words say the same

	snap   *Snapshot
	trends map[string][]float64
	err    error     // of the newest question
	lost   time.Time // since when there is no answer
	scroll int
}

// Take keeps what came of a question at now.
func (v *View) Take(s *Snapshot, err error, now time.Time) {
	if err != nil {
		if v.err == nil {
			v.lost = now
		}
		v.err = err
		return
	}
	v.err = nil
	slices.SortStableFunc(s.Streams, worstFirst)
	old := v.trends
	v.trends = make(map[string][]float64, len(s.Streams))
	for i := range s.Streams {
		st := &s.Streams[i]
		score := math.NaN()
		if st.Score != nil && st.Limit != nil && *st.Limit > 0 {
			score = *st.Score / *st.Limit
		}
		t := append(old[st.Name], score)
		v.trends[st.Name] = t[max(0, len(t)-trendLength):]
	}
	v.snap = s
}

// rank orders verdicts, those that need a person first.
func rank(verdict string) int { return slices.Index([]string{"alarm", "not assessed", "ok"}, verdict) }

func worstFirst(a, b Stream) int {
	share := func(s *Stream) float64 {
		if s.Score == nil || s.Limit == nil || *s.Limit <= 0 {
			return 0
		}
		return *s.Score / *s.Limit
	}
	return cmp.Or(cmp.Compare(rank(a.Verdict), rank(b.Verdict)), cmp.Compare(share(&b), share(&a)), strings.Compare(a.Name, b.Name))
}

// Scroll moves the list of streams by so many lines.
func (v *View) Scroll(lines int) { v.scroll += lines }

// Lines draws w cells by h lines; h 0 means as many as there are.
func (v *View) Lines(w, h int, now time.Time) []string {
	out := v.head(w, now)
	if v.snap == nil {
		return out
	}
	alarms := v.alarms(w)
	foot := v.foot(w)
	room := len(v.snap.Streams)
	if h > 0 {
		fixed := len(out) + 1 + len(foot)
		if most := max(2, (h-fixed)/3); len(alarms) > most && len(v.snap.Streams)+len(alarms) > h-fixed {
			rest := len(alarms) - most
			alarms = append(alarms[:most-1:most-1], v.paint(dim, fit(fmt.Sprintf("  … and %d more", rest+1), w, false)))
		}
		room = max(1, h-fixed-len(alarms))
	}
	v.scroll = max(0, min(v.scroll, len(v.snap.Streams)-room))
	out = append(out, v.table(w, room)...)
	if h > 0 {
		for len(out)+len(alarms)+len(foot) < h {
			out = append(out, "")
		}
	}
	return append(append(out, alarms...), foot...)
}
