package simulate

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Pearson's chi-square over the outcomes with at least 20 expected draws, as a standard normal deviate.
func TestPoisson(t *testing.T) {
	r := newRandom()
	for _, mean := range []float64{0, 0.01, 0.4, 3, 9.99, 10, 24, 300} {
		r.seed(2, 0)
		const n = 200_000
		seen := map[int]int{}
		for range n {
			seen[r.poisson(mean)]++
		}
		if mean == 0 {
			if seen[0] != n {
				t.Errorf("mean 0: %v", seen)
			}
			continue
		}
		law := distuv.Poisson{Lambda: mean}
		chi, cells, restSeen, restWant := 0.0, 0, n, float64(n)
		for k := range 1000 {
			if want := n * law.Prob(float64(k)); want >= 20 {
				chi += (float64(seen[k]) - want) * (float64(seen[k]) - want) / want
				cells++
				restSeen -= seen[k]
				restWant -= want
			}
		}
		chi += (float64(restSeen) - restWant) * (float64(restSeen) - restWant) / max(restWant, 1)
		if z := (chi - float64(cells)) / math.Sqrt(2*float64(cells)); z > 5 {
			t.Errorf("mean %v: chi-square %.1f on %d cells", mean, chi, cells)
		}
	}
}

func TestGamma(t *testing.T) {
	r := newRandom()
	for _, shape := range []float64{0.02, 0.3, 0.999, 1, 2.3, 40} {
		r.seed(4, 0)
		const n = 50_000
		v := make([]float64, n)
		for i := range v {
			v[i] = r.gamma(shape)
		}
		if m := stat.Mean(v, nil); math.Abs(m-shape) > 4*math.Sqrt(shape/n) {
			t.Errorf("shape %v: mean %.4f", shape, m)
		}
		if ks := math.Sqrt(n) * distanceTo(distuv.Gamma{Alpha: shape, Beta: 1}.CDF, v); ks > 1.95 {
			t.Errorf("shape %v: sqrt(n) times the distance to the law is %.2f", shape, ks)
		}
	}
}

func TestSech2Table(t *testing.T) {
	for x := -15.0; x < 15; x += 0.00173 {
		want := 1 / (math.Cosh(x) * math.Cosh(x))
		if got := sech2(x); math.Abs(got-want) > 3e-6 || got < 0 {
			t.Fatalf("sech2(%v) = %v, want %v", x, got, want)
		}
	}
}
