package member

import (
	"encoding/json"
	"fmt"

	"crackle/detector/limit"
)

type watchFile struct {
	Config WatchConfig `json:"config"`
	Level  levelFile   `json:"level"`
	Shift  shiftFile   `json:"shift"`
	Spread *spreadFile `json:"spread,omitempty"`
}

// MarshalJSON keeps what was learned and the rules of the episode.
func (w *Watch) MarshalJSON() ([]byte, error) {
	f := watchFile{Config: w.cfg, Level: w.level.file(), Shift: w.shift.file()}
	if w.spread != nil {
		s := w.spread.file()
		f.Spread = &s
	}
	return json.Marshal(f)
}

// UnmarshalJSON takes what was learned, checks it and starts fresh. On an error the Watch is as it was.
func (w *Watch) UnmarshalJSON(b []byte) error {
	return restore(b, "watch", func(f watchFile) (*Watch, error) { return f.watch() }, w)
}

func (f watchFile) watch() (*Watch, error) {
	w := &Watch{cfg: f.Config}
	var err error
	if w.level, err = f.Level.level(); err != nil {
		return nil, err
	}
	if w.shift, err = f.Shift.shift(); err != nil {
		return nil, err
	}
	d := len(w.level.base)
	if len(w.shift.diff) != d {
		return nil, fmt.Errorf("%d channels of the shift, %d of the level", len(w.shift.diff), d)
	}
	if f.Spread != nil {
		if w.spread, err = f.Spread.spread(); err != nil {
			return nil, err
		}
		if len(w.spread.row) != d {
			return nil, fmt.Errorf("%d channels of the spread, %d of the level", len(w.spread.row), d)
		}
	}
	if c := f.Config; !(c.LevelOn > 0 && c.ChannelOn > 0 && c.SpreadOn > 0 && c.GrowthOn > 0 && c.Episode.On > 0) || c.Rest < 0 {
		return nil, fmt.Errorf("limits %v, %v, %v, %v and %v must be above 0, the rest %d not below", c.LevelOn, c.ChannelOn, c.SpreadOn, c.GrowthOn, c.Episode.On, c.Rest)
	}
	w.episode = limit.NewEpisode(w.cfg.Episode)
	w.Reset()
	return w, nil
}
