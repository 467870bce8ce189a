package feature

var _ = simple("slope", "x/s", "slope of the least-squares line through the samples", slope)

// slope is sum (t - mean t)(x - mean x) / sum (t - mean t)^2.
func slope(c *Channel) float64 {
	n := float64(len(c.X))
	mid := (n - 1) / 2
	mean := c.Moments().Mean
	sum := 0.0
	for i, x := range c.X {
		sum += (float64(i) - mid) * (x - mean)
	}
	return sum * 12 / (n * (n*n - 1)) * c.RateHz
}
