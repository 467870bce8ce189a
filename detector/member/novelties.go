package member

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Sizes of the past that the novelty of several channels may keep together, so that its state stays small beside a checkpoint.
const (
	noveltyPast = 12000 // values of all channels
	noveltyLong = 6000  // rows of the long means of all channels
	noveltyMost = 2000  // values of one channel
)

// Novelties is a Novelty of each channel that moves; the loudest speaks. The more channels there are, the shorter is the past of each.
type Novelties struct {
	width    int
	channels []*Novelty
	last     []float64 // score of each
}

// NewNovelties takes the scales from the rows.
func NewNovelties(rows [][]float64) (*Novelties, error) {
	s, err := newScaler(rows, 1)
	if err != nil {
		return nil, err
	}
	moving := 0
	for _, sd := range s.sd {
		if sd > 0 {
			moving++
		}
	}
	past := min(noveltyMost, max(noveltyPast/(7*moving), 50))
	m := &Novelties{width: len(s.mean), last: make([]float64, moving)}
	for j, sd := range s.sd {
		if sd == 0 {
			continue
		}
		n, err := NewNovelty(NoveltyConfig{Channel: j, History: past, Tail: past, Long: min(1500, max(noveltyLong/moving, 100))}, rows)
		if err != nil {
			return nil, err
		}
		m.channels = append(m.channels, n)
	}
	return m, nil
}

// Name is "novelty".
func (m *Novelties) Name() string { return "novelty" }

// Width is the number of features.
func (m *Novelties) Width() int { return m.width }

// Reset forgets the past of all channels.
func (m *Novelties) Reset() {
	for _, n := range m.channels {
		n.Reset()
	}
}

// Score is the largest of the channels' scores, NaN on a row that is not finite.
func (m *Novelties) Score(row []float64) float64 {
	if !finite(row) || len(row) != m.width {
		return nan
	}
	loudest := 0.0
	for k, n := range m.channels {
		m.last[k] = n.Score(row)
		loudest = max(loudest, m.last[k])
	}
	return loudest
}

// Causes gives each channel's score, and the nearest of its past as what is expected.
func (m *Novelties) Causes(c *Causes) {
	clear(c.Share)
	clear(c.Got)
	clear(c.Expected)
	for k, n := range m.channels {
		j := n.cfg.Channel
		c.Share[j] = m.last[k]
		c.Got[j], c.Expected[j] = n.found()
		c.Moves[j] = n.spoke == &n.views[2]
	}
}

// Each gives the member of each channel that moves: the score is the largest of theirs.
func (m *Novelties) Each(f func(feature int, m Member)) {
	for _, n := range m.channels {
		f(n.cfg.Channel, n)
	}
}

func (m *Novelties) writeState(w *stateWriter) {
	for _, n := range m.channels {
		n.values.writeState(w)
		n.shift.writeState(w)
		for i := range n.views {
			n.views[i].past.writeState(w)
			n.views[i].pending.writeState(w)
			n.views[i].rank.writeState(w)
		}
	}
}

func (m *Novelties) readState(r *stateReader) {
	for _, n := range m.channels {
		n.values.readState(r)
		n.shift.readState(r)
		for i := range n.views {
			n.views[i].past.readState(r)
			n.views[i].pending.readState(r)
			n.views[i].rank.readState(r)
		}
	}
}

type noveltiesFile struct {
	Width    int           `json:"width"`
	Channels []noveltyFile `json:"channels"`
}

type noveltyFile struct {
	Config NoveltyConfig `json:"config"`
	Median float64       `json:"median"`
	Width  float64       `json:"width"`
}

// MarshalJSON keeps what was learned.
func (m *Novelties) MarshalJSON() ([]byte, error) {
	f := noveltiesFile{Width: m.width}
	for _, n := range m.channels {
		f.Channels = append(f.Channels, noveltyFile{n.cfg, n.median, n.width})
	}
	return json.Marshal(f)
}

// UnmarshalJSON takes what was learned, checks it and starts fresh. On an error the Novelties are as they were.
func (m *Novelties) UnmarshalJSON(b []byte) error {
	return restore(b, "novelty", func(f noveltiesFile) (*Novelties, error) {
		if f.Width < 1 || f.Width > mostChannels || len(f.Channels) < 1 || len(f.Channels) > f.Width {
			return nil, fmt.Errorf("%d channels of %d features: features must be 1 to %d, channels 1 to the features", len(f.Channels), f.Width, mostChannels)
		}
		n := &Novelties{width: f.Width, last: make([]float64, len(f.Channels))}
		total := 0
		for _, c := range f.Channels {
			g := c.Config
			for _, v := range []int{g.History, g.Tail, g.Short, g.Spread, g.Long} {
				if v < 1 || v > noveltyMost*10 {
					return nil, fmt.Errorf("a length of %d rows, must be 1 to %d", v, noveltyMost*10)
				}
			}
			total += 4*g.History + 5*g.Tail + g.Long + 4*g.Spread + 4*g.Short
			if g.Channel < 0 || g.Channel >= f.Width || !(c.Width > 0) || total > mostRing {
				return nil, fmt.Errorf("channel %d of width %v, %d values: the channel must be one of %d, the width above 0, the values at most %d", g.Channel, c.Width, total, f.Width, mostRing)
			}
			n.channels = append(n.channels, newNovelty(g, c.Median, c.Width))
		}
		return n, nil
	}, m)
}

func (o *ordered) writeState(w *stateWriter) {
	w.count(len(o.ring))
	w.count(o.at)
	w.row(o.ring)
}

func (o *ordered) readState(r *stateReader) {
	n, at := r.count(cap(o.ring)), r.count(max(cap(o.ring)-1, 0))
	o.reset()
	o.ring = o.ring[:n]
	r.row(o.ring)
	o.at = at
	o.sorted = append(o.sorted[:0], o.ring...)
	slices.Sort(o.sorted)
}

func (t *trail) writeState(w *stateWriter) {
	w.count(t.at)
	w.count(t.seen)
	w.row(t.ring)
}

func (t *trail) readState(r *stateReader) {
	t.at, t.seen = r.count(len(t.ring)-1), r.count(len(t.ring))
	r.row(t.ring)
	for k := range t.blocks {
		t.block(k)
	}
}

func (k *ranking) writeState(w *stateWriter) {
	k.past.writeState(w)
	w.count(k.since)
	w.number(k.from)
	w.number(k.beta)
}

func (k *ranking) readState(r *stateReader) {
	k.past.readState(r)
	k.since = r.count(1 << 40)
	k.from, k.beta = r.number(), r.number()
}
