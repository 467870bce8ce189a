package panel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkStep is a row through all members, the auto-encoder among them.
func BenchmarkStep(b *testing.B) {
	for _, d := range []int{3, 16} {
		b.Run(fmt.Sprintf("features=%d", d), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			rows := make([][]float64, 3000)
			x := make([]float64, d)
			for i := range rows {
				rows[i] = make([]float64, d)
				for j := range x {
					x[j] = 0.5*x[j] + 0.866*r.NormFloat64()
					rows[i][j] = x[j]
				}
			}
			l := &Lesson{Fit: [][][]float64{rows[:1000]}, Held: [][][]float64{rows[1050:]}, Middle: make([]float64, d), Width: make([]float64, d), MinChange: make([]float64, d),
				Margin: 1.25, Warmup: 8, Hidden: 16, Epochs: 2, Rate: 0.005}
			for j := range d {
				l.Width[j] = 1
			}
			p, err := Learn(b.Context(), l)
			if err != nil {
				b.Fatal(err)
			}
			var o Opinion
			for i := 0; b.Loop(); i++ {
				p.Step(&o, rows[i%len(rows)])
				p.Settle(&o)
				p.Causes()
			}
		})
	}
}
