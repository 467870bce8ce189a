package taper_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"crackle/window/taper"
)

func Example() {
	w, err := taper.New("hann", 4)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.1f\n", w)
	// Output: [0.0 0.5 1.0 0.5]
}

// Coherent gain (mean) and equivalent noise bandwidth (n sum w^2 / (sum w)^2) as tabled by Harris, 1978, and by Heinzel et al., 2002, for the
// flat-top of ISO 18431-2.
func TestFigures(t *testing.T) {
	for _, tt := range []struct {
		name       string
		gain, enbw float64
	}{
		{"none", 1, 1}, {"hann", 0.5, 1.5}, {"", 0.5, 1.5}, {"hamming", 0.54, 1.3628}, {"blackman", 0.42, 1.7268}, {"flattop", 0.2156, 3.7702},
		{"kaiser(0)", 1, 1}, {"kaiser(9.42477796076938)", 0.40, 1.80},
	} {
		w, err := taper.New(tt.name, 4096)
		if err != nil {
			t.Fatal(err)
		}
		sum, sq := 0.0, 0.0
		for _, v := range w {
			sum += v
			sq += v * v
		}
		n := float64(len(w))
		if math.Abs(sum/n-tt.gain) > 0.005 || math.Abs(n*sq/(sum*sum)-tt.enbw) > 0.01 {
			t.Errorf("%q: gain %.4f, noise bandwidth %.4f; want %g, %g", tt.name, sum/n, n*sq/(sum*sum), tt.gain, tt.enbw)
		}
	}
}

func TestUnknown(t *testing.T) {
	for _, name := range []string{"hanning", "kaiser", "kaiser(x)", "kaiser(-1)", "kaiser(8", "kaiser(NaN)"} {
		if _, err := taper.New(name, 8); err == nil {
			t.Errorf("%q was accepted", name)
		}
	}
}

func TestSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		w, err := taper.New(rapid.SampledFrom([]string{"hann", "hamming", "blackman", "flattop", "kaiser(5)", "none"}).Draw(t, "name"), n)
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < n; i++ {
			if math.Abs(w[i]-w[n-i]) > 1e-12 {
				t.Fatalf("weight %d is %g, its mirror %g", i, w[i], w[n-i])
			}
		}
	})
}

// Abramowitz and Stegun, table 9.8: I0(1) = 1.266065878, I0(10) e^-10 = 0.1278333372.
func TestBesselI0(t *testing.T) {
	if v := taper.BesselI0(1); math.Abs(v-1.266065877752008) > 1e-14 {
		t.Errorf("I0(1) = %.16g", v)
	}
	if v := taper.BesselI0(10) * math.Exp(-10); math.Abs(v-0.1278333371634286) > 1e-13 {
		t.Errorf("I0(10) e^-10 = %.16g", v)
	}
}
