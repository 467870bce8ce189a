package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestResetBefore compares with the formula in float64.
func TestResetBefore(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	for hidden := 1; hidden < 12; hidden++ {
		const in = 4
		g := 3 * hidden
		wih, whh, bih, bhh := random(r, g*in, 1), random(r, g*hidden, 1), random(r, g, 1), random(r, g, 1)
		l, err := NewLayer(GRUBefore, in, hidden, wih, whh, bih, bhh)
		if err != nil {
			t.Fatal(err)
		}
		h, x := random(r, hidden, 1), random(r, in, 1)
		gate := func(q, u int, state func(k int) float64) float64 {
			row := q*hidden + u
			s := float64(bih[row]) + float64(bhh[row])
			for k := range in {
				s += float64(wih[row*in+k]) * float64(x[k])
			}
			for k := range hidden {
				s += float64(whh[row*hidden+k]) * state(k)
			}
			return s
		}
		sig := func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
		plain := func(k int) float64 { return float64(h[k]) }
		want := make([]float64, hidden)
		for u := range hidden {
			n := math.Tanh(gate(2, u, func(k int) float64 { return sig(gate(0, k, plain)) * float64(h[k]) }))
			z := sig(gate(1, u, plain))
			want[u] = (1-z)*n + z*float64(h[u])
		}
		got := append([]float32(nil), h...)
		l.NewChannel(got, nil).Step(x)
		for u, v := range got {
			if math.Abs(float64(v)-want[u]) > 2e-6 {
				t.Fatalf("%d hidden, unit %d: %v, want %v", hidden, u, v, want[u])
			}
		}
	}
}
