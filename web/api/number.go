package api

import (
	"encoding/json"
	"math"
	"strconv"
)

// Number is a float64 that is written as null when it is not finite, which JSON cannot hold.
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) { return appendNumber(nil, float64(n)), nil }

// Bucket is the lowest and the highest of the values that one pixel stands for; it is written as [t_ms, min, max].
type Bucket struct {
	TMS      float64 // of its middle, ms since 1970 UTC; fractions count
	Min, Max float64 // NaN where nothing is known
}

// MarshalJSON implements json.Marshaler.
func (b Bucket) MarshalJSON() ([]byte, error) {
	out := appendTime(append(make([]byte, 0, 48), '['), b.TMS)
	out = appendNumber(append(out, ','), b.Min)
	out = appendNumber(append(out, ','), b.Max)
	return append(out, ']'), nil
}

// Point is one scored window; it is written as [t_ms, value, limit, verdict, reason].
type Point struct {
	TMS          float64 // of its end
	Value, Limit float64 // NaN where there is none
	Verdict      string  // "ok", "alarm" or "not assessed"
	Reason       string  // why not assessed, in words; else empty
}

// MarshalJSON implements json.Marshaler.
func (p Point) MarshalJSON() ([]byte, error) {
	out := appendTime(append(make([]byte, 0, 64), '['), p.TMS)
	out = appendNumber(append(out, ','), p.Value)
	out = appendNumber(append(out, ','), p.Limit)
	out = appendText(append(out, ','), p.Verdict)
	out = appendText(append(out, ','), p.Reason)
	return append(out, ']'), nil
}

// appendTime writes milliseconds to a nanosecond's worth of digits.
func appendTime(dst []byte, ms float64) []byte {
	if math.IsNaN(ms) || math.IsInf(ms, 0) {
		return append(dst, "null"...)
	}
	return strconv.AppendFloat(dst, math.Round(ms*4096)/4096, 'f', -1, 64)
}

// appendNumber writes a value to the nine digits that give a float32 back exactly.
func appendNumber(dst []byte, v float64) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(dst, "null"...)
	}
	return strconv.AppendFloat(dst, v, 'g', 9, 64)
}

// appendText writes a string as JSON does.
func appendText(dst []byte, text string) []byte {
	js, _ := json.Marshal(text) // a string always encodes
	return append(dst, js...)
}
