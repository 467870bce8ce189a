package detector

import (
	"math"
	"strconv"
	"strings"
)

// prefixes of SI, the largest first.
var prefixes = []struct {
	scale float64
	sign  string
}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}, {1e-3, "m"}, {1e-6, "µ"}, {1e-9, "n"}}

// prefixed are the units that take a prefix.
var prefixed = map[string]bool{
	"V": true, "A": true, "W": true, "N": true, "Hz": true, "Pa": true, "J": true, "Ω": true, "F": true, "H": true, "T": true, "C": true, "m": true, "s": true, "g": true,
}

// Quantity writes a feature's value as people read it: three digits, and the unit with its prefix. A logarithm ("ln V") is written as the quantity
// that it is of; "1" and the unit of a channel that has none ("x") are left out.
func Quantity(v float64, unit string) string { return string(AppendQuantity(nil, v, unit)) }

// AppendGot appends what was seen of the feature, as Quantity writes it.
func (c *Cause) AppendGot(b []byte) []byte { return AppendQuantity(b, c.Got, c.Unit) }

// AppendExpected appends what was expected of it.
func (c *Cause) AppendExpected(b []byte) []byte { return AppendQuantity(b, c.Expected, c.Unit) }

// AppendQuantity appends what Quantity writes.
func AppendQuantity(b []byte, v float64, unit string) []byte {
	if of, ok := strings.CutPrefix(unit, "ln"); ok && (of == "" || of[0] == ' ') && math.Abs(v) < 300 {
		v, unit = math.Exp(v), strings.TrimSpace(of)
	}
	switch unit {
	case "1", "x", "x^2", "x/s", "x^2 s": // a pure number, or one of a channel whose unit is not known
		unit = ""
	}
	sign, base, square := "", unit, false
	if base, square = strings.CutSuffix(unit, "^2"); square {
		unit = base + "²"
	}
	if a := math.Abs(v); prefixed[base] && a > 0 && !math.IsInf(v, 0) {
		for _, p := range prefixes {
			scale := p.scale
			if square {
				scale *= scale
			}
			if sign = p.sign; a >= scale || p.scale == 1e-9 {
				v /= scale
				break
			}
		}
	}
	if a := math.Abs(v); a >= 1000 && a < 1e9 {
		b = strconv.AppendFloat(b, v, 'f', 0, 64) // all that stands before the point
	} else {
		v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
		b = strconv.AppendFloat(b, v, 'g', -1, 64)
	}
	if unit == "" {
		return b
	}
	return append(append(append(b, ' '), sign...), unit...)
}
