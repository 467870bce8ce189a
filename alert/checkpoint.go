package alert

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// checkpointVersion rises when an older reader could misread a checkpoint. Version 1 knew nothing of shelves and out-of-service points.
const checkpointVersion = 2

// Checkpoint is everything a book knows, as JSON: a book restored from it goes on as if there had been no break. The configuration is
// not part of it, but for the rules under which the delays ran.
type Checkpoint struct {
	Version int           `json:"version"`
	Streams []StreamState `json:"streams,omitempty"` // by name
	Open    []Alarm       `json:"open,omitempty"`    // in order of raising
	History []Alarm       `json:"history,omitempty"` // in order of closing
	Counts  Counts        `json:"counts"`

	Events  uint64    `json:"events"`            // number of the newest event that is in it
	Shelves []Shelf   `json:"shelves,omitempty"` // the next to expire first
	Service []Service `json:"service,omitempty"` // out of it, by stream and kind
	Gone    []gone    `json:"gone,omitempty"`    // causes that are over and still explain
}

type gone struct {
	Stream string    `json:"stream"`
	Kind   Kind      `json:"kind"`
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
}

// StreamState is one stream's delays and the ids of the alarms that it still drives.
type StreamState struct {
	Name       string          `json:"name"`
	Rules      Rules           `json:"rules"`
	Run        uint64          `json:"run,string"`
	Part       string          `json:"part,omitempty"`
	Lot        string          `json:"lot,omitempty"`
	Started    bool            `json:"started,omitempty"`
	End        uint64          `json:"end,omitempty"` // one past the newest window
	TimeNS     int64           `json:"time_ns,omitempty"`
	Marks      []mark          `json:"marks,omitempty"` // of the on-delay, oldest first
	Seen       int             `json:"seen,omitempty"`  // windows of the part
	Above      bool            `json:"above,omitempty"`
	Calm       int             `json:"calm,omitempty"`
	Episode    string          `json:"episode,omitempty"`
	Conditions map[Kind]string `json:"conditions,omitempty"`
	Past       past            `json:"past,omitzero"`   // after a restart, until the signal has caught up
	Ghost      *Alarm          `json:"ghost,omitempty"` // and an episode that is closed already, see GhostPast
	GhostPast  past            `json:"ghost_past,omitzero"`
}

// Checkpoint copies everything the book knows; it shares nothing with the book.
func (b *Book) Checkpoint() Checkpoint {
	snap := b.Snapshot()
	slices.Reverse(snap.Recent)
	c := Checkpoint{Version: checkpointVersion, Open: snap.Open, History: snap.Recent, Counts: b.counts, Events: b.number, Shelves: snap.Shelves, Service: snap.OutOfService}
	for p, e := range b.gone {
		c.Gone = append(c.Gone, gone{p.stream, p.kind, e.id, e.at})
	}
	slices.SortFunc(c.Gone, func(a, b gone) int {
		return cmp.Or(strings.Compare(a.Stream, b.Stream), strings.Compare(string(a.Kind), string(b.Kind)))
	})
	for name, w := range b.streams {
		t := &w.track
		s := StreamState{
			Name: name, Rules: w.Rules, Run: t.run, Part: t.part, Lot: t.lot, Started: t.started, End: t.end, TimeNS: t.timeNS,
			Marks: slices.Concat(t.marks[t.at:], t.marks[:t.at]), Seen: t.seen, Above: t.above, Calm: t.calm,
		}
		s.Past = t.past
		switch {
		case t.episode == nil:
		case t.episode.State == Normal:
			ghost := *t.episode
			s.Ghost, s.GhostPast = &ghost, t.ghost
		default:
			s.Episode = t.episode.ID
		}
		for kind, a := range w.conds {
			if s.Conditions == nil {
				s.Conditions = make(map[Kind]string)
			}
			s.Conditions[kind] = a.ID
		}
		c.Streams = append(c.Streams, s)
	}
	slices.SortFunc(c.Streams, func(a, b StreamState) int { return strings.Compare(a.Name, b.Name) })
	return c
}

// ReadAgain notes in c that a stream's signal will be read again from an earlier place than where its state stands, within the given run: windows that
// the state has seen are then passed over and counted. The caller must own c.Streams.
func (c *Checkpoint) ReadAgain(stream string, run uint64) {
	for i := range c.Streams {
		s := &c.Streams[i]
		if s.Name != stream || !s.Started {
			continue
		}
		if s.Past == (past{}) {
			s.Past = past{Run: s.Run, End: s.End, TimeNS: s.TimeNS}
		}
		if s.Run != run {
			s.Past.Before, s.Past.Two = run, true
		}
	}
}

// Restore puts a checkpoint into a book that has taken no input yet. A stream whose rules have changed since keeps its open alarms and
// starts its delays anew. A history longer than the book's loses its oldest. It fails, and leaves the book as it was, on a checkpoint
// of a later version or one that contradicts itself.
func (b *Book) Restore(c Checkpoint) error {
	if b.counts != (Counts{}) || len(b.open) > 0 || b.number > 0 {
		return errors.New("alert: a checkpoint can only be restored into a book that has taken no input yet")
	}
	if c.Version < 1 || c.Version > checkpointVersion {
		return fmt.Errorf("alert: checkpoint is of version %d, this program reads up to version %d; start with the program that wrote it, or without the checkpoint",
			c.Version, checkpointVersion)
	}
	open := make(map[string]*Alarm, len(c.Open))
	order := make([]*Alarm, 0, len(c.Open))
	for _, a := range c.Open {
		if a.ID == "" || open[a.ID] != nil || a.State == Normal {
			return fmt.Errorf("alert: checkpoint lists open alarm %q twice, or in state %q; start without the checkpoint", a.ID, a.State)
		}
		p := new(Alarm)
		*p = a
		open[a.ID], order = p, append(order, p)
	}
	for i := range c.Streams {
		if err := c.Streams[i].check(open); err != nil {
			return err
		}
	}
	for i := range c.Streams {
		c.Streams[i].restore(b.stream(c.Streams[i].Name), open)
	}
	b.open, b.counts, b.number = order, c.Counts, c.Events
	for _, s := range c.Shelves {
		b.shelves[point{s.Stream, s.Kind}] = &s
	}
	for _, v := range c.Service {
		b.service[point{v.Stream, v.Kind}] = &v
	}
	for _, e := range c.Gone {
		b.gone[point{e.Stream, e.Kind}] = ended{e.ID, e.At}
	}
	b.reconcileLater()
	b.history = slices.Clone(c.History[max(0, len(c.History)-b.cfg.History):])
	return nil
}

// check holds a stream's state against the open alarms: what it drives must be open, active and its own.
func (s *StreamState) check(open map[string]*Alarm) error {
	owns := func(id string, kind Kind) error {
		if a := open[id]; a == nil || a.Stream != s.Name || a.Kind != kind || !a.State.Active() && !a.State.Held() {
			return fmt.Errorf("alert: checkpoint says that stream %q holds %s alarm %q, which is not an active alarm of it; start without the checkpoint", s.Name, kind, id)
		}
		return nil
	}
	if s.Episode != "" {
		if err := owns(s.Episode, KindScore); err != nil {
			return err
		}
	}
	for kind, id := range s.Conditions {
		if err := owns(id, kind); err != nil {
			return err
		}
	}
	return nil
}

func (s *StreamState) restore(w *watched, open map[string]*Alarm) {
	t := &w.track
	t.run, t.part, t.lot, t.started, t.timeNS, t.end = s.Run, s.Part, s.Lot, s.Started, s.TimeNS, s.End
	if s.Rules == w.Rules && len(s.Marks) == len(t.marks) {
		copy(t.marks, s.Marks)
		t.at, t.seen, t.above, t.calm = 0, s.Seen, s.Above, s.Calm
	} else if s.Started {
		t.seen = unknown
	}
	t.past, t.ghost = s.Past, s.GhostPast
	if s.Ghost != nil {
		ghost := *s.Ghost
		t.episode = &ghost
	}
	if s.Episode != "" {
		t.episode = open[s.Episode]
	}
	for kind, id := range s.Conditions {
		if w.conds == nil {
			w.conds = make(map[Kind]*Alarm)
		}
		w.conds[kind] = open[id]
	}
}
