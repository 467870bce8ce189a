package simulate

import "math"

// onePole is a first-order filter by the matched step: y += a (x - y), with the corner at hz.
type onePole struct{ a, y float64 }

func newOnePole(hz, rateHz float64) (p onePole) {
	p.tune(hz, rateHz)
	return p
}

func (p *onePole) tune(hz, rateHz float64) { p.a = -math.Expm1(-2 * math.Pi * hz / rateHz) }
func (p *onePole) reset()                  { p.y = 0 }

func (p *onePole) lowPass(x float64) float64 {
	p.y += p.a * (x - p.y)
	return p.y
}

func (p *onePole) highPass(x float64) float64 {
	y := x - p.y
	p.y += p.a * y
	return y
}

const tableSize = 4096

// sech2Table holds sech^2 over 0..sech2Limit, humTable one mains period; both carry one point more for the interpolation.
var sech2Table, humTable = func() (s, h [tableSize + 1]float64) {
	for i := range s {
		x := sech2Limit * float64(i) / tableSize
		s[i] = 1 / (math.Cosh(x) * math.Cosh(x))
		w := 2 * math.Pi * float64(i) / tableSize
		h[i] = math.Sin(w) + 0.5*math.Sin(3*w) + math.Sin(5*w)/3
	}
	s[tableSize] = 0
	return s, h
}()

// sech2 is 1/cosh^2 x to 3e-6, and 0 beyond +-12, where it is below 2e-10.
func sech2(x float64) float64 {
	x = math.Abs(x) * (tableSize / sech2Limit)
	if x >= tableSize {
		return 0
	}
	return interpolate(&sech2Table, x)
}

// humShape is mains hum of unit fundamental at a phase of 0 to 1 cycles.
func humShape(phase float64) float64 {
	return interpolate(&humTable, min(phase*tableSize, tableSize-1e-9))
}

func interpolate(t *[tableSize + 1]float64, x float64) float64 {
	i := int(x)
	return t[i] + (x-float64(i))*(t[i+1]-t[i])
}
