package simulate

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"crackle/ingest/block"
)

type source interface {
	Read(*block.Block) error
	Channels() []string
	PartSpan(int) Span
}

// drain reads a generator to its end and checks what every block must say.
func drain(t testing.TB, g source) (samples []float32, parts []string) {
	t.Helper()
	var b block.Block
	var next uint64
	open := false
	for {
		err := g.Read(&b)
		if errors.Is(err, io.EOF) {
			if open {
				t.Fatal("the stream ends within a part")
			}
			return samples, parts
		}
		if err != nil {
			t.Fatal(err)
		}
		if b.First != next || b.Count() == 0 || b.Channels != len(g.Channels()) || b.Flags&block.Simulated == 0 || b.Flags&block.Recorded != 0 {
			t.Fatalf("block at %d, expected %d: %d samples, %d channels, flags %b", b.First, next, b.Count(), b.Channels, b.Flags)
		}
		if begins := b.Flags&block.PartBegin != 0; begins == open {
			t.Fatalf("block at %d: part open %v, block begins a part %v", b.First, open, begins)
		} else if begins {
			parts = append(parts, b.Part)
		}
		open = b.Flags&block.PartEnd == 0
		next = b.End()
		if span := g.PartSpan(len(parts) - 1); b.First < span.First || next > span.End || (next == span.End) == open {
			t.Fatalf("block %d to %d of part %d, which is %v", b.First, next, len(parts)-1, span)
		}
		samples = append(samples, b.Samples...)
	}
}

func barkhausen(t testing.TB, edit func(*BarkhausenConfig)) *Barkhausen {
	t.Helper()
	cfg := DefaultBarkhausen()
	edit(&cfg)
	g, err := NewBarkhausen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func rms(v []float32) float64 {
	s := 0.0
	for _, x := range v {
		s += float64(x) * float64(x)
	}
	return math.Sqrt(s / float64(len(v)))
}

func equal(a, b []float32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return true
}

func TestBarkhausenSameSeedSameBits(t *testing.T) {
	parts := []GroundPart{{Name: "a", Seconds: 0.21}, {Name: "b", Seconds: 0.1, Burns: []Burn{{0.005, 0.02, Temper, 0.7}}}}
	make := func(seed uint64, size int, parts ...GroundPart) []float32 {
		v, _ := drain(t, barkhausen(t, func(c *BarkhausenConfig) { c.Seed, c.BlockSamples, c.Parts = seed, size, parts }))
		return v
	}
	want := make(9, 10_000, parts...)
	for _, size := range []int{1, 777, 125_000} {
		if !equal(want, make(9, size, parts...)) {
			t.Errorf("blocks of %d samples give other bits", size)
		}
	}
	if equal(want, make(10, 10_000, parts...)) {
		t.Error("another seed gives the same bits")
	}
	short := parts[0]
	short.Seconds = 0.05
	if !equal(want[42_000:], make(9, 10_000, short, parts[1])[10_000:]) {
		t.Error("a part depends on the length of the one before")
	}
	if equal(want[:10_000], want[42_000:52_000]) {
		t.Error("two parts are the same")
	}
}

// One burst in each half cycle, centred where the field passes Hc in the direction of the sweep.
func TestBarkhausenBursts(t *testing.T) {
	g := barkhausen(t, func(c *BarkhausenConfig) {
		c.NoiseV, c.HumV, c.PartSpread, c.RunOutM = 0, 0, 0, 0
		c.Parts[0].Seconds = 4
	})
	v, _ := drain(t, g)
	const half = 1000 // samples
	bursts := len(v) / half
	var energy [half]float64
	weak := 0
	for b := range bursts {
		own := 0.0
		for i, x := range v[b*half : (b+1)*half] {
			energy[i] += float64(x) * float64(x)
			own += float64(x) * float64(x)
		}
		if math.Sqrt(own/half) < 2e-3 {
			weak++
		}
	}
	if weak > 0 {
		t.Errorf("%d of %d half cycles without a burst", weak, bursts)
	}
	sum, centre, outside := 0.0, 0.0, 0.0
	for i, e := range energy {
		field := 4000 * (2*float64(i)/half - 1)
		sum += e
		centre += e * field
		if field < -1500 {
			outside += e
		}
	}
	// Energy follows c, which is symmetric about Hc but cut off at the end of the sweep (the truncated mean of sech^2), with the delay of the wall, 1.5 demagnetising
	// times or 40 A/m for its variance, and of the two low-passes, 12 A/m.
	want, norm := 0.0, 0.0
	for h := -4000.0; h < 4000; h++ {
		c := 1 / math.Pow(math.Cosh((h-1900)/700), 2)
		want += c * h
		norm += c
	}
	if got := centre / sum; math.Abs(got-want/norm-52) > 40 {
		t.Errorf("bursts centred at %.0f A/m, want %.0f", got, want/norm+52)
	}
	if outside/sum > 0.002 {
		t.Errorf("%.4f of the energy lies before the walls can move", outside/sum)
	}
}

// Burn changes level and place of the noise in the direction its class says, more so when severe.
func TestBarkhausenBurn(t *testing.T) {
	level := func(class BurnClass, severity float64) (rmsV, centre float64) {
		burns := []Burn{{0, 0.5, class, severity}}
		if severity == 0 {
			burns = nil
		}
		g := barkhausen(t, func(c *BarkhausenConfig) {
			c.NoiseV, c.HumV, c.PartSpread = 0, 0, 0
			c.Parts = []GroundPart{{Name: "p", Seconds: 2, Burns: burns}}
		})
		v, _ := drain(t, g)
		v = v[100_000:300_000] // clear of the zone's edges
		sum := 0.0
		for i, x := range v {
			e := float64(x) * float64(x)
			sum += e
			centre += e * float64(i%1000)
		}
		return rms(v), centre / sum
	}
	sound, at := level("", 0)
	if sound < 3e-3 || sound > 12e-3 {
		t.Errorf("sound level %.2f mV rms, want 3 to 12", sound*1e3)
	}
	mild, _ := level(Temper, 0.4)
	temper, earlier := level(Temper, 1)
	rehard, later := level(Rehard, 1)
	t.Logf("mV rms: sound %.2f, tempered mildly %.2f, fully %.2f, rehardened %.2f; centre %.0f, %.0f, %.0f", sound*1e3, mild*1e3, temper*1e3, rehard*1e3, at, earlier, later)
	if !(sound*1.2 < mild && mild*1.2 < temper && rehard < sound/1.5) {
		t.Errorf("levels: sound %v, tempered mildly %v, fully %v, rehardened %v", sound, mild, temper, rehard)
	}
	if !(earlier < at-15 && later > at+15) {
		t.Errorf("centres: sound %v, tempered %v, rehardened %v", at, earlier, later)
	}
}

func TestBarkhausenTruthCoversTheBurn(t *testing.T) {
	g := barkhausen(t, func(c *BarkhausenConfig) {
		c.Parts = []GroundPart{{Name: "a", Seconds: 0.5}, {Name: "b", Seconds: 2, Burns: []Burn{{0.1, 0.3, Temper, 1}}}}
	})
	zones := g.Truth()
	if len(zones) != 1 || zones[0].Part != "b" || zones[0].Span != (Span{180_000, 340_000}) || zones[0].Class != Temper {
		t.Fatalf("truth %+v", zones)
	}
	v, _ := drain(t, g)
	z := zones[0]
	if in, out := rms(v[z.First+30_000:z.End-30_000]), rms(v[100_000:z.First]); in < 1.5*out {
		t.Errorf("%v V rms within the zone, %v before it", in, out)
	}
}

// The level of a sound part rises and falls once a revolution with the lift-off.
func TestBarkhausenRunOut(t *testing.T) {
	g := barkhausen(t, func(c *BarkhausenConfig) { c.Parts[0].Seconds = 8; c.RunOutM = 60e-6 }) // 8 revolutions
	v, _ := drain(t, g)
	const bins = 8
	power := make([]float64, bins*8)
	for i := range power {
		r := rms(v[i*25_000 : (i+1)*25_000])
		power[i] = math.Log(r)
	}
	harmonic := func(k int) float64 {
		var re, im float64
		for i, p := range power {
			w := 2 * math.Pi * float64(k*i) / float64(len(power))
			re += p * math.Cos(w)
			im += p * math.Sin(w)
		}
		return 2 * math.Hypot(re, im) / float64(len(power))
	}
	once := harmonic(8)
	if once < 0.08 || once > 0.3 {
		t.Errorf("level changes by %.3f (log) once a revolution", once)
	}
	for k := 3; k < 20; k++ {
		if k != 8 && harmonic(k) > once/2 {
			t.Errorf("level changes by %.3f at %d per 8 revolutions, %.3f once a revolution", harmonic(k), k, once)
		}
	}
}

func TestBarkhausenDriveChannel(t *testing.T) {
	with := barkhausen(t, func(c *BarkhausenConfig) { c.DriveChannel = true; c.Parts[0].Seconds = 0.05 })
	without := barkhausen(t, func(c *BarkhausenConfig) { c.Parts[0].Seconds = 0.05 })
	two, _ := drain(t, with)
	one, _ := drain(t, without)
	for i := range one {
		if two[2*i] != one[i] {
			t.Fatalf("sample %d of mbn changes when the drive is added", i)
		}
		// Up from -1 A to +1 A within the first half cycle, down again within the next.
		p := float64(i%2000) / 1000
		if want := 1 - 2*math.Abs(1-p); math.Abs(float64(two[2*i+1])-want) > 1e-4 {
			t.Fatalf("drive at sample %d is %v A, want %v", i, two[2*i+1], want)
		}
	}
}

func TestBarkhausenBlocks(t *testing.T) {
	start := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	g := barkhausen(t, func(c *BarkhausenConfig) {
		c.Start, c.Lot, c.BlockSamples = start, "lot-7", 3000
		c.Parts = []GroundPart{{Name: "a", Seconds: 0.02}, {Name: "b", Seconds: 0.02}}
	})
	b := block.Block{Run: 5, Seq: 6}
	for i, want := range []struct {
		first uint64
		n     int
		part  string
		flags block.Flags
	}{
		{0, 3000, "a", block.PartBegin}, {3000, 1000, "a", block.PartEnd}, {4000, 3000, "b", block.PartBegin}, {7000, 1000, "b", block.PartEnd},
	} {
		if err := g.Read(&b); err != nil {
			t.Fatal(err)
		}
		at := start.Add(time.Duration(want.first) * 5 * time.Microsecond).UnixNano()
		if b.First != want.first || b.Count() != want.n || b.Part != want.part || b.Lot != "lot-7" || b.Flags != want.flags|block.Simulated || b.TimeNS != at || b.RateHz != 200e3 || b.Run != 5 || b.Seq != 6 {
			t.Errorf("block %d: %+v", i, b)
		}
	}
	for range 2 {
		if err := g.Read(&b); !errors.Is(err, io.EOF) {
			t.Errorf("after the end: %v", err)
		}
	}
}

func TestBarkhausenRefuses(t *testing.T) {
	for want, edit := range map[string]func(*BarkhausenConfig){
		"RateHz is 0":             func(c *BarkhausenConfig) { c.RateHz = 0 },
		"RateHz is NaN":           func(c *BarkhausenConfig) { c.RateHz = math.NaN() },
		"CoerciveAPerM is 5000":   func(c *BarkhausenConfig) { c.Material.CoerciveAPerM = 5000 },
		"WidthAPerM is 0":         func(c *BarkhausenConfig) { c.Material.WidthAPerM = 0 },
		"block of 0 samples":      func(c *BarkhausenConfig) { c.BlockSamples = 0 },
		"block of 200000 samples": func(c *BarkhausenConfig) { c.BlockSamples = 200_000 },
		"no parts":                func(c *BarkhausenConfig) { c.Parts = nil },
		`part 0 "p" lasts 0 s`:    func(c *BarkhausenConfig) { c.Parts = []GroundPart{{Name: "p"}} },
		"burn from 0.4 to 0.6 m":  func(c *BarkhausenConfig) { c.Parts[0].Burns = []Burn{{0.4, 0.6, Temper, 1}} },
		`burn class "scorch"`:     func(c *BarkhausenConfig) { c.Parts[0].Burns = []Burn{{0.1, 0.2, "scorch", 1}} },
		"burn severity 2":         func(c *BarkhausenConfig) { c.Parts[0].Burns = []Burn{{0.1, 0.2, Temper, 2}} },
		"overlap":                 func(c *BarkhausenConfig) { c.Parts[0].Burns = []Burn{{0.1, 0.2, Temper, 1}, {0.15, 0.3, Rehard, 1}} },
	} {
		cfg := DefaultBarkhausen()
		edit(&cfg)
		if _, err := NewBarkhausen(cfg); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "simulate barkhausen") {
			t.Errorf("want %q in: %v", want, err)
		}
	}
}

// The demo makes 200 kHz besides all else; a hundredth of a core is usual, a whole core is the limit here.
func TestBarkhausenFasterThanRealTime(t *testing.T) {
	g := barkhausen(t, func(c *BarkhausenConfig) {})
	begin := time.Now()
	v, _ := drain(t, g)
	if signal, took := float64(len(v))/200e3, time.Since(begin).Seconds(); took > signal {
		t.Errorf("%v s of signal took %.2f s", signal, took)
	}
}
