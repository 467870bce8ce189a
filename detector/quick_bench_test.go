package detector

import (
	"context"
	"math/rand/v2"
	"testing"

	"crackle/window"
)

// One hour of 16 features at 10 windows a second, in 60 parts.
func BenchmarkTeachQuickOneHour(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	lesson := &Lesson{}
	x := make([]float64, 16)
	for i := range 36000 {
		f := make([]float32, len(x))
		for j := range x {
			x[j] = 0.9*x[j] + 0.1*r.NormFloat64()
			f[j] = float32(5 + x[j])
		}
		lesson.Add(&window.Window{Run: 1, First: uint64(i) * 100, End: uint64(i+1) * 100, Part: string(rune('a' + i/600)), Fresh: i%600 == 0, Features: f})
	}
	how := teaching()
	how.Trials = 12
	how.Quick, how.Features, how.Units, how.MinChange = true, make([]string, len(x)), make([]string, len(x)), make([]float64, len(x))
	for b.Loop() {
		if _, err := Teach(context.Background(), how, lesson); err != nil {
			b.Fatal(err)
		}
	}
}
