package member

import (
	"errors"
	"math"

	"crackle/detector/limit"
)

// WatchConfig of a Watch. The zero value of a field means its default.
type WatchConfig struct {
	Level     LevelConfig // roams; Clip defaults to 5, Horizon to 250, Track to 0.0045, Reach to 3, Onward to 150
	Spread    LevelConfig // roams; Onward defaults to 150
	Shift     ShiftConfig
	LevelOn   float64             // level at which an episode begins, in 99 % quantiles of the rows learned from; default 2.05
	ChannelOn float64             // the same for a single channel's level, default 4.2
	SpreadOn  float64             // the same for the spread, default 6
	GrowthOn  float64             // the same for the growth of a single channel's spread, default 2.6
	Episode   limit.EpisodeConfig // On is 1; the others default to 0.6, 0.3, 0.5, 1, 0.4, 8 and 600 rows
	ChangeOn  float64             // change statistic at which a changepoint is called, default 1.7
	ChangeOff float64             // and below which the process has settled, default 1
	Rest      int                 // rows between calls at least, default 50
}

func (c WatchConfig) withDefaults() WatchConfig {
	for _, f := range []struct {
		v *float64
		d float64
	}{
		{&c.Level.Clip, 5}, {&c.Level.Horizon, 250}, {&c.Level.Track, 0.0045}, {&c.Level.Reach, 3},
		{&c.LevelOn, 2.05}, {&c.ChannelOn, 4.2}, {&c.SpreadOn, 6}, {&c.GrowthOn, 2.6}, {&c.ChangeOn, 1.7}, {&c.ChangeOff, 1},
		{&c.Episode.On, 1}, {&c.Episode.Off, 0.6}, {&c.Episode.Undone, 0.3}, {&c.Episode.Remain, 0.5}, {&c.Episode.Moving, 1}, {&c.Episode.Deep, 0.4},
	} {
		if *f.v == 0 {
			*f.v = f.d
		}
	}
	for _, f := range []struct {
		v *int
		d int
	}{{&c.Level.Onward, 150}, {&c.Spread.Onward, 150}, {&c.Rest, 50}, {&c.Episode.Settle, 8}, {&c.Episode.Accept, 600}} {
		if *f.v == 0 {
			*f.v = f.d
		}
	}
	c.Level.Roam, c.Spread.Roam = true, true
	return c
}

// Seen is what a Watch says of a row.
type Seen struct {
	Score  float64 // 1 begins an episode; NaN without a verdict
	State  limit.State
	Change bool   // a changepoint: a change begins, or has settled
	Member string // which one spoke
}

// Watch joins the members for logs of a process: level, spread and shift, with an episode that knows recovery. It also calls changepoints: one
// where a change begins, one where it has settled.
type Watch struct {
	cfg      WatchConfig
	level    *Level
	spread   *Spread // nil when the rows learned from have no texture
	shift    *Shift
	episode  *limit.Episode
	changing bool
	since    int // rows since the last call
}

// NewWatch learns from rows of normal production.
func NewWatch(c WatchConfig, rows [][]float64) (*Watch, error) {
	w := &Watch{cfg: c.withDefaults()}
	var err error
	if w.level, err = NewLevel(w.cfg.Level, rows); err != nil {
		return nil, err
	}
	if w.shift, err = NewShift(w.cfg.Shift, rows); err != nil {
		return nil, err
	}
	w.spread, err = NewSpread(w.cfg.Spread, rows)
	if short := len(rows) < leastRows+spreadRows; err != nil && !errors.Is(err, ErrConstant) && !short {
		return nil, err
	}
	w.episode = limit.NewEpisode(w.cfg.Episode)
	w.Reset()
	return w, nil
}

// Name is "watch".
func (w *Watch) Name() string { return "watch" }

// Reset forgets the past.
func (w *Watch) Reset() {
	w.level.Reset()
	w.shift.Reset()
	if w.spread != nil {
		w.spread.Reset()
	}
	w.episode.Reset()
	w.changing, w.since = false, w.cfg.Rest
}

// Score is that of Step.
func (w *Watch) Score(row []float64) float64 { return w.Step(row).Score }

// Step takes the next row.
func (w *Watch) Step(row []float64) Seen {
	was := w.episode.State()
	level := w.level.Distance(row) / w.cfg.LevelOn
	if math.IsNaN(level) {
		return Seen{Score: level, State: was}
	}
	level = max(level, w.level.Alone()/w.cfg.ChannelOn)
	moving := w.shift.Score(row)
	if math.IsNaN(moving) {
		moving = 0
	}
	seen := Seen{Score: level, Member: "level"}
	left, spread := w.level.Left(), 0.0
	if w.spread != nil {
		if spread = w.spread.Distance(row) / w.cfg.SpreadOn; !math.IsNaN(spread) {
			spread = max(spread, w.spread.Growth()/w.cfg.GrowthOn)
		}
		if spread > level {
			seen.Score, seen.Member, left = spread, "spread", w.spread.level.Left()
		}
	}
	var rebase bool
	seen.State, rebase = w.episode.Step(limit.Reading{Score: seen.Score, Left: left, Moving: moving})
	w.follow(seen.State.InAlarm(), rebase, spread)
	seen.Change = w.changepoint(moving, was.InAlarm() != seen.State.InAlarm())
	return seen
}

// follow lets the baselines follow, or holds them.
func (w *Watch) follow(alarm, rebase bool, spread float64) {
	w.level.Hold(alarm)
	if rebase {
		w.level.Rebase()
	}
	w.level.Follow()
	if w.spread == nil || math.IsNaN(spread) {
		return
	}
	w.spread.level.Hold(alarm)
	if rebase {
		w.spread.level.Rebase()
	}
	w.spread.level.Follow()
}

// changepoint calls the begin of a change at once and its end when the process has settled and the rest is over. An episode that begins or
// ends is a change too.
func (w *Watch) changepoint(moving float64, flipped bool) bool {
	w.since = min(w.since+1, w.cfg.Rest)
	rested := w.since >= w.cfg.Rest
	switch {
	case w.changing && rested && moving < w.cfg.ChangeOff:
		w.changing = false
	case w.changing && rested && flipped:
	case !w.changing && (moving > w.cfg.ChangeOn || flipped && rested):
		w.changing = true
	default:
		return false
	}
	w.since = 0
	return true
}
