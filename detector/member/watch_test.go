package member_test

import (
	"math/rand/v2"
	"testing"

	"crackle/detector/member"
)

// plant gives rows of ten channels of white noise; after makes what comes after the lesson of 400 rows.
func plant(seed uint64, n int, after func(r *rand.Rand, i int, row []float64)) [][]float64 {
	r := rand.New(rand.NewPCG(seed, 5))
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, 10)
		for j := range out[i] {
			out[i][j] = float64(j) + r.NormFloat64()
		}
		if i >= 400 {
			after(r, i-400, out[i])
		}
	}
	return out
}

// alarms counts rows in alarm after the lesson, and those from a row on.
func alarms(t *testing.T, rows [][]float64, from int) (before, after int) {
	t.Helper()
	w, err := member.NewWatch(member.WatchConfig{}, rows[:400])
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		switch s := w.Step(r); {
		case i < 400 || !s.State.InAlarm():
		case i < from:
			before++
		default:
			after++
		}
	}
	return before, after
}

// A fault of one channel in ten is found, and so is texture that grows, without a level that moves; noise is neither.
func TestWatchFindsWhatOneChannelShows(t *testing.T) {
	none, level, texture := 0, 0, 0
	const runs = 10
	for seed := range uint64(runs) {
		if b, a := alarms(t, plant(seed, 1400, func(*rand.Rand, int, []float64) {}), 900); b+a > 0 {
			none++
		}
		if _, a := alarms(t, plant(seed, 800, func(_ *rand.Rand, i int, row []float64) {
			if i >= 100 {
				row[3] += 3.5
			}
		}), 500); a > 250 {
			level++
		}
		if _, a := alarms(t, plant(seed, 800, func(r *rand.Rand, i int, row []float64) {
			if i >= 100 {
				row[7] += 4 * r.NormFloat64()
			}
		}), 500); a > 200 {
			texture++
		}
	}
	if none > 1 || level < 9 || texture < 9 {
		t.Errorf("of %d runs each: alarms in %d without a fault, found %d of one channel's level and %d of one channel's texture", runs, none, level, texture)
	}
}

// A level that jumps once is not texture: the growth of the spread stays in the range of the rows learned from.
func TestSpreadLeavesAJumpToTheLevel(t *testing.T) {
	jump := plant(1, 700, func(_ *rand.Rand, i int, row []float64) {
		if i >= 200 {
			row[2] += 40
		}
	})
	shaken := plant(1, 700, func(r *rand.Rand, i int, row []float64) {
		if i >= 200 {
			row[2] += 4 * r.NormFloat64()
		}
	})
	growth := func(rows [][]float64) float64 {
		s, err := member.NewSpread(member.LevelConfig{}, rows[:400])
		if err != nil {
			t.Fatal(err)
		}
		most := 0.0
		for i, r := range rows {
			if s.Score(r); i > 450 {
				most = max(most, s.Growth())
			}
		}
		return most
	}
	if g := growth(jump); g > 2 {
		t.Errorf("a jump grows the texture to %.2f of its 99 %% quantile", g)
	}
	if g := growth(shaken); g < 3 {
		t.Errorf("a channel shaken by four deviations grows only to %.2f of its 99 %% quantile", g)
	}
}

// A channel that drifted far from the rows learned from, and was followed there, is still judged by a level that roams.
func TestLevelThatRoamsIsNotBlindFarAway(t *testing.T) {
	rows := plant(3, 7000, func(_ *rand.Rand, i int, row []float64) {
		row[4] += 0.002 * float64(i) // 13 deviations in the end
		if i >= 6500 {
			row[4] += 5
		}
	})
	for _, roam := range []bool{true, false} {
		l, err := member.NewLevel(member.LevelConfig{Roam: roam}, rows[:400])
		if err != nil {
			t.Fatal(err)
		}
		before, after := 0.0, 0.0
		for i, r := range rows {
			switch s := l.Score(r); {
			case i > 6500 && i < 6900:
				before = max(before, s)
			case i >= 6900 && i < 6960:
				after = max(after, s)
			}
		}
		if seen := after > 1.5*before; seen != roam {
			t.Errorf("roam %v: %.2f at a step of five deviations, up to %.2f before", roam, after, before)
		}
	}
}
