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
	sum, sq := 0.0, 0.0
	lo, hi := c.X[0], c.X[0]
	for _, x := range c.X {
		sum += x
		sq += x * x
		lo, hi = min(lo, x), max(hi, x)
	}
	mean := sum / n
	var s2, s3, s4 float64
	for _, x := range c.X {
		d := x - mean
		d2 := d * d
		s2 += d2
		s3 += d2 * d
		s4 += d2 * d2
	}
	*m = Moments{mean, sq / n, s2 / n, s3 / n, s4 / n, lo, hi, max(-lo, hi)}
	return m
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
