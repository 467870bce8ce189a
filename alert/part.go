package alert

import "context"

// EndPart tells that no further window of a part will come, waits until that and every input before it has been taken, and reports whether a
// score alarm was raised on the part in that run. It fails as Acknowledge does. The answer looks as far back as the machine's history.
func (m *Machine) EndPart(ctx context.Context, run uint64, p PartEnd) (alarmed bool, err error) {
	if err := m.ask(ctx, Input{Op: OpPartEnd, PartEnd: &p}); err != nil {
		return false, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.book.alarmed(p.Stream, run, p.Part), nil
}

// alarmed looks for a score alarm of the part among the open and the recent.
func (b *Book) alarmed(stream string, run uint64, part string) bool {
	on := func(a *Alarm) bool {
		return a.Kind == KindScore && a.Stream == stream && a.Run == run && a.Part == part
	}
	for _, a := range b.open {
		if on(a) {
			return true
		}
	}
	for i := range b.history {
		if on(&b.history[i]) {
			return true
		}
	}
	return false
}
