package filter_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"crackle/window/filter"
	"crackle/window/kernel"
)

func use(t testing.TB, name string) {
	t.Helper()
	before := kernel.Name()
	if err := kernel.Select(name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kernel.Select(before); err != nil {
			t.Fatal(err)
		}
	})
}

func noise(seed uint64, n int) []float32 {
	r := rand.New(rand.NewPCG(seed, 2))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

func mustSections(t testing.TB, d filter.Design, rate float64) filter.Sections {
	t.Helper()
	s, err := d.Sections(rate)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// drawDesign draws a filter for a rate of 1 that float64 holds well.
func drawDesign(t *rapid.T) filter.Design {
	d := filter.Design{
		Family: rapid.SampledFrom([]filter.Family{filter.Butterworth, filter.Chebyshev1, filter.Chebyshev2, filter.Elliptic, filter.Bessel}).Draw(t, "family"),
		Kind:   rapid.SampledFrom([]filter.Kind{filter.LowPass, filter.HighPass, filter.BandPass, filter.BandStop, filter.Notch}).Draw(t, "kind"),
		Order:  rapid.IntRange(1, 6).Draw(t, "order"), RippleDB: 0.5, StopDB: 50, Q: 20,
		EdgesHz: []float64{rapid.Float64Range(0.02, 0.2).Draw(t, "low")},
	}
	if d.Kind == filter.BandPass || d.Kind == filter.BandStop {
		d.EdgesHz = append(d.EdgesHz, rapid.Float64Range(0.25, 0.48).Draw(t, "high"))
	}
	return d
}

// Streaming equals offline equals one sample at a time, to the bit, for every kernel, type and number of channels.
func TestAnyCutGivesTheSameBits(t *testing.T) {
	for _, name := range kernel.Available() {
		t.Run(name, func(t *testing.T) {
			use(t, name)
			rapid.Check(t, func(t *rapid.T) {
				s, err := drawDesign(t).Sections(1)
				if err != nil {
					t.Fatal(err)
				}
				channels := rapid.IntRange(1, 18).Draw(t, "channels")
				x := noise(rapid.Uint64().Draw(t, "seed"), channels*rapid.IntRange(0, 700).Draw(t, "rows"))
				cuts := rapid.SliceOfN(rapid.IntRange(1, 300), 0, 8).Draw(t, "cuts")
				sameBits(t, s, channels, x, cuts)
				sameBits(t, s, channels, wide(x), cuts)
			})
		})
	}
}

func sameBits[T filter.Sample](t *rapid.T, s filter.Sections, channels int, x []T, cuts []int) {
	newCascade := func() *filter.Cascade[T] {
		c, err := filter.NewCascade[T](s, channels)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	whole := newCascade().Process(nil, x)
	c := newCascade()
	singly := make([]T, len(x))
	for i := 0; i < len(x); i += channels {
		c.Process(singly[i:i+channels], x[i:i+channels])
	}
	c = newCascade()
	inPlace := slices.Clone(x)
	at := 0
	for _, n := range append(cuts, len(x)) {
		end := min(len(x), at+n*channels)
		c.Process(inPlace[at:end], inPlace[at:end])
		at = end
	}
	if !slices.Equal(whole, singly) || !slices.Equal(whole, inPlace) {
		t.Errorf("%T in %d channels: the result depends on the cut", x, channels)
	}
}

// Every kernel and number of channels gives what the plain recursion gives.
func TestKernelsAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, err := drawDesign(rt).Sections(1)
		if err != nil {
			rt.Fatal(err)
		}
		channels := rapid.IntRange(1, 18).Draw(rt, "channels")
		x := wide(noise(rapid.Uint64().Draw(rt, "seed"), channels*500))
		var first []float64
		for _, name := range kernel.Available() {
			use(t, name)
			c, err := filter.NewCascade[float64](s, channels)
			if err != nil {
				rt.Fatal(err)
			}
			y := c.Process(nil, x)
			if first == nil {
				first = y
			}
			if e := relative(y, first); e > 1e-9 {
				rt.Errorf("%s: off by %.1e of the largest value", name, e)
			}
		}
	})
}

func TestStateSavedAndRestored(t *testing.T) {
	names := kernel.Available()
	rapid.Check(t, func(rt *rapid.T) {
		s, err := drawDesign(rt).Sections(1)
		if err != nil {
			rt.Fatal(err)
		}
		channels := rapid.IntRange(1, 10).Draw(rt, "channels")
		rows := rapid.IntRange(0, 600).Draw(rt, "rows")
		x := wide(noise(rapid.Uint64().Draw(rt, "seed"), channels*(rows+300)))
		from, to := rapid.SampledFrom(names).Draw(rt, "from"), rapid.SampledFrom(names).Draw(rt, "to")
		use(t, from)
		a, _ := filter.NewCascade[float64](s, channels)
		a.Process(nil, x[:rows*channels])
		saved := a.AppendState(nil)
		use(t, to)
		b, _ := filter.NewCascade[float64](s, channels)
		if err := b.RestoreState(saved); err != nil {
			rt.Fatal(err)
		}
		ya, yb := a.Process(nil, x[rows*channels:]), b.Process(nil, x[rows*channels:])
		if e := relative(yb, ya); e > 1e-9 || from == to && !slices.Equal(ya, yb) {
			rt.Errorf("%s to %s: off by %.1e after the restore", from, to, e)
		}
		damaged := slices.Clone(saved)
		for range 3 {
			damaged[rapid.IntRange(0, len(damaged)-1).Draw(rt, "at")] = rapid.Byte().Draw(rt, "byte")
		}
		if b.RestoreState(damaged) == nil {
			b.Process(nil, x[:channels]) // whatever was taken up must not panic
		}
		for n := range saved {
			if b.RestoreState(saved[:n]) == nil {
				rt.Fatalf("a state cut to %d of %d bytes was taken up", n, len(saved))
			}
		}
	})
}

// A fresh start on a constant makes no jump; a rest does.
func TestStartsWithoutAJump(t *testing.T) {
	for _, name := range kernel.Available() {
		for _, channels := range []int{1, 2, 8, 9} {
			use(t, name)
			s := mustSections(t, filter.Design{Family: filter.Butterworth, Kind: filter.LowPass, Order: 3, EdgesHz: []float64{100}}, 10e3)
			c, err := filter.NewCascade[float32](s, channels)
			if err != nil {
				t.Fatal(err)
			}
			x := make([]float32, 50*channels)
			for i := range x {
				x[i] = float32(5 + i%channels)
			}
			for i, y := range c.Process(nil, x) {
				if math.Abs(float64(y-x[i])) > 1e-5 {
					t.Fatalf("%s, %d channels: value %d is %g, want %g", name, channels, i, y, x[i])
				}
			}
			c.Rest()
			if y := c.Process(nil, x[:channels]); y[0] > 0.1 {
				t.Errorf("%s: from rest the first value is %g", name, y[0])
			}
			c.Reset()
			if y := c.Process(nil, x[:channels]); math.Abs(float64(y[0]-5)) > 1e-5 {
				t.Errorf("%s: after a reset the first value is %g", name, y[0])
			}
		}
	}
}

func TestSelect(t *testing.T) {
	s := mustSections(t, filter.Design{Family: filter.Butterworth, Kind: filter.BandPass, Order: 4, EdgesHz: []float64{0.1, 0.2}}, 1)
	for _, channels := range []int{2, 8} {
		all, _ := filter.NewCascade[float32](s, channels)
		some, _ := filter.NewCascade[float32](s, channels)
		mask := make([]bool, channels)
		mask[1] = true
		some.Select(mask)
		x := noise(3, 1000*channels)
		a, b := all.Process(nil, x), slices.Clone(x)
		some.Process(b, b)
		for i := range b {
			want := x[i]
			if mask[i%channels] {
				want = a[i]
			}
			if b[i] != want {
				t.Fatalf("%d channels: value %d is %g, want %g", channels, i, b[i], want)
			}
		}
	}
}

// Silence after a signal leaves no denormals behind, which would slow every later sample.
func TestStateDiesOut(t *testing.T) {
	for _, channels := range []int{1, 8} {
		s := mustSections(t, filter.Design{Family: filter.Butterworth, Kind: filter.BandPass, Order: 4, EdgesHz: []float64{0.1, 0.2}}, 1)
		c, _ := filter.NewCascade[float64](s, channels)
		c.Process(nil, wide(noise(1, 100*channels)))
		y := c.Process(nil, make([]float64, 20000*channels))
		for i, v := range y[len(y)-1000*channels:] {
			if v != 0 {
				t.Fatalf("%d channels: %g is left at value %d", channels, v, i)
			}
		}
	}
}

func TestProcessAllocatesNothing(t *testing.T) {
	for _, name := range kernel.Available() {
		use(t, name)
		for _, channels := range []int{1, 3, 9, 16} {
			s := mustSections(t, filter.Design{Family: filter.Butterworth, Kind: filter.BandPass, Order: 4, EdgesHz: []float64{0.1, 0.2}}, 1)
			c, _ := filter.NewCascade[float32](s, channels)
			c.Select(append(make([]bool, channels-1), true))
			x := noise(1, 777*channels)
			if n := testing.AllocsPerRun(10, func() { c.Process(x, x); c.Reset() }); n != 0 {
				t.Errorf("%s, %d channels: %g allocations, want 0", name, channels, n)
			}
		}
	}
}

func Example() {
	d := filter.Design{Family: filter.Butterworth, Kind: filter.BandPass, Order: 4, EdgesHz: []float64{70e3, 200e3}}
	s, err := d.Sections(2.5e6)
	if err != nil {
		panic(err)
	}
	c, err := filter.NewCascade[float32](s, 1)
	if err != nil {
		panic(err)
	}
	y := c.Process(nil, make([]float32, 1024)) // each block of the stream in turn
	fmt.Println(len(s), "sections, settled after", s.Settling(1e-3), "samples,", len(y), "filtered")
	// Output: 4 sections, settled after 196 samples, 1024 filtered
}
