package feature

var _ = simple("zero_crossings", "1", "share of neighbouring samples of unlike sign, 0 counting as positive", zeroCrossings)

func zeroCrossings(c *Channel) float64 {
	n := 0
	before := c.X[0] < 0
	for _, x := range c.X[1:] {
		if now := x < 0; now != before {
			n++
			before = now
		}
	}
	return float64(n) / float64(len(c.X)-1)
}
