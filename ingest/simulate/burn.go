package simulate

import (
	"fmt"
	"math"
)

// GroundPart is one part under the head.
type GroundPart struct {
	Name    string
	Seconds float64 // time that the head spends over it
	Burns   []Burn  // must not overlap
}

// BurnClass says what grinding heat did to a zone.
type BurnClass string

const (
	Temper BurnClass = "temper" // softened: lower Hc, narrower, more and stronger noise
	Rehard BurnClass = "rehard" // hardened anew: higher Hc, wider, less and weaker noise
)

// Burn is a damaged zone, in metres along the path over the part. Its edges blend over a sixth of its length.
type Burn struct {
	FromM, ToM float64
	Class      BurnClass
	Severity   float64 // 0 to 1
}

// Zone is the truth about a Burn: the samples under it.
type Zone struct {
	Part string
	Span
	Burn
}

// at is the burn's severity m metres into the part.
func (z *Burn) at(m float64) float64 {
	if m < z.FromM || m >= z.ToM {
		return 0
	}
	edge := min(m-z.FromM, z.ToM-m) / ((z.ToM - z.FromM) / 6)
	return z.Severity * 0.5 * (1 - math.Cos(math.Pi*min(edge, 1)))
}

// act changes a sound material into one burnt with severity s.
func (z *Burn) act(m *Material, s float64) {
	switch z.Class {
	case Temper:
		m.CoerciveAPerM *= 1 - 0.12*s
		m.WidthAPerM *= 1 - 0.10*s
		m.C0 *= 1 + 0.5*s
		m.GainV *= 1 + 0.8*s
	case Rehard:
		m.CoerciveAPerM *= 1 + 0.25*s
		m.WidthAPerM *= 1 + 0.10*s
		m.C0 *= 1 - 0.4*s
		m.GainV *= 1 - 0.45*s
	}
}

// check finds burns that lie outside the part, overlap, or are of no known kind.
func (p *GroundPart) check(speed float64) error {
	length := p.Seconds * speed
	for i, z := range p.Burns {
		if !(z.FromM >= 0 && z.FromM < z.ToM && z.ToM <= length) {
			return fmt.Errorf("burn from %v to %v m; give a range within the part's 0 to %v m", z.FromM, z.ToM, length)
		}
		if z.Class != Temper && z.Class != Rehard {
			return fmt.Errorf("burn class %q; give %q or %q", z.Class, Temper, Rehard)
		}
		if !(z.Severity >= 0 && z.Severity <= 1) {
			return fmt.Errorf("burn severity %v; give 0 to 1", z.Severity)
		}
		for _, o := range p.Burns[:i] {
			if z.FromM < o.ToM && o.FromM < z.ToM {
				return fmt.Errorf("burns from %v m and from %v m overlap; part them", o.FromM, z.FromM)
			}
		}
	}
	return nil
}
