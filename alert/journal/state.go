package journal

import (
	"fmt"
	"slices"
	"time"

	"crackle/alert"
)

// remembered is the number of events kept for which sinks are known to be done.
const remembered = 4096

// State is what a journal held when it was opened.
type State struct {
	Book       alert.Checkpoint // the alarms as the journal knows them, with a history; to start from where there is no checkpoint
	Since      []alert.Event    // the events newer than Config.From, in order; none without it
	Entries    uint64           // read
	Lost       uint64           // entries that writers before could not keep, by their own word
	Unreadable uint64           // entries passed over because they are damaged

	from   *alert.Checkpoint
	told   map[string]map[string]string // event id → sinks that are done with it, with why they were not told
	sinks  map[string]bool              // that were ever done with one
	events []kept                       // the newest that people are told, oldest first; their number is bounded
}

type kept struct {
	alert.Event
	at time.Time // when it was journalled
}

// Restore returns what alert.Config needs to go on, as its Restore and Since: Config.From, which takes its history from the journal when it has
// none, and the events since; without Config.From, the alarms as the journal knows them.
func (s *State) Restore() (*alert.Checkpoint, []alert.Event) {
	if s.from == nil {
		return &s.Book, nil
	}
	with := *s.from
	if len(with.History) == 0 {
		with.History = slices.DeleteFunc(slices.Clone(s.Book.History), func(a alert.Alarm) bool {
			return slices.ContainsFunc(with.Open, func(o alert.Alarm) bool { return o.ID == a.ID })
		})
	}
	return &with, s.Since
}

// Told reports whether a sink is done with an event: it was taken, or given up. It looks back over some thousand events. A sink that the journal does
// not know is new, and done with all that was before it.
func (s *State) Told(sink, event string) bool {
	_, done := s.told[event][sink]
	return done || !s.sinks[sink] && len(s.sinks) > 0
}

// Knows lists the alarms that stand of which a sink has been told.
func (s *State) Knows(sink string) (alarms []string) {
	stands := s.stands()
	for _, ev := range s.events {
		if why, done := s.told[ev.ID][sink]; done && why == "" && ev.Change != alert.Cleared && stands[ev.Alarm.ID] && !slices.Contains(alarms, ev.Alarm.ID) {
			alarms = append(alarms, ev.Alarm.ID)
		}
	}
	return alarms
}

// stands are the alarms that are active.
func (s *State) stands() map[string]bool {
	ids := map[string]bool{}
	for _, a := range s.Book.Open {
		if a.State.Active() {
			ids[a.ID] = true
		}
	}
	return ids
}

// Pending lists, oldest first, the events journalled since a time that people are told (raised, told again, cleared) and that not all of the
// sinks are known to be done with; of alarms that stand still, those of before that time too: a sink may be waiting for its hours. Each may have arrived all the same: a crash between sending and noting is why it is told again under the same id.
func (s *State) Pending(sinks []string, since time.Time) []alert.Event {
	var list []alert.Event
	stands := s.stands()
	for _, ev := range s.events {
		if (!ev.at.Before(since) || ev.Change != alert.Cleared && stands[ev.Alarm.ID]) && slices.ContainsFunc(sinks, func(sink string) bool { return !s.Told(sink, ev.ID) }) {
			list = append(list, ev.Event)
		}
	}
	return list
}

// fold reads entries one after the other into a book.
type fold struct {
	cfg   alert.BookConfig
	book  *alert.Book
	state State
	last  Entry // the newest
}

func newFold(cfg alert.BookConfig, from *alert.Checkpoint) (*fold, error) {
	book, err := alert.NewBook(cfg)
	if err != nil {
		return nil, err
	}
	return &fold{cfg: cfg, book: book, state: State{from: from, told: map[string]map[string]string{}, sinks: map[string]bool{}}}, nil
}

func (f *fold) add(e *Entry) error {
	f.last = *e
	f.state.Entries++
	f.state.Lost += e.Lost
	switch {
	case e.Event != nil:
		f.event(e)
	case e.Told != nil:
		f.told(e.Told)
	case e.Opened != nil && len(e.Opened.Book) > 0:
		return f.opened(e.Opened)
	}
	return nil
}

func (f *fold) event(e *Entry) {
	ev := e.Event
	f.book.Apply(ev)
	if f.state.from != nil && ev.Number > f.state.from.Events {
		f.state.Since = append(f.state.Since, *ev)
	}
	if !tells(ev.Change) {
		return
	}
	f.state.events = append(f.state.events, kept{*ev, e.At})
	f.state.told[ev.ID] = map[string]string{}
	if len(f.state.events) > remembered {
		delete(f.state.told, f.state.events[0].ID)
		f.state.events = slices.Delete(f.state.events, 0, 1)
	}
}

// tells reports whether people are told of a change.
func tells(c alert.Change) bool {
	return c == alert.Raised || c == alert.Realarmed || c == alert.Cleared
}

func (f *fold) told(t *Told) {
	if t.Event == "" && !f.state.sinks[t.Sink] {
		for _, sinks := range f.state.told {
			sinks[t.Sink] = "it happened before the sink was there"
		}
	}
	f.state.sinks[t.Sink] = true
	if sinks, ok := f.state.told[t.Event]; ok {
		sinks[t.Sink] = t.Failed
	}
}

// opened goes on from an entry's book where the events that led to it are no longer there.
func (f *fold) opened(o *Opened) error {
	c, err := unpack(o.Book)
	if err != nil {
		return fmt.Errorf("journal: alarm book of an entry: %w", err)
	}
	have := f.book.Checkpoint()
	if c.Events <= have.Events {
		return nil
	}
	c.History = slices.DeleteFunc(have.History, func(a alert.Alarm) bool {
		return slices.ContainsFunc(c.Open, func(o alert.Alarm) bool { return o.ID == a.ID })
	})
	book, err := alert.NewBook(f.cfg)
	if err != nil {
		return err
	}
	if err := book.Restore(c); err != nil {
		return err
	}
	f.book = book
	return nil
}

func (f *fold) finish() State {
	f.state.Book = f.book.Checkpoint()
	return f.state
}
