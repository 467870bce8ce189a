package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestChannelKeepsNothingButItsState: a channel of many steps, also one that has met other kernels on its way, gives the bits of one that was
// made for this step. Some of the shapes take their blocks of units in turns, forwards and backwards.
func TestChannelKeepsNothingButItsState(t *testing.T) {
	old := Name()
	defer Select(old)
	r := rand.New(rand.NewPCG(31, 32))
	for _, store := range []Store{Float32, BF16, Int8} {
		for _, cell := range []Cell{GRU, LSTM, ElmanTanh} {
			for _, hidden := range []int{8, 17, 32, 33, 64, 70, 96, 128} {
				const in = 16
				g := cell.Gates() * hidden
				l, err := NewStored(store, cell, in, hidden, random(r, g*in, 0.2), random(r, g*hidden, 0.2), random(r, g, 0.2), random(r, g, 0.2))
				if err != nil {
					t.Fatal(err)
				}
				h, c := random(r, hidden, 1), random(r, hidden, 1)
				one := l.NewChannel(h, c)
				for step := range 12 {
					name := Available()[step/4%len(Available())]
					if err := Select(name); err != nil {
						t.Fatal(err)
					}
					x, cf := random(r, in, 1), slices.Clone(c)
					want := l.NewChannel(slices.Clone(h), cf).Step(x)
					for i, v := range one.Step(x) {
						if math.Float32bits(v) != math.Float32bits(want[i]) || math.Float32bits(c[i]) != math.Float32bits(cf[i]) {
							t.Fatalf("store %d, cell %d, %d hidden, step %d with %s: unit %d is %v, of a new channel %v", store, cell, hidden, step, name, i, v, want[i])
						}
					}
				}
			}
		}
	}
}
