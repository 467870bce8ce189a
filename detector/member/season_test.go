package member_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"crackle/detector/member"
)

// week gives days of 96 rows that are high at noon, but for those that are off.
func week(days int, off func(day int) bool) [][]float64 {
	r := rand.New(rand.NewPCG(4, 4))
	rows := make([][]float64, days*96)
	for i := range rows {
		v := 20.0
		if h := i % 96; h >= 36 && h < 72 && !off(i/96) {
			v = 80
		}
		rows[i] = []float64{v + r.NormFloat64()}
	}
	return rows
}

// strange counts rows of each day that one in a hundred is as strange as.
func strange(m member.Member, rows [][]float64) []int {
	count := make([]int, len(rows)/96)
	for i, s := range member.Scores(m, rows) {
		if s > 2 {
			count[i/96]++
		}
	}
	return count
}

// A day on which what comes every day does not come is no value never seen: the novelty misses it, the season does not.
func TestSeasonMissesWhatDoesNotCome(t *testing.T) {
	const odd = 51
	rows := week(60, func(day int) bool { return day == odd })
	season, err := member.NewSeason(member.SeasonConfig{Rows: 96}, rows[:192])
	if err != nil {
		t.Fatal(err)
	}
	novelty, err := member.NewNovelty(member.NoveltyConfig{}, rows[:192])
	if err != nil {
		t.Fatal(err)
	}
	if c := strange(season, rows); c[odd] < 30 || slices.Max(c[14:odd]) > 8 {
		t.Errorf("season: strange rows of each day %v, expected on day %d", c, odd)
	}
	if c := strange(novelty, rows); c[odd] > 8 {
		t.Errorf("novelty: %d strange rows on the odd day: then the season is not needed", c[odd])
	}
}

// Sundays are strange once, and then usual.
func TestSeasonLearnsSundays(t *testing.T) {
	rows := week(60, func(day int) bool { return day%7 == 6 })
	season, err := member.NewSeason(member.SeasonConfig{Rows: 96}, rows[:192])
	if err != nil {
		t.Fatal(err)
	}
	if c := strange(season, rows); c[6] < 15 || slices.Max(c[13:]) > 8 {
		t.Errorf("strange rows of each day %v, expected on the first Sunday, day 6, only", c)
	}
}

func TestSeasonRefuses(t *testing.T) {
	rows := quiet(100, 1)
	for _, c := range []struct {
		c    member.SeasonConfig
		want string
	}{
		{member.SeasonConfig{}, "7 seasons of 0 rows"},
		{member.SeasonConfig{Rows: 20, Short: 12}, "a mean of 12"},
		{member.SeasonConfig{Rows: 44, Seasons: 1}, "1 seasons"},
		{member.SeasonConfig{Rows: 44, Channel: 5}, "channel 5"},
	} {
		if _, err := member.NewSeason(c.c, rows); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, expected %q", c.c, err, c.want)
		}
	}
}
