package filter_test

import (
	"cmp"
	"encoding/json"
	"math"
	"math/cmplx"
	"os"
	"path/filepath"
	"testing"

	"crackle/window/filter"
)

type goldenFile struct {
	Source string
	X      []float64
	Cases  []goldenCase
}

type goldenCase struct {
	Family, Type string
	Order        int
	EdgesHz      []float64 `json:"edges_hz"`
	RateHz       float64   `json:"rate_hz"`
	RippleDB     float64   `json:"ripple_db"`
	StopDB       float64   `json:"stop_db"`
	SOS          filter.Sections
	ZI           [][2]float64
	FreqHz       []float64 `json:"freq_hz"`
	Mag, Phase   []float64
	Y, FF        []float64
}

func (g goldenCase) design() filter.Design {
	d := filter.Design{Kind: filter.Kind(g.Type), Order: g.Order, EdgesHz: g.EdgesHz, RippleDB: g.RippleDB, StopDB: g.StopDB}
	switch g.Family {
	case "butter":
		d.Family = filter.Butterworth
	case "cheby1":
		d.Family = filter.Chebyshev1
	case "cheby2":
		d.Family = filter.Chebyshev2
	case "ellip":
		d.Family = filter.Elliptic
	case "bessel":
		d.Family = filter.Bessel
	case "notch":
		d.Q, d.RippleDB = g.RippleDB, 0
	}
	return d
}

func readGolden(t testing.TB, path string) goldenFile {
	raw, err := os.ReadFile(path)
	if os.IsNotExist(err) && !filepath.IsAbs(path) { // as seen from the module's root
		raw, err = os.ReadFile(filepath.Join("../..", path))
	}
	if err != nil {
		t.Fatal(err)
	}
	var g goldenFile
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if len(g.Cases) == 0 {
		t.Fatalf("%s holds no cases", path)
	}
	return g
}

func relative(got, want []float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	worst, peak := 0.0, 0.0
	for i := range want {
		if d := math.Abs(got[i] - want[i]); !(d <= worst) {
			worst = d
		}
		peak = max(peak, math.Abs(want[i]))
	}
	return worst / peak
}

// TestGolden compares with SciPy. Tolerances: the response of our design 1e-9 of its maximum; filtering with the file's own sections
// 1e-9 of max |y|, and of the largest entry of zi; our design end to end 1e-7.
func TestGolden(t *testing.T) {
	g := readGolden(t, cmp.Or(os.Getenv("CRACKLE_GOLDEN_FILTER"), "testdata/iir.json"))
	t.Logf("%d cases from %s", len(g.Cases), g.Source)
	for _, c := range g.Cases {
		own, err := c.design().Sections(c.RateHz)
		if err != nil {
			t.Errorf("%s %s: %v", c.Family, c.Type, err)
			continue
		}
		response := 0.0
		peak := 0.0
		for i, f := range c.FreqHz {
			want := cmplx.Rect(c.Mag[i], c.Phase[i])
			response = max(response, cmplx.Abs(own.Response(f, c.RateHz)-want))
			peak = max(peak, c.Mag[i])
		}
		response /= peak
		var zi, zi0 []float64
		for i, z := range c.SOS.Steady() {
			zi, zi0 = append(zi, z[0], z[1]), append(zi0, c.ZI[i][0], c.ZI[i][1])
		}
		y := relative(run(c.SOS, g.X), c.Y)
		ff := relative(zeroPhase(t, c.SOS, g.X), c.FF)
		z := relative(zi, zi0)
		end := max(relative(run(own, g.X), c.Y), relative(zeroPhase(t, own, g.X), c.FF))
		t.Logf("%-7s %-8s order %d: response %.1e, y %.1e, ff %.1e, zi %.1e, end to end %.1e", c.Family, c.Type, c.Order, response, y, ff, z, end)
		if !(response <= 1e-9 && y <= 1e-9 && ff <= 1e-9 && z <= 1e-9 && end <= 1e-7) {
			t.Errorf("%s %s of order %d is outside its tolerance", c.Family, c.Type, c.Order)
		}
	}
}

// TestDesignsEqualSciPy compares more designs, of all families and kinds: the response to 1e-9 of its maximum, the steady state to 1e-9 of its
// largest entry.
func TestDesignsEqualSciPy(t *testing.T) {
	for i, c := range readGolden(t, "testdata/designs.json").Cases {
		own, err := c.design().Sections(c.RateHz)
		if err != nil {
			t.Errorf("case %d, %s %s: %v", i, c.Family, c.Type, err)
			continue
		}
		worst, peak := 0.0, 0.0
		for k, f := range c.FreqHz {
			worst = max(worst, cmplx.Abs(own.Response(f, c.RateHz)-cmplx.Rect(c.Mag[k], c.Phase[k])))
			peak = max(peak, c.Mag[k])
		}
		var zi, want []float64
		for k, z := range c.SOS.Steady() {
			zi, want = append(zi, z[0], z[1]), append(want, c.ZI[k][0], c.ZI[k][1])
		}
		if e := relative(zi, want); !(worst <= 1e-9*peak && e <= 1e-9) || len(own) != len(c.SOS) {
			t.Errorf("case %d, %s %s of order %d: response off by %.1e, steady state by %.1e", i, c.Family, c.Type, c.Order, worst/peak, e)
		}
	}
}

// run filters from rest.
func run(s filter.Sections, x []float64) []float64 {
	c, err := filter.NewCascade[float64](s, 1)
	if err != nil {
		panic(err)
	}
	c.Rest()
	return c.Process(nil, x)
}

func zeroPhase(t *testing.T, s filter.Sections, x []float64) []float64 {
	y, err := filter.ZeroPhase(nil, s, x)
	if err != nil {
		t.Fatal(err)
	}
	return y
}
