package feature

import "math"

var (
	_ = simple("ripple", "1", "peak to peak over the magnitude of the mean", func(c *Channel) float64 {
		m := c.Moments()
		return ratio(m.Max-m.Min, math.Abs(m.Mean))
	})
	_ = simple("max_slope", "x/s", "largest magnitude of the difference of neighbours, times the rate (dV/dt)", func(c *Channel) float64 {
		hi := 0.0
		for i := 1; i < len(c.X); i++ {
			hi = max(hi, math.Abs(c.X[i]-c.X[i-1]))
		}
		return hi * c.RateHz
	})
	_ = simple("charge", "x s", "integral over the window: of a current in A, the charge in C", func(c *Channel) float64 {
		return c.Moments().Mean * float64(len(c.X)) / c.RateHz
	})
	_ = registerMulti(Kind{Name: "power", Args: "voltage channel, current channel", Unit: "W",
		About: "active, reactive and apparent power and the power factor", build: newPower})
	_ = register(Kind{Name: "short_circuits", Args: "level, min_s", Unit: "1/s",
		About: "of a voltage: stretches of at least min_s with a magnitude below the level, per second, and their share of the time", build: newLowStretches})
	_ = register(Kind{Name: "arc_gaps", Args: "level, min_s", Unit: "1/s",
		About: "of a current: stretches of at least min_s with a magnitude below the level, per second, and their share of the time", build: newLowStretches})
)

// power is IEEE 1459's: active mean(v i), apparent Vrms Irms; reactive is mean(H(v) i), with the Hilbert transform H taken over the window
// (Budeanu's sum of V I sin phi), positive when the current lags. Windows of whole cycles make it exact.
type power struct{ voltage, current int }

func newPower(b builder) (measure, error) {
	if err := b.positive(); err != nil {
		return nil, err
	}
	c, err := b.channelArgs("voltage", "current")
	if err != nil {
		return nil, err
	}
	return power{c[0], c[1]}, nil
}

func (power) outputs() []output {
	return outputsOf("active", "W", "reactive", "var", "apparent", "VA", "factor", "1")
}

func (p power) measure(dst []float64, w *Frame) {
	v, i := &w.Channels[p.voltage], &w.Channels[p.current]
	active, reactive := 0.0, 0.0
	for k, z := range v.analytic() {
		active += v.X[k] * i.X[k]
		reactive += imag(z) * i.X[k]
	}
	n := float64(len(v.X))
	apparent := math.Sqrt(v.Moments().MeanSquare * i.Moments().MeanSquare)
	dst[0], dst[1], dst[2], dst[3] = active/n, reactive/n, apparent, ratio(active/n, apparent)
}

type lowStretches struct {
	channel, shortest int
	level             float64
}

func newLowStretches(b builder) (measure, error) {
	if err := b.numbers("level", "min_s"); err != nil {
		return nil, err
	}
	n, err := b.samples("min_s", b.args[1])
	return lowStretches{b.channel, n, b.args[0]}, err
}

func (lowStretches) outputs() []output { return outputsOf("rate", "1/s", "share", "1") }

func (l lowStretches) measure(dst []float64, w *Frame) {
	x := w.Channels[l.channel].X
	count, time, run := 0, 0, 0
	for i := 0; i <= len(x); i++ {
		if i < len(x) && math.Abs(x[i]) < l.level {
			run++
			continue
		}
		if run >= l.shortest {
			count++
			time += run
		}
		run = 0
	}
	n := float64(len(x))
	dst[0], dst[1] = float64(count)*w.RateHz/n, float64(time)/n
}
