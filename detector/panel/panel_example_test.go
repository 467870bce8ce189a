package panel_test

import (
	"context"
	"fmt"
	"math"

	"crackle/detector/panel"
)

func Example() {
	rows := make([][]float64, 600)
	for i := range rows {
		rows[i] = []float64{20 + math.Sin(float64(i)*0.7) + 0.3*math.Sin(float64(i*i)), 3 + math.Cos(float64(i*i)*0.3)}
	}
	p, err := panel.Learn(context.Background(), &panel.Lesson{
		Fit: [][][]float64{rows[:400]}, Held: [][][]float64{rows[420:]},
		Middle: []float64{20, 3}, Width: []float64{1, 1}, MinChange: []float64{0, 0}, Margin: 1.25, Warmup: 8, Quick: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var o panel.Opinion
	p.Step(&o, []float64{29, 3})
	fmt.Println(o.Score > p.Limit(), p.Causes().Got[0], math.Round(p.Causes().Expected[0]))
	// Output: true 29 20
}
