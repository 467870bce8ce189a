package detector

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"crackle/detector/panel"
	"crackle/window"
)

// process is n rows of two dependent features; wander moves their level.
func process(r *rand.Rand, n int, wander float64) [][]float32 {
	out := make([][]float32, n)
	x, level := [2]float64{}, 0.0
	for i := range out {
		level += wander * r.NormFloat64()
		out[i] = make([]float32, 2)
		for j := range x {
			x[j] = 0.5*x[j] + 0.866*r.NormFloat64()
			out[i][j] = float32(20 + x[j] + level)
		}
	}
	return out
}

// lessonOfRows takes rows as one unbroken recording.
func lessonOfRows(rows [][]float32) *Lesson {
	l := &Lesson{}
	for i, r := range rows {
		l.Add(&window.Window{Fresh: i == 0, First: uint64(i), End: uint64(i + 1), Features: r})
	}
	return l
}

func stating(share float64, adaptive bool) Teaching {
	t := teaching()
	t.Quick, t.Warmup, t.Holdout, t.Embargo = true, 8, 0.89, 50
	t.Budget = panel.Budget{Share: share, Adaptive: adaptive}
	return t
}

// dirtied is rows with bad episodes in 5 % of them: so many rows each, so far away.
func dirtied(rows [][]float32, long int, by float32) [][]float32 {
	out := make([][]float32, len(rows))
	for i, row := range rows {
		out[i] = []float32{row[0], row[1]}
		if at := i % (20 * long); at >= 10*long && at < 11*long {
			out[i][i/(20*long)%2] += by
		}
	}
	return out
}

// Bad episodes in 5 % of the lesson, long or short, do not raise the limit of any member by more than 20 %, in units of its raw score, nor that of the panel,
// against a lesson without them; and no member is left out for them. With a budget and without.
func TestBadEpisodesDoNotRaiseLimits(t *testing.T) {
	for seed := range uint64(4) {
		clean := process(rand.New(rand.NewPCG(seed, 5)), 6000, 0)
		for _, budget := range []float64{0.01, 0} {
			how := stating(budget, false)
			how.Holdout = 0.6
			a, p := learnt(t, how, clean)
			if a.Record.Outliers > 5 {
				t.Errorf("seed %d: %d windows of a clean lesson left out", seed, a.Record.Outliers)
			}
			for _, long := range []int{50, 10, 1} {
				b, q := learnt(t, how, dirtied(clean, long, 15))
				if b.Record.Outliers < 250 || b.Record.Outliers > 310 {
					t.Errorf("seed %d, episodes of %d: %d windows left out, 300 are bad", seed, long, b.Record.Outliers)
				}
				if !slices.Equal(a.Members, b.Members) {
					t.Errorf("seed %d, episodes of %d: members %v, without them %v; absent %v", seed, long, b.Members, a.Members, b.Absent)
				}
				if !(q.Limit() <= 1.2*p.Limit()) {
					t.Errorf("seed %d, episodes of %d: limit %.4g, without them %.4g", seed, long, q.Limit(), p.Limit())
				}
				for _, name := range p.Members() {
					if x, y := p.RawLimit(name), q.RawLimit(name); !(y <= x+0.2*math.Abs(x)) {
						t.Errorf("seed %d, episodes of %d, budget %v, %s: raw limit %.4g, without them %.4g", seed, long, budget, name, y, x)
					}
				}
			}
		}
	}
}

// learnt is a model of rows, and its panel.
func learnt(t *testing.T, how Teaching, rows [][]float32) (*Model, *panel.Panel) {
	t.Helper()
	m, err := Teach(t.Context(), how, lessonOfRows(rows))
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.Panel()
	if err != nil {
		t.Fatal(err)
	}
	return m, p
}

// Verdicts do not depend on the unit: features a billion times smaller or larger give the same ones.
func TestVerdictsDoNotDependOnTheUnit(t *testing.T) {
	rows := process(rand.New(rand.NewPCG(3, 5)), 3000, 0)
	for i := 2500; i < 2540; i++ {
		rows[i][1] += 8
	}
	verdicts := func(scale float32) []Verdict {
		scaled := make([][]float32, len(rows))
		for i, r := range rows {
			scaled[i] = []float32{r[0] * scale, r[1] * scale}
		}
		m, err := Teach(t.Context(), stating(0.01, false), lessonOfRows(scaled[:2000]))
		if err != nil {
			t.Fatal(err)
		}
		var out []Verdict
		for _, s := range scores(t, m, lessonOfRows(scaled[2000:])) {
			out = append(out, s.Verdict)
		}
		return out
	}
	want := verdicts(1)
	for _, scale := range []float32{1e-9, 1e9} {
		different := 0
		for i, v := range verdicts(scale) {
			if v != want[i] {
				different++
			}
		}
		if different > 3 { // rounding of the features to float32 moves a score by a hair
			t.Errorf("scaled by %g, %d of %d verdicts differ", scale, different, len(want))
		}
	}
}

// Steps take no longer after ten million of them: what is remembered is bounded. The time is not measured, the state is.
func TestStateDoesNotGrow(t *testing.T) {
	rows := process(rand.New(rand.NewPCG(3, 5)), 4000, 0)
	m, err := Teach(t.Context(), stating(0.01, false), lessonOfRows(rows[:3000]))
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	sizes := make([]int, 2)
	for k, steps := range []int{20_000, 40_000} {
		wait.Go(func() {
			d, err := New(Config{Stream: "s", Model: m})
			if err != nil {
				t.Error(err)
				return
			}
			var s Score
			for i := range steps {
				d.Score(&s, &window.Window{Fresh: i == 0, Features: rows[i%len(rows)]})
			}
			sizes[k] = len(d.AppendState(nil))
		})
	}
	wait.Wait()
	if sizes[0] != sizes[1] || sizes[0] == 0 {
		t.Errorf("the state has %d bytes after 20,000 windows, %d after 40,000", sizes[0], sizes[1])
	}
}

// The same for the members that backpropagation trains.
func TestBadEpisodesDoNotRaiseLimitsOfNetworks(t *testing.T) {
	clean := process(rand.New(rand.NewPCG(9, 5)), 3000, 0)
	how := stating(0.01, false)
	how.Holdout, how.Quick, how.Epochs, how.Without = 0.6, false, 8, []string{"novelty", "level", "spread", "cusum", "t2q", "rms"}
	_, p := learnt(t, how, clean)
	for _, long := range []int{50, 1} {
		b, q := learnt(t, how, dirtied(clean, long, 15))
		if len(b.Members) != 2 || !(q.Limit() <= 1.2*p.Limit()) {
			t.Errorf("episodes of %d: members %v, absent %v, limit %.4g, without them %.4g", long, b.Members, b.Absent, q.Limit(), p.Limit())
		}
		for _, name := range p.Members() {
			if x, y := p.RawLimit(name), q.RawLimit(name); !(y <= x+0.2*math.Abs(x)) {
				t.Errorf("episodes of %d, %s: raw limit %.4g, without them %.4g", long, name, y, x)
			}
		}
	}
}
