package hub

import (
	"slices"
	"sync"

	"crackle/alert"
)

// alarmList holds every open alarm and the newest of the finished ones.
type alarmList struct {
	keep int // finished alarms kept

	mu       sync.Mutex
	alarms   []alert.Alarm // oldest first
	changed  map[string]struct{}
	finished int
}

func newAlarmList(keep int) *alarmList {
	return &alarmList{keep: keep, changed: make(map[string]struct{})}
}

// set makes a the newest state of its alarm; a copy of an older revision is ignored.
func (l *alarmList) set(a alert.Alarm) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch i := slices.IndexFunc(l.alarms, func(b alert.Alarm) bool { return b.ID == a.ID }); {
	case i < 0:
		l.alarms = append(l.alarms, a)
	case a.Revision < l.alarms[i].Revision:
		return
	default:
		if l.alarms[i].State == alert.Normal {
			l.finished--
		}
		l.alarms[i] = a
	}
	l.changed[a.ID] = struct{}{}
	if a.State == alert.Normal {
		l.finished++
	}
	if l.finished > l.keep {
		i := slices.IndexFunc(l.alarms, func(b alert.Alarm) bool { return b.State == alert.Normal })
		delete(l.changed, l.alarms[i].ID)
		l.alarms = slices.Delete(l.alarms, i, i+1)
		l.finished--
	}
}

// takeChanged returns the alarms that changed since the last call.
func (l *alarmList) takeChanged() []alert.Alarm {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.changed) == 0 {
		return nil
	}
	var out []alert.Alarm
	for _, a := range l.alarms {
		if _, ok := l.changed[a.ID]; ok {
			out = append(out, a)
		}
	}
	clear(l.changed)
	return out
}

func (l *alarmList) all() []alert.Alarm {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.alarms)
}
