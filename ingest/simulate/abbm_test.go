package simulate

import (
	"math"
	"math/cmplx"
	"slices"
	"testing"

	"gonum.org/v1/gonum/dsp/fourier"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// wallSeries is n velocities at a constant driving rate, started in the stationary law.
func wallSeries(seed uint64, c, d, xi float64, n int) []float64 {
	r := newRandom()
	r.seed(seed, 0)
	m := newABBM(d, xi)
	m.v = r.gamma(c)
	v := make([]float64, n)
	for i := range v {
		v[i] = m.step(c, r)
	}
	return v
}

// Constant driving without memory: the stationary law is Gamma(c, 1), hence mean c and variance c.
func TestABBMStationaryLaw(t *testing.T) {
	for _, c := range []float64{0.1, 0.3, 1, 2.5} {
		const d, n, apart = 0.3, 40_000, 30 // values 9 time units apart are independent to e^-9
		all := wallSeries(7, c, d, 0, n*apart)
		v := make([]float64, n)
		for i := range v {
			v[i] = all[i*apart]
		}
		mean, variance := stat.MeanVariance(v, nil)
		if se := math.Sqrt(c / n); math.Abs(mean-c) > 4*se {
			t.Errorf("c %v: mean %.4f, standard error %.4f", c, mean, se)
		}
		// The fourth central moment of Gamma(c, 1) is 3c^2 + 6c.
		if se := math.Sqrt((2*c*c + 6*c) / n); math.Abs(variance-c) > 4*se {
			t.Errorf("c %v: variance %.4f, standard error %.4f", c, variance, se)
		}
		// Kolmogorov-Smirnov: sqrt(n) D > 1.95 happens once in a thousand.
		if ks := math.Sqrt(n) * distanceTo(distuv.Gamma{Alpha: c, Beta: 1}.CDF, v); ks > 1.95 {
			t.Errorf("c %v: sqrt(n) times the distance to Gamma(c, 1) is %.2f", c, ks)
		}
	}
}

// distanceTo is the greatest distance between the sample's distribution and cdf, from 1e-15 up: smaller gammas are drawn as 0.
func distanceTo(cdf func(float64) float64, v []float64) (d float64) {
	slices.Sort(v)
	n := float64(len(v))
	for i, x := range v {
		if x < 1e-15 {
			continue
		}
		p := cdf(x)
		d = max(d, p-float64(i)/n, float64(i+1)/n-p)
	}
	return d
}

// segment is the length of one periodogram.
const segment = 1024

// overLorentzian compares the power of v in frequency bands with that of the covariance c e^-|t|: the Lorentzian 2c/(1+w^2), folded at half the rate by sampling
// at steps of d, which is c d (1-q^2)/(1 - 2q cos(wd) + q^2) with q = e^-d. It returns the mean of the ratio over the segments of v, and its standard error.
func overLorentzian(v []float64, c, d float64, from, to int) (ratio, se float64) {
	fft := fourier.NewFFT(segment)
	q := math.Exp(-d)
	x := make([]float64, segment)
	each := make([]float64, len(v)/segment)
	var coef []complex128
	for s := range each {
		for i := range x {
			hann := math.Sqrt(8.0/3) * math.Sin(math.Pi*float64(i)/segment) * math.Sin(math.Pi*float64(i)/segment)
			x[i] = hann * (v[s*segment+i] - c)
		}
		coef = fft.Coefficients(coef, x)
		for i := from; i < to; i++ {
			p := cmplx.Abs(coef[i]) * cmplx.Abs(coef[i]) * d / segment
			want := c * d * (1 - q*q) / (1 - 2*q*math.Cos(2*math.Pi*float64(i)/segment) + q*q)
			each[s] += p / want / float64(to-from)
		}
	}
	mean, sd := stat.MeanStdDev(each, nil)
	return mean, sd / math.Sqrt(float64(len(each)))
}

func TestABBMLorentzian(t *testing.T) {
	const d = 0.1
	for _, c := range []float64{0.3, 1} {
		v := wallSeries(3, c, d, 0, segment*3000)
		for _, band := range [][2]int{{2, 5}, {5, 15}, {15, 60}, {60, 200}} { // w of 0.06 to 12
			ratio, se := overLorentzian(v, c, d, band[0], band[1])
			t.Logf("c %v, frequencies %v: power over Lorentzian %.4f, standard error %.4f", c, band, ratio, se)
			if math.Abs(ratio-1) > 4*se || se > 0.03 {
				t.Errorf("c %v, frequencies %v: power over Lorentzian %.4f, standard error %.4f", c, band, ratio, se)
			}
		}
	}
}

// A pinning field with a short memory cannot hold the wall back for long: the mean stays c, slow fluctuations weaken, fast ones stay.
func TestABBMFiniteMemory(t *testing.T) {
	const c, d = 0.8, 0.1
	v := wallSeries(5, c, d, 12, segment*1500)
	if mean := stat.Mean(v, nil); math.Abs(mean-c) > 0.02 {
		t.Errorf("mean %.3f, want %v", mean, c)
	}
	if slow, _ := overLorentzian(v, c, d, 1, 3); slow > 0.8 || slow < 0.3 {
		t.Errorf("slow power over Lorentzian %.3f, want well below 1", slow)
	}
	if fast, _ := overLorentzian(v, c, d, 40, 100); math.Abs(fast-1) > 0.06 {
		t.Errorf("fast power over Lorentzian %.3f, want 1", fast)
	}
}

func TestABBMStaysFinite(t *testing.T) {
	r := newRandom()
	for _, d := range []float64{1e-4, 0.1, 0.5} {
		for _, xi := range []float64{0, 1e-6, 0.1, 30, math.Inf(1)} {
			r.seed(1, 0)
			m := newABBM(d, xi)
			for i := range 20000 {
				c := 50 * math.Abs(math.Sin(float64(i)/700))
				if i%3000 > 2000 {
					c = 0
				}
				if v := m.step(c, r); !(v >= 0) || math.IsInf(v, 0) {
					t.Fatalf("d %v, xi %v, step %d: velocity %v", d, xi, i, v)
				}
			}
		}
	}
}
