package member_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"crackle/detector/limit"
	"crackle/detector/member"
)

// fits are cheap members of different kinds.
func fits() []member.Fit {
	return []member.Fit{
		func(r [][]float64) (member.Member, error) { return member.NewLevel(member.LevelConfig{}, r) },
		func(r [][]float64) (member.Member, error) { return member.NewRMS(r) },
	}
}

// process gives dependent rows of two channels; wander moves their level.
func process(r *rand.Rand, n int, wander float64) [][]float64 {
	out := make([][]float64, n)
	x, level := [2]float64{}, 0.0
	for i := range out {
		level += wander * r.NormFloat64()
		out[i] = make([]float64, 2)
		for j := range x {
			x[j] = 0.5*x[j] + 0.866*r.NormFloat64()
			out[i][j] = x[j] + level
		}
	}
	return out
}

// A stated rate of 1 % is realised within 0.5 to 2 times in 95 of 100 runs: by the panel on a stationary process when the rows support it,
// and by a limit that follows on a drifting one.
func TestPanelKeepsItsWord(t *testing.T) {
	const runs, alpha = 200, 0.01
	for name, wander := range map[string]float64{"stationary": 0, "drifting": 0.02} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			held := 0
			for k := range uint64(runs) {
				if rate := realised(t, k, wander, alpha); rate >= alpha/2 && rate <= 2*alpha {
					held++
				}
			}
			t.Logf("%d of %d runs within a factor of two", held, runs)
			if held < runs*95/100 {
				t.Errorf("%d of %d runs within a factor of two", held, runs)
			}
		})
	}
}

// realised is the share of good rows in alarm, of a panel taught on the rows before: against its own limit when nothing wanders, against one
// that follows when something does.
func realised(t *testing.T, seed uint64, wander, alpha float64) float64 {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 77))
	rows := process(r, 15000, wander)
	p, err := member.NewPanel(fits(), rows[:1000], rows[1000:9000])
	if err != nil {
		t.Fatal(err)
	}
	member.Scores(p, rows[:9000])
	follow, err := limit.NewAdaptive(limit.AdaptiveConfig{Alpha: alpha, Start: -math.Log10(alpha), Unit: 0.43})
	if err != nil {
		t.Fatal(err)
	}
	alarms := 0
	for _, row := range rows[9000:] {
		s := p.Score(row)
		if wander == 0 && s > -math.Log10(alpha) || wander > 0 && follow.Step(s) {
			alarms++
		}
	}
	return float64(alarms) / 6000
}

// Bad episodes in 5 % of the lesson do not raise the limits by more than 20 %, in units of the raw score of a detector taught without them.
func TestBadEpisodesDoNotRaiseLimits(t *testing.T) {
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 5))
		clean := process(r, 4000, 0)
		dirty := make([][]float64, len(clean))
		for i, row := range clean {
			dirty[i] = []float64{row[0], row[1]}
			if i%1000 >= 500 && i%1000 < 550 {
				dirty[i][0] += 15
			}
		}
		a, err := member.NewPanel(fits(), clean[:2000], clean[2000:])
		if err != nil {
			t.Fatal(err)
		}
		b, err := member.NewPanel(fits(), dirty[:2000], dirty[2000:])
		if err != nil {
			t.Fatal(err)
		}
		if b.Dropped() < 180 || b.Dropped() > 220 || a.Dropped() > 2 {
			t.Errorf("dropped %d and %d rows, 200 and 0 were bad", b.Dropped(), a.Dropped())
		}
		for k, m := range a.Members() {
			if x, y := a.RawLimit(k, 0.01), b.RawLimit(k, 0.01); y > 1.2*x || math.IsNaN(y) {
				t.Errorf("%s: limit %.3g, %.3g with bad episodes", m.Name(), x, y)
			}
		}
	}
}

// Two regimes are not cleaned into one.
func TestTwoRegimesStay(t *testing.T) {
	rows := process(rand.New(rand.NewPCG(1, 1)), 1000, 0)
	for i := 700; i < 1000; i++ {
		rows[i][1] += 50
	}
	if bad := member.Clean(rows); bad != nil {
		t.Errorf("%d rows of a second regime were called bad", len(bad))
	}
}

func TestPanelNamesWhoSpoke(t *testing.T) {
	rows := process(rand.New(rand.NewPCG(2, 2)), 3000, 0)
	p, err := member.NewPanel(fits(), rows[:1000], rows[1000:])
	if err != nil {
		t.Fatal(err)
	}
	o := p.Step([]float64{12, 0})
	if p.Members()[o.Member].Name() != "rms" || o.Score < 3 {
		t.Errorf("one wild row: %s spoke at %v", p.Members()[o.Member].Name(), o.Score)
	}
	for range 60 {
		o = p.Step([]float64{1.2, 1.2})
	}
	if p.Members()[o.Member].Name() != "level" {
		t.Errorf("a small lasting shift: %s spoke at %v", p.Members()[o.Member].Name(), o.Score)
	}
	if o := p.Step([]float64{math.NaN(), 0}); !math.IsNaN(o.Score) || o.Member != -1 {
		t.Errorf("NaN gave %+v", o)
	}
}
