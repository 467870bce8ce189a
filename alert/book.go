package alert

import (
	"errors"
	"fmt"
	"time"

	"crackle/detector"
)

// BookConfig sizes a Book and names its streams.
type BookConfig struct {
	Streams []Stream // watched from the start; a score of any other stream is taken under Default
	Default Rules    // for streams that are not configured
	Open    int      // open alarms kept; default 1000. The oldest returned one retires when there are more
	History int      // closed alarms kept; default 1000

	Realarm     time.Duration // see Stream.Realarm; default 0: never
	MaxShelve   time.Duration // longest time on a shelf; default 24 h
	Stale       time.Duration // age from which an active alarm counts as stale; default 24 h
	Reconcile   time.Duration // after a restart, time for a condition to be found again before it counts as over; longer than any no-data time; default 1 min
	Dependences []Dependence  // what explains what; nil: DefaultDependences
}

// Counts are the book's totals since it was made.
type Counts struct {
	Scores      uint64 `json:"scores"`       // windows looked at
	NotAssessed uint64 `json:"not_assessed"` // of these, windows that could neither raise nor clear
	Raised      uint64 `json:"raised"`
	Cleared     uint64 `json:"cleared"`
	Answered    uint64 `json:"acknowledged"`
	Retired     uint64 `json:"retired"`  // left the open list unanswered because it was full
	Rejected    uint64 `json:"rejected"` // inputs that could not mean anything

	Listed     uint64 `json:"listed"`     // held back when they began: shelved, suppressed by design, out of service
	Delisted   uint64 `json:"delisted"`   // of these, ended without having been raised
	Realarmed  uint64 `json:"realarmed"`  // told again
	Chattering uint64 `json:"chattering"` // raisings that were the third or later of their point within a minute
	Stale      uint64 `json:"stale"`      // alarms that became stale
	Floods     uint64 `json:"floods"`     // times that more than ten alarms were raised within ten minutes
	Repeated   uint64 `json:"repeated"`   // windows that a restart brought a second time, passed over
}

// Book is the alarm machine: every stream's delays, every open alarm, a bounded history. It holds no clock, starts nothing and sends
// nothing: Step turns one input into events. Not safe for concurrent use. The zero value is not usable, see NewBook.
type Book struct {
	cfg     BookConfig
	streams map[string]*watched
	open    []*Alarm // in order of raising
	history []Alarm  // in order of closing, a ring once full
	oldest  int      // in history
	counts  Counts
	number  uint64    // of the newest event
	now     time.Time // wall time of the step under way

	shelves     map[point]*Shelf
	service     map[point]*Service
	gone        map[point]ended     // causes that are over, for as long as they still explain anything
	load        load                // how fast alarms come
	unconfirmed map[*Alarm]struct{} // conditions from before a restart, not found again yet
	reconciling bool                // since a restart
	restored    time.Time           // time of the first step after it
}

// point is what people shelve and take out of service: a stream and a kind of alarm. An empty kind stands for all of the stream.
type point struct {
	stream string
	kind   Kind
}

// watched is one stream as the book sees it.
type watched struct {
	Stream
	track track
	conds map[Kind]*Alarm // the episodes of its conditions; an absent kind has none
	known bool            // configured, or heard since the book was made or restored
}

// NewBook makes an empty book, or reports every mistake in cfg, joined.
func NewBook(cfg BookConfig) (*Book, error) {
	if cfg.Open == 0 {
		cfg.Open = 1000
	}
	if cfg.History == 0 {
		cfg.History = 1000
	}
	setDuration(&cfg.MaxShelve, 24*time.Hour)
	setDuration(&cfg.Stale, 24*time.Hour)
	setDuration(&cfg.Reconcile, time.Minute)
	if cfg.Dependences == nil {
		cfg.Dependences = DefaultDependences()
	}
	var errs []error
	if cfg.MaxShelve < 0 || cfg.Stale < 0 || cfg.Reconcile < 0 || cfg.Realarm < 0 {
		errs = append(errs, fmt.Errorf("alert: longest shelf %s, stale %s, reconcile %s, re-alarm %s; allowed are positive times",
			cfg.MaxShelve, cfg.Stale, cfg.Reconcile, cfg.Realarm))
	}
	for _, d := range cfg.Dependences {
		errs = append(errs, d.check())
	}
	if cfg.Open < 1 || cfg.History < 1 {
		errs = append(errs, fmt.Errorf("alert: open %d, history %d; allowed are 1 or more of each", cfg.Open, cfg.History))
	}
	if err := cfg.Default.Validate(); err != nil {
		errs = append(errs, err)
	}
	cfg.Default = cfg.Default.withDefaults()
	b := &Book{
		cfg: cfg, streams: make(map[string]*watched), shelves: make(map[point]*Shelf), service: make(map[point]*Service),
		gone: make(map[point]ended), load: newLoad(), unconfirmed: make(map[*Alarm]struct{}),
	}
	for _, s := range cfg.Streams {
		if err := b.configure(s); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return b, nil
}

// Step takes one input and appends the events that follow from it to dst. now is the wall time. An error says that the input was
// refused and changed nothing but the count of refusals. A score that changes no alarm allocates nothing.
func (b *Book) Step(dst []Event, in *Input, now time.Time) ([]Event, error) {
	n, err := len(dst), error(nil)
	now = now.UTC()
	b.now = now
	if b.reconciling && b.restored.IsZero() {
		b.restored = now
	}
	switch {
	case in.Op == OpScore:
		dst, err = b.score(dst, &in.Score, now)
	case in.Op == OpCondition && in.Condition != nil:
		dst, err = b.condition(dst, *in.Condition, now)
	case in.Op == OpPartEnd && in.PartEnd != nil:
		dst, err = b.partEnd(dst, *in.PartEnd, now)
	case in.Op == OpAcknowledge && in.Acknowledge != nil:
		dst, err = b.acknowledge(dst, *in.Acknowledge, now)
	case in.Op == OpConfigure && in.Stream != nil:
		err = b.configure(*in.Stream)
	case in.Op == OpRemove && in.Stream != nil:
		dst, err = b.remove(dst, in.Stream.Name, now)
	case in.Op == OpShelve && in.Shelving != nil:
		dst, err = b.shelve(dst, *in.Shelving)
	case in.Op == OpUnshelve && in.Shelving != nil:
		dst, err = b.unshelve(dst, *in.Shelving)
	case in.Op == OpService && in.Service != nil:
		dst, err = b.serve(dst, *in.Service)
	case in.Op == OpTick:
		dst = b.tick(dst)
	default:
		err = fmt.Errorf("alert: %w: op %d without its value", ErrInput, in.Op)
	}
	if err != nil {
		b.counts.Rejected++
		return dst[:n], err
	}
	return dst, nil
}

// stream returns the entry for name, made under the default rules when it is new.
func (b *Book) stream(name string) *watched {
	w := b.streams[name]
	if w == nil {
		w = &watched{Stream: Stream{Name: name, Rules: b.cfg.Default}}
		w.track = newTrack(w.Rules)
		b.streams[name] = w
	}
	return w
}

// configure adds a stream or changes it. Unchanged rules keep the delays as they stand; changed ones start them anew. An open episode
// stays open either way and clears by the new rules.
func (b *Book) configure(s Stream) error {
	if err := s.Rules.Validate(); err != nil {
		return fmt.Errorf("stream %q: %w", s.Name, err)
	}
	if err := s.Priority.check(); err != nil {
		return fmt.Errorf("stream %q: %w", s.Name, err)
	}
	s.Rules = s.Rules.withDefaults()
	w := b.stream(s.Name)
	w.known = true
	if w.Rules != s.Rules {
		old := w.track
		w.track = newTrack(s.Rules)
		w.track.run, w.track.part, w.track.lot, w.track.started = old.run, old.part, old.lot, old.started
		w.track.timeNS, w.track.episode, w.track.end, w.track.past = old.timeNS, old.episode, old.end, old.past
		if old.started {
			w.track.seen = unknown
		}
	}
	w.Stream = s
	return nil
}

// remove closes what is open for a stream and forgets it.
func (b *Book) remove(dst []Event, name string, now time.Time) ([]Event, error) {
	w := b.streams[name]
	if w == nil {
		return dst, fmt.Errorf("alert: %w: no stream %q to remove", ErrInput, name)
	}
	dst = b.endEpisode(dst, w, signalTime(w.track.timeNS, now), ClearedRemoved)
	for _, a := range b.conditionsOf(w) {
		dst = b.clear(dst, a, now, ClearedRemoved)
	}
	delete(b.streams, name)
	return dst, nil
}

// conditionsOf lists a stream's open conditions in the order they were raised.
func (b *Book) conditionsOf(w *watched) []*Alarm {
	var list []*Alarm
	for _, a := range b.open {
		if w.conds[a.Kind] == a {
			list = append(list, a)
		}
	}
	return list
}

// score takes one window.
func (b *Book) score(dst []Event, s *detector.Score, now time.Time) ([]Event, error) {
	if s.Stream == "" {
		return dst, fmt.Errorf("alert: %w: score without a stream", ErrInput)
	}
	w := b.stream(s.Stream)
	t := &w.track
	w.known = true
	b.counts.Scores++
	if t.past.covers(s) {
		b.counts.Repeated++
		if s.PartEnd && w.Rules.PerPart && s.Run == t.run && s.End == t.end { // what it raised stands, and it also ends its part
			dst = b.endEpisode(dst, w, signalTime(s.TimeNS, now), ClearedPart)
		}
		return dst, nil
	}
	t.past = past{}
	if t.episode != nil && t.episode.State == Normal && !t.ghost.covers(s) {
		t.episode = nil
		t.forget()
	}
	if t.started && w.Rules.PerPart && s.Part != t.part {
		dst = b.closePart(dst, w, signalTime(t.timeNS, now), now)
	}
	if t.started && s.Run != t.run {
		clear(t.marks) // indices of another run name nothing in this one
	}
	t.run, t.end, t.part, t.lot, t.timeNS, t.started = s.Run, s.End, s.Part, s.Lot, s.TimeNS, true

	switch j := judge(w.Rules, s); {
	case j == blind:
		b.counts.NotAssessed++
	case t.episode != nil:
		dst = b.during(dst, w, s, j, now)
	case t.note(w.Rules, s, j):
		dst = b.raiseScore(dst, w, now)
	}
	t.count(s)
	if s.PartEnd && w.Rules.PerPart {
		dst = b.closePart(dst, w, signalTime(s.TimeNS, now), now)
	}
	return dst, nil
}

// closePart ends a part. One that was too short for the on-delay raises its alarm here: no further window will come that could, and its windows above the
// limit must not be taken for good.
func (b *Book) closePart(dst []Event, w *watched, at, now time.Time) []Event {
	if w.track.episode == nil && w.track.short(w.Rules) {
		dst = b.raiseScore(dst, w, now)
	}
	w.track.seen = 0
	return b.endEpisode(dst, w, at, ClearedPart)
}

// raiseScore begins an episode at the oldest window of the on-delay.
func (b *Book) raiseScore(dst []Event, w *watched, now time.Time) []Event {
	t := &w.track
	first, peak := t.onset()
	a := Alarm{
		Stream: w.Name, Kind: KindScore,
		Run: t.run, Onset: first.First, OnsetTime: signalTime(first.TimeNS, now),
		Part: first.Part, Lot: first.Lot,
		Score: peak.Value, Limit: peak.Limit, What: peak.What, Member: peak.Member,
		Provisional: w.Provisional,
	}
	newest := t.newest()
	a.End = newest.End
	t.forget()
	t.above = true
	dst, t.episode = b.raise(dst, w, a, signalTime(newest.TimeNS, now))
	return dst
}

// during takes a window inside an episode.
func (b *Book) during(dst []Event, w *watched, s *detector.Score, j judgement, now time.Time) []Event {
	t, a := &w.track, w.track.episode
	a.Regime = ""
	if s.Regime != detector.Steady {
		a.Regime = s.Regime.String()
	}
	if s.Regime == detector.NewRegime && a.State == Unacknowledged {
		a.Latched = true // no alarm any more, until a person has seen it
		t.episode = nil
		t.forget()
		return dst
	}
	if j != above {
		t.above = false
		if j == straddle {
			t.calm = 0
			return dst
		}
		t.calm++
		switch {
		case t.calm < w.Rules.Clear:
		case a.State == Normal: // a ghost ends with its part
		case w.Rules.Latch && a.State == Unacknowledged:
			a.Latched = true
		default: // what was held back was not told, so there is nothing to latch
			dst = b.clear(dst, a, signalTime(s.TimeNS, now), ClearedReturned)
			t.episode = nil
			t.forget()
		}
		return dst
	}
	if !t.above {
		a.Chatter++
	}
	t.above, t.calm, a.Latched = true, 0, false
	if s.Run == a.Run {
		a.End = s.End
	}
	if s.Value > a.Score {
		a.Score, a.Limit, a.What, a.Member = s.Value, s.Limit, what(s), s.Member
		a.latchSeverity()
	}
	return dst
}

// endEpisode closes a stream's score episode, if any, and starts its delays anew. A latched episode leaves the stream but stays in
// the list, active, until it is acknowledged: the next part may raise its own.
func (b *Book) endEpisode(dst []Event, w *watched, at time.Time, why ClearReason) []Event {
	t := &w.track
	if a := t.episode; a != nil {
		if w.Rules.Latch && why == ClearedPart && a.State == Unacknowledged {
			a.Latched = true
		} else if a.State != Normal {
			dst = b.clear(dst, a, at, why)
		}
		t.episode = nil
	}
	t.forget()
	return dst
}

// partEnd closes a part that no further score will close.
func (b *Book) partEnd(dst []Event, p PartEnd, now time.Time) ([]Event, error) {
	w := b.streams[p.Stream]
	if w == nil {
		return dst, fmt.Errorf("alert: %w: end of part %q in stream %q, which is not watched", ErrInput, p.Part, p.Stream)
	}
	if !w.Rules.PerPart || !w.track.started || w.track.part != p.Part {
		return dst, nil
	}
	at := p.At.UTC()
	if at.IsZero() {
		at = signalTime(w.track.timeNS, now)
	}
	return b.closePart(dst, w, at, now), nil
}

func setDuration(v *time.Duration, d time.Duration) {
	if *v == 0 {
		*v = d
	}
}
