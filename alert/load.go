package alert

import "time"

// Bounds of the alarm load on a person, as ISA-18.2 and IEC 62682 recommend them.
const (
	chatterTimes  = 3 // raisings of one point ...
	chatterWithin = time.Minute
	floodAbove    = 10 // raisings of all points ...
	floodWithin   = 10 * time.Minute
	floodOver     = 5 // the flood is over when fewer than this many came within floodWithin
)

// load follows how fast alarms are raised, in wall time. A restart begins it anew.
type load struct {
	newest [floodAbove + 1]time.Time // of all points, a ring
	at     int
	points map[point]*[chatterTimes]time.Time // of each point, newest first
	flood  bool
}

func newLoad() load { return load{points: make(map[point]*[chatterTimes]time.Time)} }

// raised takes one raising and reports whether a flood begins with it.
func (l *load) raised(p point, now time.Time, n *Counts) bool {
	t := l.points[p]
	if t == nil {
		t = new([chatterTimes]time.Time)
		l.points[p] = t
	}
	copy(t[1:], t[:])
	t[0] = now
	if oldest := t[chatterTimes-1]; !oldest.IsZero() && now.Sub(oldest) <= chatterWithin {
		n.Chattering++
	}
	l.newest[l.at] = now
	l.at = (l.at + 1) % len(l.newest)
	if l.flood || l.within(now) <= floodAbove {
		return false
	}
	l.flood = true
	return true
}

// within counts the raisings of the last ten minutes, up to one more than a flood needs.
func (l *load) within(now time.Time) int {
	n := 0
	for _, t := range l.newest {
		if !t.IsZero() && now.Sub(t) < floodWithin {
			n++
		}
	}
	return n
}

// pass lets time go on: floods end, and points that were quiet for long are forgotten.
func (l *load) pass(now time.Time) {
	if l.flood && l.within(now) < floodOver {
		l.flood = false
	}
	for p, t := range l.points {
		if now.Sub(t[0]) > floodWithin {
			delete(l.points, p)
		}
	}
}
