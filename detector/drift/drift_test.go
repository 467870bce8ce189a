package drift_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"crackle/detector/drift"
	"crackle/detector/limit"
)

const year = 365 * 24 * 3600

// process gives scores of windows, calibrated on its own first part: a level that depends on the past, and what is added to it.
type process struct {
	rnd   *rand.Rand
	phi   float64
	level float64
	tail  *limit.Tail
}

func newProcess(seed uint64, phi float64, held int) (*process, drift.Config) {
	p := &process{rnd: rand.New(rand.NewPCG(seed, 7)), phi: phi}
	sample := make([]float64, held)
	for i := range sample {
		sample[i] = p.raw(0)
	}
	var err error
	if p.tail, err = limit.Calibrate(sample); err != nil {
		panic(err)
	}
	return p, drift.Config{Rows: held, Effective: limit.Effective(sample), WindowsPerYear: year, FalsePerYear: 0.1}
}

func (p *process) raw(more float64) float64 {
	p.level = p.phi*p.level + math.Sqrt(1-p.phi*p.phi)*p.rnd.NormFloat64()
	return p.level + more
}

func (p *process) score(more float64) float64 { return p.tail.Score(p.raw(more)) }

// A process that stays as it was taught gives no alarm in millions of windows, whatever its dependence and however little was held out.
func TestStationary(t *testing.T) {
	for _, c := range []struct {
		phi  float64
		held int
	}{{0, 100}, {0, 2000}, {0.8, 500}, {0.98, 5000}} {
		alarms, judged := 0, 0
		for seed := range uint64(10) {
			p, cfg := newProcess(seed, c.phi, c.held)
			d, err := drift.New(cfg)
			if errors.Is(err, drift.ErrUnknown) {
				continue
			}
			judged++
			for i := range 150_000 {
				if d.Push(p.score(0), int64(i), true); d.Reading().Drifting {
					alarms++
					break
				}
			}
		}
		if judged < 8 || alarms > 0 {
			t.Errorf("memory %v, %d held out: %d of %d processes are said to drift", c.phi, c.held, alarms, judged)
		}
	}
}

// At a rate of false alarms that a test can wait for, no more come than stated, where good windows are just as often above the level as is allowed for.
func TestRate(t *testing.T) {
	cfg := drift.Config{Rows: 10_000, Effective: 10_000, WindowsPerYear: 50_000, FalsePerYear: 1} // 1,000 batches
	rnd := rand.New(rand.NewPCG(1, 2))
	batches, alarms := 0, 0
	for range 400 {
		d, err := drift.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for !d.Reading().Drifting && batches < 400_000 {
			for range 50 {
				score := 0.0
				if rnd.Float64() < d.Reading().Most {
					score = 1
				}
				d.Push(score, 1, true)
			}
			batches++
		}
		if d.Reading().Drifting {
			alarms++
		}
	}
	if mean := float64(batches) / float64(max(alarms, 1)); mean < 1000 {
		t.Errorf("an alarm every %.0f batches, 1000 are stated", mean)
	}
}

// A slow drift is found while no window is anywhere near a limit of one in a thousand, said to be about when it began, and over when it is.
func TestSlowDrift(t *testing.T) {
	p, cfg := newProcess(3, 0.5, 1000)
	d, err := drift.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	at, high := 0, 0
	const quiet = 20_000
	for i := 0; at == 0 && i < 100_000; i++ {
		more := max(0, float64(i-quiet)) / 20_000 // one standard deviation in 20,000 windows
		score := p.score(more)
		if score > 3 && more > 0 {
			high++
		}
		if d.Push(score, int64(i), true); d.Reading().Drifting {
			at = i
		}
	}
	r := d.Reading()
	t.Logf("found %d windows after it began, at %.2f standard deviations, %d windows above one in a thousand; %+v", at-quiet, float64(at-quiet)/20_000, high, r)
	if at < quiet || float64(at-quiet)/20_000 > 1 {
		t.Errorf("found after %d windows", at)
	}
	if r.Share < r.Most || r.Windows == 0 || r.FromNS < quiet-5000 || int(r.FromNS) >= at {
		t.Errorf("reading %+v", r)
	}
	for i := range 100_000 {
		if d.Push(p.score(0), int64(i), true); !d.Reading().Drifting {
			return
		}
	}
	t.Error("it is not over, although the process is as it was")
}

// A batch ends with a part, if it is long enough, and a part without end does not keep it open for ever.
func TestParts(t *testing.T) {
	d, err := drift.New(drift.Config{Rows: 200, Effective: 200, Groups: 10, WindowsPerYear: year, FalsePerYear: 1})
	if err != nil {
		t.Fatal(err)
	}
	for range 60 {
		d.Push(0, 1, false)
	}
	if d.Now.Windows != 60 {
		t.Errorf("%d windows in the batch; it ended within a part", d.Now.Windows)
	}
	if d.Push(math.NaN(), 1, false); d.Now.Windows != 60 {
		t.Error("a window without a score was counted")
	}
	if d.Push(math.NaN(), 1, true); d.Now.Windows != 0 {
		t.Error("the end of a part did not end the batch")
	}
	for range 200 {
		d.Push(0, 1, false)
	}
	if d.Now.Windows != 0 {
		t.Error("a part without end keeps a batch open")
	}
}

// What rests on too little is not judged, and says what it takes.
func TestUnknown(t *testing.T) {
	for _, c := range []drift.Config{
		{Rows: 14, Effective: 14, Groups: 1}, {Rows: 1000, Effective: 12}, {Rows: 1000, Effective: math.NaN()}, {Rows: 5000, Effective: 4000, Groups: 4}, {},
	} {
		c.WindowsPerYear, c.FalsePerYear = year, 1
		if _, err := drift.New(c); !errors.Is(err, drift.ErrUnknown) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for _, c := range []drift.Config{
		{Rows: 100, Effective: 100, WindowsPerYear: year}, {Rows: 100, Effective: 100, FalsePerYear: 1}, {Rows: -1, WindowsPerYear: 1, FalsePerYear: 1},
	} {
		if _, err := drift.New(c); err == nil || errors.Is(err, drift.ErrUnknown) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// A state that was kept as JSON goes on to the bit, and a wrong one is refused.
func TestState(t *testing.T) {
	cfg := drift.Config{Rows: 300, Effective: 100, WindowsPerYear: 10_000, FalsePerYear: 10}
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Float64Range(0, 1.2), 1, 2000).Draw(t, "scores")
		cut := rapid.IntRange(0, len(all)).Draw(t, "cut")
		a, _ := drift.New(cfg)
		b, _ := drift.New(cfg)
		for i, v := range all {
			if i == cut {
				text, err := json.Marshal(a.State)
				var s drift.State
				if err = errors.Join(err, json.Unmarshal(text, &s), b.Restore(s)); err != nil {
					t.Fatal(err)
				}
			}
			a.Push(v, int64(i), true)
			if i >= cut {
				b.Push(v, int64(i), true)
			}
		}
		if cut < len(all) && (!reflect.DeepEqual(a.State, b.State) || a.Reading() != b.Reading()) {
			t.Fatalf("%+v\n%+v", a.State, b.State)
		}
	})
	d, err := drift.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	good := d.State
	for _, bad := range []func(*drift.State){
		func(s *drift.State) { s.Evidence[1] = 0 }, func(s *drift.State) { s.Evidence[0] = math.Inf(1) }, func(s *drift.State) { s.Evidence[2] = math.NaN() },
		func(s *drift.State) { s.Recent = 2 }, func(s *drift.State) { s.Now.Above = 1 }, func(s *drift.State) { s.Calm = -1 },
	} {
		s := good
		bad(&s)
		if err := d.Restore(s); err == nil || !reflect.DeepEqual(d.State, good) {
			t.Errorf("%+v was taken: %v", s, err)
		}
	}
}

// However much is above the level, evidence stays finite.
func TestExtremes(t *testing.T) {
	d, err := drift.New(drift.Config{Rows: 1 << 30, Effective: 1 << 30, WindowsPerYear: math.MaxFloat64, FalsePerYear: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100_000 {
		d.Push(300, int64(i), true)
	}
	if r := d.Reading(); !r.Drifting || r.Share != 1 || slices.ContainsFunc(d.Evidence[:], func(v float64) bool { return math.IsInf(v, 0) || math.IsNaN(v) }) {
		t.Errorf("%+v %+v", r, d.State)
	}
}
