package simulate

import (
	"math"
	"math/rand/v2"
)

// random draws the distributions that the models need from a seeded PCG.
type random struct {
	*rand.Rand
	pcg *rand.PCG
}

func newRandom() random {
	pcg := rand.NewPCG(0, 0)
	return random{rand.New(pcg), pcg}
}

// seed starts the numbers of one part; neighbouring seeds and parts give unrelated sequences.
func (r random) seed(seed uint64, part int) {
	r.pcg.Seed(mix(seed), mix(seed^mix(uint64(part)+1)))
}

// mix is the finaliser of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// reciprocal[k] = 1/k.
var reciprocal = func() (t [64]float64) {
	for k := 1; k < len(t); k++ {
		t[k] = 1 / float64(k)
	}
	return t
}()

// poisson draws from the Poisson law with the given mean, which must be >= 0 and finite.
func (r random) poisson(mean float64) int {
	if mean >= 10 {
		return r.poissonLarge(mean)
	}
	u := r.Float64()
	if u < 1-mean { // P(0) = e^-mean is at least that
		return 0
	}
	p := math.Exp(-mean)
	k := 0
	for ; u >= p && k < len(reciprocal)-1; k++ { // inversion; P(N > 62) < 1e-26 at mean 10
		u -= p
		p *= mean * reciprocal[k+1]
	}
	return k
}

// poissonLarge is transformed rejection after Hörmann, "The transformed rejection method for generating Poisson random variables",
// Insurance: Mathematics and Economics 12 (1993), algorithm PTRS; exact for means from 10.
func (r random) poissonLarge(mean float64) int {
	b := 0.931 + 2.53*math.Sqrt(mean)
	a := -0.059 + 0.02483*b
	invAlpha := 1.1239 + 1.1328/(b-3.4)
	accept := 0.9277 - 3.6224/(b-2)
	logMean := math.Log(mean)
	for {
		u, v := r.Float64()-0.5, r.Float64()
		us := 0.5 - math.Abs(u)
		k := math.Floor((2*a/us+b)*u + mean + 0.43)
		if us >= 0.07 && v <= accept {
			return int(k)
		}
		if k < 0 || us < 0.013 && v > us {
			continue
		}
		logFactorial, _ := math.Lgamma(k + 1)
		if math.Log(v*invAlpha/(a/(us*us)+b)) <= k*logMean-mean-logFactorial {
			return int(k)
		}
	}
}

// gamma draws from the Gamma law with the given shape > 0 and scale 1, after Marsaglia and Tsang, "A simple method for generating gamma variables",
// ACM Transactions on Mathematical Software 26 (2000).
func (r random) gamma(shape float64) float64 {
	if shape >= 1 {
		return r.gammaFrom1(shape)
	}
	// Gamma(a) = Gamma(a+1) U^(1/a), and U^(1/a) = e^(-E/a) with E exponential.
	e := r.ExpFloat64()
	if e > 40*shape {
		return 0 // below 5e-18
	}
	return r.gammaFrom1(shape+1) * math.Exp(-e/shape)
}

func (r random) gammaFrom1(shape float64) float64 {
	d := shape - 1.0/3
	c := 1 / (3 * math.Sqrt(d))
	for {
		x := r.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		u := r.Float64()
		if x2 := x * x; u < 1-0.0331*x2*x2 {
			return d * v
		}
		if math.Log(u) < 0.5*x*x+d*(1-v+math.Log(v)) {
			return d * v
		}
	}
}
