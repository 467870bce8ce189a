package member_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"crackle/detector/member"
)

// quiet gives rows of three channels: white noise, a slow wave with noise, and one that follows the first.
func quiet(n int, seed uint64) [][]float64 {
	r := rand.New(rand.NewPCG(seed, 11))
	out := make([][]float64, n)
	for i := range out {
		a := r.NormFloat64()
		out[i] = []float64{5 + a, 100 + 3*math.Sin(float64(i)/7) + 0.3*r.NormFloat64(), 2*a + 0.5*r.NormFloat64()}
	}
	return out
}

// members are all of them, learned from the same rows.
func members(t *testing.T, rows [][]float64) []member.Member {
	t.Helper()
	var out []member.Member
	add := func(m member.Member, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	level, err := member.NewLevel(member.LevelConfig{}, rows)
	add(level, err)
	spread, err := member.NewSpread(member.LevelConfig{}, rows)
	add(spread, err)
	shift, err := member.NewShift(member.ShiftConfig{}, rows)
	add(shift, err)
	watch, err := member.NewWatch(member.WatchConfig{}, rows)
	add(watch, err)
	novelty, err := member.NewNovelty(member.NoveltyConfig{Channel: 1, Long: 100}, rows)
	add(novelty, err)
	season, err := member.NewSeason(member.SeasonConfig{Channel: 1, Rows: 44}, rows)
	add(season, err)
	cusum, err := member.NewCUSUM(member.CUSUMConfig{}, rows)
	add(cusum, err)
	rms, err := member.NewRMS(rows)
	add(rms, err)
	subspace, err := member.NewSubspace(rows)
	add(subspace, err)
	forecaster, err := member.NewForecaster(member.ForecasterConfig{Hidden: 40, Smooth: 0.2}, rows)
	add(forecaster, err)
	excursion, err := member.NewExcursion(member.ExcursionConfig{}, [][][]float64{rows[:200], rows[200:]})
	add(excursion, err)
	reference, err := member.NewReference([][][]float64{rows[:200], rows[200:]}, []float64{0.1, 0.1, 0.1})
	add(reference, err)
	autoencoder, err := member.NewAutoEncoder(context.Background(), member.AutoEncoderConfig{Epochs: 40}, rows)
	add(autoencoder, err)
	return out
}

// The scores of a cut recording are the first scores of the whole one, to the bit, whatever came before the reset.
func TestMembersOnlyLookBack(t *testing.T) {
	rows := quiet(400, 1)
	whole := quiet(700, 2)
	for i := 450; i < 560; i++ {
		whole[i][0] += 4
		whole[i][1] *= 1.2
	}
	whole[500][2] = math.NaN()
	for _, m := range members(t, rows) {
		first := member.Scores(m, whole)
		for _, cut := range []int{1, 31, 437, 520} {
			m.Reset()
			for i, s := range member.Scores(m, whole[:cut]) {
				if math.Float64bits(s) != math.Float64bits(first[i]) && !(math.IsNaN(s) && math.IsNaN(first[i])) {
					t.Fatalf("%s: row %d of a recording cut at %d scores %v, of the whole one %v", m.Name(), i, cut, s, first[i])
				}
			}
		}
	}
}

// Each member answers to the fault it is for: the largest score during the fault is above that before.
func TestMembersSeeTheirFault(t *testing.T) {
	rows := quiet(400, 1)
	faults := map[string]func(i int, r []float64){
		"level":       func(_ int, r []float64) { r[0] += 3 },
		"watch":       func(_ int, r []float64) { r[0] += 3 },
		"cusum":       func(_ int, r []float64) { r[0] += 1.5 },
		"rms":         func(_ int, r []float64) { r[0] += 8 },
		"t2q":         func(_ int, r []float64) { r[2] = -r[2] + 3 }, // within its range, against its correlation
		"forecaster":  func(i int, r []float64) { r[1] = 100 + 3*math.Sin(float64(i)/2.5) },
		"novelty":     func(_ int, r []float64) { r[1] += 12 },
		"season":      func(_ int, r []float64) { r[1] = 100 }, // a value that comes twice a season, at the wrong times
		"spread":      func(i int, r []float64) { r[0] += 3 * float64(i%2*2-1) },
		"shift":       func(_ int, r []float64) { r[0] += 3 },
		"autoencoder": func(_ int, r []float64) { r[0], r[2] = r[0]+3, r[2]-6 },
		"excursion":   func(_ int, r []float64) { r[0] += 4 },
		"reference":   func(_ int, r []float64) { r[2] += 12 },
	}
	for _, m := range members(t, rows) {
		run := quiet(500, 3)
		for i := 400; i < 500; i++ {
			faults[m.Name()](i, run[i])
		}
		before, during := math.Inf(-1), math.Inf(-1)
		for i, s := range member.Scores(m, run) {
			switch {
			case math.IsNaN(s) || i < 150: // some have to get to know the stream
			case i < 400:
				before = max(before, s)
			default:
				during = max(during, s)
			}
		}
		if m.Name() == "autoencoder" { // a logarithm
			before, during = math.Exp(before), math.Exp(during)
		}
		if !(during > 1.3*before) {
			t.Errorf("%s: %.3g during its fault, up to %.3g before", m.Name(), during, before)
		}
	}
}

func TestAutoEncoderStopsWhenTold(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := member.NewAutoEncoder(ctx, member.AutoEncoderConfig{}, quiet(400, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled training gave %v", err)
	}
}

func TestMembersRefuse(t *testing.T) {
	still := make([][]float64, 200)
	for i := range still {
		still[i] = []float64{1, 2}
	}
	if _, err := member.NewLevel(member.LevelConfig{}, still); !errors.Is(err, member.ErrConstant) {
		t.Errorf("constant rows: %v", err)
	}
	if _, err := member.NewLevel(member.LevelConfig{}, quiet(10, 1)); err == nil {
		t.Error("ten rows were taken")
	}
	bad := quiet(200, 1)
	bad[7][1] = math.NaN()
	for name, fit := range map[string]func() error{
		"level":      func() error { _, err := member.NewLevel(member.LevelConfig{}, bad); return err },
		"shift":      func() error { _, err := member.NewShift(member.ShiftConfig{}, bad); return err },
		"novelty":    func() error { _, err := member.NewNovelty(member.NoveltyConfig{Channel: 1}, bad); return err },
		"forecaster": func() error { _, err := member.NewForecaster(member.ForecasterConfig{}, bad); return err },
		"reference": func() error {
			_, err := member.NewReference([][][]float64{bad}, []float64{0, 0, 0})
			return err
		},
	} {
		if fit() == nil {
			t.Errorf("%s learned from NaN", name)
		}
	}
}

// A channel that stood still while learning says nothing; the others do.
func TestStillChannelIsLeftOut(t *testing.T) {
	rows, run := quiet(400, 1), quiet(100, 2)
	for _, r := range rows {
		r[1] = 7
	}
	for _, r := range run {
		r[1] = 1e6
	}
	m, err := member.NewLevel(member.LevelConfig{}, rows)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range member.Scores(m, run) {
		if !(s < 2) {
			t.Fatalf("row %d scores %v", i, s)
		}
	}
}

// The limits of raw scores do not depend on the unit of the rows.
func TestScoresDoNotDependOnTheUnit(t *testing.T) {
	for _, unit := range []float64{1e-9, 1e9} {
		rows, run := quiet(400, 1), quiet(300, 2)
		plain := members(t, rows)[:5] // those that have no unit of their own
		scaled := func(x [][]float64) [][]float64 {
			out := make([][]float64, len(x))
			for i, r := range x {
				for _, v := range r {
					out[i] = append(out[i], v*unit)
				}
			}
			return out
		}
		other := members(t, scaled(rows))[:5]
		for k := range plain {
			a, b := member.Scores(plain[k], run), member.Scores(other[k], scaled(run))
			for i := range a {
				if math.Abs(a[i]-b[i]) > 1e-4*(1+math.Abs(a[i])) {
					t.Fatalf("%s, unit %g, row %d: %v and %v", plain[k].Name(), unit, i, a[i], b[i])
				}
			}
		}
	}
}

// A fault that comes, goes and leaves the process a little beside its old level is one episode, and it ends.
func TestWatchTellsRecoveryFromFault(t *testing.T) {
	w, err := member.NewWatch(member.WatchConfig{}, quiet(400, 1))
	if err != nil {
		t.Fatal(err)
	}
	run := quiet(1200, 4)
	for i := range run {
		switch {
		case i >= 400 && i < 800:
			run[i][0] += 5
		case i >= 800:
			run[i][0] += 0.8
		}
	}
	onset, end, episodes, changes := 0, 0, 0, []int{}
	was := false
	for i, r := range run {
		s := w.Step(r)
		if in := s.State.InAlarm(); in != was {
			if was = in; in {
				onset, episodes = i, episodes+1
			} else {
				end = i
			}
		}
		if s.Change {
			changes = append(changes, i)
		}
	}
	if episodes != 1 || onset < 400 || onset > 415 || end < 800 || end > 860 {
		t.Errorf("%d episodes, from %d to %d; expected one from about 400 to about 830", episodes, onset, end)
	}
	if len(changes) != 4 {
		t.Errorf("changes called at %v; expected begin and settling of two", changes)
	}
}

// A lasting shift is one episode that becomes a new regime, not an alarm for ever.
func TestWatchAcceptsANewRegime(t *testing.T) {
	w, err := member.NewWatch(member.WatchConfig{}, quiet(400, 1))
	if err != nil {
		t.Fatal(err)
	}
	run := quiet(2500, 5)
	alarms := 0
	for i, r := range run {
		if i >= 300 {
			r[0] += 5
		}
		if w.Step(r).State.InAlarm() {
			alarms++
		}
	}
	if alarms < 500 || alarms > 800 {
		t.Errorf("%d rows in alarm, expected about 600", alarms)
	}
}
