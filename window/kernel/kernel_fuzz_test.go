package kernel

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
)

// FuzzKernels runs any bits, at any alignment and length, through every loop of every kernel. The vector kernels agree to the bit (a NaN
// with a NaN); where all values are tame, the generic one agrees to its tolerance; guard words on both sides stay as they are.
func FuzzKernels(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8}, uint8(0), uint8(1))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0xf8, 0x7f, 0, 0, 0, 0, 0, 0, 0xf0, 0xff}, uint8(3), uint8(2))
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xef, 0x7f}, uint8(7), uint8(3))
	f.Fuzz(func(t *testing.T, raw []byte, offset, size uint8) {
		const guard = 12345.5
		frames := 1 + int(size)%5
		n := 3 * Lanes * Frame * frames
		shift := 1 + int(offset)%8
		tame := true
		input := make([]float64, n)
		for i := range input {
			if len(raw) >= 8 {
				input[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[i*5%(len(raw)-7):]))
			}
			a := math.Abs(input[i])
			tame = tame && (a == 0 || a > 1e-100 && a < 1e100)
		}
		guarded := func() []float64 {
			x := make([]float64, n+shift+1)
			x[shift-1], x[n+shift] = guard, guard
			copy(x[shift:], input)
			return x
		}
		check := func(name string, x []float64) {
			if x[shift-1] != guard || x[n+shift] != guard {
				t.Fatalf("%s wrote beyond its values", name)
			}
		}
		var results [][]float64
		for _, l := range available() {
			p := &IIR{sections: butter4, groups: 1, loops: l}
			p.normalise()
			block, rows := guarded(), guarded()
			if l.frames != nil {
				l.frames(block[shift:n+shift], frameMatrix(butter4), make([]float64, states))
				p.Rows(rows[shift:n+shift], rows[shift:n+shift], 3*Lanes, make([]float64, 3*p.LaneStates()))
			} else {
				p.plain(block[shift:n+shift], make([]float64, states))
				for c := range 3 * Lanes { // channel by channel
					one, s := make([]float64, n/(3*Lanes)), make([]float64, states)
					for i := range one {
						one[i] = input[i*3*Lanes+c]
					}
					p.plain(one, s)
					for i := range one {
						rows[shift+i*3*Lanes+c] = one[i]
					}
				}
			}
			check(l.name+" frames", block)
			check(l.name+" rows", rows)
			results = append(results, slices.Concat(block, rows))
		}
		for k := 2; k < len(results); k++ {
			for i, v := range results[k] {
				if w := results[1][i]; math.Float64bits(v) != math.Float64bits(w) && !(v != v && w != w) {
					t.Fatalf("value %d: %x and %x", i, math.Float64bits(v), math.Float64bits(w))
				}
			}
		}
		if tame && len(results) > 1 {
			for i := range 2 {
				half := len(results[0]) / 2
				if e := worst(results[1][i*half:(i+1)*half], results[0][i*half:(i+1)*half]); e > 1e-9 {
					t.Fatalf("form %d is off by %.1e from plain Go", i, e)
				}
			}
		}
	})
}
