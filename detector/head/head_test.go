package head

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// specimens makes labelled parts: a target per part that shows in the first feature, a bias of each specimen on the second, and noise.
func specimens(r *rand.Rand, count, parts int, noise float64) (out []Sample) {
	for k := range count {
		bias := r.NormFloat64()
		for i := range parts {
			y := 200 * (r.Float64() - 0.5)
			s := Sample{Part: fmt.Sprintf("s%02d-p%d", k, i), Specimen: fmt.Sprintf("s%02d", k), Value: y}
			off := noise * r.NormFloat64()
			for range 6 {
				s.Rows = append(s.Rows, []float32{float32(y/100 + off + 0.05*r.NormFloat64() + 0.3*bias), float32(bias), float32(r.NormFloat64())})
			}
			out = append(out, s)
		}
	}
	return out
}

func config() Config {
	return Config{Stream: "s", Target: "stress", Unit: "MPa", Features: []string{"a", "b", "c"}, Conditioning: []byte(`{"rate_hz":1}`), Coverage: 0.8, Encoder: Linear, Seed: 3}
}

func fit(t testing.TB, cfg Config, samples []Sample) *Head {
	t.Helper()
	h, err := Fit(t.Context(), cfg, samples, nil)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// A range holds the truth of parts of specimens never seen as often as stated, though parts of a specimen hang together, and fewer specimens
// give wider ranges, not falser ones.
func TestRangesHoldForSpecimensNeverSeen(t *testing.T) {
	for _, k := range []int{6, 15} {
		r := rand.New(rand.NewPCG(uint64(k), 5))
		const runs = 60
		in, all, said := 0.0, 0.0, 0.0
		for range runs {
			h := fit(t, config(), specimens(r, k, 4, 0.2))
			if h.Record.Covered != nil {
				said += *h.Record.Covered / runs
			}
			for _, s := range specimens(r, 10, 4, 0.2) {
				e, err := h.Estimate(s.Rows)
				if err != nil {
					t.Fatal(err)
				}
				all++
				if s.Value >= e.Low && s.Value <= e.High {
					in++
				}
			}
		}
		if got := in / all; got < 0.78 || got > 0.97 {
			t.Errorf("%d specimens: ranges hold %.3f of parts never seen, stated 0.80; left-out specimens said %.3f", k, got, said)
		}
	}
}

// What leaks when parts are split at random does not when specimens are: a feature that only names the specimen is worth nothing.
func TestSpecimensAreNotLearntByHeart(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	var samples []Sample
	for k := range 12 {
		y, name := r.NormFloat64(), r.NormFloat64()
		for i := range 5 {
			s := Sample{Part: fmt.Sprintf("%d/%d", k, i), Specimen: fmt.Sprint(k), Value: y}
			for range 4 {
				s.Rows = append(s.Rows, []float32{float32(name + 0.01*r.NormFloat64()), float32(name * name), float32(r.NormFloat64())})
			}
			samples = append(samples, s)
		}
	}
	h := fit(t, config(), samples)
	if e := h.Record.Errors; e["linear"] < 0.8*e["mean"] {
		t.Errorf("error %v with a feature that only names the specimen, %v for the mean", e["linear"], e["mean"])
	}
}

// The network is taken where order matters, and its attention sums to 1; a head that is read back answers the same to the bit.
func TestNetworkSeesOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	var samples []Sample
	for k := range 12 {
		for i := range 8 {
			s := Sample{Part: fmt.Sprintf("%d/%d", k, i), Specimen: fmt.Sprint(k), Class: "rising"}
			up := float32(1)
			if (k+i)%2 == 0 {
				s.Class, up = "falling", -1
			}
			for t := range 8 {
				s.Rows = append(s.Rows, []float32{up*(float32(t)-3.5)/4 + 0.1*float32(r.NormFloat64()), float32(r.NormFloat64()), 0})
			}
			samples = append(samples, s)
		}
	}
	cfg := config()
	cfg.Classes, cfg.Encoder, cfg.Target, cfg.Unit = []string{"falling", "rising"}, Auto, "trend", ""
	h := fit(t, cfg, samples)
	if h.Encoder != GRU || h.Record.Errors["gru"] > 0.1 || h.Record.Errors["linear"] < 0.3 {
		t.Fatalf("encoder %s, errors %v", h.Encoder, h.Record.Errors)
	}
	b, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples[:10] {
		x, err := h.Estimate(s.Rows)
		y, err2 := again.Estimate(s.Rows)
		if err != nil || err2 != nil || x.Class != y.Class || x.Probability["rising"] != y.Probability["rising"] || x.Class != s.Class || !slices.Contains(x.Set, s.Class) {
			t.Errorf("part %s, a %s one: %+v, read back %+v; %v, %v", s.Part, s.Class, x, y, err, err2)
			continue
		}
		sum := 0.0
		for _, v := range x.Attention {
			sum += v
		}
		if len(x.Attention) != len(s.Rows) || math.Abs(sum-1) > 1e-5 {
			t.Errorf("attention %v", x.Attention)
		}
	}
	b2, err := again.Encode()
	if err != nil || !bytes.Equal(b, b2) {
		t.Errorf("written again it differs: %v", err)
	}
}

// A long part is read in means of windows in a row, of which each has its share of the attention.
func TestLongPartsAreThinned(t *testing.T) {
	rows := func(n int) (z [][]float32) {
		for i := range n {
			z = append(z, []float32{float32(i), 1})
		}
		return z
	}
	for n, want := range map[int]int{1: 1, 256: 256, 257: 129, 512: 256, 1000: 250, 5003: 251} {
		if got := thin(rows(n)); len(got) != want || math.Abs(float64(got[0][1])-1) > 1e-5 {
			t.Errorf("%d rows are read as %d, want %d", n, len(got), want)
		}
	}
	if got := thin(rows(600)); math.Abs(float64(got[1][0])-4) > 1e-5 {
		t.Errorf("the mean of rows 3 to 5 is %v", got[1][0])
	}
	cfg := config()
	cfg.Encoder = GRU
	h := fit(t, cfg, specimens(rand.New(rand.NewPCG(4, 4)), 8, 3, 0.2))
	long := make([][]float32, 1001)
	for i := range long {
		long[i] = []float32{0.5, 0, float32(i%7) - 3}
	}
	e, err := h.Estimate(long)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, v := range e.Attention {
		sum += v
	}
	if len(e.Attention) != 1001 || math.Abs(sum-1) > 1e-5 {
		t.Errorf("%d windows have %v of the attention", len(e.Attention), sum)
	}
}

func TestClassSets(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	var samples []Sample
	classes := []string{"none", "mild", "severe"}
	make1 := func(k, i int) Sample {
		c := (k + i) % 3
		s := Sample{Part: fmt.Sprintf("%d/%d", k, i), Specimen: fmt.Sprint(k), Class: classes[c]}
		off := 0.5 * r.NormFloat64()
		for range 5 {
			s.Rows = append(s.Rows, []float32{float32(float64(c) + off), float32(r.NormFloat64()), 1})
		}
		return s
	}
	for k := range 14 {
		for i := range 6 {
			samples = append(samples, make1(k, i))
		}
	}
	cfg := config()
	cfg.Classes = classes
	h := fit(t, cfg, samples)
	if e := h.Record.Errors; !(e["linear"] < 0.5*e["commonest"]) || h.Record.Width < 1 || h.Record.Width > 2.5 {
		t.Errorf("errors %v, sets of %.2f classes", e, h.Record.Width)
	}
	in, n := 0, 0
	for k := range 100 {
		s := make1(1000+k, k)
		e, err := h.Estimate(s.Rows)
		if err != nil {
			t.Fatal(err)
		}
		n++
		if slices.Contains(e.Set, s.Class) {
			in++
		}
	}
	if float64(in)/float64(n) < 0.75 {
		t.Errorf("sets hold %d of %d, stated 0.8", in, n)
	}
}

func TestQuantileOfSpecimens(t *testing.T) {
	one := func(scores ...float64) (out []residual) {
		for i, s := range scores {
			out = append(out, residual{fmt.Sprint(i), s})
		}
		return out
	}
	if q := weigh(one(1, 2, 3, 4), 0.8); q != 4 {
		t.Errorf("of four at 0.8: %v", q)
	}
	if q := weigh(one(1, 2, 3, 4), 0.81); !math.IsInf(q, 1) {
		t.Errorf("of four at 0.81: %v, and four support no more than 0.8", q)
	}
	many := append(one(1, 2, 3), residual{"9", 50}, residual{"9", 60}, residual{"9", 70}) // a specimen with many parts weighs no more
	if q := weigh(many, 0.6); q != 3 {
		t.Errorf("with one specimen measured often: %v", q)
	}
	rapid.Check(t, func(r *rapid.T) {
		k := rapid.IntRange(1, 30).Draw(r, "specimens")
		c := rapid.Float64Range(0.5, 0.95).Draw(r, "coverage")
		var all []residual
		for i := range k {
			for range rapid.IntRange(1, 4).Draw(r, "parts") {
				all = append(all, residual{fmt.Sprint(i), rapid.Float64Range(0, 9).Draw(r, "score")})
			}
		}
		q := weigh(all, c)
		if (k >= needed(c)) == math.IsInf(q, 1) {
			r.Fatalf("%d specimens, coverage %v needs %d: quantile %v", k, c, needed(c), q)
		}
		if higher := weigh(all, min(0.99, c+0.02)); higher < q {
			r.Fatalf("quantile %v at %v, %v at more", q, c, higher)
		}
	})
}

// Each thing that labels or parts must not be is refused in words that say what to do.
func TestRefusals(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	good := specimens(r, 8, 3, 0.2)
	with := func(change func(s []Sample) []Sample) []Sample {
		s := slices.Clone(good)
		for i := range s {
			s[i].Rows = slices.Clone(s[i].Rows)
		}
		return change(s)
	}
	for _, c := range []struct {
		name    string
		cfg     func(*Config)
		samples []Sample
		want    string
	}{
		{"no specimen", nil, with(func(s []Sample) []Sample { s[3].Specimen = ""; return s }), "has no specimen"},
		{"two specimens", nil, with(func(s []Sample) []Sample { s[1].Part, s[1].Specimen = s[0].Part, "other"; return s }), "of specimen s00 and of specimen other"},
		{"one specimen", nil, with(func(s []Sample) []Sample {
			for i := range s {
				s[i].Specimen = "one"
			}
			return s
		}), "of 1 specimens, at least 3"},
		{"coverage beyond the specimens", func(c *Config) { c.Coverage = 0.95 }, good, "needs 19 specimens, the labels have 8"},
		{"few parts", nil, good[:4], "4 labelled parts"},
		{"constant target", nil, with(func(s []Sample) []Sample {
			for i := range s {
				s[i].Value = 5
			}
			return s
		}), "the same for all"},
		{"a target that is no number", nil, with(func(s []Sample) []Sample { s[0].Value = math.NaN(); return s }), "must be finite"},
		{"constant features", nil, with(func(s []Sample) []Sample {
			for i := range s {
				s[i].Rows = [][]float32{{1, 2, 3}, {1, 2, 3}}
			}
			return s
		}), "none of the 3 features moves"},
		{"a part of no windows", nil, with(func(s []Sample) []Sample { s[0].Rows = nil; return s }), "of its 0 windows"},
		{"a part mostly not finite", nil, with(func(s []Sample) []Sample {
			for i := range 4 {
				s[0].Rows[i] = []float32{float32(math.NaN()), 0, 0}
			}
			return s
		}), "of its 6 windows 2 are sound"},
		{"other features", nil, with(func(s []Sample) []Sample { s[0].Rows[0] = []float32{1, 2}; return s }), "a window has 2 features"},
		{"a class that is not named", func(c *Config) { c.Classes = []string{"x", "y"} }, good, `has the class ""`},
		{"one class", func(c *Config) { c.Classes = []string{"x"} }, good, "label parts of another class"},
		{"no target", func(c *Config) { c.Target = "" }, good, "no target"},
		{"an encoder", func(c *Config) { c.Encoder = "transformer" }, good, `encoder is "transformer"`},
	} {
		cfg := config()
		if c.cfg != nil {
			c.cfg(&cfg)
		}
		if _, err := Fit(context.Background(), cfg, c.samples, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	h := fit(t, config(), with(func(s []Sample) []Sample { s[0].Rows[2][1] = float32(math.NaN()); return s }))
	if h.Record.Dropped != 1 || !h.Learnt("s03") || h.Learnt("other") {
		t.Errorf("record %+v", h.Record)
	}
	if _, err := h.Estimate([][]float32{{float32(math.NaN()), 0, 0}}); err == nil || !strings.Contains(err.Error(), "not assessed") {
		t.Errorf("a part of NaN: %v", err)
	}
	e, err := h.Estimate([][]float32{{500, -900, 3000}})
	usual, err2 := h.Estimate(good[0].Rows)
	if err != nil || err2 != nil || !e.Beyond || e.High-e.Low < 2*(usual.High-usual.Low) {
		t.Errorf("a part far out: %+v, %v; a usual one %+v", e, err, usual)
	}
}

// Hostile files are refused or answer with numbers.
func FuzzParse(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 1))
	h, err := Fit(context.Background(), config(), specimens(r, 8, 3, 0.2), nil)
	if err != nil {
		f.Fatal(err)
	}
	b, err := h.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(bytes.Replace(b, []byte(`\"linear\"`), []byte(`\"gru\"   `), 1))
	f.Add(bytes.Replace(b, []byte(`\"quantile\"`), []byte(`\"quantila\"`), 1))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := Parse(b)
		if err != nil {
			return
		}
		row := make([]float32, len(h.Features))
		if e, err := h.Estimate([][]float32{row, row}); err == nil && !finite64(e.Low, e.High, e.Difficulty) {
			t.Fatalf("answered %+v", e)
		}
	})
}
