package member

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func additives(t testing.TB, rows [][]float64) []Additive {
	t.Helper()
	var out []Additive
	for _, fit := range []func() (Additive, error){
		func() (Additive, error) { return NewLevel(LevelConfig{}, rows) },
		func() (Additive, error) { return NewLevel(LevelConfig{Roam: true}, rows) },
		func() (Additive, error) { return NewSpread(LevelConfig{}, rows) },
		func() (Additive, error) { return NewShift(ShiftConfig{}, rows) },
		func() (Additive, error) { return NewSubspace(rows) },
		func() (Additive, error) { return NewRMS(rows) },
		func() (Additive, error) { return NewCUSUM(CUSUMConfig{}, rows) },
		func() (Additive, error) {
			return NewReference([][][]float64{rows[:200], rows[200:]}, make([]float64, len(rows[0])))
		},
	} {
		m, err := fit()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

// TestContributionsSumToTheScore, for every member, any faults, and any number of rows asked for.
func TestContributionsSumToTheScore(t *testing.T) {
	lesson := waves(400, 4, 11)
	members := additives(t, lesson)
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(90, 200).Draw(r, "rows")
		rows := waves(n, 4, rapid.Uint64().Draw(r, "seed"))
		for _, at := range rapid.SliceOfN(rapid.IntRange(60, n-1), 0, 5).Draw(r, "faults") {
			rows[at][rapid.IntRange(0, 2).Draw(r, "channel")] += rapid.Float64Range(-20, 20).Draw(r, "by")
		}
		asked := rapid.IntRange(2, 80).Draw(r, "asked")
		dst := make([][]float64, asked)
		for i := range dst {
			dst[i] = []float64{9, 9, 9, 9}
		}
		for _, m := range members {
			m.Reset()
			s := Scores(m, rows)
			m.Contributions(dst, rows[n-asked:])
			sum := 0.0
			for _, d := range dst {
				for _, v := range d {
					sum += v
				}
			}
			if want := s[n-1]; !(math.Abs(sum-want) <= 1e-9*max(1, want)) {
				r.Errorf("%s: contributions sum to %v, the score is %v", m.Name(), sum, want)
			}
		}
	})
}

// TestContributionsNameTheChannel moves one channel and expects it to have given most.
func TestContributionsNameTheChannel(t *testing.T) {
	lesson := waves(400, 4, 12)
	for _, m := range additives(t, lesson) {
		rows := waves(150, 4, 13)
		for i := 110; i < 150; i++ {
			if i%2 == 0 || m.Name() != "spread" {
				rows[i][2] += 12
			}
		}
		m.Reset()
		at := 150
		if m.Name() == "shift" {
			at = 125 // while it is happening
		}
		Scores(m, rows[:at])
		dst := make([][]float64, 60)
		for i := range dst {
			dst[i] = make([]float64, 4)
		}
		m.Contributions(dst, rows[at-60:at])
		by := make([]float64, 4)
		for _, d := range dst {
			for j, v := range d {
				by[j] += v
			}
		}
		for j, v := range by {
			if j != 2 && v >= by[2] {
				t.Errorf("%s: channel 2 moved, contributions per channel are %.3v", m.Name(), by)
				break
			}
		}
	}
}

func TestExpectedIsWhatComes(t *testing.T) {
	rows := waves(400, 4, 14)
	f, err := NewForecaster(ForecasterConfig{Seed: 2}, rows)
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLevel(LevelConfig{}, rows)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float64, 4)
	if f.Expect(got) {
		t.Error("a forecaster without a past expects something")
	}
	next := waves(200, 4, 15)
	worst := 0.0
	for i, r := range next {
		if f.Expect(got) {
			worst = max(worst, math.Abs(got[1]-r[1]))
		} else if i > warmRows+1 {
			t.Fatalf("row %d: nothing is expected", i)
		}
		f.Score(r)
		l.Score(r)
	}
	if worst > 2.5 { // of a wave of amplitude 2 with noise of 0.2
		t.Errorf("the forecast of channel 1 is off by up to %.2f", worst)
	}
	if !l.Expect(got) || math.Abs(got[2]-6) > 1.5 {
		t.Errorf("level expects %.2f of a channel about 6", got[2])
	}
}
