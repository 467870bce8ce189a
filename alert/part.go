package alert

import "context"

// EndPart tells that no further window of a part will come, waits until that and every input before it has been taken, and reports whether, in
// that run, a score alarm had windows above its limit in the part: from its onset to its last one. It fails as Acknowledge does. The answer looks as
// far back as the machine's history.
func (m *Machine) EndPart(ctx context.Context, run uint64, p PartEnd) (alarmed bool, err error) {
	if err := m.ask(ctx, Input{Op: OpPartEnd, PartEnd: &p}); err != nil {
		return false, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.book.alarmed(run, &p), nil
}

// alarmed looks for a score alarm of the part among the open and the recent. What was never raised, but listed, counts too: it is shelved or explained,
// and the part is no better for it.
func (b *Book) alarmed(run uint64, p *PartEnd) bool {
	on := func(a *Alarm) bool {
		return a.Kind == KindScore && a.Stream == p.Stream && a.Run == run && a.Onset < p.End && a.End > p.First
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
