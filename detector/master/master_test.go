package master

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// measurement is the i-th of a sensor with the given values.
func measurement(i int, values ...float64) Measurement {
	names := []string{"a.rms", "a.peak", "b.rms", "b.peak"}[:len(values)]
	return Measurement{
		Stream: "s", Master: "REF", Part: "REF", Run: 7, First: uint64(1000 * i), At: time.Date(2026, 1, 1+i, 6, 0, 0, 0, time.UTC),
		Features: names, Units: []string{"V", "V", "A", "A"}[:len(values)], Values: values, Windows: 12,
	}
}

func chart(t testing.TB, cfg Config) *Chart {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func add(t testing.TB, c *Chart, m Measurement) Point {
	t.Helper()
	p, fresh, err := c.Add(m)
	if err != nil || !fresh {
		t.Fatalf("%+v: fresh %v, %v", m, fresh, err)
	}
	return p
}

// With limits from n measurements, the share of alarms of the value's chart on an unchanged sensor is the stated one, however few they are: the
// uncertainty of mean and deviation is in the limits. Both charts together may say less, never more, since they share the budget.
func TestFalseAlarmsAreThoseStated(t *testing.T) {
	for _, n := range []int{5, 20} {
		r := rand.New(rand.NewPCG(uint64(n), 3))
		const charts, after, stated = 20_000, 2, 0.04
		any, values := 0, 0
		for range charts {
			c := chart(t, Config{Learn: n, FalseAlarms: stated})
			for i := range n + after {
				p := add(t, c, measurement(i, 5+r.NormFloat64(), 100+20*r.NormFloat64()))
				if i < n {
					continue
				}
				if len(p.Out) > 0 {
					any++
				}
				for _, f := range p.Out {
					if !f.Slow {
						values++
					}
				}
			}
		}
		judged := float64(charts * after)
		// Two features each have a quarter of the budget for their value.
		if got := float64(values) / judged; got < 0.9*stated/2 || got > 1.1*stated/2 {
			t.Errorf("limits from %d: the value's chart alarms on %.4f of the measurements, stated %.4f", n, got, stated/2)
		}
		if got := float64(any) / judged; got < stated/2 || got > 1.05*stated {
			t.Errorf("limits from %d: %.4f of the measurements alarm, stated %.4f", n, got, stated)
		}
	}
}

// A creep that no single value shows is found by the slow mean; a step at once.
func TestDriftIsFound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	var steps, slow, values int
	const runs = 200
	for range runs {
		step, creep := chart(t, Config{}), chart(t, Config{})
		var p Point
		for i := range 40 {
			noise := r.NormFloat64()
			a, b := noise, noise
			if i >= 20 {
				a, b = noise+8, noise+2*min(1, float64(i-19)/10)
			}
			if q := add(t, step, measurement(i, a)); i == 20 && len(q.Out) > 0 {
				steps++
			}
			p = add(t, creep, measurement(i, b))
		}
		for _, f := range p.Out {
			if f.Slow {
				slow++
			} else {
				values++
			}
		}
	}
	if steps < 195*runs/200 || slow < runs/2 || values > slow/3 {
		t.Errorf("of %d: steps of 8 deviations found at once in %d; creeps to 2 deviations in 10 measurements seen after 20 by the slow mean in %d, by the value in %d", runs, steps, slow, values)
	}
}

// What happens once happens the same again, whichever way the measurements come back from a store, and twice told is once measured.
func TestChartIsAFunctionOfItsMeasurements(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(r, "measurements")
		a, b := chart(t, Config{Learn: 5}), chart(t, Config{Learn: 5})
		for i := range n {
			m := measurement(i, rapid.Float64Range(-5, 5).Draw(r, "value"), 3)
			text, err := json.Marshal(m)
			if err != nil {
				r.Fatal(err)
			}
			var back Measurement
			if err := json.Unmarshal(text, &back); err != nil {
				r.Fatal(err)
			}
			p, q := add(t, a, m), add(t, b, back)
			x, _ := json.Marshal(p)
			y, _ := json.Marshal(q)
			if string(x) != string(y) {
				r.Fatalf("%s, and %s", x, y)
			}
			if again, fresh, err := b.Add(back); fresh || err != nil || again.Number != q.Number {
				r.Fatalf("told again: %+v, %v, %v", again, fresh, err)
			}
		}
		if len(a.Points()) != n || a.Left() != max(0, 5-n) {
			r.Fatalf("%d points, %d left", len(a.Points()), a.Left())
		}
	})
}

func TestChartSaysWhatItRestsOn(t *testing.T) {
	c := chart(t, Config{Learn: 8, MinChange: []float64{0, 0, 50}})
	r := rand.New(rand.NewPCG(2, 2))
	for i := range 8 {
		add(t, c, measurement(i, float64(i)+0.01*r.NormFloat64(), 42, 1+r.NormFloat64()))
	}
	if notes := strings.Join(c.Notes(), "\n"); !strings.Contains(notes, "a.peak did not change at all") || !strings.Contains(notes, "a.rms drifted steadily") {
		t.Errorf("notes %q", notes)
	}
	p := add(t, c, measurement(8, 3.5, 1e6, 40))
	if len(p.Out) > 0 {
		t.Errorf("within tolerance, and where nothing is known: %+v", p.Out)
	}
	p = add(t, c, measurement(9, 3.5, 1e6, 90))
	if len(p.Out) == 0 || p.Out[0].Name != "b.rms" || p.Out[0].Unit != "A" || !(p.Out[0].Beyond > 1) {
		t.Fatalf("beyond the tolerance: %+v", p.Out)
	}
	if words := p.Words(8); !strings.Contains(words, "b.rms was 90 A where") || !strings.Contains(words, "the sensor, its mounting") {
		t.Errorf("in words: %s", words)
	}
	first := c.Points()[0]
	if words := first.Words(8); !strings.Contains(words, "1 of the 8 measurements") {
		t.Errorf("in words: %s", words)
	}
	other := measurement(10, 1, 2)
	if p := add(t, c, other); !p.Learns || p.Number != 1 || len(c.Points()) != 1 {
		t.Errorf("of other features: %+v, %d points", p, len(c.Points()))
	}
}

func TestRefusals(t *testing.T) {
	for _, cfg := range []Config{{Learn: 4}, {Learn: -1}, {FalseAlarms: 1}, {FalseAlarms: -1}, {Weight: 2}, {FalseAlarms: math.NaN()}} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%+v was taken", cfg)
		}
	}
	c := chart(t, Config{})
	for _, m := range []Measurement{{}, measurement(0, math.NaN()), measurement(0, math.Inf(1)), {Features: []string{"a", "b"}, Values: []float64{1}}} {
		if _, _, err := c.Add(m); err == nil {
			t.Errorf("%+v was taken", m)
		}
	}
	if len(c.Points()) > 0 {
		t.Errorf("points %+v", c.Points())
	}
}

func TestNames(t *testing.T) {
	n := Names{"REF-1", "MASTER*"}
	for part, want := range map[string]string{"REF-1": "REF-1", "REF-10": "", "MASTER": "MASTER*", "MASTER 2": "MASTER*", "": "", "ref-1": "", "MASTER*": "MASTER*"} {
		if got := n.Of(part); got != want {
			t.Errorf("%q is taken by %q, want %q", part, got, want)
		}
	}
	if got := testing.AllocsPerRun(100, func() { n.Of("a part of ordinary production") }); got > 0 {
		t.Errorf("%v allocations to look a part up", got)
	}
}

func TestMeter(t *testing.T) {
	var m Meter
	if v, n := m.Take(); v != nil || n != 0 {
		t.Errorf("of nothing: %v, %d", v, n)
	}
	m.Add([]float32{1, 10})
	m.Add([]float32{3, 30})
	m.Add([]float32{float32(math.NaN()), 1})
	m.Add([]float32{1})
	if v, n := m.Take(); n != 2 || v[0] != 2 || v[1] != 20 {
		t.Errorf("mean %v of %d windows", v, n)
	}
	m.Add([]float32{5})
	if v, n := m.Take(); n != 1 || v[0] != 5 {
		t.Errorf("begun anew: %v of %d", v, n)
	}
	w := []float32{1, 2, 3}
	m.Add(w)
	if got := testing.AllocsPerRun(100, func() { m.Add(w) }); got > 0 {
		t.Errorf("%v allocations a window", got)
	}
}

// Numbers that never moved have the limits that min_change gives them; without any limit a measurement is not said to be as it used to.
func TestChartOfNumbersThatDoNotMove(t *testing.T) {
	for change, want := range map[float64]string{0: "nothing can be told from it", 0.5: "a.rms was 3 V where 0.5 to 1.5 V is allowed"} {
		c := chart(t, Config{Learn: 5, MinChange: []float64{change, 0, 0}})
		for i := range 5 {
			add(t, c, measurement(i, 1, 2, 3))
		}
		p := add(t, c, measurement(5, 3, 2, 3))
		if words := p.Words(5); !strings.Contains(words, want) || p.Blind != (change == 0) {
			t.Errorf("min_change %g: %s; want %q", change, words, want)
		}
		if notes := strings.Join(c.Notes(), "\n"); strings.Contains(notes, "a.rms") != (change == 0) || !strings.Contains(notes, "a.peak") {
			t.Errorf("min_change %g: notes %q", change, notes)
		}
	}
}
