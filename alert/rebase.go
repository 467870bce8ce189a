package alert

import "time"

// untakenMost bounds what a machine keeps for a journal that is not there yet.
const untakenMost = 10_000

// remember keeps events for Rebase. The caller holds the lock.
func (m *Machine) remember(events []Event) {
	if !m.early {
		return
	}
	m.untaken = append(m.untaken, events...)
	if n := len(m.untaken) - untakenMost; n > 0 {
		m.log.Error("alarm transitions will not be journalled: the store has been away for too long", "lost", n)
		m.untaken = append(m.untaken[:0], m.untaken[n:]...)
	}
}

// Rebase gives a machine that was started Early the past that a journal holds: a checkpoint and the events since, as Config.Restore and Since. What the
// machine has told until now is taken as having happened after that, under new numbers. These events and all later ones come out of the
// listener that it returns, for the journal to store. It fails, and changes nothing, on a checkpoint that Restore refuses.
func (m *Machine) Rebase(from *Checkpoint, since []Event, name string, depth int) (*Listener, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	book, err := NewBook(m.cfg)
	if err != nil {
		return nil, err
	}
	if from != nil {
		if err := book.Restore(*from); err != nil {
			return nil, err
		}
	}
	for i := range since {
		book.Apply(&since[i])
	}
	for _, w := range m.book.streams {
		if !w.known {
			continue
		}
		if err := book.configure(w.Stream); err != nil {
			return nil, err
		}
	}
	l := newListener(name, depth+len(m.untaken))
	before := book.allConditions()
	for i := range m.untaken {
		ev := &m.untaken[i]
		ev.Number = book.number + 1
		book.Apply(ev)
		l.push(*ev)
	}
	book.goOn(m.book)
	m.book, m.early, m.untaken = book, false, nil
	if m.stopped {
		close(l.c)
		return l, nil
	}
	m.listeners = append(m.listeners[:len(m.listeners):len(m.listeners)], l)
	m.tell(book.endSuperseded(before, time.Now().UTC()), m.listeners)
	return l, nil
}

// goOn takes over the delays of a book that lived through the newest events, and its conditions, which hold.
func (b *Book) goOn(from *Book) {
	for name, old := range from.streams {
		w := b.stream(name)
		for kind, a := range w.conds {
			if c := old.conds[kind]; c != nil && c.ID == a.ID {
				delete(b.unconfirmed, a)
			}
		}
		if old.track.started {
			episode := w.track.episode
			w.track = old.track
			w.track.episode = episode
		}
	}
	b.load = from.load
}

// allConditions lists the conditions of all streams that drive an alarm, in the order they were raised.
func (b *Book) allConditions() (list []*Alarm) {
	for _, a := range b.open {
		if w := b.streams[a.Stream]; w != nil && w.conds[a.Kind] == a {
			list = append(list, a)
		}
	}
	return list
}

// endSuperseded clears those conditions that have been found again under another name.
func (b *Book) endSuperseded(list []*Alarm, now time.Time) (events []Event) {
	b.now = now
	for _, a := range list {
		if b.streams[a.Stream].conds[a.Kind] != a && (a.State.Active() || a.State.Held()) {
			events = b.clear(events, a, now, ClearedRestart)
		}
	}
	return events
}
