package feature

import "math"

// Moments are a channel's sums, computed together.
type Moments struct {
	Mean, MeanSquare   float64 // x, x^2
	Variance           float64 // x^2, population (divisor n)
	Third, Fourth      float64 // central moments, x^3 and x^4
	Min, Max, AbsolMax float64
}

// Moments computes mean and extremes in one pass and central moments in a second, which keeps their precision under an offset.
func (c *Channel) Moments() *Moments {
	m := &c.moments
	if c.have&haveMoments != 0 {
		return m
	}
	c.have |= haveMoments
	n := float64(len(c.X))
	sum, sq, lo, hi := sums(c.X)
	mean := sum / n
	s2, s3, s4 := centralSums(c.X, mean)
	*m = Moments{mean, sq / n, s2 / n, s3 / n, s4 / n, lo, hi, max(-lo, hi)}
	return m
}

// sums adds up in four accumulators, of which sample i enters number i mod 4, so that one addition need not wait for the last.
func sums(x []float64) (sum, squares, lo, hi float64) {
	var a, b [4]float64
	lo, hi = x[0], x[0]
	i := 0
	for ; i+4 <= len(x); i += 4 {
		x0, x1, x2, x3 := x[i], x[i+1], x[i+2], x[i+3]
		a[0] += x0
		a[1] += x1
		a[2] += x2
		a[3] += x3
		b[0] += x0 * x0
		b[1] += x1 * x1
		b[2] += x2 * x2
		b[3] += x3 * x3
		if x0 < lo || x1 < lo || x2 < lo || x3 < lo {
			lo = min(lo, x0, x1, x2, x3)
		}
		if x0 > hi || x1 > hi || x2 > hi || x3 > hi {
			hi = max(hi, x0, x1, x2, x3)
		}
	}
	for k := 0; i < len(x); i, k = i+1, k+1 {
		a[k] += x[i]
		b[k] += x[i] * x[i]
		lo, hi = min(lo, x[i]), max(hi, x[i])
	}
	return a[0] + a[1] + (a[2] + a[3]), b[0] + b[1] + (b[2] + b[3]), lo, hi
}

// centralSums adds up powers of the distance from the mean, in two accumulators.
func centralSums(x []float64, mean float64) (second, third, fourth float64) {
	var a2, a3, a4, b2, b3, b4 float64
	i := 0
	for ; i+2 <= len(x); i += 2 {
		d, e := x[i]-mean, x[i+1]-mean
		dd, ee := d*d, e*e
		a2 += dd
		b2 += ee
		a3 += dd * d
		b3 += ee * e
		a4 += dd * dd
		b4 += ee * ee
	}
	if i < len(x) {
		d := x[i] - mean
		a2 += d * d
		a3 += d * d * d
		a4 += d * d * d * d
	}
	return a2 + b2, a3 + b3, a4 + b4
}

// constant tells whether the spread is no more than the rounding of the samples, so that a shape has no meaning.
func (m *Moments) constant() bool {
	return m.Variance <= m.MeanSquare*1e-14
}

// logFloor bounds the argument of logarithms.
const logFloor = 1e-30

func logOf(v float64) float64 { return math.Log(max(v, logFloor)) }

var (
	_ = simple("mean", "x", "arithmetic mean", func(c *Channel) float64 { return c.Moments().Mean })
	_ = simple("min", "x", "smallest sample", func(c *Channel) float64 { return c.Moments().Min })
	_ = simple("max", "x", "largest sample", func(c *Channel) float64 { return c.Moments().Max })
	_ = simple("rms", "x", "root of the mean square", func(c *Channel) float64 { return math.Sqrt(c.Moments().MeanSquare) })
	_ = simple("log_rms", "ln x", "ln of the RMS", func(c *Channel) float64 { return logOf(math.Sqrt(c.Moments().MeanSquare)) })
	_ = simple("std", "x", "standard deviation, divisor n", func(c *Channel) float64 { return math.Sqrt(c.Moments().Variance) })
	_ = simple("log_std", "ln x", "ln of the standard deviation", func(c *Channel) float64 { return logOf(math.Sqrt(c.Moments().Variance)) })
	_ = simple("crest", "1", "largest magnitude over RMS", func(c *Channel) float64 {
		m := c.Moments()
		return ratio(m.AbsolMax, math.Sqrt(m.MeanSquare))
	})
	_ = simple("skewness", "1", "third central moment over variance^1.5", func(c *Channel) float64 {
		m := c.Moments()
		if m.constant() {
			return 0
		}
		return ratio(m.Third, m.Variance*math.Sqrt(m.Variance))
	})
	_ = simple("kurtosis", "1", "fourth central moment over squared variance, less 3: 0 for Gaussian noise", func(c *Channel) float64 {
		m := c.Moments()
		if m.constant() {
			return 0
		}
		return ratio(m.Fourth, m.Variance*m.Variance) - 3
	})
)

// ratio is 0 where it is not defined.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
