package detector_test

import (
	"math"
	"testing"

	"crackle/detector"
)

// Values are written with their units as people read them.
func TestQuantity(t *testing.T) {
	for _, c := range []struct {
		v    float64
		unit string
		want string
	}{
		{0.10461, "1", "0.105"}, {0.001217, "", "0.00122"}, {62.971, "°F", "63 °F"}, {15234.5, "Hz", "15.2 kHz"}, {-4.4849, "ln V", "11.3 mV"},
		{-12, "ln V^2", "6.14 mV²"}, {0.5, "x", "0.5"}, {-0.5, "ln x", "0.607"}, {1, "ln", "2.72"}, {-0.00031, "A", "-310 µA"}, {0, "V", "0 V"},
		{123456.7, "1", "123457"}, {1e-12, "A", "0.001 nA"}, {900, "ln V", "900 ln V"}, {3.2, "lnx", "3.2 lnx"}, {math.NaN(), "V", "NaN V"}, {math.Inf(1), "V", "+Inf V"},
		{12.5, "%", "12.5 %"}, {3e-4, "A^2", "300 mA²"}, {2e6, "x^2 s", "2000000"}, {5, "parts^2", "5 parts²"}, {1234, "V", "1.23 kV"},
	} {
		if got := detector.Quantity(c.v, c.unit); got != c.want {
			t.Errorf("%g in %q is written %q, want %q", c.v, c.unit, got, c.want)
		}
	}
}
