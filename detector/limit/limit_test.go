package limit_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"crackle/detector/limit"
)

func draws(n int, seed uint64, f func(r *rand.Rand) float64) []float64 {
	r := rand.New(rand.NewPCG(seed, 7))
	x := make([]float64, n)
	for i := range x {
		x[i] = f(r)
	}
	return x
}

func TestParetoFindsShapeAndScale(t *testing.T) {
	for _, shape := range []float64{0, 0.3} {
		sumShape, sumScale := 0.0, 0.0
		const runs = 60
		for k := range uint64(runs) {
			p := limit.FitPareto(draws(400, k, func(r *rand.Rand) float64 {
				e := r.ExpFloat64()
				if shape == 0 {
					return 5 * e
				}
				return 5 * math.Expm1(shape*e) / shape
			}))
			sumShape += p.Shape / runs
			sumScale += p.Scale / runs
		}
		if math.Abs(sumShape-shape) > 0.04 || math.Abs(sumScale-5) > 0.3 {
			t.Errorf("shape %v, scale 5: found %.3f and %.3f on average", shape, sumShape, sumScale)
		}
	}
}

func TestLimitsFollowTheScale(t *testing.T) {
	x := draws(500, 1, func(r *rand.Rand) float64 { return 3 + math.Abs(r.NormFloat64()) })
	one, err := limit.Calibrate(x)
	if err != nil {
		t.Fatal(err)
	}
	for _, unit := range []float64{1e-9, 1e9} {
		y := make([]float64, len(x))
		for i, v := range x {
			y[i] = v * unit
		}
		other, err := limit.Calibrate(y)
		if err != nil {
			t.Fatal(err)
		}
		for _, alpha := range []float64{0.3, 0.05, 0.01, 1e-4, 1e-6} {
			a, beyond := one.Limit(alpha)
			b, same := other.Limit(alpha)
			if math.Abs(b/unit-a) > 1e-6*a || beyond != same {
				t.Errorf("unit %g, alpha %g: limit %v, expected %v", unit, alpha, b/unit, a)
			}
		}
		for _, v := range []float64{2, 3.1, 4, 6, 20} {
			if a, b := one.Score(v), other.Score(v*unit); math.Abs(a-b) > 1e-6*(1+a) {
				t.Errorf("unit %g: score of %v is %v, expected %v", unit, v, b, a)
			}
		}
	}
}

func TestScoreRisesWithTheRawScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float64Range(-10, 10), 20, 200).Draw(t, "x")
		tail, err := limit.Calibrate(x)
		if err != nil {
			t.Fatal(err)
		}
		a, b := rapid.Float64Range(-20, 40).Draw(t, "a"), rapid.Float64Range(-20, 40).Draw(t, "b")
		if lo, hi := tail.Score(min(a, b)), tail.Score(max(a, b)); lo > hi || lo < 0 || hi > limit.Most || math.IsNaN(lo+hi) {
			t.Fatalf("scores %v and %v", lo, hi)
		}
	})
}

// A stated rate on independent rows holds within a factor of two in at least 95 % of runs when the sample supports it.
func TestStatedRateHoldsWhenSupported(t *testing.T) {
	const runs, alpha = 200, 0.001
	held := 0
	for k := range uint64(runs) {
		normal := func(r *rand.Rand) float64 { return math.Abs(r.NormFloat64()) }
		tail, err := limit.Calibrate(draws(10000, 2*k, normal))
		if err != nil {
			t.Fatal(err)
		}
		l, _ := tail.Limit(alpha)
		if rate := math.Erfc(l / math.Sqrt2); rate > alpha/2 && rate < 2*alpha {
			held++
		}
	}
	if held < runs*95/100 {
		t.Errorf("%d of %d runs within a factor of two", held, runs)
	}
}

// The limit that follows holds 1 % on a stationary and on a wandering process.
func TestAdaptiveHoldsItsRateUnderDrift(t *testing.T) {
	const runs, rows, alpha = 200, 3000, 0.01
	for _, wander := range []float64{0, 0.1} {
		held := 0
		for k := range uint64(runs) {
			r := rand.New(rand.NewPCG(k, 3))
			a, err := limit.NewAdaptive(limit.AdaptiveConfig{Alpha: alpha, Start: 2.5, Unit: 1})
			if err != nil {
				t.Fatal(err)
			}
			level, x, alarms := 0.0, 0.0, 0
			for range rows {
				level += wander * r.NormFloat64()
				x = 0.5*x + 0.866*r.NormFloat64()
				if a.Step(level + x) {
					alarms++
				}
			}
			if share := float64(alarms) / rows; share >= alpha/2 && share <= 2*alpha {
				held++
			}
		}
		if held < runs*95/100 {
			t.Errorf("wander %v: %d of %d runs within a factor of two", wander, held, runs)
		}
	}
}

func TestAdaptiveAfterTenMillionSteps(t *testing.T) {
	for _, unit := range []float64{1e-9, 1e9} {
		a, err := limit.NewAdaptive(limit.AdaptiveConfig{Alpha: 0.01, Start: 2 * unit, Unit: unit})
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, 1))
		alarms := 0
		for range 10_000_000 {
			if a.Step(r.Float64() * unit) {
				alarms++
			}
		}
		if alarms < 95_000 || alarms > 105_000 || math.Abs(a.Limit()) > 2*unit {
			t.Errorf("unit %g: %d alarms in 10 million rows, limit %v", unit, alarms, a.Limit())
		}
	}
}

func TestRefusals(t *testing.T) {
	_, err := limit.Calibrate([]float64{1, 2, math.NaN()})
	mentions(t, err, "2 rows", "20")
	_, err = limit.Calibrate([]float64{1, math.Inf(1)})
	mentions(t, err, "finite")
	for _, c := range []limit.AdaptiveConfig{{Alpha: 0, Unit: 1}, {Alpha: 0.1}, {Alpha: 0.1, Unit: 1, Start: math.NaN()}} {
		if _, err := limit.NewAdaptive(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}

func mentions(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not mention %q", err, w)
		}
	}
}

// A series that never forgets is worth next to nothing, and is found so without comparing every row with every other.
func TestEffectiveRowsOfARamp(t *testing.T) {
	x := make([]float64, 1<<20)
	for i := range x {
		x[i] = 1e-9 * float64(i)
	}
	if got := limit.Effective(x); !(got >= 1 && got < 5) {
		t.Errorf("a ramp of %d rows is worth %v", len(x), got)
	}
}

func TestEffectiveRowsOfAnAutoregression(t *testing.T) {
	x := 0.0
	s := draws(20000, 5, func(r *rand.Rand) float64 {
		x = 0.8*x + r.NormFloat64()
		return x
	})
	// The integrated autocorrelation time of AR(1) is (1+a)/(1-a) = 9.
	if got := limit.Effective(s); math.Abs(got-20000/9.) > 400 {
		t.Errorf("%.0f effective rows, expected about %.0f", got, 20000/9.)
	}
	if got := limit.Effective(draws(5000, 6, (*rand.Rand).NormFloat64)); got < 4000 {
		t.Errorf("%.0f effective of 5000 independent rows", got)
	}
	if got := limit.Effective(make([]float64, 100)); got != 1 {
		t.Errorf("%v effective rows of a constant", got)
	}
}

func TestBudgetThatDataSupport(t *testing.T) {
	s := limit.Supports(draws(1000, 8, (*rand.Rand).NormFloat64), 86400, 0)
	if err := s.Check(0.05); err != nil {
		t.Error(err)
	}
	mentions(t, s.Check(0.001), "10000 effective rows", "record")
	if _, high := limit.Rate(0, 1./24, 0.95); math.Abs(high-71.9) > 0.1 {
		t.Errorf("an alarm-free hour promises %v a day, expected 71.9", high)
	}
	low, high := limit.Rate(5, 1, 0.95)
	if math.Abs(low-1.62) > 0.01 || math.Abs(high-11.67) > 0.01 {
		t.Errorf("5 events give %v to %v", low, high)
	}
	if limit.LotBound(4) != 0.2 {
		t.Errorf("four lots promise %v", limit.LotBound(4))
	}
}

// A score deep within the range of good rows ends an episode though the change statistic still remembers the way back, in twice the rows.
func TestEpisodeEndsWhenHomeThoughMoving(t *testing.T) {
	for _, c := range []struct {
		deep float64
		rows int
	}{{0, 0}, {0.4, 7}} {
		e := limit.NewEpisode(limit.EpisodeConfig{On: 1, Off: 0.6, Undone: 0.3, Remain: 0.5, Moving: 1, Deep: c.deep, Settle: 3})
		e.Step(limit.Reading{Score: 3, Left: 1, Moving: 2})
		ended := 0
		for i := 1; i <= 20 && ended == 0; i++ {
			if s, _ := e.Step(limit.Reading{Score: 0.3, Left: 0.1, Moving: 2}); s == limit.Normal {
				ended = i
			}
		}
		if ended != c.rows {
			t.Errorf("deep %v: ended after %d rows, expected %d", c.deep, ended, c.rows)
		}
	}
}

func TestLatchIsHeardLessWhenItCriesOften(t *testing.T) {
	calm := limit.NewLatch(limit.LatchConfig{Limit: 2, Rest: 10, Price: 0.25})
	var at []int
	for i := range 100 {
		if calm.Step(2.2) {
			at = append(at, i)
		}
	}
	if len(at) < 3 || at[0] != 0 || at[1] < 11 || at[2]-at[1] <= at[1]-at[0] {
		t.Errorf("calls at %v: each has to wait for the rest, and longer than the one before", at)
	}
	if calm.Step(math.NaN()) {
		t.Error("a call on NaN")
	}
}

func TestLatchIsWokenByWhatIsMuchLouder(t *testing.T) {
	l := limit.NewLatch(limit.LatchConfig{Limit: 1, Rest: 10, Louder: 2})
	for i, c := range []struct {
		score float64
		call  bool
	}{{1.5, true}, {3.4, false}, {3.6, true}, {5.5, false}, {math.NaN(), false}, {math.Inf(1), true}, {9, false}} {
		if got := l.Step(c.score); got != c.call {
			t.Errorf("row %d, score %v: call %v", i, c.score, got)
		}
	}
}

// One fault: up, back on the move, settled beside the old level. The script reads row by row: score, left, moving.
func TestEpisodeEndsWhenUndoneAndSettled(t *testing.T) {
	e := limit.NewEpisode(limit.EpisodeConfig{On: 2, Off: 0.6, Undone: 0.3, Remain: 0.5, Moving: 1, Settle: 2, Accept: 50})
	step := func(want limit.State, rebase bool, score, left, moving float64) {
		t.Helper()
		s, b := e.Step(limit.Reading{Score: score, Left: left, Moving: moving})
		if s != want || b != rebase {
			t.Fatalf("state %v, rebase %v; expected %v, %v", s, b, want, rebase)
		}
	}
	step(limit.Normal, false, 1.9, 1, 2)
	step(limit.Alarming, false, 3, 1, 2)
	step(limit.Alarming, false, 6, 1, 0)
	step(limit.Alarming, false, 6, 1, 0)
	step(limit.Alarming, false, 2.5, 0.2, 3) // undone, but on the move
	step(limit.Recovering, false, 2.5, 0.2, 0)
	step(limit.Recovering, false, 2.5, 0.2, 0)
	step(limit.Normal, true, 2.5, 0.2, 0)
	step(limit.Alarming, false, 4, 1, 0)
	for range 49 {
		step(limit.Alarming, false, 4, 1, 0)
	}
	step(limit.Alarming, false, math.NaN(), 1, 0) // says nothing
	step(limit.Alarming, false, 4, 1, 0)
	step(limit.NewRegime, true, 4, 1, 0)
}

func TestStepsAllocateNothing(t *testing.T) {
	tail, err := limit.Calibrate(draws(500, 1, (*rand.Rand).NormFloat64))
	if err != nil {
		t.Fatal(err)
	}
	a, _ := limit.NewAdaptive(limit.AdaptiveConfig{Alpha: 0.01, Unit: 1})
	l, e := limit.NewLatch(limit.LatchConfig{Limit: 1, Rest: 3}), limit.NewEpisode(limit.EpisodeConfig{On: 1})
	x := 0.0
	if n := testing.AllocsPerRun(1000, func() {
		x += 0.01
		s := tail.Score(x)
		a.Step(s)
		l.Step(s)
		e.Step(limit.Reading{Score: s, Left: 1})
	}); n != 0 {
		t.Errorf("%v allocations a step", n)
	}
}
