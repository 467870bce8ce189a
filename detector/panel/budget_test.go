package panel

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"crackle/detector/limit"
)

// process is dependent rows of two features; wander moves their level.
func process(seed uint64, n int, wander float64) [][]float64 {
	r := rand.New(rand.NewPCG(seed, 77))
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

func quick(fit, held [][]float64, b Budget) *Lesson {
	return &Lesson{
		Fit: [][][]float64{fit}, Held: [][][]float64{held}, Middle: []float64{0, 0}, Width: []float64{1, 1}, MinChange: []float64{0, 0},
		Margin: 1.25, Budget: b, Quick: true, Warmup: 8, Seed: 1,
	}
}

func TestEventsNeedOnOfOf(t *testing.T) {
	nan := math.NaN()
	got := reached([]float64{nan, 5, 1, 7, nan, 2, 9}, 2, 3)
	for i, want := range []float64{nan, nan, 1, 5, 1, 2, 2} {
		if !same(got[i], want) {
			t.Errorf("row %d: two of the last three reach %v, want %v", i, got[i], want)
		}
	}
}

func TestAlarmsAreCountedAsTheMachineDoes(t *testing.T) {
	h := &held{value: [][]float64{{0, 9, 9, 0, 9, 0, 0, 9, 9}, {9, 9}}}
	for _, v := range h.value {
		h.event = append(h.event, reached(v, 2, 3))
	}
	if n := h.alarms(5, 2); n != 3 {
		t.Errorf("%d alarms, want two in the first run and one in the second", n)
	}
	if n := h.alarms(5, 4); n != 2 {
		t.Errorf("%d alarms with a longer off-delay, want 2", n)
	}
}

// What a budget needs is said: how much the held-out rows support, and how many times as much it takes.
func TestBudgetIsSupportedOrNot(t *testing.T) {
	rows := process(1, 9000, 0)
	enough, err := Learn(t.Context(), quick(rows[:2000], rows[2000:], Budget{PerDay: 8640, RowsPerDay: 864000, On: 2, Of: 3, Off: 3}))
	if err != nil {
		t.Fatal(err)
	}
	s := enough.Promise()
	if s.More > 1 || s.Extrapolated || s.Days <= 0 || s.Alarms == 0 || !(s.Low < 8640 && 8640 < 3*s.High) {
		t.Errorf("%+v", s)
	}
	short, err := Learn(t.Context(), quick(rows[:2000], rows[2000:2800], Budget{PerDay: 1, RowsPerDay: 864000, On: 2, Of: 3, Off: 3}))
	if err != nil {
		t.Fatal(err)
	}
	s = short.Promise()
	if s.More < 100 || !s.Extrapolated || s.Supported <= 100 || short.Limit() <= enough.Limit() {
		t.Errorf("%+v, limit %v", s, short.Limit())
	}
	words := strings.Join(s.Words(), "\n")
	for _, w := range []string{"1 alarms per day", "extrapolated", "hold out", "95 %"} {
		if !strings.Contains(words, w) {
			t.Errorf("%q does not say %q", words, w)
		}
	}
}

// partsOf is a lesson of parts that differ in their level, 12 of them to fit and others held out, and more such parts.
func partsOf(seed uint64, budget float64, hold, more int) (*Lesson, [][][]float64) {
	r := rand.New(rand.NewPCG(seed, 3))
	l := &Lesson{Middle: []float64{0, 0}, Width: []float64{1, 1}, MinChange: []float64{0, 0}, Margin: 1.25, Quick: true, Warmup: 8, Seed: 1,
		Budget: Budget{PerThousandParts: budget, On: 2, Of: 3, Off: 3}}
	var after [][][]float64
	for k := range 12 + hold + more {
		run := process(seed<<20+uint64(k), 120, 0)
		shift := 0.7 * r.NormFloat64()
		for _, row := range run {
			row[0] += shift
		}
		switch {
		case k < 12:
			l.Fit = append(l.Fit, run)
		case k < 12+hold:
			l.Held, l.HeldPart, l.HeldLot = append(l.Held, run), append(l.HeldPart, strconv.Itoa(k)), append(l.HeldLot, "")
		default:
			after = append(after, run)
		}
	}
	return l, after
}

// Few parts support no small budget in parts, and it is said so.
func TestBudgetOfPartsIsSupportedOrNot(t *testing.T) {
	l, _ := partsOf(1, 5, 12, 0)
	p, err := Learn(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	if s := p.Promise(); s.Lots != 12 || s.Per != "1000 parts" || math.Abs(s.Supported-1000*limit.LotBound(12)) > 1e-9 || s.More < 10 || !s.Extrapolated {
		t.Errorf("%+v", s)
	}
}

// withAlarm is how many parts have an alarm, as the alarm machine counts it.
func withAlarm(p *Panel, parts [][][]float64) (n int) {
	for _, run := range parts {
		p.Forget()
		v := make([]float64, len(run))
		for i, o := range walk(p, run) {
			if v[i] = o.Score; i < p.Warmup() {
				v[i] = math.NaN()
			}
		}
		h := &held{value: [][]float64{v}, event: [][]float64{reached(v, 2, 3)}}
		if h.alarms(p.Limit(), 3) > 0 {
			n++
		}
	}
	return n
}

// A budget of good parts in 1,000 that the parts held out support is not exceeded, on average over lessons, on parts never seen that differ as much; and
// not undercut by much.
func TestBudgetOfPartsIsHeld(t *testing.T) {
	for _, c := range []struct {
		budget      float64
		hold, seeds int
	}{{100, 12, 16}, {50, 24, 16}} {
		alarms, parts := 0, 0
		for seed := range uint64(c.seeds) {
			l, after := partsOf(seed+1, c.budget, c.hold, 60)
			p, err := Learn(t.Context(), l)
			if err != nil {
				t.Fatal(err)
			}
			if s := p.Promise(); s.More > 1 || s.Extrapolated {
				t.Errorf("%+v", s)
			}
			alarms, parts = alarms+withAlarm(p, after), parts+len(after)
		}
		ratio := float64(alarms) / float64(parts) * 1000 / c.budget
		t.Logf("%v in 1,000 asked for, %d parts held out: %d of %d good parts have an alarm, realised over stated %.2f", c.budget, c.hold, alarms, parts, ratio)
		if ratio < 0.3 || ratio > 1.2 {
			t.Errorf("%v in 1,000 asked for, %d parts held out: realised over stated %.2f", c.budget, c.hold, ratio)
		}
	}
}

// A budget of alarms a day is held on rows never seen, counted as the alarm machine does; one that is not supported is not exceeded by much on average.
func TestBudgetOfADayIsHeld(t *testing.T) {
	const runs = 30
	for _, perDay := range []float64{40, 5} {
		mean, within := 0.0, 0
		for k := range uint64(runs) {
			rows := process(k+100, 17000, 0)
			l := quick(rows[:1000], rows[1050:9050], Budget{PerDay: perDay, RowsPerDay: 8000, On: 2, Of: 3, Off: 3})
			l.Without = []string{"novelty", "spread", "cusum"} // for speed
			p, err := Learn(t.Context(), l)
			if err != nil {
				t.Fatal(err)
			}
			os := walk(p, rows[9000:])
			v := make([]float64, len(os))
			for i, o := range os {
				v[i] = o.Score
			}
			n := float64((&held{value: [][]float64{v}, event: [][]float64{reached(v, 2, 3)}}).alarms(p.Limit(), 3))
			if mean += n / runs; n >= perDay/2 && n <= 2*perDay {
				within++
			}
		}
		t.Logf("%v a day asked for, %.1f on average, %d of %d runs within a factor of two", perDay, mean, within, runs)
		if perDay == 40 && (within < runs-1 || mean < 32 || mean > 48) || mean > 1.3*perDay {
			t.Errorf("%v a day asked for, %.1f on average, %d of %d runs within a factor of two", perDay, mean, within, runs)
		}
	}
}

func TestBadBudgetsAreRefused(t *testing.T) {
	rows := process(1, 1000, 0)
	for want, b := range map[string]Budget{
		"one of them": {PerDay: 1, Share: 0.1, RowsPerDay: 1000}, "fewer alarms": {PerDay: 5, RowsPerDay: 4}, "below 1,000": {PerThousandParts: 1000},
		"needs a budget": {Adaptive: true}, "0 or more": {PerDay: -1, RowsPerDay: 10},
	} {
		if _, err := Learn(t.Context(), quick(rows[:500], rows[500:], b)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v does not say %q", b, err, want)
		}
	}
}

// A limit that follows is kept with the file, goes on from its state, and outlives a fresh start.
func TestAdaptiveLimitIsKept(t *testing.T) {
	rows := process(2, 6000, 0.02)
	p, err := Learn(t.Context(), quick(rows[:1500], rows[1500:3000], Budget{Share: 0.01, Adaptive: true}))
	if err != nil {
		t.Fatal(err)
	}
	f, err := p.File()
	if err != nil {
		t.Fatal(err)
	}
	q, err := Load(f)
	if err != nil {
		t.Fatal(err)
	}
	step := func(p *Panel, rows [][]float64) (last Opinion) {
		for _, r := range rows {
			p.Step(&last, r)
			p.Settle(&last)
		}
		return last
	}
	if a, b := step(p, rows[3000:4000]), step(q, rows[3000:4000]); a != b || a.Limit == q.promise.Asked {
		t.Fatalf("%+v, read again %+v", a, b)
	}
	if err := q.RestoreState(p.AppendState(nil)); err != nil {
		t.Fatal(err)
	}
	was := p.Limit()
	p.Reset()
	if p.Limit() != was || q.Limit() != was {
		t.Errorf("limit %v, after a fresh start %v, in the other %v", was, p.Limit(), q.Limit())
	}
	if q.RestoreState(p.AppendState(nil)[:5]) == nil {
		t.Error("a limit that is cut off was taken")
	}
}

// A process that drifts is judged from a level that follows it: however far it has drifted, a fault is found, its causes are told in values as they were
// measured, and the limit is where it was.
func TestDriftIsFollowed(t *testing.T) {
	rows := process(3, 30000, 0.05)
	p, err := Learn(t.Context(), quick(rows[:2000], rows[2000:8000], Budget{Share: 0.001, Adaptive: true}))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Absent()) > 0 {
		t.Errorf("absent are %+v", p.Absent())
	}
	was := p.Limit()
	walk(p, rows[8000:])
	far := math.Abs(p.Away()[0])
	if far < 4 || math.Abs(p.Limit()-was) > 1.5 {
		t.Fatalf("%.1f deviations away, limit %v, was %v", far, p.Limit(), was)
	}
	bad := append([]float64(nil), rows[len(rows)-1]...)
	bad[0] += 7
	var o Opinion
	p.Step(&o, bad)
	if c := p.Causes(); !(o.Score > o.Limit) || o.Member != "rms" && o.Member != "gru" && o.Member != "t2q" || math.Abs(c.Got[0]-bad[0]) > 1e-9 || math.Abs(c.Expected[0]-rows[len(rows)-1][0]) > 4 {
		t.Errorf("%+v: %+v; the row is %v", o, c, bad)
	}
}

// A fault pulls the level no more than a good row may.
func TestOneRowPullsTheLevelLittle(t *testing.T) {
	l := newGround([]float64{10}, []float64{2})
	l.begin()
	l.take([]float64{1e9})
	if got := l.offset[0]; math.Abs(got-drifts*pulls*2) > 1e-12 {
		t.Errorf("pulled by %v", got)
	}
	if l.take([]float64{math.NaN()}); l.offset[0] != drifts*pulls*2 {
		t.Errorf("a row that is not finite moved it to %v", l.offset[0])
	}
}

// A long fault raises a limit that follows by no more than a few false alarms would, so that the next fault is found as the first was.
func TestFaultLeavesTheLimitWhereItWas(t *testing.T) {
	rows := process(4, 12000, 0.02)
	p, err := Learn(t.Context(), quick(rows[:2000], rows[2000:10000], Budget{Share: 0.001, Adaptive: true}))
	if err != nil {
		t.Fatal(err)
	}
	walk(p, rows[10000:10500])
	was := p.Limit()
	fault := func(from, to int, by float64) (found int) {
		for i := from; i < to; i++ {
			rows[i][0] += by
		}
		for _, o := range walk(p, rows[from:to]) {
			if o.Score > o.Limit {
				found++
			}
		}
		return found
	}
	if n := fault(10500, 10700, 8); n < 50 {
		t.Errorf("%d of 200 rows of a fault found", n)
	}
	walk(p, rows[10700:11400])
	if up := p.Limit() - was; up > 2.25*alarmsPerEpisode*0.5/math.Ln10 { // as many at its end, where the level is under way, and a false alarm
		t.Errorf("the limit rose by %.2f from %.2f", up, was)
	}
	if n := fault(11400, 11430, 8); n < 10 {
		t.Errorf("%d of 30 rows of the next fault found", n)
	}
}
