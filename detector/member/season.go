package member

import (
	"fmt"
	"math"
)

// SeasonConfig of a Season. The zero value of a field means its default.
type SeasonConfig struct {
	Channel int // which one to watch
	Rows    int // of a season, such as a day's; needed
	Seasons int // remembered, default 7
	Short   int // rows of the mean that is compared, default a 24th of the season
	Slack   int // rows by which the same time may be off, default a 144th of the season
	Tail    int // statistics that calibrate, default 8000
}

// leastSeason is the fewest rows of a season that have a shape.
const leastSeason = 8

func (c SeasonConfig) withDefaults() SeasonConfig {
	for _, f := range []struct {
		v *int
		d int
	}{{&c.Seasons, 7}, {&c.Short, max(c.Rows/24, 1)}, {&c.Slack, max(c.Rows/144, 1)}, {&c.Tail, 8000}} {
		if *f.v == 0 {
			*f.v = f.d
		}
	}
	return c
}

// Season asks of one channel whether it has been here before at this time of its season: the short mean against those of the seasons before
// at the same time, the distance to the nearest of them. What fails to come, and is no value never seen, shows here. The score is -log10
// of the probability, calibrated by its own tail as it goes. With a week of days remembered, each day of the week finds its like.
type Season struct {
	cfg           SeasonConfig
	median, width float64
	values        *trail
	means         *trail // short means of the seasons remembered
	rank          ranking
}

// NewSeason takes the scale of the channel from the rows.
func NewSeason(c SeasonConfig, rows [][]float64) (*Season, error) {
	c = c.withDefaults()
	if c.Rows < leastSeason || 2*(c.Short+c.Slack) >= c.Rows || c.Seasons < 2 {
		return nil, fmt.Errorf("%d seasons of %d rows with a mean of %d and a slack of %d: at least 2 seasons of %d rows are needed, more than twice mean and slack", c.Seasons, c.Rows, c.Short, c.Slack, leastSeason)
	}
	n, err := NewNovelty(NoveltyConfig{Channel: c.Channel}, rows)
	if err != nil {
		return nil, err
	}
	return &Season{
		cfg: c, median: n.median, width: n.width, values: newTrail(c.Short), means: newTrail(c.Seasons*c.Rows + c.Slack + 1), rank: newRanking(c.Tail),
	}, nil
}

// Name is "season".
func (s *Season) Name() string { return "season" }

// Reset forgets the past, calibration too.
func (s *Season) Reset() {
	s.values.reset()
	s.means.reset()
	s.rank.reset()
}

// Score is NaN until two seasons have been seen.
func (s *Season) Score(row []float64) float64 {
	if s.cfg.Channel >= len(row) || math.IsNaN(row[s.cfg.Channel]) || math.IsInf(row[s.cfg.Channel], 0) {
		return math.NaN()
	}
	s.values.add(squash(row[s.cfg.Channel], s.median, s.width))
	mean, _, _ := s.values.moments(s.cfg.Short, 0)
	s.means.add(mean)
	near := math.Inf(1)
	for k := 1; k <= s.cfg.Seasons && k*s.cfg.Rows+s.cfg.Slack < s.means.seen; k++ {
		for slip := -s.cfg.Slack; slip <= s.cfg.Slack; slip++ {
			near = min(near, math.Abs(mean-s.means.back(k*s.cfg.Rows+slip)))
		}
	}
	if s.means.seen <= 2*s.cfg.Rows+s.cfg.Slack {
		return math.NaN()
	}
	return s.rank.score(near)
}
