package limit

import (
	"math"
	"slices"
)

// Pareto is a generalised Pareto distribution of excesses: P(Y > y) = (1 + Shape y/Scale)^(-1/Shape), exponential for Shape 0.
type Pareto struct {
	Shape float64 // heavy tails above 0, bounded ones below
	Scale float64 // in the unit of the score
}

// priorWeight pulls the shape towards 0 as that many excesses would.
const priorWeight = 10

// FitPareto estimates the distribution of excesses, which are at least 0, by the posterior mean of Zhang and Stephens (Technometrics 51,
// 2009), which averages the profile likelihood over a grid: there is no root to miss, and the estimate scales with the data. The shape is
// shrunk towards 0, the exponential tail, because few excesses say little about it. Fewer than two positive excesses give Scale 0.
func FitPareto(excess []float64) Pareto {
	y := make([]float64, 0, len(excess))
	for _, v := range excess {
		if v > 0 && !math.IsInf(v, 1) {
			y = append(y, v)
		}
	}
	if len(y) < 2 {
		return Pareto{}
	}
	slices.Sort(y)
	n, unit := float64(len(y)), y[len(y)-1]
	for i := range y {
		y[i] /= unit // largest is 1
	}
	quartile := max(y[int(n/4+0.5)-1], 1e-12)
	m := 30 + int(math.Sqrt(n))
	theta, weight := make([]float64, m), make([]float64, m)
	best := math.Inf(-1)
	for j := range m {
		theta[j] = 1 + (1-math.Sqrt(float64(m)/(float64(j)+0.5)))/(3*quartile)
		weight[j] = profile(y, theta[j])
		best = max(best, weight[j])
	}
	sum, mean := 0.0, 0.0
	for j, l := range weight {
		w := math.Exp(l - best)
		sum += w
		mean += w * theta[j]
	}
	mean /= sum
	shape := meanLog(y, mean)
	scale := -shape / mean
	if mean == 0 || !(scale > 0) {
		shape, scale = 0, average(y)
	}
	p := Pareto{Shape: shape * n / (n + priorWeight), Scale: scale}
	if p.Shape < -0.9*p.Scale { // the largest excess, 1 here, stays clear of the end of the support
		p.Shape = -0.9 * p.Scale
	}
	p.Scale *= unit
	return p
}

// meanLog is the shape that fits best for a given theta = -shape/scale.
func meanLog(y []float64, theta float64) float64 {
	s := 0.0
	for _, v := range y {
		s += math.Log1p(-theta * v)
	}
	return s / float64(len(y))
}

// profile is the log likelihood at theta with the best shape, up to a constant.
func profile(y []float64, theta float64) float64 {
	if theta == 0 {
		return -float64(len(y)) * (math.Log(average(y)) + 1)
	}
	k := meanLog(y, theta)
	l := float64(len(y)) * (math.Log(-theta/k) - k - 1)
	if math.IsNaN(l) {
		return math.Inf(-1)
	}
	return l
}

func average(y []float64) float64 {
	s := 0.0
	for _, v := range y {
		s += v
	}
	return s / float64(len(y))
}

// logSurvival is log10 P(Y > y). A bounded tail is not believed beyond the largest excess seen: from there on it falls exponentially, as
// steeply as it did there.
func (p Pareto) logSurvival(y, largest float64) float64 {
	if y <= 0 {
		return 0
	}
	if p.Shape < 0 && y > largest {
		return p.logSurvival(largest, largest) - (y-largest)/(p.Scale+p.Shape*largest)/math.Ln10
	}
	if math.Abs(p.Shape) < 1e-9 {
		return -y / p.Scale / math.Ln10
	}
	return -math.Log1p(p.Shape*y/p.Scale) / p.Shape / math.Ln10
}

// quantile is the excess that is passed with a probability given as log10; the inverse of logSurvival.
func (p Pareto) quantile(log10p, largest float64) float64 {
	if p.Shape < 0 {
		if end := p.logSurvival(largest, largest); log10p < end {
			return largest + (end-log10p)*math.Ln10*(p.Scale+p.Shape*largest)
		}
	}
	if math.Abs(p.Shape) < 1e-9 {
		return -log10p * math.Ln10 * p.Scale
	}
	return p.Scale / p.Shape * math.Expm1(-log10p*math.Ln10*p.Shape)
}
