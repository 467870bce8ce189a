package head_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"crackle/detector/head"
)

// Learn a stress from labelled parts of twelve specimens, then ask about a part of another one.
func Example() {
	r := rand.New(rand.NewPCG(1, 2))
	measure := func(stress float64) (rows [][]float32) {
		for range 8 {
			rows = append(rows, []float32{float32(1 + stress/500 + 0.02*r.NormFloat64()), float32(3 + 0.1*r.NormFloat64())})
		}
		return rows
	}
	var samples []head.Sample
	for specimen := range 12 {
		for _, stress := range []float64{-200, -100, 0, 100, 200} {
			samples = append(samples, head.Sample{
				Part: fmt.Sprintf("S%d at %g MPa", specimen, stress), Specimen: fmt.Sprint("S", specimen), Rows: measure(stress), Value: stress,
			})
		}
	}
	h, err := head.Fit(context.Background(), head.Config{
		Stream: "grinder.mbn", Target: "stress", Unit: "MPa", Features: []string{"mbn.log_rms", "mbn.kurtosis"}, Encoder: head.Linear,
	}, samples, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := h.Estimate(measure(150))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s within 10 %s of 150: %v, and its range holds it: %v\n", e.Target, e.Unit, e.Value > 140 && e.Value < 160, e.Low < 150 && 150 < e.High)
	// Output:
	// stress within 10 MPa of 150: true, and its range holds it: true
}
