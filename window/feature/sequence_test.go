package feature_test

import (
	"compress/gzip"
	"encoding/csv"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"crackle/window/feature"
)

func newUniform(seed uint64) func() float64 {
	r := rand.New(rand.NewPCG(seed, 5))
	return r.Float64
}

// Three phases put together from known components give them back, wherever the window starts and although the mains is off its
// nominal frequency.
func TestSequenceComponents(t *testing.T) {
	s := newSet(t, config("sequence(1000)", "phase_magnitudes(1000)", "imbalance(1000)"))
	rapid.Check(t, func(t *rapid.T) {
		component := func(name string, most float64) complex128 {
			return cmplx.Rect(rapid.Float64Range(0, most).Draw(t, name), rapid.Float64Range(0, 6.3).Draw(t, name+" phase"))
		}
		i1 := cmplx.Rect(rapid.Float64Range(0.1, 100).Draw(t, "size"), rapid.Float64Range(0, 6.3).Draw(t, "start"))
		i2, i0 := component("negative", 0.5), component("zero", 0.5)
		hz := rapid.Float64Range(980, 1020).Draw(t, "hz")
		a := cmplx.Rect(1, 2*math.Pi/3)
		phase := func(k float64) (complex128, func(float64) float64) {
			turn := cmplx.Pow(a, complex(-k, 0))
			p := i1 * (turn + i2*cmplx.Conj(turn) + i0)
			return p, func(i float64) float64 { return real(p * cmplx.Rect(1, 2*math.Pi*hz*i/rate)) }
		}
		pa, fa := phase(0)
		pb, fb := phase(1)
		pc, fc := phase(2)
		got, err := s.Compute(nil, wave(length, fa, fb, fc))
		if err != nil {
			t.Fatal(err)
		}
		size := cmplx.Abs(i1)
		want := []float64{real(i2), imag(i2), real(i0), imag(i0), cmplx.Abs(pa) / size, cmplx.Abs(pb) / size, cmplx.Abs(pc) / size, cmplx.Abs(i2), cmplx.Abs(i0)}
		for i, v := range got {
			if math.Abs(float64(v)-want[i]) > 2e-3 {
				t.Errorf("%s is %g, want %g", s.Names()[i], v, want[i])
			}
		}
	})
}

func readMotor(t *testing.T, path string) []float32 {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var x []float32
	for _, row := range rows {
		for _, cell := range row {
			v, err := strconv.ParseFloat(cell, 32)
			if err != nil {
				t.Fatal(err)
			}
			x = append(x, float32(v))
		}
	}
	return x
}

// Real currents: every output of every window of a healthy recording stays within 0.05 of the mean of the others', every window of a
// fault of level 2 or more departs by more, and the two recordings whose labels are in doubt measure as healthy.
func TestSequenceOnMotorCurrents(t *testing.T) {
	s := newSet(t, feature.Config{Channels: []string{"a", "b", "c"}, RateHz: 1000, Length: 200, List: []string{"sequence(60)"}})
	paths, err := filepath.Glob("testdata/motor/*.csv.gz")
	if err != nil || len(paths) != 9 {
		t.Fatalf("%d recordings, %v", len(paths), err)
	}
	windows := map[string][][]float32{}
	for _, p := range paths {
		x := readMotor(t, p)
		name := strings.TrimSuffix(filepath.Base(p), ".csv.gz")
		for at := 0; at+200 <= len(x)/3; at += 100 {
			v, err := s.Compute(nil, x[3*at:3*(at+200)])
			if err != nil {
				t.Fatal(err)
			}
			windows[name] = append(windows[name], v)
		}
	}
	doubtful := map[string]bool{"SC_A1_B0_C0_002": true, "SC_A0_B2_C0_002": true}
	for name, w := range windows {
		mean := make([]float64, s.Len())
		n := 0.0
		for other, ws := range windows {
			if strings.HasPrefix(other, "SC_HLT") && other != name {
				for _, v := range ws {
					for i := range v {
						mean[i] += float64(v[i])
					}
					n++
				}
			}
		}
		least, most := math.Inf(1), 0.0
		for _, v := range w {
			d := 0.0
			for i := range v {
				d = max(d, math.Abs(float64(v[i])-mean[i]/n))
			}
			least, most = min(least, d), max(most, d)
		}
		t.Logf("%s: departs by %.4f to %.4f", name, least, most)
		if healthy := strings.HasPrefix(name, "SC_HLT") || doubtful[name]; healthy && most > 0.05 || !healthy && least <= 0.05 {
			t.Errorf("%s departs by %.4f to %.4f", name, least, most)
		}
	}
}
