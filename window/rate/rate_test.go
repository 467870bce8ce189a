package rate_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"crackle/window/rate"
)

func Example() {
	r, err := rate.New[float32](rate.Config{Up: 1, Down: 4, Channels: 1})
	if err != nil {
		panic(err)
	}
	y := r.Process(nil, make([]float32, 1000))
	fmt.Println(len(y), "samples, late by", r.Delay(), "input samples")
	// Output: 250 samples, late by 101 input samples
}

// A tone below the pass band's end comes out as itself, at its time; one that would fold back does not come out.
func TestResamplerKeepsAndStops(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		up, down := rapid.IntRange(1, 7).Draw(t, "up"), rapid.IntRange(1, 7).Draw(t, "down")
		r, err := rate.New[float64](rate.Config{Up: up, Down: down, Channels: 2})
		if err != nil {
			t.Fatal(err)
		}
		lower := 0.5 * min(1, float64(up)/float64(down)) // half the lower rate, per input sample
		keep := rapid.Float64Range(0.01, 0.8).Draw(t, "keep") * lower
		x := make([]float64, 2*1500)
		for i := range 1500 {
			x[2*i] = math.Sin(2 * math.Pi * keep * float64(i))
			x[2*i+1] = math.Sin(2 * math.Pi * min(0.5, lower*1.02+0.001) * float64(i))
			if lower >= 0.5 {
				x[2*i+1] = 0
			}
		}
		y := r.Process(nil, x)
		for n := 0; n < len(y)/2; n++ {
			at := float64(n)*float64(down)/float64(up) - r.Delay()
			if at < 2*r.Delay()+2 {
				continue // the start's transient
			}
			if want := math.Sin(2 * math.Pi * keep * at); math.Abs(y[2*n]-want) > 3e-4 {
				t.Fatalf("output %d is %g, want %g", n, y[2*n], want)
			}
			if math.Abs(y[2*n+1]) > 3e-4 {
				t.Fatalf("output %d has %g of what should not pass", n, y[2*n+1])
			}
		}
		if want := 1500 * up / down; len(y)/2 < want || len(y)/2 > want+1 {
			t.Errorf("%d rows out of 1500, want %d", len(y)/2, want)
		}
	})
}

func TestResamplerAnyCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := rate.Config{Up: rapid.IntRange(1, 9).Draw(t, "up"), Down: rapid.IntRange(1, 9).Draw(t, "down"), Channels: rapid.IntRange(1, 3).Draw(t, "channels")}
		a, err := rate.New[float32](cfg)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := rate.New[float32](cfg)
		src := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))
		x := make([]float32, cfg.Channels*rapid.IntRange(0, 600).Draw(t, "rows"))
		for i := range x {
			x[i] = float32(src.NormFloat64())
		}
		whole := a.Process(nil, x)
		var parts []float32
		for rest := x; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)/cfg.Channels).Draw(t, "cut") * cfg.Channels
			parts = b.Process(parts, rest[:n])
			rest = rest[n:]
		}
		if !slices.Equal(whole, parts) {
			t.Error("the result depends on the cut")
		}
	})
}

func TestResamplerAllocatesNothing(t *testing.T) {
	r, err := rate.New[float32](rate.Config{Up: 3, Down: 7, Channels: 2})
	if err != nil {
		t.Fatal(err)
	}
	x, dst := make([]float32, 2*1000), make([]float32, 0, 2*1000)
	if n := testing.AllocsPerRun(10, func() { r.Process(dst, x) }); n != 0 {
		t.Errorf("%g allocations, want 0", n)
	}
}

func TestResamplerErrors(t *testing.T) {
	for want, cfg := range map[string]rate.Config{
		"up 0":            {Up: 0, Down: 1, Channels: 1},
		"down 5000":       {Up: 1, Down: 5000, Channels: 1},
		"0 channels":      {Up: 1, Down: 1},
		"pass is 1":       {Up: 1, Down: 2, Channels: 1, Pass: 1},
		"decimate first":  {Up: 1, Down: 4000, Channels: 1, Pass: 0.999},
		"attenuation_db ": {Up: 1, Down: 2, Channels: 1, AttenuationDB: 500},
	} {
		if _, err := rate.New[float32](cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}

func TestRational(t *testing.T) {
	for _, tt := range []struct {
		ratio    float64
		up, down int
	}{{0.25, 1, 4}, {48.0 / 44.1, 160, 147}, {1, 1, 1}, {3, 3, 1}} {
		if up, down, err := rate.Rational(tt.ratio, 1e-9); err != nil || up != tt.up || down != tt.down {
			t.Errorf("%g: %d/%d, %v; want %d/%d", tt.ratio, up, down, err, tt.up, tt.down)
		}
	}
	for _, ratio := range []float64{0, math.NaN(), math.Inf(1), 1e-7, math.Pi} {
		if up, down, err := rate.Rational(ratio, 1e-12); err == nil {
			t.Errorf("%g became %d/%d", ratio, up, down)
		}
	}
}

// A straight line sampled at irregular times is the same line on the grid.
func TestGridKeepsALine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, err := rate.NewGrid(rate.GridConfig{PeriodNS: 1000, Channels: 2})
		if err != nil {
			t.Fatal(err)
		}
		now := rapid.Int64Range(-5000, 5000).Draw(t, "start")
		next := floorDiv(now+999, 1000)
		for range rapid.IntRange(1, 60).Draw(t, "rows") {
			row := []float32{float32(now) / 64, 3}
			err := g.Push(now, row, func(index int64, row []float32) {
				if index != next {
					t.Fatalf("grid point %d, want %d", index, next)
				}
				next++
				if want := float64(index) * 1000 / 64; math.Abs(float64(row[0])-want) > 1e-3*(1+math.Abs(want)) || row[1] != 3 {
					t.Fatalf("grid point %d is %v, want %g", index, row, want)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if floorDiv(now, 1000)+1 != next {
				t.Fatalf("after %d the next grid point is %d", now, next)
			}
			now += rapid.Int64Range(1, 3000).Draw(t, "step")
		}
	})
}

func floorDiv(a, b int64) int64 { return int64(math.Floor(float64(a) / float64(b))) }

func TestGridTroubles(t *testing.T) {
	g, err := rate.NewGrid(rate.GridConfig{PeriodNS: 10, Channels: 1, Hold: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	push := func(at int64, v float32) {
		if err := g.Push(at, []float32{v}, func(i int64, row []float32) { got = append(got, fmt.Sprint(i, "=", row[0])) }); err != nil {
			t.Fatal(err)
		}
	}
	push(5, 1)
	push(12, 2)                      // 1 holds until 10
	push(12, 3)                      // replaces 2
	push(8, 9)                       // late
	push(15, float32(math.Inf(1)))   // invalid
	push(20, 4)                      // exactly on the grid
	push(100, 5)                     // a gap, and exactly on the grid
	push(105, float32(math.NaN()))   // invalid
	push(111, 6)                     // 5 holds
	const want = "1=1 2=4 10=5 11=5" // 20 ns takes the row at its very time
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got %s, want %s", s, want)
	}
	if c := g.Counts(); c != (rate.GridCounts{Rows: 6, Late: 1, Duplicate: 1, Invalid: 2, Gaps: 1}) {
		t.Errorf("counts %+v", c)
	}
	if err := g.Push(200, nil, nil); err == nil {
		t.Error("a row of no values was accepted")
	}
	if _, err := rate.NewGrid(rate.GridConfig{}); err == nil {
		t.Error("a grid without a period was accepted")
	}
}

func TestCheck(t *testing.T) {
	c := rate.Check{NominalHz: 1000}
	at := func(run, first uint64, rows int, ns float64) {
		c.Observe(run, first, first+uint64(rows), int64(ns), false)
	}
	for k := range 12 {
		at(1, uint64(k)*1001, 1001, float64(k+1)*1e9)
		if d, ok := c.Deviation(); ok != (k >= 10) || ok && math.Abs(d-0.001) > 1e-9 {
			t.Errorf("after %d s: %g, %v", k, d, ok)
		}
	}
	at(2, 0, 1000, 20e9)
	if _, ok := c.Deviation(); ok {
		t.Error("a new run has a verdict at once")
	}
}

// A publisher that stops and goes, loses samples, or whose clock is set measures the rate that it has while it goes.
func TestCheckPauses(t *testing.T) {
	for name, hz := range map[string]float64{"right": 1000, "slow": 990, "fast": 1050} {
		c := rate.Check{NominalHz: 1000}
		first, ns, begins := uint64(0), 1e9, false
		for k := range 1200 {
			c.Observe(7, first, first+100, int64(ns), begins)
			first, ns, begins = first+100, ns+100/hz*1e9, k%300 == 62
			switch k % 300 {
			case 299:
				ns += 3e9 // a pause
			case 130:
				first += 5000 // a gap
			case 200:
				ns += 1e6 * 1e9 // days ahead
			case 201:
				ns -= 1e6 * 1e9 // and back
			case 62: // stops for a moment, as a part begins
				ns += 30e6
			}
		}
		if d, ok := c.Deviation(); !ok || math.Abs(d-(hz/1000-1)) > 1e-6 {
			t.Errorf("%s: deviation %g, %v, want %g", name, d, ok, hz/1000-1)
		}
	}
}

// A publisher that is late with the first block of each part, and catches up within it, has no other rate.
func TestCheckLateParts(t *testing.T) {
	for _, late := range []float64{3e6, 30e6, 300e6} {
		c := rate.Check{NominalHz: 1000}
		for k := range 3000 {
			ns := 1e9 + float64(k)*100e6
			if k%10 == 0 {
				ns += late
			}
			c.Observe(7, uint64(k)*100, uint64(k+1)*100, int64(ns), k%10 == 0)
		}
		if d, ok := c.Deviation(); ok && math.Abs(d) > 1e-3 {
			t.Errorf("late by %g ms: deviation %g", late/1e6, d)
		}
	}
}

// What is measured follows a rate that changes, within a few minutes.
func TestCheckFollows(t *testing.T) {
	c := rate.Check{NominalHz: 100}
	ns := 1e9
	for k := range 900 {
		hz := 100.0
		if k >= 600 {
			hz = 98
		}
		c.Observe(1, uint64(k)*100, uint64(k+1)*100, int64(ns), false)
		ns += 100 / hz * 1e9
	}
	if d, ok := c.Deviation(); !ok || d > -0.015 {
		t.Errorf("deviation %g, %v five minutes after the rate fell by 2 %%", d, ok)
	}
}
