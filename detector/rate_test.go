package detector

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"crackle/detector/panel"
	"crackle/window"
)

// stated is a rate that is stated to many detectors, each taught on a process of its own and judged on what follows.
type stated struct {
	share        float64 // of good windows above the limit
	wander       float64 // by which the process drifts from row to row, in deviations of a row; then the limit follows
	learn, judge int     // rows
	without      []string
}

// fitted is how many rows of a lesson the members are fitted to.
const fitted = 950

// Steps that are tried on every run: as large, in deviations of a row, and as long, in rows.
var steps = []float64{1, 2}

const (
	stepRows = 30
	places   = 10 // per run
)

// kept is how a stated rate was kept.
type kept struct {
	runs, within int            // and how many of them realised the rate within a factor of two
	mean         float64        // realised rate over the stated one
	low, high    float64        // the smallest and the largest of them
	found        [2]float64     // share of the steps of each size that began an alarm
	short        int            // runs whose held-out rows do not support the rate, by more than a fifth
	most         float64        // how many times as many rows would have had to be held out, at most; 1 or less: the rate was supported in each run
	absent       map[string]int // members that were left out, and in how many runs
}

func (k *kept) String() string {
	return fmt.Sprintf("%d of %d runs within a factor of two of the stated rate; realised over stated %.2f on average, %.2f to %.2f; of steps of %v deviations %.2f and %.2f found within %d rows",
		k.within, k.runs, k.mean, k.low, k.high, steps, k.found[0], k.found[1], stepRows)
}

// try teaches and judges, side by side on all cores.
func (s *stated) try(t testing.TB, runs int) *kept {
	t.Helper()
	k := &kept{runs: runs, low: 1e9, absent: map[string]int{}}
	var next atomic.Int64
	var wait sync.WaitGroup
	var lock sync.Mutex
	for range min(runs, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < runs; i = int(next.Add(1)) - 1 {
				one, err := s.run(t, uint64(i))
				lock.Lock()
				if err != nil {
					t.Errorf("run %d: %v", i, err)
				} else {
					k.add(one)
				}
				lock.Unlock()
			}
		})
	}
	wait.Wait()
	return k
}

func (k *kept) add(o *run) {
	if k.mean += o.ratio / float64(k.runs); o.ratio >= 0.5 && o.ratio <= 2 {
		k.within++
	}
	k.low, k.high, k.most = min(k.low, o.ratio), max(k.high, o.ratio), max(k.most, o.model.Promise.More)
	if o.model.Promise.More > 1.2 {
		k.short++
	}
	for i, n := range o.found {
		k.found[i] += float64(n) / places / float64(k.runs)
	}
	for _, a := range o.model.Absent {
		k.absent[a.Member]++
	}
}

// run is one detector's.
type run struct {
	model *Model
	ratio float64 // realised rate over the stated one
	found [2]int
}

func (s *stated) run(t testing.TB, seed uint64) (*run, error) {
	rows := process(rand.New(rand.NewPCG(seed, 77)), s.learn+s.judge, s.wander)
	how := teaching()
	how.Quick, how.Warmup, how.Embargo, how.Without = true, 8, 50, s.without
	how.Holdout = 1 - float64(fitted)/float64(s.learn)
	how.Budget = panel.Budget{Share: s.share, Adaptive: s.wander > 0}
	m, err := Teach(t.Context(), how, lessonOfRows(rows[:s.learn]))
	if err != nil {
		return nil, err
	}
	d, err := New(Config{Stream: "s", Model: m})
	if err != nil {
		return nil, err
	}
	other, err := New(Config{Stream: "s", Model: m})
	if err != nil {
		return nil, err
	}
	o, score, above := &run{model: m}, Score{}, 0
	rows = rows[s.learn:]
	every := len(rows) / (places + 1)
	for i, r := range rows {
		if i > 0 && i%every == 0 && i/every <= places {
			if err := o.onset(d, other, rows[i:i+stepRows], i/every%2); err != nil {
				return nil, err
			}
		}
		if d.Score(&score, &window.Window{Fresh: i == 0, Features: r}); score.Verdict == Alarm {
			above++
		}
	}
	o.ratio = float64(above) / float64(len(rows)-how.Warmup) / s.share
	return o, nil
}

// onset tries a step of one feature on the rows that come, from where d stands.
func (o *run) onset(d, other *Detector, rows [][]float32, feature int) error {
	state := d.AppendState(nil)
	var score Score
	for i, size := range steps {
		if err := other.RestoreState(state); err != nil {
			return err
		}
		for _, r := range rows {
			bad := [2]float32{r[0], r[1]}
			bad[feature] += float32(size)
			if other.Score(&score, &window.Window{Features: bad[:]}); score.Verdict == Alarm {
				o.found[i]++
				break
			}
		}
	}
	return nil
}

// Lessons long enough for the held-out rows to be worth ten independent ones per expected alarm. The scores of members with a short memory (network, level,
// T² and Q, plain limit) are worth more than those of members with a long one (spread, novelty, sums).
var (
	longMemory  = []string{"novelty", "spread", "cusum"}
	shortMemory = append([]string{"level"}, longMemory...)
)

// A stated rate of 1 % is realised within 0.5 to 2 times in 95 of 100 runs of a detector taught with it, on processes never seen: by a fixed limit on one that
// is stationary, and by one that follows on one that drifts. Here without members with a long memory, with which it takes longer recordings: they are in
// the next test, and in the benchmark.
func TestStatedRateIsRealised(t *testing.T) {
	for name, s := range map[string]stated{
		"stationary": {share: 0.01, learn: 9000, judge: 8000, without: longMemory},
		"drifting":   {share: 0.01, wander: 0.02, learn: 9000, judge: 8000, without: longMemory},
	} {
		t.Run(name, func(t *testing.T) { s.hold(t, 200) })
	}
}

// The same with all members.
func TestStatedRateIsRealisedByAllMembers(t *testing.T) {
	for name, s := range map[string]stated{
		"stationary": {share: 0.01, learn: 29000, judge: 26000},
		"drifting":   {share: 0.01, wander: 0.02, learn: 29000, judge: 26000},
	} {
		t.Run(name, func(t *testing.T) { s.hold(t, 20) })
	}
}

// A rate of 0.1 %, of the members whose scores are worth enough within the time of a test; of all members in the benchmark.
func TestRareRateIsRealised(t *testing.T) {
	for name, s := range map[string]stated{
		"stationary": {share: 0.001, learn: 31000, judge: 30000, without: shortMemory},
		"drifting":   {share: 0.001, wander: 0.02, learn: 31000, judge: 30000, without: shortMemory},
	} {
		t.Run(name, func(t *testing.T) { s.hold(t, 40) })
	}
}

func (s *stated) hold(t testing.TB, runs int) *kept {
	t.Helper()
	k := s.try(t, runs)
	t.Logf("%v; in %d runs the held-out rows do not support it, %.2f times as many would at most; absent %v", k, k.short, k.most, k.absent)
	if k.within*100 < runs*95 {
		t.Errorf("%v", k)
	}
	if k.short*10 > runs || k.short > 0 && s.wander == 0 && len(s.without) > 0 {
		t.Errorf("the held-out rows of %d runs support the rate only with up to %.2f times as many", k.short, k.most)
	}
	return k
}

// BenchmarkStatedRate is the calibration test at length, with all members: 200 runs of 1 %, 40 of 0.1 %. It fails where a rate is not kept.
func BenchmarkStatedRate(b *testing.B) {
	for _, c := range []struct {
		name string
		runs int
		stated
	}{
		{"1%/stationary", 200, stated{share: 0.01, learn: 29000, judge: 26000}},
		{"1%/drifting", 200, stated{share: 0.01, wander: 0.02, learn: 29000, judge: 26000}},
		{"0.1%/stationary", 40, stated{share: 0.001, learn: 221000, judge: 200000}},
		{"0.1%/drifting", 40, stated{share: 0.001, wander: 0.02, learn: 221000, judge: 200000}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				k := c.hold(b, c.runs)
				b.ReportMetric(float64(k.within)/float64(k.runs), "within")
				b.ReportMetric(k.mean, "realised/stated")
				b.ReportMetric(k.found[0], "found-1sd")
				b.ReportMetric(k.found[1], "found-2sd")
			}
		})
	}
}
