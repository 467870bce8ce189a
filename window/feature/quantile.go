package feature

import (
	"fmt"
	"slices"
)

var (
	_ = register(Kind{Name: "quantile", Args: "q", Unit: "x", About: "quantile q, 0 to 1, with linear interpolation between order statistics", build: newQuantile})
	_ = simple("median", "x", "quantile 0.5", func(c *Channel) float64 { return c.quantile(0.5) })
	_ = simple("iqr", "x", "quantile 0.75 less quantile 0.25", func(c *Channel) float64 { return c.quantile(0.75) - c.quantile(0.25) })
	_ = simple("peak", "x", "largest magnitude", func(c *Channel) float64 { return c.Moments().AbsolMax })
	_ = simple("peak_to_peak", "x", "largest sample less smallest", func(c *Channel) float64 { return c.Moments().Max - c.Moments().Min })
)

func newQuantile(b builder) (measure, error) {
	if len(b.args) != 1 || len(b.names) > 0 || !(b.args[0] >= 0 && b.args[0] <= 1) {
		return nil, fmt.Errorf("give one number from 0 to 1, as in quantile(0.95)")
	}
	q := b.args[0]
	return scalar{b.channel, func(c *Channel) float64 { return c.quantile(q) }}, nil
}

// quantile is type 7 of Hyndman and Fan, The American Statistician 50, 1996, NumPy's default. Samples are sorted once per window.
func (c *Channel) quantile(q float64) float64 {
	sh := c.shared
	if sh.owner != c {
		sh.owner = c
		copy(sh.sorted, c.X)
		slices.Sort(sh.sorted)
	}
	at := q * float64(len(c.X)-1)
	i := min(int(at), len(c.X)-2)
	return sh.sorted[i] + (at-float64(i))*(sh.sorted[i+1]-sh.sorted[i])
}
